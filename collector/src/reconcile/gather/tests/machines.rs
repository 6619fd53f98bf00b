//! Machines, people, installs.

use super::desk::{Desk, id};
use crate::reconcile::gather::MachineId;
use muster_domain::{
    asset::{Field, Table, Value},
    ids::AssetId,
    reconcile::{
        Unit,
        run::{Device, DeviceKind},
    },
};

const SERVER: &str = r#"{"hostname":"db1","cpu":{"model":"Xeon","vendor":"Intel","sockets":2,"cores":8,"threads":16}}"#;

fn facts(device: &Device) -> String {
    let number = |number: Option<u32>| number.map_or("?".to_owned(), |number| number.to_string());
    let kind = match &device.kind {
        DeviceKind::Physical => "physical".to_owned(),
        DeviceKind::Virtual => "virtual".to_owned(),
        DeviceKind::Partition(facts) => format!("{:?} {:?}", facts.kind, facts.pool),
    };
    let numbers = [device.sockets, device.cores_per_socket, device.threads_per_core].map(number).join("/");
    format!("{} {kind} {numbers} {:?} {:?}", device.name, device.host, device.cluster)
}

#[tokio::test]
async fn machines_are_assets_with_what_was_reported_and_corrected() {
    let mut desk = Desk::new().await;
    desk.machine(1, &[], SERVER, &[]).await;
    desk.machine(2, &[], r#"{"hostname":"vm1","virtualization":"vmware","cpu":{"sockets":2,"cores":2}}"#, &[]).await;
    desk.machine(3, &[(Field::InstallStatus, Value::Int(7))], SERVER, &[]).await;
    desk.put(
        "hosts",
        10,
        &[("name", "db1"), ("device", "#1"), ("cores_per_socket", "6"), ("cluster", "c1"), ("correction_reason", "two are off")],
    );
    desk.put("hosts", 11, &[("name", "vm1"), ("device", "#2"), ("host", "#12"), ("vcpus", "4"), ("kept_on", "esx1, nowhere")]);
    desk.put(
        "hosts",
        12,
        &[
            ("name", "esx1"),
            ("kind", "Physical"),
            ("sockets", "2"),
            ("operating_systems", "7"),
            ("moves", "true"),
            ("cluster", "c1"),
        ],
    );
    desk.put("hosts", 13, &[("name", "old"), ("device", "#3")]);
    desk.put("hosts", 14, &[("name", "lpar"), ("kind", "Partition"), ("partition", "Uncapped"), ("pool", "p"), ("host", "#12")]);
    let found = desk.gathered().await;
    let shown: Vec<String> = found.estate.devices.iter().map(facts).collect();
    assert_eq!(
        shown,
        [
            "db1 physical 2/6/2 None Some(\"c1\")",
            "vm1 virtual 4/1/1 Some(2) None",
            "esx1 physical 2/?/? None Some(\"c1\")",
            "lpar Uncapped Some(\"p\") ?/?/? Some(2) None",
        ]
    );
    assert_eq!(
        found.devices,
        [MachineId::Asset(AssetId(id(1))), MachineId::Asset(AssetId(id(2))), MachineId::Host(id(12)), MachineId::Host(id(14))]
    );
    assert_eq!(
        (found.estate.devices[1].kept_on.as_slice(), found.estate.devices[2].most_machines, found.estate.devices[2].moves),
        (&[2][..], Some(7), true)
    );
    let corrected: Vec<String> = found
        .corrections
        .iter()
        .map(|one| format!("{} {} {} {} {:?}", one.device, one.field, one.reported, one.entered, one.reason))
        .collect();
    assert_eq!(corrected[0], "0 cores_per_socket 4 6 Some(\"two are off\")");
    assert!(corrected[1..].iter().all(|one| one.starts_with("1 ")), "{corrected:?}");
    assert!(
        found.notes.iter().any(|note| note.contains("the host old"))
            && found.notes.iter().any(|note| note.contains("\"nowhere\"")),
        "{:?}",
        found.notes
    );
}

#[tokio::test]
async fn people_and_machines_belong_somewhere() {
    let mut desk = Desk::new().await;
    for (table, number, name) in [
        (Table::User, 20, "anna"),
        (Table::User, 21, "bert"),
        (Table::Company, 30, "North"),
        (Table::Department, 31, "Sales"),
        (Table::Location, 40, "Germany"),
        (Table::Location, 41, "Berlin"),
    ] {
        desk.reference(table, number, name);
    }
    desk.references.put(Table::Company, id(32), "North Two", Some(id(30)));
    desk.references.put(Table::Location, id(41), "Berlin", Some(id(40)));
    desk.put("location-details", 50, &[("location", "#40"), ("country", "DE"), ("region", "EMEA")]);
    desk.put("location-details", 51, &[("location", "#41"), ("region", "East")]);
    desk.put(
        "software-users",
        52,
        &[
            ("user", "#20"),
            ("company", "#32"),
            ("country", "FR"),
            ("use_type", "Self-service"),
            ("named_user_type", "Professional"),
        ],
    );
    desk.put("software-users", 53, &[("user", "#21"), ("use_type", "Core"), ("active", "false")]);
    let set =
        [(Field::AssignedTo, Value::Ref(id(21))), (Field::Location, Value::Ref(id(41))), (Field::Department, Value::Ref(id(31)))];
    desk.machine(1, &set, "", &[]).await;
    let found = desk.gathered().await;
    let (device, users) = (&found.estate.devices[0], &found.estate.users);
    assert_eq!((device.user, found.users.as_slice()), (Some(1), &[id(20), id(21)][..]));
    let place = |unit| device.organisation.get(unit);
    assert_eq!([place(Unit::Country), place(Unit::Region), place(Unit::Department)], [Some("DE"), Some("East"), Some("Sales")]);
    assert_eq!(
        (users[0].organisation.get(Unit::Company), users[0].organisation.get(Unit::Country)),
        (Some("North Two"), Some("FR"))
    );
    assert_eq!((users[0].use_type.as_deref(), users[0].sap_type.as_deref()), (Some("self_service"), Some("Professional")));
    assert_eq!((users[1].use_type.as_deref(), users[1].name.as_str()), (None, "bert"));
    assert_eq!(found.estate.parents[&(Unit::Company, "North Two".to_owned())], "North");
}

#[tokio::test]
async fn installs_are_of_the_models_that_say_most() {
    let mut desk = Desk::new().await;
    desk.model(60, "Planner", &[]);
    desk.model(61, "Planner", &[("version_condition", "starts with"), ("version", "2.")]);
    desk.model(62, "Painter", &[("license_under_management", "false")]);
    desk.model(63, "Viewer", &[("install_condition", "serial_number=V")]);
    desk.model(64, "Viewer", &[("install_condition", "serial_number=W"), ("language", "de"), ("active", "false")]);
    desk.model(65, "Twin", &[]);
    desk.put("models", 66, &[("publisher", "example"), ("product", "twin")]);
    desk.reference(Table::User, 20, "anna");
    desk.machine(
        1,
        &[(Field::SerialNumber, Value::Text("V".to_owned()))],
        "",
        &["Planner 2.1", "Painter 1.0", "Viewer 3.0", "Unheard 1.0"],
    )
    .await;
    desk.machine(2, &[], "", &["Planner 1.5", "Planner 2.1", "Viewer 3.0", "Twin 1.0"]).await;
    desk.machine(3, &[(Field::InstallStatus, Value::Int(7))], "", &["Planner 2.1"]).await;
    desk.put("software-usage", 70, &[("software_model", "#61"), ("device", "#2"), ("user", "#20"), ("last_used", "2026-05-01")]);
    let found = desk.gathered().await;
    let model = |title: u32| found.models[found.estate.titles[title as usize].unwrap() as usize].as_u128();
    let mut shown: Vec<_> =
        found.estate.installs.iter().map(|one| (one.device, model(one.title), one.last_used.is_some(), one.user)).collect();
    shown.sort_unstable();
    assert_eq!(
        shown,
        [(0, 61, false, None), (0, 63, false, None), (1, 60, false, None), (1, 61, true, Some(0)), (1, 65, false, None)]
    );
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    assert!(found.notes[0].contains("\"Twin\""), "{:?}", found.notes);
}

#[tokio::test]
async fn a_rule_of_the_site_says_what_a_title_is() {
    let mut desk = Desk::new().await;
    desk.model(60, "Planner", &[]);
    desk.machine(1, &[], "", &["PLN-Suite 2.1"]).await;
    assert_eq!(desk.gathered().await.estate.installs, []);
    desk.put(
        "normalization-rules",
        80,
        &[
            ("name", "pln"),
            ("name_operator", "starts with"),
            ("name_pattern", "PLN"),
            ("publisher", "Example"),
            ("product", "Planner"),
        ],
    );
    assert_eq!(desk.gathered().await.estate.installs.len(), 1);
    desk.put(
        "normalization-rules",
        81,
        &[("name", "bad"), ("name_operator", "matches"), ("name_pattern", "("), ("publisher", "Example"), ("product", "Planner")],
    );
    let found = desk.gathered().await;
    assert_eq!((found.estate.installs.len(), found.notes.len()), (1, 1), "{:?}", found.notes);
}

const SQL: [(&str, &str); 2] = [("publisher", "Microsoft"), ("product", "SQL Server")];

/// The models and versions of what is installed, by device.
fn installed(found: &crate::reconcile::gather::Gathered) -> Vec<(String, u128)> {
    let estate = &found.estate;
    let model = |title: u32| found.models[estate.titles[title as usize].unwrap() as usize].as_u128();
    let one = |install: &muster_domain::reconcile::run::Install| {
        (estate.devices[install.device as usize].name.clone(), model(install.title))
    };
    let mut all: Vec<_> = estate.installs.iter().map(one).collect();
    all.sort();
    all
}

#[tokio::test]
async fn what_is_said_of_software_on_a_machine_stands_over_what_is_reported() {
    let mut desk = Desk::new().await;
    let of = |year: &'static str, edition: &'static str| {
        let more = [("version_condition", "is"), ("version", year), ("edition_condition", "is"), ("edition", edition)];
        SQL.into_iter().chain(more).collect::<Vec<_>>()
    };
    desk.put("models", 60, &of("2019", "Standard"));
    desk.put("models", 61, &of("2019", "Enterprise"));
    desk.put("models", 62, &of("2017", "Standard"));
    let linux = |number: u128| format!(r#"{{"hostname":"db{number}","cpu":{{"sockets":2,"cores":8}}}}"#);
    desk.machine(1, &[], &linux(1), &["Microsoft SQL Server 2019 1.0"]).await;
    desk.machine(2, &[], &linux(2), &["Microsoft SQL Server 2019 1.0"]).await;
    desk.machine(3, &[], &linux(3), &["Microsoft SQL Server 2019 1.0", "Microsoft SQL Server 2017 1.0"]).await;
    let found = desk.gathered().await;
    assert_eq!(installed(&found), []);
    let told = |found: &crate::reconcile::gather::Gathered, words: &str| found.notes.iter().any(|note| note.contains(words));
    assert!(
        told(&found, "\"Microsoft SQL Server 2019\" is on 3 machines") && told(&found, "machine-software"),
        "{:?}",
        found.notes
    );
    let say = |edition: &'static str| SQL.into_iter().chain([("edition", edition)]).collect::<Vec<_>>();
    desk.put("machine-software", 90, &[say("Standard"), vec![("device", "#1")]].concat());
    desk.put("machine-software", 91, &[say("Enterprise"), vec![("device", "#2")]].concat());
    desk.put("machine-software", 92, &[say("Standard"), vec![("device", "#3")]].concat());
    // What no agent reports is there because it is said.
    desk.put("hosts", 10, &[("name", "esx"), ("kind", "Physical")]);
    desk.put("machine-software", 93, &[say("Enterprise"), vec![("host", "#10"), ("version", "2019")]].concat());
    desk.put("machine-software", 94, &[say("Web"), vec![("device", "#99")]].concat());
    let found = desk.gathered().await;
    let expected = [("db1", 60), ("db2", 61), ("db3", 60), ("db3", 62), ("esx", 61)];
    assert_eq!(installed(&found), expected.map(|(name, model)| (name.to_owned(), model)));
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    assert!(told(&found, "retired or gone"), "{:?}", found.notes);
    assert!(found.estate.unmodelled.iter().all(|one| one.devices.is_empty()), "what is said otherwise is not counted twice");
}

#[tokio::test]
async fn a_hypervisor_is_installed_on_its_host() {
    let mut desk = Desk::new().await;
    desk.put("models", 60, &[("publisher", "VMware"), ("product", "vSphere")]);
    desk.put(
        "models",
        61,
        &[("publisher", "VMware"), ("product", "vSphere"), ("edition_condition", "is"), ("edition", "Essentials Plus")],
    );
    let esx = |name: &'static str, edition: Option<&'static str>| {
        let edition = edition.map(|edition| ("hypervisor_edition", edition));
        [("name", name), ("kind", "Physical"), ("hypervisor", "VMware ESXi 8.0.2")].into_iter().chain(edition).collect::<Vec<_>>()
    };
    desk.put("hosts", 10, &esx("esx1", Some("Enterprise Plus")));
    desk.put("hosts", 11, &esx("esx2", None));
    desk.put("hosts", 12, &esx("esx3", Some("Essentials Plus")));
    desk.put("hosts", 13, &[("name", "hv"), ("kind", "Physical"), ("hypervisor", "Something 1")]);
    let found = desk.gathered().await;
    let expected = [("esx1", 60), ("esx2", 60), ("esx3", 61)];
    assert_eq!(installed(&found), expected.map(|(name, model)| (name.to_owned(), model)));
    assert_eq!(found.estate.models[1].family.as_deref(), Some("VVEP"));
    assert!(found.notes.len() == 1 && found.notes[0].contains("is on \"hv\""), "{:?}", found.notes);
}

#[tokio::test]
async fn pluggable_databases_need_oracle_s_option() {
    let mut desk = Desk::new().await;
    desk.put("models", 60, &[("publisher", "Oracle"), ("product", "Database")]);
    let database = [("publisher", "Oracle"), ("product", "Database")];
    for (number, edition) in [(1, "Enterprise"), (2, "Enterprise"), (3, "Standard"), (4, "Enterprise")] {
        let hardware = format!(r#"{{"hostname":"db{number}"}}"#);
        desk.machine(number, &[], &hardware, &[&format!("Oracle Database 19c {edition} Edition 19.0")]).await;
    }
    for (number, device, databases) in [(90, "#1", "3"), (91, "#2", "4"), (92, "#3", "40"), (93, "#4", "300")] {
        let fields = [("device", device), ("pluggable_databases", databases)];
        desk.put("machine-software", number, &database.into_iter().chain(fields).collect::<Vec<_>>());
    }
    let found = desk.gathered().await;
    let of_option = |found: &crate::reconcile::gather::Gathered| {
        installed(found).into_iter().filter(|(_, model)| *model == 61).map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(installed(&found).len(), 4);
    let told = |words: &str| found.notes.iter().filter(|note| note.contains(words)).count();
    assert_eq!((told("Oracle Multitenant 19c is on \"db"), found.notes.len()), (2, 2), "{:?}", found.notes);
    let crowded = |found: &crate::reconcile::gather::Gathered| -> Vec<(String, u64)> {
        let all = found.estate.crowded.iter();
        all.map(|one| (found.estate.devices[one.device as usize].name.clone(), one.databases)).collect()
    };
    assert_eq!(crowded(&found), [("db4".to_owned(), 300)]);
    desk.put("models", 61, &[("publisher", "Oracle"), ("product", "Multitenant")]);
    let found = desk.gathered().await;
    assert_eq!(of_option(&found), ["db2", "db4"]);
    assert!(found.notes.is_empty() && crowded(&found).len() == 1, "{:?}", found.notes);
}

#[tokio::test]
async fn what_needs_a_licence_is_found_without_a_model() {
    let mut desk = Desk::new().await;
    desk.model(60, "Planner", &[("version_condition", "is"), ("version", "9")]);
    for (number, name, kind) in [(80, "PLN", "Licensable"), (81, "FREE", "Freeware"), (82, "Planner", "Licensable")] {
        let fields = [
            ("name", name),
            ("name_operator", "starts with"),
            ("name_pattern", name),
            ("publisher", "Example"),
            ("product", if number == 82 { "Planner" } else { name }),
            ("product_type", kind),
        ];
        desk.put("normalization-rules", number, &fields);
    }
    desk.machine(1, &[], "", &["PLN-Suite 2.1", "PLN-Parts 2.1", "FREE 1.0", "Unheard 1.0", "Planner 9"]).await;
    desk.machine(2, &[], "", &["PLN-Suite 2.2", "Planner 8"]).await;
    let found: Vec<String> = desk
        .gathered()
        .await
        .estate
        .unmodelled
        .iter()
        .map(|one| format!("{} {} {:?}", one.publisher, one.product, one.devices))
        .collect();
    // A version that no model is about has none, either.
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["Example PLN [0, 1]", "Example Planner [1]"]);
}
