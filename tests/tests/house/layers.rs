//! Who may import whom. In: manifests and modules. Out: a line for every name that is not in its row of the tables.

use std::collections::BTreeSet;
use std::path::Path;

use crate::modules::{self, Module};
use crate::text;

/// Package, its directory, and which of our packages it may use. What crosses the network, what the numbers mean, the
/// licence key and the tools of every program do not know each other.
const CRATES: [(&str, &str, &[&str]); 8] = [
    ("muster-wire", "shared/wire", &[]),
    ("muster-domain", "shared/domain", &[]),
    ("muster-license", "shared/license", &[]),
    ("muster-runtime", "shared/runtime", &[]),
    ("muster-agent", "agent", &["muster-wire", "muster-runtime"]),
    ("muster-collector", "collector", &["muster-wire", "muster-domain", "muster-license", "muster-runtime"]),
    // The tests know programs and messages, never the insides of a program.
    ("muster-e2e", "tests", &["muster-wire", "muster-runtime", "muster-license"]),
    ("xtask", "packaging/xtask", &[]),
];

/// What the domain may depend on: nothing of it can do I/O.
const DOMAIN_DEPENDENCIES: [&str; 8] = ["chrono", "chrono-tz", "regex", "serde", "thiserror", "uuid", "proptest", "serde_json"];

/// What the domain's sources may not name: I/O, clocks, threads, the environment. An address is a value, a socket is not.
const IMPURE: [&str; 14] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "chrono::Local",
    "chrono::Utc::now",
];

/// A stage of the collector and the other stages it may name. Every stage may name itself. `*`: everyone.
const STAGES: &[(&str, &[&str])] = &[
    // Where everything meets.
    ("main", &["*"]),
    ("app", &["*"]),
    // Commands put parts together as `app` does; the command line only names them.
    ("commands", &["*"]),
    ("cli", &["client", "commands"]),
    // Leaves: they know no stage but the records of the store.
    ("config", &[]),
    ("store", &["chain"]),
    // The store as a file, and the keys as another; what is read back puts the commands in place.
    ("backup", &["store", "trust"]),
    // How entries are bound to each other, in the store and in a file of its own.
    ("chain", &[]),
    // What whole exports come to says the reconciliation itself, over the records of the store.
    ("calc", &["reconcile", "settings", "store"]),
    // The sentence that tells the state is the page's, too.
    ("client", &["backup", "chain", "publish"]),
    // Files of lines and cells, whatever they are about.
    ("sheet", &[]),
    ("vendor", &[]),
    // The board: every stage puts its facts there, and it knows none of them.
    ("publish", &["store"]),
    ("notify", &["config", "publish", "settings", "store"]),
    // People who log in at a provider: who they are, not which account is theirs.
    ("sso", &["config", "publish", "store"]),
    // What administrators set, typed; every stage may ask for it.
    ("settings", &["store"]),
    // Assets as records: the reference tables in memory, import and export, actions, hygiene.
    ("assets", &["config", "publish", "settings", "sheet", "store"]),
    // Records of software asset management, each kind under its rules.
    ("records", &["assets", "sheet", "store"]),
    // What is owned against what is used: the facts of the site, run through the rules, and what came of it.
    ("reconcile", &["assets", "compliance", "publish", "records", "sessions", "settings", "store", "units"]),
    // The way of a report.
    ("trust", &["config", "store"]),
    ("gateway", &["config", "ingest", "publish", "trust"]),
    // Agents of another make log in with credentials of the store.
    ("interop", &["config", "ingest", "publish", "store", "trust"]),
    ("ingest", &["assets", "config", "publish", "sessions", "settings", "store", "trust"]),
    ("sessions", &["config", "publish", "settings", "store"]),
    // What happens by itself. Compliance gives ingest the verdicts that travel back with an answer.
    ("compliance", &["assets", "config", "ingest", "publish", "settings", "store", "trust"]),
    // Subscription units: what the licence grants and the settings say, over the assets that there are.
    ("units", &["assets", "compliance", "publish", "settings", "store"]),
    (
        "jobs",
        &[
            "assets",
            "compliance",
            "config",
            "ingest",
            "privacy",
            "publish",
            "reconcile",
            "sessions",
            "settings",
            "store",
            "trust",
            "units",
        ],
    ),
    // Names of people in what the other stages keep.
    ("privacy", &["assets", "compliance", "sessions", "settings", "store"]),
    // The stages' facts under one roof, for the board and for notifications.
    ("site", &["compliance", "ingest", "notify", "publish", "records", "sessions", "store", "units"]),
    // Administrators: the API routes to the pages, the pages use the API's guards.
    (
        "admin",
        &[
            "assets",
            "backup",
            "chain",
            "compliance",
            "config",
            "console",
            "ingest",
            "jobs",
            "notify",
            "privacy",
            "publish",
            "reconcile",
            "records",
            "sessions",
            "settings",
            "sheet",
            "sso",
            "store",
            "trust",
            "units",
        ],
    ),
    (
        "console",
        &[
            "admin",
            "assets",
            "compliance",
            "config",
            "ingest",
            "notify",
            "privacy",
            "publish",
            "reconcile",
            "records",
            "sessions",
            "settings",
            "sheet",
            "sso",
            "store",
            "units",
        ],
    ),
];

/// Backends of the store, by module and by crate: outside the store only `app` names them, because it picks one.
const BACKENDS: [&str; 2] = ["crate::store::redb", "crate::store::postgres"];
const BACKEND_CRATES: [&str; 1] = ["redb"];

/// Breaches between packages.
pub(crate) fn crates(root: &Path) -> Vec<String> {
    let mut breaches = members_without_a_row(root);
    for (package, directory, allowed) in CRATES {
        let manifest = root.join(directory).join("Cargo.toml");
        let named = dependencies(&manifest).into_iter().filter(|name| name.starts_with("muster-"));
        for name in named.filter(|name| !allowed.contains(&name.as_str())) {
            breaches.push(format!("{directory}/Cargo.toml: {package} may not depend on {name}; move what it needs"));
        }
        for module in modules::of(&root.join(directory), &package.replace('-', "_")) {
            breaches.extend(foreign(&module, root, allowed));
        }
    }
    breaches
}

fn members_without_a_row(root: &Path) -> Vec<String> {
    let workspace = toml(&root.join("Cargo.toml"));
    let members = workspace["workspace"]["members"].as_array().expect("workspace.members").clone();
    let unknown = members.iter().filter_map(toml::Value::as_str).filter(|member| CRATES.iter().all(|(_, row, _)| row != member));
    unknown.map(|member| format!("Cargo.toml: the member {member} has no row in CRATES; say there whom it may import")).collect()
}

fn foreign(module: &Module, root: &Path, allowed: &[&str]) -> Vec<String> {
    let ours = module.names.iter().filter_map(|name| name.first()).filter(|first| first.starts_with("muster_"));
    let unknown: BTreeSet<&String> = ours.filter(|first| !allowed.contains(&first.replace('_', "-").as_str())).collect();
    let file = text::shown(&module.file, root);
    // `muster_x` as the name of a variable or a function is a path of one segment, too, but nobody calls them so.
    unknown.iter().map(|first| format!("{file}: names {first}, which its package may not import; move what it needs")).collect()
}

/// Breaches between the stages of the collector.
pub(crate) fn stages(root: &Path) -> Vec<String> {
    let modules = modules::of(&root.join("collector"), "muster_collector");
    modules.iter().filter(|module| !module.for_tests).flat_map(|module| judge(module, &modules, root)).collect()
}

fn judge(module: &Module, modules: &[Module], root: &Path) -> Vec<String> {
    let file = text::shown(&module.file, root);
    let stage = match module.path.as_slice() {
        // The library's root declares the stages and knows none.
        [root] if root == "crate" => "lib",
        [root, ..] if root == "main" => "main",
        path => path.get(1).map_or("lib", String::as_str),
    };
    let row: &[&str] = match STAGES.iter().find(|(name, _)| *name == stage) {
        Some((_, row)) => row,
        None if stage == "lib" => &[],
        None => return vec![format!("{file}: the stage `{stage}` has no row in STAGES; say there whom it may name")],
    };
    let is_stage = |name: &str| modules.iter().any(|module| module.path.get(1).map(String::as_str) == Some(name));
    let mut breaches = BTreeSet::new();
    for name in &module.names {
        let full = name.join("::");
        let in_store = stage == "store" || row.contains(&"*");
        if !in_store && BACKENDS.iter().any(|backend| full == *backend || full.starts_with(&format!("{backend}::"))) {
            breaches.insert(format!("{file}: names the backend {full}; go through a port of crate::store"));
        }
        if stage != "store" && name.first().is_some_and(|first| BACKEND_CRATES.contains(&first.as_str())) {
            breaches.insert(format!("{file}: names {full}; only crate::store knows the database"));
        }
        let [first, other, ..] = name.as_slice() else {
            continue;
        };
        if first != "crate" || row.contains(&"*") || other == stage {
            continue;
        }
        if other == "*" {
            breaches.insert(format!("{file}: imports everything; name what it needs"));
        } else if is_stage(other) && !row.contains(&other.as_str()) {
            breaches.insert(format!(
                "{file}: {stage} may not name crate::{other} ({full}); take it as an argument from app.rs, or through a port"
            ));
        }
    }
    breaches.into_iter().collect()
}

/// Breaches of the purity of the domain.
pub(crate) fn purity(root: &Path) -> Vec<String> {
    let directory = root.join("shared/domain");
    let mut breaches: Vec<String> = dependencies(&directory.join("Cargo.toml"))
        .into_iter()
        .filter(|name| !DOMAIN_DEPENDENCIES.contains(&name.as_str()))
        .map(|name| format!("shared/domain/Cargo.toml: {name} is not in DOMAIN_DEPENDENCIES; the rules take facts as arguments"))
        .collect();
    for module in modules::of(&directory, "muster_domain") {
        let file = text::shown(&module.file, root);
        for name in module.names.iter().map(|name| name.join("::")) {
            if IMPURE.iter().any(|impure| name == *impure || name.starts_with(&format!("{impure}::"))) {
                breaches.push(format!("{file}: names {name}; the rules take time and facts as arguments"));
            }
        }
        breaches.extend(crate::code::impure(&module.file).into_iter().map(|what| format!("{file}: {what}")));
    }
    breaches
}

/// Source files that no module declares.
pub(crate) fn orphans(root: &Path) -> Vec<String> {
    let declared: BTreeSet<_> = CRATES
        .iter()
        .flat_map(|(package, directory, _)| modules::of(&root.join(directory), &package.replace('-', "_")))
        .map(|module| module.file)
        .collect();
    let sources = text::sources(root).into_iter().filter(|file| file.is_of_a_program());
    let orphans = sources.filter(|file| !declared.contains(&file.path));
    orphans.map(|file| format!("{}: no `mod` declares it; declare or remove it", file.shown())).collect()
}

fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let manifest = toml(manifest);
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    sections.iter().filter_map(|section| manifest.get(*section)?.as_table()).flat_map(|table| table.keys().cloned()).collect()
}

fn toml(path: &Path) -> toml::Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_kind_of_breach_between_stages_is_seen() {
    let module = |path: &str, names: &[&str]| Module {
        path: path.split("::").map(str::to_owned).collect(),
        file: format!("/r/{}.rs", path.replace("::", "/")).into(),
        names: names.iter().map(|name| name.split("::").map(str::to_owned).collect()).collect(),
        for_tests: false,
    };
    let others = ["crate::store::redb", "crate::ingest", "crate::admin"].map(|path| module(path, &[]));
    for (path, name, expected) in [
        ("crate::store::rows", "crate::store::redb::open", None),
        ("crate::store::redb::open", "redb::Database", None),
        ("crate::store::rows", "muster_domain::asset::Asset", None),
        ("crate::store::rows", "crate::ingest::take", Some("store may not name crate::ingest")),
        ("crate::admin::api", "crate::store::Assets", None),
        ("crate::admin::api", "crate::store::redb::open", Some("names the backend")),
        ("crate::admin::api", "redb::Database", Some("only crate::store knows the database")),
        ("crate::admin::api", "crate::*", Some("imports everything")),
        ("crate::admin::api", "crate::VERSION", None),
        ("crate::gateway", "crate::ingest::take", None),
        ("crate::gateway", "crate::admin::api", Some("gateway may not name crate::admin")),
        ("crate", "crate::admin::api", Some("lib may not name crate::admin")),
        ("crate::newcomer", "std::fmt", Some("has no row in STAGES")),
        ("crate::app", "crate::store::redb::open", None),
        ("main", "crate::admin::api", None),
    ] {
        let breaches = judge(&module(path, &[name]), &others, Path::new("/r"));
        match expected {
            None => assert!(breaches.is_empty(), "{path} names {name}: {breaches:?}"),
            Some(part) => assert!(breaches.len() == 1 && breaches[0].contains(part), "{path} names {name}: {breaches:?}"),
        }
    }
}

#[test]
fn a_crate_that_names_another_is_seen() {
    let module = Module {
        path: vec!["crate".to_owned()],
        file: "/r/agent/src/lib.rs".into(),
        names: vec![vec!["muster_domain".to_owned(), "Asset".to_owned()], vec!["muster_wire".to_owned()]],
        for_tests: false,
    };
    let breaches = foreign(&module, Path::new("/r"), &["muster-wire"]);
    assert!(breaches.len() == 1 && breaches[0].starts_with("agent/src/lib.rs: names muster_domain"), "{breaches:?}");
}
