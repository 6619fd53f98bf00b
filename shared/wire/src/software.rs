//! What an agent says about the software that is installed on its machine.
//!
//! In: nothing. Out: one [`Package`] for each thing that was installed by itself. Text that a machine does not give is absent, never
//! empty. A list is read as far as it can be: what is odd in it costs that one package, never the report around it.

use std::fmt;

use chrono::NaiveDate;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

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

/// A list as it goes over the wire: a JSON array of [`Package`]s. Reading it takes no more memory than a list within the limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageList {
    /// The packages, at most [`REPORT_PACKAGES`] of a list that was read.
    pub packages: Vec<Package>,
    /// Members of the list that are no packages: without a name or a source, or not even objects.
    pub passed_over: usize,
    /// Members behind the last one that a report may have.
    pub beyond: usize,
    /// Something other than a list stands where the list should be.
    pub unreadable: bool,
}

impl From<Vec<Package>> for PackageList {
    fn from(packages: Vec<Package>) -> Self {
        Self { packages, ..Self::default() }
    }
}

impl Serialize for PackageList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.packages.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PackageList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

/// Visits everything that is not of interest, so that what follows it can be read.
macro_rules! otherwise {
    ($value:expr, $($visit:ident: $type:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok($value)
        })*
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = PackageList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of packages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<PackageList, A::Error> {
        let mut list = PackageList::default();
        while list.packages.len() + list.passed_over < REPORT_PACKAGES {
            match items.next_element()? {
                Some(Member(Some(package))) => list.packages.push(package),
                Some(Member(None)) => list.passed_over += 1,
                None => return Ok(list),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {
            list.beyond += 1;
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<PackageList, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(unreadable())
    }

    otherwise!(unreadable(), visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

fn unreadable() -> PackageList {
    PackageList { unreadable: true, ..PackageList::default() }
}

/// A member of the list, if it is a package.
struct Member(Option<Package>);

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor).map(Self)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Option<Package>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a package")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Package>, A::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Key {
            Name,
            Version,
            Publisher,
            Source,
            Architecture,
            InstallDate,
            #[serde(other)]
            Other,
        }

        let (mut name, mut source, mut install_date) = (None, None, None);
        let mut package = Package::default();
        while let Some(key) = members.next_key()? {
            let place = match key {
                Key::Name => &mut name,
                Key::Version => &mut package.version,
                Key::Publisher => &mut package.publisher,
                Key::Source => &mut source,
                Key::Architecture => &mut package.architecture,
                Key::InstallDate => &mut install_date,
                Key::Other => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let Text(text) = members.next_value()?;
            *place = text;
        }
        package.install_date = install_date.and_then(|date| date.parse().ok());
        Ok(name.zip(source).map(|(name, source)| Package { name, source, ..package }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Package>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    otherwise!(None, visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// A text; nothing where something else stands.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<String>, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Option<String>, E> {
        Ok(Some(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<String>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<String>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    otherwise!(None, visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            let list: PackageList = serde_json::from_str(&format!("[{text}]")).unwrap();
            assert_eq!(list, PackageList::from(vec![package]));
            assert_eq!(serde_json::to_string(&list).unwrap(), format!("[{written}]"));
        }
    }

    fn read(list: &str) -> PackageList {
        serde_json::from_str(list).unwrap()
    }

    #[test]
    fn what_is_odd_costs_one_package() {
        for (text, expected, passed_over) in [
            ("{}", None, 1),
            ("5", None, 1),
            ("-5.5e9", None, 1),
            ("null", None, 1),
            ("true", None, 1),
            (r#""bash""#, None, 1),
            (r#"[{"name":"bash","source":"dpkg"}]"#, None, 1),
            (r#"{"name":"bash"}"#, None, 1),
            (r#"{"name":5,"source":"dpkg"}"#, None, 1),
            (r#"{"name":{"a":[1]},"source":"dpkg"}"#, None, 1),
            (r#"{"name":"bash","source":null}"#, None, 1),
            (r#"{"name":"bash","source":"dpkg","version":5,"publisher":[1],"architecture":{"a":{}}}"#, Some("bash"), 0),
            (r#"{"name":"bash","source":"dpkg","install_date":"yesterday"}"#, Some("bash"), 0),
            (r#"{"name":"a","name":"bash","source":"dpkg"}"#, Some("bash"), 0),
            (r#"{"name":"b\u0061sh","source":"dpkg","5":[[]]}"#, Some("bash"), 0),
        ] {
            let list = read(&format!(r#"[{text},{{"name":"vim","source":"dpkg","version":"9"}}]"#));
            let names: Vec<&str> = list.packages.iter().map(|package| package.name.as_str()).collect();
            assert_eq!(names, expected.into_iter().chain(["vim"]).collect::<Vec<_>>(), "{text}");
            assert_eq!((list.passed_over, list.beyond, list.unreadable), (passed_over, 0, false), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_said() {
        for text in ["5", "{}", r#"{"name":["bash"]}"#, r#""bash""#, "true", "-1", "1.5"] {
            assert_eq!(read(text), unreadable(), "{text}");
        }
        assert!(serde_json::from_str::<PackageList>("[").is_err());
    }

    #[test]
    fn a_list_is_read_up_to_its_limit() {
        let many = |count: usize, one: &str| read(&format!("[{}]", vec![one; count].join(",")));
        let counts = |list: PackageList| (list.packages.len(), list.passed_over, list.beyond);
        let good = r#"{"name":"a","source":"b"}"#;
        assert_eq!(counts(many(REPORT_PACKAGES, good)), (REPORT_PACKAGES, 0, 0));
        assert_eq!(counts(many(REPORT_PACKAGES + 9, good)), (REPORT_PACKAGES, 0, 9));
        assert_eq!(counts(many(REPORT_PACKAGES + 9, "{}")), (0, REPORT_PACKAGES, 9));
    }

    proptest! {
        #[test]
        fn every_json_can_be_read(text in r#"[\[\]{},:"0-9a-c]{0,40}"#) {
            let json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            prop_assert_eq!(serde_json::from_str::<PackageList>(&text).is_ok(), json, "{}", text);
        }
    }
}
