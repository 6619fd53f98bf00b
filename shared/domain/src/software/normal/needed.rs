//! What a text must contain, so that a regular expression is worth trying: looking for a few letters is far quicker.
//!
//! In: the text of a regular expression. Out: letters in lower case that are in every text that passes; none if none are seen at once. It
//! may know less than there is to know, and never more.

use super::beginning::{self, has_alternatives};

/// The longest text that is in everything that a regular expression finds; empty if none is seen.
pub(super) fn of_regex(regex: &str) -> String {
    // Flags can change what the rest means.
    let flags = regex.match_indices("(?").any(|(at, _)| !regex.get(at + 2..).is_some_and(|behind| behind.starts_with(':')));
    let hard = ["[]", "[^]", "[[", "&&"].iter().any(|hard| regex.contains(hard));
    if flags || hard || has_alternatives(regex) {
        return String::new();
    }
    let (mut runs, mut run) = (Vec::new(), String::new());
    let (mut depth, mut class) = (0_usize, false);
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        let mut literal = None;
        match c {
            '\\' => literal = chars.next().filter(|c| c.is_ascii_punctuation() && !matches!(c, '<' | '>')),
            ']' if class => class = false,
            _ if class => {}
            '[' => class = true,
            // How often, which is no text.
            '{' => while chars.next().is_some_and(|c| c != '}') {},
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if c.is_ascii_alphanumeric() || " -_,:@/&!#".contains(c) => literal = Some(c),
            _ => {}
        }
        let certain = depth == 0 && !class && !beginning::may_be_missing(chars.as_str());
        match literal.filter(|_| certain) {
            Some(literal) => run.push(literal.to_ascii_lowercase()),
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    longest(runs)
}

/// The longest part between the stars of a glob, as far as it is ASCII.
pub(super) fn of_glob(glob: &str) -> String {
    longest(glob.split(|c: char| c == '*' || !c.is_ascii()).map(str::to_ascii_lowercase))
}

fn longest(runs: impl IntoIterator<Item = String>) -> String {
    runs.into_iter().max_by_key(String::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_be_in_a_text() {
        for (regex, expected) in [
            ("product 12 (\\d+)", "product 12 "),
            ("^SQL(?: Server)? 20\\d\\d$", " 20"),
            ("\\bKB\\d{6,7}\\b", "kb"),
            ("a|bc", ""),
            ("(?:a|bc)def?g", "de"),
            ("[abc]+xxy{0}z", "xx"),
            ("aab+*c", "aa"),
            ("ab+c", "ab"),
            ("a\\.b", "a.b"),
            ("(?i)abc", ""),
            ("x[(]abc", "abc"),
            ("(ab(c)d)", ""),
            ("ab\\d?cde", "cde"),
        ] {
            assert_eq!(of_regex(regex), expected, "{regex}");
        }
        assert_eq!(of_glob("* Suite 12 *ä"), " suite 12 ");
    }
}
