//! The installed software of an inventory, as our own agent would report it.
//!
//! In: the content of an inventory. Out: a list of packages, sorted and each one once. Sources have our own agent's names; what it
//! has no name for (`registry`, `uwp`) keeps its own in lower case.

use super::{
    content::{Content, Row},
    system,
    values::field,
};
use chrono::{Datelike as _, NaiveDate};
use muster_wire::{
    limits::REPORT_PACKAGES,
    software::{Package, PackageList},
};

/// Dates before this year are clocks that were never set.
const FIRST_YEAR: i32 = 1980;
/// What rpm keeps the keys of its packages under.
const KEYS: &str = "gpg-pubkey";

/// The packages of an inventory; `None` when it does not speak of software, so that a partial one changes nothing.
///
/// `passed_over` counts rows that are no packages, `beyond` what is more than a report may have.
#[must_use]
pub fn packages(content: &Content) -> Option<PackageList> {
    if !content.has("softwares") {
        return None;
    }
    let rows = content.rows("softwares");
    let unsaid = source_of_system(content);
    let mut packages: Vec<Package> = rows.iter().filter_map(|row| package(row, unsaid)).collect();
    let passed_over = rows.len().saturating_sub(packages.len()).saturating_add(content.odd("softwares"));
    packages.retain(|package| package.source != "rpm" || package.name != KEYS);
    packages.sort_unstable();
    packages.dedup();
    let beyond = packages.len().saturating_sub(REPORT_PACKAGES).saturating_add(content.beyond("softwares"));
    packages.truncate(REPORT_PACKAGES);
    Some(PackageList { packages, passed_over, beyond, unreadable: false })
}

fn package(row: &Row, unsaid: &str) -> Option<Package> {
    // Some entries of a registry have nothing but the key that they stand under.
    let name = field(row.any(&["name", "guid"])?)?;
    let source = row.get("from").and_then(field).map_or_else(|| unsaid.to_owned(), |from| from.to_lowercase());
    Some(Package {
        name,
        version: row.get("version").and_then(field),
        publisher: row.get("publisher").and_then(publisher),
        source: if source == "deb" { "dpkg".to_owned() } else { source },
        architecture: row.any(&["arch", "architecture"]).and_then(field),
        install_date: row.get("install_date").and_then(date),
    })
}

/// Where software of a system comes from when its agent does not say it.
fn source_of_system(content: &Content) -> &'static str {
    let os = content.row("operatingsystem").map(system::stated).or_else(|| content.row("hardware").and_then(system::beside));
    match os.and_then(|os| os.family).as_deref() {
        Some("windows") => "registry",
        Some("macos") => "macos",
        _ => "unknown",
    }
}

/// Who a line such as `Jane Doe <jane@example.org>` names. An address on the web is nobody's name: agents of OCS put the home page here.
fn publisher(raw: &str) -> Option<String> {
    if ["http://", "https://"].iter().any(|start| raw.starts_with(start)) {
        return None;
    }
    match raw.split_once('<') {
        Some((name, _)) if !name.trim().is_empty() => field(name.trim().trim_matches('"')),
        Some((_, address)) => field(address.trim().trim_end_matches('>')),
        None => field(raw),
    }
}

/// `2025/04/20 00:00:00`, `20/04/2025`, `2025-04-20T10:00:00`, `20250420`; the time of day is left out.
fn date(text: &str) -> Option<NaiveDate> {
    let day = text.split([' ', 'T']).next()?;
    let mut numbers = day.split(['/', '-']).map(|part| part.parse::<u32>().ok().filter(|_| part.len() <= 8));
    let date = match (numbers.next()?, numbers.next(), numbers.next(), numbers.next()) {
        (Some(year @ 1000..), Some(Some(month)), Some(Some(day)), None) => ymd(year, month, day),
        (Some(day), Some(Some(month)), Some(Some(year @ 1000..)), None) => ymd(year, month, day),
        (Some(digits @ 10_000_000..), None, None, None) => ymd(digits / 10_000, digits / 100 % 100, digits % 100),
        _ => None,
    };
    date.filter(|date| date.year() >= FIRST_YEAR)
}

fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok().filter(|year| *year <= 9999)?, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content(rows: &[&[(&str, &str)]]) -> Content {
        let mut content = Content::default();
        assert!(content.open("SOFTWARES"));
        for fields in rows {
            let mut row = Row::default();
            fields.iter().for_each(|(name, text)| row.put(None, name, text));
            content.add("SOFTWARES", Some(row));
        }
        content
    }

    fn said(list: &PackageList) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let line = |p: &Package| {
            let date = p.install_date.map(|date| date.to_string());
            format!(
                "{} {} {} {} {} {}",
                p.source,
                p.name,
                text(&p.version),
                text(&p.architecture),
                text(&p.publisher),
                text(&date)
            )
        };
        list.packages.iter().map(line).collect()
    }

    #[test]
    fn rows_are_packages() {
        for (fields, expected) in [
            (
                &[("NAME", "apt"), ("VERSION", "2.6.1"), ("FROM", "deb"), ("ARCH", "amd64"), ("PUBLISHER", "Debian")][..],
                "dpkg apt 2.6.1 amd64 Debian -",
            ),
            (
                &[("NAME", "apt"), ("FROM", "deb"), ("ARCHITECTURE", "all"), ("INSTALLDATE", "2025/04/20 00:00:00")],
                "dpkg apt - all - 2025-04-20",
            ),
            (&[("NAME", "bash"), ("FROM", "rpm"), ("INSTALL_DATE", "2024-04-22")], "rpm bash - - - 2024-04-22"),
            (
                &[("NAME", "Word"), ("FROM", "Registry"), ("PUBLISHER", "Microsoft Corporation")],
                "registry Word - - Microsoft Corporation -",
            ),
            (&[("GUID", "{90160000}"), ("FROM", "registry")], "registry {90160000} - - - -"),
            (&[("NAME", "x"), ("PUBLISHER", "https://example.org/"), ("FROM", "snap")], "snap x - - - -"),
            (&[("NAME", "x"), ("PUBLISHER", "Jane Doe <jane@example.org>"), ("FROM", "deb")], "dpkg x - - Jane Doe -"),
            (&[("NAME", "x"), ("VERSION", " \u{1} ")], "unknown x - - - -"),
        ] {
            let list = packages(&content(&[fields])).unwrap();
            assert_eq!(said(&list), [expected]);
            assert_eq!((list.passed_over, list.beyond, list.unreadable), (0, 0, false));
        }
    }

    #[test]
    fn each_one_is_there_once_and_the_rest_is_counted() {
        let row = |name: &'static str| [("NAME", name), ("FROM", "rpm")];
        let list = packages(&content(&[&row("b"), &row("a"), &row("b"), &[("VERSION", "1")], &row("gpg-pubkey")])).unwrap();
        assert_eq!(said(&list), ["rpm a - - - -", "rpm b - - - -"]);
        assert_eq!((list.passed_over, list.beyond), (1, 0));

        let mut many = content(&[]);
        many.pass_over("softwares", 5);
        assert_eq!(packages(&many).unwrap(), PackageList { beyond: 5, ..PackageList::default() });
        assert_eq!(packages(&Content::default()), None);
    }

    #[test]
    fn the_system_says_where_software_comes_from_if_nobody_else_does() {
        for (system, source) in [("Microsoft Windows 10 Pro", "registry"), ("macOS 14", "macos"), ("Debian", "unknown")] {
            let mut content = content(&[&[("NAME", "x")]]);
            let mut row = Row::default();
            row.put(None, "OSNAME", system);
            content.add("HARDWARE", Some(row));
            assert_eq!(packages(&content).unwrap().packages[0].source, source);
        }
    }

    #[test]
    fn dates_come_in_every_order() {
        for (text, expected) in [
            ("2025/04/20 00:00:00", Some("2025-04-20")),
            ("2025-04-20", Some("2025-04-20")),
            ("2025-04-20 12:13:14", Some("2025-04-20")),
            ("2025-04-20T12:13:14Z", Some("2025-04-20")),
            ("20/04/2025", Some("2025-04-20")),
            ("20250420", Some("2025-04-20")),
            ("04/20/2025", None),
            ("1970-01-01 00:00:00", None),
            ("1970-00-01", None),
            ("2025-13-01", None),
            ("20/04/25", None),
            ("99999999-01-01", None),
            ("2025-04-20-1", None),
            ("", None),
            ("yesterday", None),
        ] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_in_every_form(days in 0_i32..40_000) {
            let day = NaiveDate::from_ymd_opt(1980, 1, 1).unwrap() + chrono::TimeDelta::days(days.into());
            for form in ["%Y/%m/%d %H:%M:%S", "%d/%m/%Y", "%Y-%m-%d", "%Y%m%d"] {
                let text = day.and_hms_opt(0, 0, 0).unwrap().format(form).to_string();
                prop_assert_eq!(date(&text), Some(day), "{}", text);
            }
        }

        #[test]
        fn any_date_is_survived(text in "[0-9/ T-]{0,24}|.*") {
            _ = date(&text);
        }
    }
}
