//! Single values of an inventory, cleaned.
//!
//! In: a text as an agent read it. Out: the value to keep, or `None` for one that says nothing. It must not guess what a wrong value
//! was meant to be.

use muster_domain::asset::identity::is_junk;
use muster_wire::limits::TEXT_CHARS;
use uuid::Uuid;

/// Product UUIDs that many boards share, besides those that every report is cleaned of.
const SHARED_UUIDS: [&str; 7] = [
    "00010203-0405-0607-0809-101112131415",
    "00010203-0405-0607-0809-0a0b0c0d0e0f",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "12345678-1234-5678-1234-567812345678",
    "12345678-90ab-cdef-1234-567890abcdef",
    "11111111-2222-3333-4444-555555555555",
    "4c4c4544-0000-2010-8020-80c04f202020",
];

/// The text of a field: without control characters and edges, cut to what is kept.
pub(super) fn field(raw: &str) -> Option<String> {
    let text: String = raw.trim().chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A name or a serial number that the firmware tells, unless its maker forgot to write one.
pub(super) fn told(raw: &str) -> Option<String> {
    field(raw).filter(|text| !is_junk(text) && !text.contains(char::REPLACEMENT_CHARACTER))
}

/// A product UUID in lower case with hyphens, its bytes in the order in which they came.
pub(super) fn uuid(raw: &str) -> Option<String> {
    let text = Uuid::try_parse(raw.trim()).ok()?.hyphenated().to_string();
    (!is_junk(&text) && !SHARED_UUIDS.contains(&text.as_str())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn junk_is_no_value() {
        for junk in
            ["", " ", "To be filled by O.E.M.", "Default string", "00000000", "None", "System Serial Number", "\u{fffd}x", "."]
        {
            assert_eq!(told(junk), None, "{junk:?}");
        }
        for (raw, expected) in [(" 5CG1234XYZ\n", "5CG1234XYZ"), ("Dell Inc.", "Dell Inc."), ("HP", "HP"), ("a\u{7}bc", "abc")] {
            assert_eq!(told(raw).as_deref(), Some(expected));
        }
        assert_eq!(field(&"ä".repeat(300)), Some("ä".repeat(TEXT_CHARS)));
        assert_eq!(field("None").as_deref(), Some("None"));
    }

    #[test]
    fn uuids_keep_the_order_of_their_bytes() {
        for (raw, expected) in [
            ("4C4C4544-004A-5810-804B-B7C04F4C3533", Some("4c4c4544-004a-5810-804b-b7c04f4c3533")),
            ("564D1234-ABCD-EF01-2345-6789ABCDEF01", Some("564d1234-abcd-ef01-2345-6789abcdef01")),
            ("34124d56-cdab-01ef-2345-6789abcdef01", Some("34124d56-cdab-01ef-2345-6789abcdef01")),
            ("{4c4c4544004a5810804bb7c04f4c3533}", None),
            ("4c4c4544004a5810804bb7c04f4c3533", Some("4c4c4544-004a-5810-804b-b7c04f4c3533")),
            ("00000000-0000-0000-0000-000000000000", None),
            ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", None),
            ("03000200-0400-0500-0006-000700080009", None),
            ("00010203-0405-0607-0809-0A0B0C0D0E0F", None),
            ("4c4c4544-004a-5810-804b-b7c04f4c3533-101", None),
            ("0123456789ab", None),
            ("", None),
        ] {
            assert_eq!(uuid(raw).as_deref(), expected, "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_clean(raw in "\\PC*|.*") {
            for value in [field(&raw), told(&raw)].into_iter().flatten() {
                prop_assert!(!value.is_empty() && value.chars().count() <= TEXT_CHARS && !value.contains(char::is_control));
            }
            prop_assert!(uuid(&raw).is_none_or(|uuid| uuid.len() == 36 && uuid == uuid.to_lowercase()));
        }
    }
}
