//! What holds of every kind, whatever is entered.

use proptest::prelude::*;
use uuid::Uuid;

use super::desk::Desk;
use crate::asset::Value;
use crate::decimal::Decimal;
use crate::record::{Field, FieldKind, Library as _, Schema, Shelf, derived, kinds, settle};

/// Some records of the kinds that others point to.
fn records() -> Desk {
    let mut desk = Desk::with_models();
    desk.put("custom-metrics", &[("name", "Robots"), ("metric_group", "Factory")]);
    desk.put("contracts", &[("number", "C-1"), ("enterprise", "true")]);
    desk.put("packs", &[("name", "VMware"), ("active", "false")]);
    let suite =
        [("part_number", "P-1"), ("publisher", "Acme"), ("product", "Suite"), ("suite_components", "Acme; One\nAcme; Two")];
    desk.put("part-numbers", &[&suite[..], &[("downgrade_versions", "Acme; Zero")]].concat());
    desk.entitlement("E-1", &[]);
    desk.entitlement("E-2", &[("license_type", "Upgrade"), ("license_metric", "Per User")]);
    desk.entitlement("E-3", &[("license_type", "Software Assurance")]);
    desk.entitlement("E-4", &[("unlimited_license", "true"), ("publisher_part_number", "P-1")]);
    desk.put("upgraded-entitlements", &[("software_entitlement", "E-2"), ("from_entitlement", "E-1"), ("number_of_rights", "4")]);
    desk.put("related-entitlements", &[("software_entitlement", "E-1"), ("related_entitlement", "E-3"), ("active_rights", "2")]);
    desk.put("license-keys", &[("software_entitlement", "E-1"), ("license_key", "K-1")]);
    desk.put("consumption-rules", &[("name", "DE"), ("country", "DE")]);
    desk.put("entitlement-consumption-rules", &[("software_entitlement", "E-1"), ("consumption_rule", "DE")]);
    desk.put("hosts", &[("name", "esx"), ("kind", "Physical")]);
    desk.put("hosts", &[("name", "vm"), ("kind", "Virtual"), ("host", "esx")]);
    desk
}

/// A value that a field can hold, by a number.
fn value(field: &Field, pick: usize, shelf: &Shelf) -> Option<Value> {
    let one = |texts: &[&str]| texts.get(pick % texts.len()).map(|text| Value::Text((*text).to_owned()));
    Some(match field.kind {
        _ if pick.is_multiple_of(11) => return None,
        FieldKind::Text(_) | FieldKind::Notes(_) => match field.name {
            "metric_group" => {
                return one(&["Common", "Microsoft", "Subscription", "Consumption", "VMware", "Factory", "None"]);
            }
            "license_metric" => {
                return one(&["Per Device", "per user", "Per Core", "User Subscription", "SaaS Consumption", "Robots", "None"]);
            }
            "publisher_part_number" | "part_number" => return one(&["P-1", "P-2", "p-1"]),
            _ => {
                return one(&[
                    "Acme",
                    "Draw",
                    "2019",
                    "sold",
                    "company=1",
                    "x^^OR",
                    "Acme; One; 1",
                    "ÄÖÜ \u{fffd}",
                    "min_cores_per_processor",
                ]);
            }
        },
        FieldKind::Whole(least, most) => {
            Value::Int([least, most, 1, 2, 6, 100].get(pick % 6).copied().unwrap_or(1).clamp(least, most))
        }
        FieldKind::Decimal | FieldKind::Money(_) => {
            Value::Decimal(Decimal::from_ten_thousandths([0, 1, 12_345, 20_000, i64::MAX].get(pick % 5).copied().unwrap_or(0)))
        }
        FieldKind::Currency => return one(&["EUR", "USD"]),
        FieldKind::Date => {
            let day = ["2026-01-01", "2026-06-15", "2027-12-31", "0001-01-01", "9999-12-31"].get(pick % 5)?;
            Value::Date(day.parse().unwrap())
        }
        FieldKind::Boolean => Value::Bool(pick.is_multiple_of(2)),
        FieldKind::Choice(choices) => return one(choices),
        FieldKind::Reference(_) => Value::Ref(Uuid::from_u128(pick as u128 % 3)),
        FieldKind::Link(kind) => {
            let ids: Vec<Uuid> = shelf.all(kind).map(|(id, _)| id).collect();
            Value::Ref(ids.get(pick % (ids.len() + 1)).copied().unwrap_or(Uuid::from_u128(u128::MAX)))
        }
    })
}

fn set(schema: &'static Schema, picks: &[(usize, usize)], shelf: &Shelf) -> Vec<(&'static str, Option<Value>)> {
    let entered: Vec<&Field> = schema.fields.iter().filter(|field| !field.derived).collect();
    let mut set: Vec<_> = entered.iter().filter(|field| field.required && field.default.is_none()).copied().collect();
    set.extend(picks.iter().filter_map(|(field, _)| entered.get(field % entered.len()).copied()));
    let all = set.into_iter().zip(picks.iter().map(|(_, pick)| *pick).chain(1..));
    all.map(|(field, pick)| (field.name, value(field, pick, shelf))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Nothing that is entered breaks a rule's own working. What is kept stays as it is when nothing is entered, and when everything
    /// that it shows is entered again.
    #[test]
    fn what_was_settled_stays(kind in 0_usize..2 * kinds::ALL.len(),
                              first in prop::collection::vec((0_usize..64, 0_usize..256), 0..24),
                              second in prop::collection::vec((0_usize..64, 0_usize..256), 0..6)) {
        // Entitlements have the most rules: half of the cases are theirs.
        let schema = kinds::ALL.get(kind).copied().unwrap_or(&kinds::entitlement::ENTITLEMENTS);
        let mut desk = records();
        let id = Uuid::from_u128(0xabcd_ef01_2345_6789);
        let mut next = 1_u128 << 100;
        let mut new_id = || { next += 1; Uuid::from_u128(next) };
        let mut before = None;
        for picks in [first, second] {
            let entered = set(schema, &picks, &desk.shelf);
            let Ok(settled) = settle(schema, id, before.as_ref(), entered, &desk.shelf, desk.today, &mut new_id) else { continue };
            let values = settled.values.clone();
            desk.keep(schema, id, settled);
            let again = settle(schema, id, Some(&values), Vec::new(), &desk.shelf, desk.today, &mut new_id);
            let again = again.map_err(|findings| TestCaseError::fail(format!("{} {values:?}: {findings:?}", schema.path)))?;
            prop_assert_eq!(&again.values, &values, "{}", schema.path);
            prop_assert!(again.follows.is_empty(), "{} {:?}", schema.path, again.follows);
            let shown = derived(schema, id, &values, &desk.shelf, desk.today);
            let all = schema.fields.iter().map(|field| (field.name, shown.get(field.name).cloned())).collect();
            let back = settle(schema, id, Some(&values), all, &desk.shelf, desk.today, &mut new_id);
            prop_assert_eq!(back.map(|settled| settled.values).ok(), Some(values.clone()), "{}", schema.path);
            before = Some(values);
        }
    }
}
