//! Firmware values that mean nothing, and how the others are cleaned.
//!
//! In: one value as the firmware holds it. Out: the value to report, or `None`. White-box boards carry factory texts where a serial
//! number belongs; two of them would look like one machine. It must not guess what a wrong value was meant to be.

/// Longest value that is believed, in characters; SMBIOS strings of real machines are far shorter.
pub const LONGEST: usize = 128;

/// Texts that stand where the vendor forgot to write something, in lower case.
const JUNK_TEXTS: &[&str] = &[
    "all series",
    "asset tag",
    "asset-1234567890",
    "base board asset tag",
    "base board manufacturer",
    "base board product name",
    "base board serial number",
    "blank",
    "board serial number",
    "board version",
    "bsn12345678901234567",
    "chassis asset tag",
    "chassis manufacturer",
    "chassis serial number",
    "csn12345678901234567",
    "default",
    "default string",
    "default_string",
    "empty",
    "eval",
    "fill by oem",
    "filled by oem",
    "invalid",
    "mb serial number",
    "mb-1234567890",
    "n/a",
    "na",
    "nil",
    "no asset information",
    "no asset tag",
    "none",
    "not applicable",
    "not available",
    "not defined",
    "not present",
    "not provided",
    "not set",
    "not settable",
    "not specified",
    "null",
    "o.e.m.",
    "oem",
    "serial",
    "serial number",
    "serialnumber",
    "sku",
    "sku number",
    "ssn12345678901234567",
    "system manufacturer",
    "system product name",
    "system serial number",
    "system serial#",
    "system sku",
    "system uuid",
    "system version",
    "tbd",
    "to be filled",
    "type1family",
    "type1productconfigid",
    "type1sku0",
    "type2 - board serial number",
    "undefined",
    "unknown",
    "unspecified",
];

/// Beginnings that give a factory text away, in lower case.
const JUNK_BEGINNINGS: &[&str] = &["to be filled by o", "<out of spec>", "<bad index>", "type2 - board "];

/// Product UUIDs that many boards share, as plain lower-case hexadecimal digits.
const JUNK_UUIDS: &[&str] = &[
    "03000200040005000006000700080009",
    "00020003000400050006000700080009",
    "00010203040506070809101112131415",
    "000102030405060708090a0b0c0d0e0f",
    "123456781234567890abcddeefaabbcc",
    "12345678123456781234567812345678",
    "1234567890abcdef1234567890abcdef",
    "11111111222233334444555555555555",
    "4c4c454400002010802080c04f202020",
];

/// A name (vendor, model, family): printable, at most [`LONGEST`] characters, not a factory text.
pub fn name(raw: &str) -> Option<String> {
    let value = raw.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    let printable = !value.is_empty() && value.chars().count() <= LONGEST && !value.chars().any(unprintable);
    (printable && !is_junk(value)).then(|| value.to_owned())
}

/// A serial number or tag: a [`name`] of at least two characters that is not merely counted up.
pub fn serial(raw: &str) -> Option<String> {
    name(raw).filter(|value| value.chars().count() >= 2 && !is_counting(&compact(value)))
}

/// A product UUID in lower case with hyphens, unless many machines share it.
pub fn uuid(raw: &str) -> Option<String> {
    let value = raw.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_ascii_lowercase();
    let groups: Vec<&str> = value.split('-').collect();
    let shaped = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    let digits = groups.concat();
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (shaped && hex && !is_monotone(&digits) && !JUNK_UUIDS.contains(&digits.as_str())).then_some(value)
}

fn is_junk(value: &str) -> bool {
    let lower = value.to_lowercase();
    JUNK_TEXTS.contains(&lower.as_str())
        || JUNK_BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
        || is_monotone(&compact(value))
}

/// A replacement character is what remains of bytes that were no text: erased flash reads as FF FF FF.
fn unprintable(c: char) -> bool {
    c.is_control() || c == char::REPLACEMENT_CHARACTER
}

/// The letters and digits alone, in lower case: `00-00-00` and `0000 0000` are the same nothing.
fn compact(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Nothing, or the same character over and over: four of a kind, or one that stands for nothing.
fn is_monotone(compact: &str) -> bool {
    let mut chars = compact.chars();
    match chars.next() {
        None => true,
        Some(first) => chars.all(|c| c == first) && (compact.len() >= 4 || "0fx".contains(first)),
    }
}

/// `0123456789`, `123456789`, `1234567890`, `0123456789abcdef` and their beginnings of at least five digits.
fn is_counting(compact: &str) -> bool {
    compact.len() >= 5
        && ["0123456789abcdef", "123456789abcdef", "1234567890abcdef", "12345678901234567890"]
            .iter()
            .any(|run| run.starts_with(compact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn factory_texts_are_no_serial_numbers() {
        let junk = [
            "",
            " ",
            "\0",
            "To be filled by O.E.M.",
            "To Be Filled By O.E.M",
            "TO BE FILLED BY OEM",
            "Default string",
            "Default String\n",
            "System Serial Number",
            "System Product Name",
            "Not Specified",
            "Not Applicable",
            "None",
            "none",
            "NULL",
            "N/A",
            "0",
            "00000000",
            "0000-0000-0000",
            "FFFFFFFF",
            "ffffffffffff",
            "xxxxxxx",
            "XXXX-XXXX",
            "...",
            "-",
            "*",
            "0123456789",
            "123456789",
            "1234567890",
            "0123456789ABCDEF",
            "11111111",
            "12345",
            "123456",
            "Chassis Serial Number",
            "Base Board Serial Number",
            "<OUT OF SPEC>",
            "<BAD INDEX>",
            "SSN12345678901234567",
            "Unknown",
            "INVALID",
            "7",
            "bell\u{7}",
            "a\u{fffd}b",
            "Type2 - Board Serial Number",
            "OEM",
        ];
        for raw in junk {
            assert_eq!(serial(raw), None, "{raw:?}");
        }
        assert_eq!(serial(&"9".repeat(LONGEST + 1)), None);
    }

    #[test]
    fn real_values_are_kept_as_they_are() {
        let real = [
            ("5CG1234XYZ\n", "5CG1234XYZ"),
            ("  7JXKL53 ", "7JXKL53"),
            ("/7JXKL53/CNWS20012300AB/\0\0", "/7JXKL53/CNWS20012300AB/"),
            ("VMware-56 4d 0f 6a 22 33 44 55-66 77 88 99 aa bb cc dd", "VMware-56 4d 0f 6a 22 33 44 55-66 77 88 99 aa bb cc dd"),
            ("1234", "1234"),
            ("Sérial-1", "Sérial-1"),
            ("10000000", "10000000"),
        ];
        for (raw, want) in real {
            assert_eq!(serial(raw).as_deref(), Some(want), "{raw:?}");
        }
        for raw in ["Dell Inc.", "Latitude 7420", "QEMU", "1234567890"] {
            assert_eq!(name(raw).as_deref(), Some(raw), "{raw:?}");
        }
    }

    #[test]
    fn shared_uuids_are_no_uuids() {
        let cases = [
            ("4C4C4544-004A-5810-804B-B7C04F4C3533\n", Some("4c4c4544-004a-5810-804b-b7c04f4c3533")),
            ("03000200-0400-0500-0006-000700080009", None),
            ("00000000-0000-0000-0000-000000000000", None),
            ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", None),
            ("fefefefe-fefe-fefe-fefe-fefefefefefe", Some("fefefefe-fefe-fefe-fefe-fefefefefefe")),
            ("00020003-0004-0005-0006-000700080009", None),
            ("4c4c4544004a5810804bb7c04f4c3533", None),
            ("zc4c4544-004a-5810-804b-b7c04f4c3533", None),
            ("none", None),
            ("", None),
        ];
        for (raw, want) in cases {
            assert_eq!(uuid(raw).as_deref(), want, "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_clean(raw in "\\PC*|.*") {
            for value in [name(&raw), serial(&raw)].into_iter().flatten() {
                prop_assert!(!value.is_empty() && value.chars().count() <= LONGEST);
                prop_assert!(value.trim() == value && !value.contains(char::is_control));
                prop_assert_eq!(name(&value), Some(value.clone()), "cleaning twice changes nothing");
            }
            prop_assert!(uuid(&raw).is_none_or(|uuid| uuid.len() == 36));
        }
    }
}
