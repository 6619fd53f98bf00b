//! The order of versions.
//!
//! In: versions as their publishers write them. Out: which one is newer. It knows no publisher; where the parts leave two texts equal,
//! the texts decide, so that the order is total.

use std::cmp::Ordering;

/// Versions by their parts, as [`order_versions`] does it; those that differ in nothing but case, separators and leading zeros are
/// equal.
#[must_use]
pub fn compare_versions(one: &str, other: &str) -> Ordering {
    let ((epoch, rest), (others_epoch, others_rest)) = (with_epoch(one), with_epoch(other));
    number(epoch, others_epoch).then_with(|| parts(rest).cmp(parts(others_rest)))
}

/// Versions by their parts: runs of digits as numbers, runs of letters as texts without case, everything else parts them. More parts
/// are newer than fewer, but for `~`, which says "before"; a number is newer than a word; an epoch (`2:`) comes before everything; none
/// is before any.
#[must_use]
pub fn order_versions(one: Option<&str>, other: Option<&str>) -> Ordering {
    let (Some(one), Some(other)) = (one, other) else { return one.is_some().cmp(&other.is_some()) };
    compare_versions(one, other).then_with(|| one.cmp(other))
}

/// A part. The variants are in their order; the end of a version is [`Part::End`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Before,
    End,
    Word(String),
    Number(Number<'a>),
}

/// Digits without leading zeros: longer ones are larger, however long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number<'a>(&'a str);

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

fn number(one: &str, other: &str) -> Ordering {
    Number(one.trim_start_matches('0')).cmp(&Number(other.trim_start_matches('0')))
}

/// The epoch, and what follows it.
fn with_epoch(version: &str) -> (&str, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    }
}

fn parts(version: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = Some(version);
    std::iter::from_fn(move || {
        let text = rest?.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '~');
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let letters = |text: &str| text.find(|c: char| !c.is_alphanumeric() || c.is_ascii_digit()).unwrap_or(text.len());
        let Some(first) = text.chars().next() else {
            rest = None;
            return Some(Part::End);
        };
        let length = if first == '~' { 1 } else { digits(text).max(letters(text)) };
        let (part, behind) = text.split_at_checked(length)?;
        rest = Some(behind);
        Some(match first {
            '~' => Part::Before,
            first if first.is_ascii_digit() => Part::Number(Number(part.trim_start_matches('0'))),
            _ => Part::Word(part.to_lowercase()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_compared_by_their_parts() {
        for (newer, older) in [
            ("10", "9"),
            ("1.10", "1.9"),
            ("1.0.1", "1.0"),
            ("b", "a"),
            ("2019", "2016"),
            ("5.2.15-2+b10", "5.2.15-2+b9"),
            ("9.0-10", "9.0-9"),
            ("12c", "11g"),
            ("10g", "9i"),
            ("2008 R2", "2008"),
            ("2012", "2008 R2"),
            ("2:9.0", "10.1"),
            ("1.0", "1.0~rc1"),
            ("1.0~rc2", "1.0~rc1"),
            ("1.0.1", "1.0rc1"),
            ("1.0RC2", "1.0rc1"),
            ("1.99999999999999999999999", "1.9999999999999999999999"),
            ("1.1", "1.01"),
            ("1é2", "1é1"),
        ] {
            assert_eq!(order_versions(Some(newer), Some(older)), Ordering::Greater, "{newer} {older}");
            assert_eq!(order_versions(Some(older), Some(newer)), Ordering::Less, "{newer} {older}");
        }
        assert_eq!(order_versions(Some("0"), None), Ordering::Greater);
        assert_eq!(order_versions(Some("1"), Some("1")), Ordering::Equal);
        assert_eq!(order_versions(None, None), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn the_order_is_total(texts in proptest::array::uniform3("[0-2a:.~ß²-]{0,6}")) {
            let [a, b, c] = texts.each_ref().map(|text| Some(text.as_str()));
            prop_assert_eq!(order_versions(a, b), order_versions(b, a).reverse());
            prop_assert_eq!(order_versions(a, b) == Ordering::Equal, a == b);
            if order_versions(a, b) != Ordering::Greater && order_versions(b, c) != Ordering::Greater {
                prop_assert_ne!(order_versions(a, c), Ordering::Greater);
            }
        }
    }

    #[test]
    fn what_differs_in_writing_only_is_equal() {
        for (newer, older) in [
            ("10", "9"),
            ("1.10", "1.9"),
            ("1.0.1", "1.0"),
            ("1.0.0", "1.0"),
            ("b", "a"),
            ("2019", "2016"),
            ("2012 R2", "2012"),
            ("8u371", "8u45"),
            ("19c", "12c"),
            ("9.2p1", "9.2"),
            ("9.2.1", "9.2p1"),
            ("1.0", "1.0~rc1"),
            ("1.0~rc2", "1.0~RC1"),
            ("18446744073709551617", "18446744073709551616"),
            ("1", ""),
            ("", "~1"),
        ] {
            assert_eq!(compare_versions(newer, older), Ordering::Greater, "{newer} {older}");
            assert_eq!(compare_versions(older, newer), Ordering::Less, "{newer} {older}");
        }
        for (one, other) in [("1.0", "01.00"), ("2012 R2", "2012-r2"), ("", "."), ("0", "000")] {
            assert_eq!(compare_versions(one, other), Ordering::Equal, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn it_is_an_order_of_what_differs(versions in proptest::collection::vec("[0-3a-cA-C.~ -]{0,6}|\\PC{0,4}", 3)) {
            let [a, b, c] = &versions[..] else { panic!() };
            prop_assert_eq!(compare_versions(a, b), compare_versions(b, a).reverse());
            prop_assert_eq!(compare_versions(a, a), Ordering::Equal);
            if compare_versions(a, b).is_le() && compare_versions(b, c).is_le() {
                prop_assert!(compare_versions(a, c).is_le(), "{a} {b} {c}");
            }
        }
    }
}
