//! Texts without case: equality, parts, order and words. A row's text is compared as it lies, without a copy.

use std::cmp::Ordering;

/// The characters of a text without case.
pub(super) fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

/// Whether a text equals a folded one.
pub(super) fn equals(text: &str, folded: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(folded) } else { fold(text).eq(folded.chars()) }
}

/// Whether a text begins with a folded one.
pub(super) fn starts_with(text: &str, folded: &str) -> bool {
    let mut characters = fold(text);
    folded.chars().all(|wanted| characters.next() == Some(wanted))
}

/// Whether a text ends with a folded one.
pub(super) fn ends_with(text: &str, folded: &str) -> bool {
    let mut characters = text.chars().rev().flat_map(|character| character.to_lowercase().rev());
    folded.chars().rev().all(|wanted| characters.next() == Some(wanted))
}

/// Whether a text holds a folded one.
pub(super) fn contains(text: &str, folded: &str) -> bool {
    if folded.is_empty() {
        return true;
    }
    if text.is_ascii() {
        return text.as_bytes().windows(folded.len()).any(|part| part.eq_ignore_ascii_case(folded.as_bytes()));
    }
    text.char_indices().any(|(at, _)| text.get(at..).is_some_and(|rest| starts_with(rest, folded)))
}

/// Orders a text against a folded one.
pub(super) fn compare(text: &str, folded: &str) -> Ordering {
    fold(text).cmp(folded.chars())
}

/// Orders a text's beginning, as long as the bound, against it: "up to s" holds all that begins with s.
pub(super) fn compare_beginning(text: &str, folded: &str) -> Ordering {
    fold(text).take(folded.chars().count()).cmp(folded.chars())
}

/// Orders texts without case, then by their characters, so that the order is total.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    fold(a).cmp(fold(b)).then_with(|| a.cmp(b))
}

/// The words of a text: runs of letters and digits.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_found_without_case() {
        let check = |text: &str, part: &str, found: (bool, bool, bool)| {
            assert_eq!((starts_with(text, part), contains(text, part), ends_with(text, part)), found, "{text} {part}");
        };
        check("Laptop", "lap", (true, true, false));
        check("Laptop", "TOP".to_lowercase().as_str(), (false, true, true));
        check("Laptop", "", (true, true, true));
        check("Laptop", "laptops", (false, false, false));
        check("Größe", "öß", (false, true, false));
        check("ÄÖ", "äö", (true, true, true));
    }

    proptest! {
        #[test]
        fn the_parts_agree_with_the_folded_text(text in "[aAßÖöxİ]{0,6}", part in "[aöx]{0,3}") {
            let folded: String = fold(&text).collect();
            prop_assert_eq!(starts_with(&text, &part), folded.starts_with(&part));
            prop_assert_eq!(ends_with(&text, &part), folded.ends_with(&part));
            prop_assert_eq!(contains(&text, &part), folded.contains(&part));
            prop_assert_eq!(equals(&text, &part), folded == part);
        }
    }
}
