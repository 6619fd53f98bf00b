//! Rules of normalisation, as administrators see, test and write them.
//!
//! In: nothing. Out: what a rule is made of. What it does is in [`super::Normaliser`], its language in [`super::REFERENCE`].

use super::Pattern;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule: which software it is about, and what that software is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, which no other rule has.
    pub id: String,
    /// Its place: the lower is tried first; among equals the lower id.
    pub order: u32,
    /// Whether it is tried at all.
    #[serde(default = "on", skip_serializing_if = "is_on")]
    pub enabled: bool,
    /// Where it comes from, or why it is there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What software it is about: all of these hold.
    #[serde(rename = "if")]
    pub conditions: Conditions,
    /// What such software is.
    #[serde(rename = "then")]
    pub results: Results,
}

/// Conditions of a rule. One that is left out holds for everything; one at least is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// What installed it: one of these (`dpkg`, `rpm`, `flatpak`, `snap`, `windows`, `macos`, or as the agent spells it).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Who publishes or maintains it, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Pattern>,
    /// Its name, without architecture, language and trade marks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Pattern>,
    /// Its version, without what packaging puts around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Pattern>,
}

/// What software is, by a rule. Texts may have `{1}` and the like in them, see [`super::REFERENCE`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Its publisher.
    pub publisher: String,
    /// Its product.
    pub product: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "VersionRule::is_keep")]
    pub version: VersionRule,
    /// Its edition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// Its platform; without one that of its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its language; without one that of its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether it needs a licence.
    #[serde(default)]
    pub product_type: ProductType,
}

/// Where a version is taken from. In text: `keep`, `major`, `major.minor`, or a text with `{1}` and the like in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum VersionRule {
    /// As reported, without what packaging puts around it; if none is reported, the one in the name.
    #[default]
    Keep,
    /// Its first part.
    Major,
    /// Its first two parts.
    MajorMinor,
    /// This text; if nothing is left of it, as [`Self::Keep`].
    Text(String),
}

impl VersionRule {
    fn is_keep(&self) -> bool {
        *self == Self::Keep
    }
}

impl From<String> for VersionRule {
    fn from(text: String) -> Self {
        match text.as_str() {
            "" | "keep" => Self::Keep,
            "major" => Self::Major,
            "major.minor" => Self::MajorMinor,
            _ => Self::Text(text),
        }
    }
}

impl From<VersionRule> for String {
    fn from(rule: VersionRule) -> Self {
        match rule {
            VersionRule::Keep => "keep".to_owned(),
            VersionRule::Major => "major".to_owned(),
            VersionRule::MajorMinor => "major.minor".to_owned(),
            VersionRule::Text(text) => text,
        }
    }
}

/// What kind of product it is; only licensable ones are reconciled (domain 6.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProductType {
    /// It needs a licence.
    #[default]
    Licensable,
    /// It needs none of its own: part of an operating system, for instance.
    #[serde(rename = "Not Licensable")]
    NotLicensable,
    /// It costs nothing.
    Freeware,
    /// A correction of something else.
    Patch,
    /// It lets a device work.
    Driver,
    /// A part of something that is licensed as a whole.
    Child,
    /// Nobody has said.
    Unknown,
}

impl ProductType {
    /// All of them, as they are offered.
    pub const ALL: [Self; 7] =
        [Self::Licensable, Self::NotLicensable, Self::Freeware, Self::Patch, Self::Driver, Self::Child, Self::Unknown];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Licensable => "Licensable",
            Self::NotLicensable => "Not Licensable",
            Self::Freeware => "Freeware",
            Self::Patch => "Patch",
            Self::Driver => "Driver",
            Self::Child => "Child",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Display for ProductType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn on() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_on(enabled: &bool) -> bool {
    *enabled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_back_as_it_is_written() {
        let text = r#"{"id":"tool","order":10,"if":{"name":"starts with Tool"},"then":{"publisher":"We","product":"Tool","version":"major","product_type":"Not Licensable"}}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert_eq!((rule.enabled, &rule.results.version), (true, &VersionRule::Major));
        assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        for wrong in [text.replace("starts with", "like"), text.replace("\"name\"", "\"title\""), text.replace("Not ", "Never ")]
        {
            serde_json::from_str::<Rule>(&wrong).unwrap_err();
        }
    }

    #[test]
    fn product_types_are_named_as_they_are_written() {
        for kind in ProductType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.to_string());
        }
        for text in ["keep", "major", "major.minor", "{1}", "2019"] {
            assert_eq!(String::from(VersionRule::from(text.to_owned())), text);
        }
    }
}
