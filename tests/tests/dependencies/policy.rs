//! `deny.toml`, read the way cargo-deny reads it. In: the file and a graph. Out: one line for every breach.

use std::path::Path;

use toml::{Table, Value};

use crate::graph::Package;
use crate::spdx;

/// The parts of `deny.toml` that are held to here.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// Banned package and why.
    deny: Vec<(String, String)>,
    /// Allowed licences.
    allow: Vec<String>,
    /// Allowed registries.
    registries: Vec<String>,
}

impl Policy {
    pub(crate) fn read(root: &Path) -> Self {
        Self::parse(&crate::toml(&root.join("deny.toml")))
    }

    fn parse(file: &Table) -> Self {
        let section = |name: &str| file.get(name).and_then(Value::as_table).unwrap_or_else(|| panic!("deny.toml: no [{name}]"));
        let strings = |section: &Table, key: &str| -> Vec<String> {
            let list = section.get(key).and_then(Value::as_array).unwrap_or_else(|| panic!("deny.toml: no list {key}"));
            list.iter().map(|value| value.as_str().unwrap_or_else(|| panic!("deny.toml: {key}: {value}")).to_owned()).collect()
        };
        let ban = |entry: &Value| {
            let text = |key: &str| {
                let text = entry.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("deny.toml: {entry} has no {key}"));
                text.to_owned()
            };
            (text("crate"), text("reason"))
        };
        let sources = section("sources");
        for key in ["unknown-registry", "unknown-git"] {
            assert_eq!(sources.get(key).and_then(Value::as_str), Some("deny"), "deny.toml: sources.{key}");
        }
        let deny = section("bans").get("deny").and_then(Value::as_array).expect("deny.toml: bans.deny");
        Self {
            deny: deny.iter().map(ban).collect(),
            allow: strings(section("licenses"), "allow"),
            registries: strings(sources, "allow-registry"),
        }
    }

    pub(crate) fn banned(&self, packages: &[Package]) -> Vec<String> {
        let breach = |package: &Package| {
            let (_, reason) = self.deny.iter().find(|(name, _)| *name == package.name)?;
            let (name, version) = (&package.name, &package.version);
            Some(format!("{name} {version} is banned: {reason}; `cargo tree -i {name} -e features` says who brings it"))
        };
        packages.iter().filter_map(breach).collect()
    }

    pub(crate) fn licences(&self, packages: &[Package]) -> Vec<String> {
        let breach = |package: &Package| {
            let judged = match &package.license {
                None => Err("it states none".to_owned()),
                Some(license) => spdx::allowed(license, &self.allow),
            };
            let why = match judged {
                Ok(true) => return None,
                Ok(false) => package.license.clone().unwrap_or_default(),
                Err(why) => why,
            };
            let (name, version) = (&package.name, &package.version);
            Some(format!("{name} {version}: licence not allowed ({why}); read it, then add it to deny.toml or leave the package"))
        };
        packages.iter().filter_map(breach).collect()
    }

    pub(crate) fn sources(&self, packages: &[Package]) -> Vec<String> {
        let allowed = |source: &str| self.registries.iter().any(|registry| source == format!("registry+{registry}"));
        let breach = |package: &Package| {
            let source = package.source.as_deref().filter(|source| !allowed(source))?;
            Some(format!("{} {} comes from {source}; take a release from the registry", package.name, package.version))
        };
        packages.iter().filter_map(breach).collect()
    }
}

#[test]
fn each_kind_of_breach_is_seen_and_named() {
    let policy = Policy::parse(
        &r#"
        bans.deny = [{ crate = "openssl", reason = "TLS is rustls alone" }]
        licenses.allow = ["MIT"]
        sources = { unknown-registry = "deny", unknown-git = "deny", allow-registry = ["https://registry"] }
        "#
        .parse()
        .unwrap(),
    );
    let package = |name: &str, license: Option<&str>, source: Option<&str>| Package {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        license: license.map(str::to_owned),
        source: source.map(str::to_owned),
    };
    let packages = [
        package("fine", Some("GPL-3.0 OR MIT"), Some("registry+https://registry")),
        package("ours", Some("MIT"), None),
        package("openssl", Some("GPL-3.0"), Some("git+https://elsewhere")),
        package("secret", None, Some("registry+https://registry")),
    ];
    assert_eq!(policy.banned(&packages).len(), 1);
    assert!(policy.banned(&packages)[0].starts_with("openssl 1.0.0 is banned: TLS is rustls alone"));
    let licences = policy.licences(&packages);
    assert_eq!(licences.len(), 2, "{licences:?}");
    assert!(licences[0].contains("openssl 1.0.0: licence not allowed (GPL-3.0)") && licences[1].contains("it states none"));
    assert_eq!(policy.sources(&packages), ["openssl 1.0.0 comes from git+https://elsewhere; take a release from the registry"]);
}
