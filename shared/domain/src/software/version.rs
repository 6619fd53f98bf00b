//! Versions, compared.
//!
//! In: two versions as texts. Out: which one is newer. It knows no product: what a publisher counts otherwise has to be normalised first.

use std::cmp::Ordering;

/// Compares versions by their parts: digits as numbers of any length, everything else as text without regard to case. Dots, dashes and
/// spaces stand between parts. What goes on is newer (`1.0.1` than `1.0`, `2012 R2` than `2012`), but `~` is before its end (`1.0~rc1` is
/// before `1.0`, as in Debian's and RPM's order). Only versions that differ in nothing but case and separators are equal.
#[must_use]
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (Parts(a), Parts(b));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(part), None) => return if part == Part::Before { Ordering::Less } else { Ordering::Greater },
            (None, Some(part)) => return if part == Part::Before { Ordering::Greater } else { Ordering::Less },
            (Some(one), Some(other)) => match one.compare(other) {
                Ordering::Equal => {}
                order => return order,
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'v> {
    /// `~`: before everything, also before the end.
    Before,
    /// Letters.
    Text(&'v str),
    /// Digits, without zeros in front.
    Number(&'v str),
}

impl Part<'_> {
    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Before, Self::Before) => Ordering::Equal,
            (Self::Number(one), Self::Number(other)) => (one.len(), one).cmp(&(other.len(), other)),
            (Self::Text(one), Self::Text(other)) => lower(one).cmp(lower(other)),
            (Self::Before, _) | (Self::Text(_), Self::Number(_)) => Ordering::Less,
            (_, Self::Before) | (Self::Number(_), Self::Text(_)) => Ordering::Greater,
        }
    }
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

struct Parts<'v>(&'v str);

impl<'v> Iterator for Parts<'v> {
    type Item = Part<'v>;

    fn next(&mut self) -> Option<Part<'v>> {
        let rest = self.0.trim_start_matches(|c: char| c != '~' && !c.is_alphanumeric());
        let first = rest.chars().next()?;
        if first == '~' {
            self.0 = rest.get(1..).unwrap_or_default();
            return Some(Part::Before);
        }
        let digits = first.is_ascii_digit();
        let same = |c: char| if digits { c.is_ascii_digit() } else { c.is_alphanumeric() && !c.is_ascii_digit() };
        let (part, behind) = rest.split_at(rest.find(|c| !same(c)).unwrap_or(rest.len()));
        self.0 = behind;
        Some(if digits { Part::Number(part.trim_start_matches('0')) } else { Part::Text(part) })
    }
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
        fn it_is_an_order(versions in proptest::collection::vec("[0-3a-cA-C.~ -]{0,6}|\\PC{0,4}", 3)) {
            let [a, b, c] = &versions[..] else { panic!() };
            prop_assert_eq!(compare_versions(a, b), compare_versions(b, a).reverse());
            prop_assert_eq!(compare_versions(a, a), Ordering::Equal);
            if compare_versions(a, b).is_le() && compare_versions(b, c).is_le() {
                prop_assert!(compare_versions(a, c).is_le(), "{a} {b} {c}");
            }
        }
    }
}
