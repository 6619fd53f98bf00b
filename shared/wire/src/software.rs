//! What an agent says about the software that is installed on its machine.
//!
//! In: nothing. Out: one [`Package`] for each thing that was installed by itself. Text that a machine does not give is absent, never
//! empty.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One installed package. `software_digest` in a report is SHA-256 of the list's JSON as the agent wrote it: sorted, each one once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
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
}
