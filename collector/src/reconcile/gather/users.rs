//! People: everybody of the reference table, with what the records say of them.
//!
//! In: the table of users and the software users. Out: users with organisation and types. Somebody who is not active keeps what is
//! assigned to them and has no type, so that no licence by type is counted for them.

use super::{
    organisation::Organisations,
    places::{Book, Places, text},
};
use muster_domain::{
    asset::{Directory as _, References, Table},
    reconcile::run::User,
    record::{Values, kinds},
};
use std::collections::BTreeMap;

pub(super) fn users(references: &References, book: Book<'_>, organisations: &Organisations<'_>) -> (Vec<User>, Places) {
    let details: BTreeMap<_, _> =
        book.stored(&kinds::user::SOFTWARE_USERS).filter_map(|(_, values)| Some((values.id("user")?, values))).collect();
    let (mut users, mut places) = (Vec::new(), Places::default());
    for (id, name) in references.records(Table::User) {
        places.push(id);
        let plain = User { id: id.to_string(), name: name.to_owned(), ..User::default() };
        users.push(match details.get(&id) {
            Some(values) => detailed(plain, values, organisations),
            None => plain,
        });
    }
    (users, places)
}

fn detailed(user: User, values: &Values, organisations: &Organisations<'_>) -> User {
    let is_active = values.is("active");
    User {
        organisation: organisations.of_record(values),
        sap_type: text(values, "named_user_type").filter(|_| is_active),
        use_type: text(values, "use_type").filter(|_| is_active).map(|name| factor_name(&name)),
        ..user
    }
}

/// A type as the factor tables name it: `Self-service` is `self_service`.
fn factor_name(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}
