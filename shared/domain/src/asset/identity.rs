//! What a machine can be recognised by, and when two sightings are the same machine.
//!
//! The key of an agent is its identity; this only finds duplicates and proposes merges, it never authorises anything.
//! In: facets that an agent reported. Out: yes or no.

use serde::{Deserialize, Serialize};

/// What a machine showed of itself. Every facet may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facets {
    /// SMBIOS product UUID.
    pub product_uuid: Option<String>,
    /// Product serial number.
    pub serial: Option<String>,
    /// Board serial number.
    pub board_serial: Option<String>,
    /// Permanent addresses of physical interfaces.
    pub macs: Vec<String>,
    /// Keyed hash of the system's machine id.
    pub machine_id_hash: Option<String>,
    /// Keyed hash of the cloud's instance id.
    pub cloud_id: Option<String>,
}

/// Whether two sightings are the same machine: the same cloud instance; or the same UUID and serial number; or three equal
/// facets of which one is strong (UUID, serial number, board serial number).
///
/// Junk values ("To be filled by O.E.M.", all zeros) are no facets. A UUID is compared in both byte orders.
#[must_use]
pub fn same_machine(a: &Facets, b: &Facets) -> bool {
    if equal(a.cloud_id.as_deref(), b.cloud_id.as_deref()) {
        return true;
    }
    let uuid = same_uuid(a.product_uuid.as_deref(), b.product_uuid.as_deref());
    let serial = equal(a.serial.as_deref(), b.serial.as_deref());
    let board = equal(a.board_serial.as_deref(), b.board_serial.as_deref());
    let mac = a.macs.iter().any(|one| b.macs.iter().any(|other| equal(Some(one), Some(other))));
    let machine_id = equal(a.machine_id_hash.as_deref(), b.machine_id_hash.as_deref());
    let facets = [uuid, serial, board, mac, machine_id].into_iter().filter(|same| *same).count();
    (uuid && serial) || (facets >= 3 && (uuid || serial || board))
}

/// Whether a firmware value says nothing about the machine: a maker's filler, a constant, or too short to tell.
#[must_use]
pub fn is_junk(value: &str) -> bool {
    const FILLERS: [&str; 24] = [
        "to be filled by o.e.m.",
        "to be filled by o.e.m",
        "tobefilledbyo.e.m.",
        "default string",
        "default",
        "system serial number",
        "system product name",
        "base board serial number",
        "chassis serial number",
        "serial number",
        "not specified",
        "not applicable",
        "not available",
        "not provided",
        "not settable",
        "unknown",
        "none",
        "null",
        "n/a",
        "na",
        "oem",
        "o.e.m.",
        "invalid",
        "empty",
    ];
    const UUIDS: [&str; 2] = ["03000200040005000006000700080009", "00020003000400050006000700080009"];
    const COUNTING: [&str; 2] = ["0123456789abcdef", "123456789abcdef0"];
    let text = value.trim().to_ascii_lowercase();
    let bare: String = text.chars().filter(|character| character.is_ascii_alphanumeric()).collect();
    let Some(first) = bare.chars().next() else { return true };
    bare.len() < 2
        || bare.chars().all(|character| character == first)
        || FILLERS.contains(&text.as_str())
        || UUIDS.contains(&bare.as_str())
        || (bare.len() >= 4 && COUNTING.iter().any(|counting| counting.starts_with(bare.as_str())))
}

fn equal(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => !is_junk(a) && a.trim().eq_ignore_ascii_case(b.trim()),
        _ => false,
    }
}

/// Whether two product UUIDs are one, in either byte order; junk is none.
#[must_use]
pub fn same_uuid(a: Option<&str>, b: Option<&str>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    if is_junk(a) || is_junk(b) {
        return false;
    }
    match (uuid::Uuid::try_parse(a.trim()), uuid::Uuid::try_parse(b.trim())) {
        // Hypervisors and guests differ in the byte order of the first three groups.
        (Ok(a), Ok(b)) => a == b || a.to_bytes_le() == *b.as_bytes(),
        _ => equal(Some(a), Some(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn machine() -> Facets {
        Facets {
            product_uuid: some("4c4c4544-0031-3310-8052-b8c04f4e3732"),
            serial: some("5CD1234ABC"),
            board_serial: some("/7N2/CN1"),
            macs: vec!["3c:52:82:11:22:33".to_owned(), "3c:52:82:11:22:34".to_owned()],
            machine_id_hash: some("9f2c"),
            cloud_id: None,
        }
    }

    #[test]
    fn three_facets_with_a_strong_one_make_a_machine() {
        let check = |change: fn(&mut Facets), expected: bool| {
            let mut other = machine();
            change(&mut other);
            assert_eq!(same_machine(&machine(), &other), expected, "{other:?}");
            assert_eq!(same_machine(&other, &machine()), expected, "reversed {other:?}");
        };
        check(|_| {}, true);
        check(|other| other.product_uuid = some("44454C4C-3100-1033-8052-B8C04F4E3732"), true);
        check(
            |other| {
                *other = Facets { product_uuid: other.product_uuid.clone(), serial: some("5cd1234abc "), ..Facets::default() }
            },
            true,
        );
        check(|other| *other = Facets { product_uuid: other.product_uuid.clone(), ..Facets::default() }, false);
        check(|other| (other.product_uuid, other.serial) = (None, None), true);
        check(|other| (other.product_uuid, other.serial, other.machine_id_hash) = (None, None, None), false);
        check(|other| (other.product_uuid, other.serial, other.board_serial) = (None, None, None), false);
        check(|other| (other.serial, other.board_serial) = (some("X1"), some("X2")), true);
        check(|other| (other.serial, other.board_serial, other.macs) = (some("X1"), some("X2"), vec![]), false);
        check(|other| *other = Facets::default(), false);
    }

    #[test]
    fn junk_and_a_cloud_instance() {
        assert!(!same_machine(&Facets::default(), &Facets::default()));
        let filled = || Facets {
            product_uuid: some("03000200-0400-0500-0006-000700080009"),
            serial: some("To be filled by O.E.M."),
            board_serial: some("Default string"),
            macs: vec!["00:00:00:00:00:00".to_owned()],
            ..Facets::default()
        };
        assert!(!same_machine(&filled(), &filled()));
        let cloud = || Facets { cloud_id: some("5f0e11"), ..Facets::default() };
        assert!(same_machine(&cloud(), &cloud()));
        for junk in ["", " ", "0", "00000000", "FFFF-FFFF", "None", "123456789", "0123456789", "System Serial Number"] {
            assert!(is_junk(junk), "{junk:?}");
        }
        for good in ["5CD1234ABC", "VMware-56 4d", "PF2A1B", "4c4c4544-0031-3310-8052-b8c04f4e3732"] {
            assert!(!is_junk(good), "{good:?}");
        }
    }
}
