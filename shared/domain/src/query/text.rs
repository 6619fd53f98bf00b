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
        return ascii_places(text.as_bytes(), folded.as_bytes()).next().is_some();
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

/// Whether a text holds a folded word as a word of its own.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    if !(text.is_ascii() && word.is_ascii()) {
        return words(text).any(|found| equals(found, word));
    }
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    ascii_places(bytes, word.as_bytes()).any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        ends(before) && ends(bytes.get(at + word.len()))
    })
}

/// Where a folded part begins in an ASCII text; most places are passed by with one comparison.
fn ascii_places<'t>(text: &'t [u8], folded: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let first = folded.first().copied().unwrap_or_default();
    let begins = move |(at, byte): (usize, &u8)| (byte.to_ascii_lowercase() == first).then_some(at);
    text.iter()
        .enumerate()
        .filter_map(begins)
        .filter(move |at| text.get(*at..*at + folded.len()).is_some_and(|part| part.eq_ignore_ascii_case(folded)))
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
        fn words_are_found_as_if_they_were_split(text in "[aAbB1ß ._-]{0,9}", word in "[ab1ß]{1,3}") {
            prop_assert_eq!(has_word(&text, &word), words(&text).any(|found| equals(found, &word)));
        }

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
