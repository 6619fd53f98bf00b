//! snap: the description that every snap carries.
//!
//! In: the bytes of a `meta/snap.yaml`. Out: one package. Only the scalars at the left edge are read, and the list of architectures; who
//! publishes a snap stands in the store's assertions, which only root may read.

use super::text::{field, unquoted};
use muster_wire::software::Package;

/// The snap of a description; nothing without a name.
pub(super) fn parse(bytes: &[u8]) -> Option<Package> {
    let text = String::from_utf8_lossy(bytes);
    let mut package = Package { source: "snap".to_owned(), ..Package::default() };
    let mut below = "";
    for line in text.lines() {
        let item = line.trim_start().strip_prefix("- ");
        match (item, line.split_once(':')) {
            (Some(item), _) if below == "architectures" => {
                package.architecture = package.architecture.take().or_else(|| field(unquoted(item)));
            }
            (None, Some((key, value))) if !line.starts_with([' ', '\t', '#']) => {
                below = key;
                let value = field(unquoted(value));
                match key {
                    "name" => package.name = value.unwrap_or_default(),
                    "version" => package.version = value,
                    // In one line: [amd64, arm64]
                    "architectures" => {
                        let first = value.as_deref().and_then(|list| list.trim_matches(['[', ']']).split(',').next());
                        package.architecture = first.and_then(|first| field(unquoted(first)));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    (!package.name.is_empty()).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_a_package() {
        for (text, expected) in [
            ("name: firefox\nversion: 128.0-2\narchitectures:\n- amd64\n- i386\nbase: core22\n", Some("firefox 128.0-2 amd64")),
            ("name: 'x'\nversion: \"1: 2\"\narchitectures: [arm64, amd64]\n", Some("x 1: 2 arm64")),
            ("name: core22\napps:\n  name: no\n  version: no\nplugs:\n- amd64\n", Some("core22 - -")),
            ("version: 1\n", None),
            ("", None),
        ] {
            let text_of = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            let found = parse(text.as_bytes()).map(|p| format!("{} {} {}", p.name, text_of(p.version), text_of(p.architecture)));
            assert_eq!(found.as_deref(), expected);
        }
    }
}
