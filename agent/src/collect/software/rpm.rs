//! rpm: what its own program prints of its database.
//!
//! The database is an SQLite, ndb or Berkeley file by the age of the system, with a write-ahead log beside it; rpm itself is on every
//! system that has one and reads them all. In: the bytes that `rpm -qa` prints under [`FORMAT`]. Out: packages. It runs nothing.

use super::text::field;
use chrono::DateTime;
use muster_wire::software::Package;

/// What is asked of rpm: one line for a package, its fields between tabulators.
pub(super) const FORMAT: &str = r"%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{VENDOR}\t%{ARCH}\t%{INSTALLTIME}\n";
/// What rpm prints for a field that a package does not have.
const NONE: &str = "(none)";
/// The keys that packages are signed with are kept in the database, too.
const KEYS: &str = "gpg-pubkey";

/// The packages of a listing.
pub(super) fn parse(bytes: &[u8]) -> Vec<Package> {
    String::from_utf8_lossy(bytes).lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Package> {
    let mut fields = line.split('\t').map(|raw| field(raw).filter(|text| text != NONE));
    let name = fields.next()??;
    let (version, publisher, architecture, installed) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let install_date = installed
        .and_then(|seconds| seconds.parse().ok())
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map(|at| at.date_naive());
    (name != KEYS).then(|| Package { name, version, publisher, source: "rpm".to_owned(), architecture, install_date })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_packages() {
        let listing = "bash\t5.2.26-4.fc40\tFedora Project\tx86_64\t1713780000\n\
            java-17\t1:17.0.11-2\t(none)\tnoarch\t99999999999999999999\n\
            gpg-pubkey\ta15b79cc-63d04c2c\t(none)\t(none)\t1713780000\nhalf\t1.0\n\t1\t2\t3\t4\n\n";
        let found = parse(listing.as_bytes());
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let found: Vec<String> = found
            .iter()
            .map(|p| {
                let date = p.install_date.map(|date| date.to_string());
                format!("{} {} {} {} {}", p.name, text(&p.version), text(&p.publisher), text(&p.architecture), text(&date))
            })
            .collect();
        assert_eq!(found, ["bash 5.2.26-4.fc40 Fedora Project x86_64 2024-04-22", "java-17 1:17.0.11-2 - noarch -"]);
    }
}
