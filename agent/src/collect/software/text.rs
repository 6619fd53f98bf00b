//! Texts of package managers.
//!
//! In: bytes that can be anything. Out: plain text that fits a field of the protocol, or nothing. It never fails.

use muster_wire::limits::TEXT_CHARS;

/// The text of a field: without control characters and edges, cut to what is kept; nothing if nothing is left.
pub(super) fn field(raw: &str) -> Option<String> {
    let text: String = raw.trim().chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Who a maintainer line such as `Jane Doe <jane@example.org>` names: an address is nobody's publisher.
pub(super) fn publisher(raw: &str) -> Option<String> {
    match raw.split_once('<') {
        Some((name, _)) if !name.trim().is_empty() => field(name.trim().trim_matches('"')),
        Some((_, address)) => field(address.trim().trim_end_matches('>')),
        None => field(raw),
    }
}

/// A value that may stand in quotation marks.
pub(super) fn unquoted(raw: &str) -> &str {
    let raw = raw.trim();
    let inner = |mark: char| raw.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inner('"').or_else(|| inner('\'')).unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_plain_and_not_empty() {
        let long = "ä".repeat(TEXT_CHARS + 9);
        for (raw, expected) in [
            ("", None),
            (" \t\n", None),
            ("\u{0}\u{7}", None),
            (" 5.2.15-2+b7 ", Some("5.2.15-2+b7")),
            ("a\u{1b}[31mb", Some("a[31mb")),
            (&long, Some("ä".repeat(TEXT_CHARS).as_str())),
        ] {
            assert_eq!(field(raw).as_deref(), expected, "{raw:?}");
        }
    }

    #[test]
    fn a_maintainer_is_a_name() {
        for (raw, expected) in [
            ("Matthias Klose <doko@debian.org>", Some("Matthias Klose")),
            ("\"Example, Inc.\" <x@example.org>", Some("Example, Inc.")),
            ("<x@example.org>", Some("x@example.org")),
            ("Fedora Project", Some("Fedora Project")),
            ("<", None),
        ] {
            assert_eq!(publisher(raw).as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn quotation_marks_come_in_pairs() {
        for (raw, expected) in [("'1.0'", "1.0"), (" \"a b\" ", "a b"), ("'", "'"), ("\"x'", "\"x'"), ("''", "")] {
            assert_eq!(unquoted(raw), expected);
        }
    }
}
