//! Entitlements and everything around them.

use super::desk::{Desk, id};
use muster_domain::{
    asset::{Field, InstallStatus, Table, Value},
    entitlement::{LicenseType, SubscriptionPeriod},
    reconcile::{Inference, Mandatory, Unit, run::Holder},
};

#[tokio::test]
async fn models_have_suites_and_attributes() {
    let mut desk = Desk::new().await;
    desk.model(
        60,
        "Word",
        &[("version_condition", "is"), ("version", "2019"), ("edition_condition", "is not"), ("edition", "Home")],
    );
    desk.model(61, "Office", &[("inference_option", "Percent"), ("inference_percent", "75"), ("licensed_as", "VVEP")]);
    desk.model(62, "Free", &[("product_type", "Freeware")]);
    desk.put("suite-components", 63, &[("suite", "#61"), ("component", "#60"), ("mandatory", "Always Mandatory")]);
    desk.put(
        "metric-attributes",
        64,
        &[
            ("software_model", "#60"),
            ("metric_group", "Common"),
            ("license_metric", "Per Device"),
            ("attribute", "max_installs_per_right"),
            ("value", "3"),
        ],
    );
    let estate = desk.gathered().await.estate;
    let [word, office, free] = &estate.models[..] else { panic!() };
    assert_eq!((word.version.as_deref(), word.edition.as_deref(), word.managed, free.managed), (Some("2019"), None, true, false));
    assert_eq!((office.inference, office.family.as_deref()), (Some(Inference::Percent("75".parse().unwrap())), Some("VVEP")));
    assert_eq!((office.components[0].model, office.components[0].mandatory), (0, Mandatory::Always));
    let attributes = &word.attributes[0];
    assert_eq!(
        (attributes.metric.as_ref().unwrap().metric.as_str(), attributes.attributes.max_installs_per_right.unwrap().get()),
        ("Per Device", 3)
    );
}

#[tokio::test]
async fn entitlements_keep_their_terms() {
    let mut desk = Desk::new().await;
    desk.reference(Table::Company, 30, "North");
    desk.model(60, "Word", &[("named_user_type", "Professional")]);
    desk.entitlement(
        90,
        60,
        &[
            ("license_type", "Subscription"),
            ("subscription_period", "Quarterly"),
            ("start_date", "2026-01-01"),
            ("unit_cost", "2.50"),
            ("currency", "EUR"),
            ("company", "#30"),
            ("full_capacity", "true"),
        ],
    );
    desk.entitlement(91, 60, &[("state", "Build"), ("active_rights", "4"), ("license_type", "Maintenance")]);
    desk.put(
        "entitlements",
        92,
        &[("number", "lost"), ("software_model", "#99"), ("metric_group", "Common"), ("license_metric", "Per Device")],
    );
    desk.put(
        "related-entitlements",
        93,
        &[("related_entitlement", "#91"), ("software_entitlement", "#90"), ("active_rights", "4")],
    );
    let found = desk.gathered().await;
    let [one, other] = &found.estate.entitlements[..] else { panic!() };
    assert_eq!(
        (one.license_type, one.period, one.rights, one.state),
        (LicenseType::Subscription, Some(SubscriptionPeriod::Quarterly), 10, InstallStatus::InUse)
    );
    assert_eq!((one.unit_cost, one.currency.as_str(), one.owner.get(Unit::Company)), ("2.50".parse().ok(), "EUR", Some("North")));
    assert_eq!(
        (one.user_type.as_deref(), one.full_capacity, other.maintains.as_slice()),
        (Some("Professional"), true, &[(0, 4)][..])
    );
    assert_eq!((other.rights, other.state, found.entitlements.as_slice()), (4, InstallStatus::Build, &[id(90), id(91)][..]));
    assert_eq!(found.notes, ["the entitlement lost has no software model; it gives no rights"]);
}

#[tokio::test]
async fn an_upgrade_is_moved_once() {
    let check = async |to: &[(&str, &str)], expected: (u64, u64)| {
        let mut desk = Desk::new().await;
        desk.model(60, "Word", &[]);
        desk.entitlement(90, 60, &[]);
        desk.entitlement(91, 60, to);
        desk.put(
            "upgraded-entitlements",
            92,
            &[("software_entitlement", "#91"), ("from_entitlement", "#90"), ("number_of_rights", "6")],
        );
        let estate = desk.gathered().await.estate;
        assert_eq!((estate.entitlements[0].rights, estate.entitlements[1].rights), expected);
        assert_eq!(estate.entitlements[1].upgrades, [(0, 6)]);
    };
    // The domain adds the six: an entitlement of ten with six from elsewhere has four of its own.
    check(&[], (10, 4)).await;
    check(&[("purchased_rights", "0")], (10, 0)).await;
}

#[tokio::test]
async fn rules_of_several_fields_are_one_rule() {
    let mut desk = Desk::new().await;
    desk.reference(Table::Company, 30, "North");
    desk.model(60, "Word", &[]);
    desk.entitlement(90, 60, &[]);
    desk.put(
        "consumption-rules",
        40,
        &[("name", "a"), ("company", "#30"), ("include_child_companies", "true"), ("country", "DE")],
    );
    desk.put(
        "entitlement-consumption-rules",
        41,
        &[("software_entitlement", "#90"), ("consumption_rule", "#40"), ("license_pool", "3")],
    );
    let estate = desk.gathered().await.estate;
    let [rule] = &estate.entitlements[0].rules[..] else { panic!() };
    assert_eq!((rule.unit, rule.value.as_str(), rule.include_children, rule.pool), (Unit::Company, "North", true, Some(3)));
    assert_eq!((rule.and[0].unit, rule.and[0].value.as_str()), (Unit::Country, "DE"));
}

#[tokio::test]
async fn agreements_bring_the_downgrades_of_the_model() {
    let mut desk = Desk::new().await;
    for number in 60..=62 {
        desk.model(number, &format!("Word {number}"), &[]);
    }
    desk.entitlement(90, 60, &[]);
    desk.entitlement(91, 60, &[("agreement_type", "ELA")]);
    desk.put("downgrade-rights", 50, &[("from_model", "#60"), ("software_model", "#61"), ("order", "2")]);
    desk.put("downgrade-rights", 51, &[("from_model", "#60"), ("software_model", "#62")]);
    desk.put("downgrade-rights", 52, &[("software_entitlement", "#91"), ("software_model", "#61"), ("active", "false")]);
    let estate = desk.gathered().await.estate;
    let of = |place: usize| {
        estate.entitlements[place].downgrades.iter().map(|one| (one.target, one.order, one.active)).collect::<Vec<_>>()
    };
    assert_eq!((of(0), of(1)), (vec![], vec![(1, 1, false), (2, 1, true)]));
}

#[tokio::test]
async fn allocations_meet_their_conditions_or_do_not() {
    let mut desk = Desk::new().await;
    desk.reference(Table::User, 20, "anna");
    desk.reference(Table::User, 21, "bert");
    desk.machine(1, &[(Field::AssignedTo, Value::Ref(id(20))), (Field::AssetTag, Value::Text("A".to_owned()))], "", &[]).await;
    desk.machine(2, &[(Field::AssignedTo, Value::Ref(id(21)))], "", &[]).await;
    desk.put("hosts", 10, &[("name", "h"), ("device", "#2")]);
    desk.model(60, "Word", &[]);
    desk.entitlement(90, 60, &[("assigned_condition", "asset_tag=A"), ("allocated_condition", "asset_tag=A")]);
    desk.entitlement(91, 60, &[("allocated_condition", "no_such_field=1")]);
    desk.entitlement(92, 60, &[]);
    for (number, entitlement, field, whom) in [
        (70, 90, "assigned_to_user", "#20"),
        (71, 90, "assigned_to_user", "#21"),
        (72, 90, "assigned_to_device", "#1"),
        (73, 90, "assigned_to_host", "#10"),
        (74, 91, "assigned_to_device", "#1"),
        (75, 92, "assigned_to_cluster", "c1"),
        (76, 92, "assigned_to_device", "#9"),
    ] {
        desk.put(
            "allocations",
            number,
            &[("software_entitlement", &format!("#{entitlement}")), (field, whom), ("quantity", "2")],
        );
    }
    let found = desk.gathered().await;
    let shown: Vec<_> =
        found.estate.allocations.iter().map(|one| (one.entitlement, one.holder.clone(), one.meets_conditions)).collect();
    assert_eq!(
        shown,
        [
            (0, Holder::User(0), true),
            (0, Holder::User(1), false),
            (0, Holder::Device(0), true),
            (0, Holder::Device(1), false),
            (1, Holder::Device(0), false),
            (2, Holder::Cluster("c1".to_owned()), true),
        ]
    );
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert!(found.notes[0].contains("no_such_field"), "{:?}", found.notes);
}
