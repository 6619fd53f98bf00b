//! Which records use another one: those that point to it, and those that name it in a field of theirs.
//!
//! In: a record and the others. Out: who uses it, in the order of the kinds and of their ids, so that nothing is deleted or renamed
//! that others mean.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::field::FieldKind;
use super::kinds::{
    self, entitlement::ENTITLEMENTS, expense::EXPENSE_LINES, host::HOSTS, metric::CUSTOM_METRICS, part_number::PART_NUMBERS,
};
use super::library::Library;
use super::schema::Schema;
use super::values::Values;

/// Kinds whose records are named without a link.
const BY_NAME: [&str; 3] = [CUSTOM_METRICS.path, PART_NUMBERS.path, HOSTS.path];

/// A record that uses another one.
#[derive(Debug, Clone, Copy)]
pub struct User<'a> {
    /// Its kind.
    pub schema: &'static Schema,
    /// Its id.
    pub id: Uuid,
    /// Its stored values.
    pub values: &'a Values,
}

impl std::fmt::Display for User<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.schema.name_of(self.values) {
            Some(name) => write!(f, "{} {name}", self.schema.one),
            None => write!(f, "{} {}", self.schema.one, self.id),
        }
    }
}

/// Whoever uses a record, each once.
#[must_use]
pub fn users<'a>(schema: &'static Schema, id: Uuid, library: &'a dyn Library) -> Vec<User<'a>> {
    let own = library.record(schema.path, id).filter(|_| BY_NAME.contains(&schema.path));
    let (mut found, mut known) = (Vec::new(), BTreeSet::from([(schema.path, id)]));
    for other in kinds::ALL.into_iter().filter(|other| !goes_with(other, schema)) {
        let links = other.fields.iter().filter(|field| field.kind == FieldKind::Link(schema.path));
        let pointing = links.flat_map(|field| library.pointing(other.path, field.name, id));
        let named =
            own.into_iter().flat_map(|own| library.all(other.path).filter(move |(_, user)| names(other, user, schema, own)));
        let users = pointing.chain(named).filter(|(id, _)| known.insert((other.path, *id)));
        found.extend(users.map(|(id, values)| User { schema: other, id, values }));
    }
    found
}

/// The records that go with a record when it is deleted: nobody entered them.
#[must_use]
pub fn belongings(schema: &'static Schema, id: Uuid, library: &dyn Library) -> Vec<(&'static Schema, Uuid)> {
    let own = kinds::ALL.into_iter().filter(|other| goes_with(other, schema));
    let of = |other: &'static Schema| {
        let links = other.fields.iter().filter(|field| field.kind == FieldKind::Link(schema.path));
        links.flat_map(move |field| library.pointing(other.path, field.name, id)).map(move |(id, _)| (other, id))
    };
    own.flat_map(of).collect()
}

/// Expense lines are the entitlement's own.
fn goes_with(other: &Schema, schema: &Schema) -> bool {
    other.path == EXPENSE_LINES.path && schema.path == ENTITLEMENTS.path
}

/// Whoever names a metric in any of its fields.
pub(super) fn users_of_metric<'a>(library: &'a dyn Library, group: &str, metric: &str) -> Vec<User<'a>> {
    let mut found = Vec::new();
    for schema in kinds::ALL {
        let all = library.all(schema.path).filter(|(_, user)| names_metric(schema, user, group, metric));
        found.extend(all.map(|(id, values)| User { schema, id, values }));
    }
    found
}

/// A few of them, in words.
#[must_use]
pub fn in_words(users: &[User<'_>]) -> String {
    const SHOWN: usize = 5;
    let mut words: Vec<String> = users.iter().take(SHOWN).map(ToString::to_string).collect();
    if users.len() > SHOWN {
        words.push(format!("{} more", users.len() - SHOWN));
    }
    words.join(", ")
}

/// Whether a record names another without a link.
fn names(schema: &'static Schema, user: &Values, of: &'static Schema, own: &Values) -> bool {
    let Some(name) = of.name_of(own) else { return false };
    if of.path == CUSTOM_METRICS.path {
        return own.text("metric_group").is_some_and(|group| names_metric(schema, user, group, name));
    }
    match (of.path, schema.path) {
        (path, other) if path == PART_NUMBERS.path && other == ENTITLEMENTS.path => {
            user.text("publisher_part_number").is_some_and(|number| same(number, name))
        }
        (path, other) if path == HOSTS.path && other == HOSTS.path => {
            user.text("kept_on").is_some_and(|hosts| hosts.split(',').any(|host| same(host, name)))
        }
        _ => false,
    }
}

fn names_metric(schema: &'static Schema, user: &Values, group: &str, metric: &str) -> bool {
    schema.field("metric_group").is_some()
        && user.text("license_metric").is_some_and(|named| same(named, metric))
        && user.text("metric_group").is_some_and(|named| same(named, group))
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::desk::Desk;

    #[test]
    fn whoever_uses_a_record_is_found() {
        let mut desk = Desk::with_models();
        let metric = desk.put("custom-metrics", &[("metric_group", "Site"), ("name", "Terabyte")]);
        desk.put("custom-metrics", &[("metric_group", "Other"), ("name", "Terabyte")]);
        let number = desk.put("part-numbers", &[("part_number", "AC-1"), ("publisher", "Acme"), ("product", "Draw")]);
        let host = desk.put("hosts", &[("name", "h1")]);
        let check = |desk: &Desk, kind: &str, id, expected: &str| {
            assert_eq!(in_words(&users(kinds::find(kind).unwrap(), id, &desk.shelf)), expected);
        };
        for (kind, id) in [("custom-metrics", metric), ("part-numbers", number), ("hosts", host)] {
            check(&desk, kind, id, "");
        }
        let by_metric: [(&str, &str); 2] = [("metric_group", "site"), ("license_metric", "TERABYTE")];
        desk.put(
            "entitlements",
            &[&by_metric[..], &[("number", "E1"), ("publisher_part_number", "ac-1"), ("purchased_rights", "5")]].concat(),
        );
        desk.put("override-costs", &[&by_metric[..], &[("software_model", "Acme Draw"), ("license_cost", "EUR;5")]].concat());
        desk.put("hosts", &[("name", "v1"), ("kept_on", "h0, H1 ,h2")]);
        desk.put("hosts", &[("name", "v2"), ("host", "h1"), ("kept_on", "h1")]);
        let cost = desk.shelf.all("override-costs").next().unwrap().0;
        check(&desk, "custom-metrics", metric, &format!("software entitlement E1, override license cost {cost}"));
        check(&desk, "part-numbers", number, "software entitlement E1");
        // Links come before names.
        check(&desk, "hosts", host, "host v2, host v1");
        let model = desk.shelf.named("models", "Acme Draw")[0];
        for number in 2..8 {
            desk.put(
                "entitlements",
                &[
                    &by_metric[..],
                    &[
                        ("number", &format!("E{number}")),
                        ("software_model", "Acme Draw"),
                        ("purchased_rights", &number.to_string()),
                    ],
                ]
                .concat(),
            );
        }
        let of_model = users(kinds::find("models").unwrap(), model, &desk.shelf);
        assert_eq!(of_model.len(), 8);
        assert!(in_words(&of_model).ends_with(", 3 more"));
    }
}
