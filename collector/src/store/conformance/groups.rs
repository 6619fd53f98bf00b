//! Groups of users.

use super::fixtures::entry;
use crate::store::{StoreError, Stores, records::GroupRecord};

pub(crate) async fn groups_are_one_whatever_the_case_of_their_name(stores: &Stores) {
    let group = |name: &str, members: &[&str]| GroupRecord {
        name: name.to_owned(),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
    };
    for stored in [group("Design", &["alice"]), group("test", &[]), group("DESIGN", &["bob", "Carol"])] {
        stores.groups.put(stored, entry("group.set")).await.unwrap();
    }
    assert_eq!(stores.groups.all().await.unwrap(), [group("DESIGN", &["bob", "Carol"]), group("test", &[])]);
    stores.groups.delete("design", entry("group.delete")).await.unwrap();
    let again = stores.groups.delete("Design", entry("group.delete")).await;
    assert!(matches!(again, Err(StoreError::NotFound { what: "group", .. })));
    assert_eq!(stores.groups.all().await.unwrap(), [group("test", &[])]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(4), "each change with its entry, the refused one without");
}
