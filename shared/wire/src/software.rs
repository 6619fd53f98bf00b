//! What an agent says about the software that is installed on its machine.
//!
//! In: nothing. Out: one [`Package`] for each thing that was installed by itself. Text that a machine does not give is absent, never
//! empty.

use std::fmt;

use chrono::NaiveDate;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::limits::REPORT_PACKAGES;

/// One installed package. `software_digest` in a report is SHA-256 of the list's JSON as the agent wrote it: sorted, each one once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Its name, as its source spells it (`libc6`, `org.mozilla.firefox`).
    pub name: String,
    /// Its version, with everything that the source puts into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who publishes or maintains it, as the package says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// What installed it: `dpkg`, `rpm`, `flatpak`, `snap`; other agents bring others.
    pub source: String,
    /// The architecture it was built for (`amd64`, `x86_64`, `all`...), as its source spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// When this version was installed, as far as the machine knows (a date in UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_date: Option<NaiveDate>,
}

/// Reads a list of packages, and one more than a report may have of a longer one: that says enough to refuse it, and takes no memory.
///
/// # Errors
/// For what is no list of packages.
pub fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Package>>, D::Error> {
    struct Bounded;

    impl<'de> Visitor<'de> for Bounded {
        type Value = Vec<Package>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of packages")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Package>, A::Error> {
            let mut packages = Vec::new();
            while packages.len() <= REPORT_PACKAGES {
                match items.next_element()? {
                    Some(package) => packages.push(package),
                    None => return Ok(packages),
                }
            }
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(packages)
        }
    }

    struct Perhaps;

    impl<'de> Visitor<'de> for Perhaps {
        type Value = Option<Vec<Package>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of packages or null")
        }

        fn visit_none<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_seq(Bounded).map(Some)
        }
    }

    deserializer.deserialize_option(Perhaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_left_out_and_what_is_new_is_passed_over() {
        for (text, written) in [
            (r#"{"name":"bash","source":"dpkg"}"#, r#"{"name":"bash","source":"dpkg"}"#),
            (
                r#"{"name":"bash","version":"5.2","source":"rpm","install_date":"2026-11-21","from_the_future":1}"#,
                r#"{"name":"bash","version":"5.2","source":"rpm","install_date":"2026-11-21"}"#,
            ),
        ] {
            let package: Package = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&package).unwrap(), written);
        }
    }

    #[test]
    fn a_list_is_read_up_to_its_limit() {
        let read = |list: &str| bounded(&mut serde_json::Deserializer::from_str(list)).map(|list| list.map(|list| list.len()));
        let many = |count: usize| format!("[{}]", vec![r#"{"name":"a","source":"b"}"#; count].join(","));
        assert_eq!(read("null").unwrap(), None);
        assert_eq!(read(&many(REPORT_PACKAGES)).unwrap(), Some(REPORT_PACKAGES));
        assert_eq!(read(&many(REPORT_PACKAGES + 9)).unwrap(), Some(REPORT_PACKAGES + 1));
        assert!(read("[{}]").unwrap_err().to_string().contains("missing field `name`"));
        assert!(read("[5]").is_err() && read("{}").is_err());
    }
}
