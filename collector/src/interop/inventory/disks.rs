//! Disks that belong to the machine.
//!
//! In: the rows of `storages`. Out: disks as our own agent reports them: no memory disks, volumes, optical or removable drives.

use super::{
    content::Row,
    values::{field, told},
};
use muster_wire::hardware::Disk;

/// Agents count disks in millions of bytes; those of OCS with a fraction that says the rest.
const MEGABYTE: u64 = 1_000_000;
/// Most disks that are kept, as of our own agent.
const MOST: usize = 128;
/// Kernel names of what is no disk.
const NO_DISKS: [&str; 8] = ["sr", "fd", "loop", "ram", "zram", "dm-", "md", "nbd"];
/// Words in the type of what does not stay in the machine.
const MOVABLE: [&str; 11] =
    ["cd", "dvd", "optical", "removable", "external", "floppy", "tape", "card", "usb", "burning", "changer"];
/// Serial numbers that name a kind of device, not one device.
const NO_SERIALS: [&str; 1] = ["overlayblk"];

/// The disks, sorted by name.
pub(super) fn disks(rows: &[Row]) -> Vec<Disk> {
    let mut disks: Vec<Disk> = rows.iter().filter_map(disk).collect();
    disks.sort_by(|a, b| (&a.name, a.size_bytes, &a.model, &a.serial).cmp(&(&b.name, b.size_bytes, &b.model, &b.serial)));
    disks.dedup();
    disks.truncate(MOST);
    disks
}

fn disk(row: &Row) -> Option<Disk> {
    let called = row.any(&["name", "description"])?;
    let called = called.strip_prefix("/dev/").unwrap_or(called);
    let lower = |field: &str| row.get(field).unwrap_or_default().to_ascii_lowercase();
    let (kind, interface) = (lower("type"), lower("interface"));
    let movable = interface == "usb" || MOVABLE.iter().any(|word| kind.contains(word));
    if movable || NO_DISKS.iter().any(|start| called.starts_with(start)) {
        return None;
    }
    let size_bytes = scaled(row.get("disksize")?, MEGABYTE).filter(|size| *size > 0)?;
    let serial = row.get("serial").filter(|text| !NO_SERIALS.contains(text)).and_then(told);
    Some(Disk { name: field(called)?, size_bytes, model: row.get("model").and_then(told), serial })
}

/// A number that may have a fraction, times a unit, without the rounding of binary fractions: `274877.906944` million is 274877906944.
pub(super) fn scaled(text: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let mut sum = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut part = unit;
    for digit in fraction.bytes() {
        part /= 10;
        sum = sum.checked_add(u64::from(digit - b'0') * part)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        let mut row = Row::default();
        fields.iter().for_each(|(name, text)| row.put(None, name, text));
        row
    }

    #[test]
    fn only_disks_of_the_machine_count() {
        let check = |fields: &[(&str, &str)], expected: Option<(&str, u64)>| {
            let found = disks(&[row(fields)]);
            let found = found.first().map(|disk| (disk.name.as_str(), disk.size_bytes));
            assert_eq!(found, expected, "{fields:?}");
        };
        check(&[("NAME", "vda"), ("TYPE", "disk"), ("DISKSIZE", "274877.906944")], Some(("vda", 274_877_906_944)));
        check(&[("NAME", "/dev/sda"), ("TYPE", "disk"), ("DISKSIZE", "1000204")], Some(("sda", 1_000_204_000_000)));
        check(
            &[("NAME", r"\\.\PHYSICALDRIVE0"), ("TYPE", "Fixed hard disk media"), ("DISKSIZE", "500105")],
            Some((r"\\.\PHYSICALDRIVE0", 500_105_000_000)),
        );
        check(&[("NAME", "zram0"), ("TYPE", "disk"), ("DISKSIZE", "1")], None);
        check(&[("NAME", "sr0"), ("TYPE", "cdrom"), ("DISKSIZE", "700")], None);
        check(&[("NAME", "sdb"), ("TYPE", "disk"), ("INTERFACE", "USB"), ("DISKSIZE", "16000")], None);
        check(&[("NAME", "E:"), ("TYPE", "Removable Media"), ("DISKSIZE", "16000")], None);
        check(&[("NAME", "sda"), ("DISKSIZE", "0")], None);
        check(&[("NAME", "sda"), ("DISKSIZE", "0.0000001")], None);
        check(&[("NAME", "sda"), ("DISKSIZE", "big")], None);
        check(&[("NAME", "sda")], None);
        check(&[("DISKSIZE", "5")], None);
    }

    #[test]
    fn models_and_serials_are_kept_unless_they_are_junk() {
        let disk = |model: &str, serial: &str| {
            let fields = [("NAME", "sda"), ("DISKSIZE", "1"), ("MODEL", model), ("SERIALNUMBER", serial)];
            let disk = disks(&[row(&fields)]).remove(0);
            (disk.model, disk.serial)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(disk("Samsung SSD 870", "S5SXNG0R123456A"), (some("Samsung SSD 870"), some("S5SXNG0R123456A")));
        assert_eq!(disk("None", "overlayblk"), (None, None));
        assert_eq!(disk("", "0000000000"), (None, None));
    }

    proptest! {
        #[test]
        fn sizes_are_exact(bytes in 0_u64..1 << 60) {
            let text = format!("{}.{:06}", bytes / MEGABYTE, bytes % MEGABYTE);
            prop_assert_eq!(scaled(&text, MEGABYTE), Some(bytes));
        }

        #[test]
        fn any_size_is_survived(text in "[0-9.]{0,40}|.*") {
            _ = scaled(&text, MEGABYTE);
        }
    }
}
