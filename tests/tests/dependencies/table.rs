//! One table of versions. In: the manifests. Out: a line for every dependency that has a version of its own, for every
//! entry of the table that nobody takes or that switches default features on, and for members with other lints.

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(crate) fn breaches(root: &Path) -> Vec<String> {
    let workspace = crate::toml(&root.join("Cargo.toml"));
    let members = workspace["workspace"]["members"].as_array().expect("Cargo.toml: workspace.members");
    let members = members.iter().map(|member| member.as_str().expect("a member's directory").to_owned());
    let manifests: Vec<_> = members.map(|member| (member.clone(), crate::toml(&root.join(member).join("Cargo.toml")))).collect();
    judge(&workspace, &manifests)
}

fn judge(workspace: &Table, manifests: &[(String, Table)]) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut taken = BTreeSet::new();
    for (member, manifest) in manifests {
        for (name, dependency) in sections(manifest).flatten() {
            if dependency.get("workspace") == Some(&Value::Boolean(true)) {
                taken.insert(name.clone());
            } else {
                breaches.push(format!("{member}/Cargo.toml: `{name}` has a version of its own; write `{name}.workspace = true`"));
            }
        }
        if manifest.get("lints").and_then(|lints| lints.get("workspace")) != Some(&Value::Boolean(true)) {
            breaches.push(format!("{member}/Cargo.toml: add `[lints]` with `workspace = true`"));
        }
    }
    let table = workspace["workspace"]["dependencies"].as_table().expect("Cargo.toml: workspace.dependencies");
    for (name, entry) in table {
        if !taken.contains(name) {
            breaches.push(format!("Cargo.toml: nobody takes `{name}`; remove it from the table"));
        }
        if entry.get("path").is_none() && entry.get("default-features") != Some(&Value::Boolean(false)) {
            breaches.push(format!("Cargo.toml: `{name}` needs `default-features = false` and the features that are used"));
        }
    }
    breaches
}

/// The dependency sections of a manifest, those of `[target.'...']` too.
fn sections(manifest: &Table) -> impl Iterator<Item = &Table> {
    let targets =
        manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values).filter_map(Value::as_table);
    [manifest].into_iter().chain(targets).flat_map(|table| SECTIONS.iter().filter_map(|name| table.get(*name)?.as_table()))
}

#[test]
fn each_kind_of_breach_is_seen() {
    let workspace = r#"
        [workspace.dependencies]
        ours = { path = "shared/ours" }
        serde = { version = "1", default-features = false }
        greedy = "1"
    "#;
    let member = r#"
        dependencies = { ours.workspace = true, greedy.workspace = true, own = "1" }
        target.'cfg(unix)'.dev-dependencies.other = { version = "1" }
    "#;
    let breaches = judge(&workspace.parse().unwrap(), &[("member".to_owned(), member.parse().unwrap())]);
    for part in ["`own` has a version of its own", "`other` has", "add `[lints]`", "nobody takes `serde`", "`greedy` needs"] {
        assert!(breaches.iter().any(|breach| breach.contains(part)), "{part}: {breaches:#?}");
    }
    assert_eq!(breaches.len(), 5, "{breaches:#?}");
}
