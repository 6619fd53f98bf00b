//! What a name must begin with, so that a rule is worth trying.
//!
//! In: the text of a pattern. Out: beginnings in lower case, of which every text that passes has one; none if that is not seen at once.
//! It may know less than there is to know, and never more.

/// How many beginnings are kept apart.
const MOST: usize = 40;

/// What a plain text begins with, as far as it is ASCII: letters outside of it have more than two cases.
pub(super) fn plain(text: &str) -> Option<String> {
    let found: String = text.chars().take_while(char::is_ascii).map(|c| c.to_ascii_lowercase()).collect();
    (!found.is_empty()).then_some(found)
}

/// What everything begins with that a regular expression finds: `^sql server (2019|2022)`, `^(?:autodesk )?autocad`.
pub(super) fn of_regex(regex: &str) -> Vec<String> {
    let Some(rest) = regex.strip_prefix('^').filter(|rest| !has_alternatives(rest)) else { return Vec::new() };
    let found = expand(rest);
    if found.iter().any(String::is_empty) { Vec::new() } else { found }
}

/// All beginnings of what a sequence finds; an empty one where nothing is known.
fn expand(regex: &str) -> Vec<String> {
    let (literal, rest) = literal(regex);
    let tails = rest.and_then(of_group).unwrap_or_else(|| vec![String::new()]);
    if tails.len() > MOST {
        return vec![literal];
    }
    tails.into_iter().map(|tail| format!("{literal}{tail}")).collect()
}

/// The beginnings of all alternatives of a group that stands first; nothing if it is none, or a hard one.
fn of_group(regex: &str) -> Option<Vec<String>> {
    let group = regex.strip_prefix("(?:").or_else(|| regex.strip_prefix('(').filter(|group| !group.starts_with('?')))?;
    let mut alternatives = vec![String::new()];
    let mut depth = 0_usize;
    let mut chars = group.chars();
    loop {
        let c = chars.next()?;
        match c {
            // Brackets of a class may hold anything.
            '[' => return None,
            '\\' => alternatives.last_mut()?.extend([c, chars.next()?]),
            ')' if depth == 0 => break,
            '|' if depth == 0 => alternatives.push(String::new()),
            _ => {
                match c {
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                alternatives.last_mut()?.push(c);
            }
        }
    }
    let mut found: Vec<String> = alternatives.iter().flat_map(|alternative| expand(alternative)).collect();
    let behind = chars.as_str();
    match behind.chars().next() {
        Some('{') => return None,
        Some('+') if may_be_missing(behind) => return None,
        // A group that may be missing: what is behind it may be the beginning as well.
        Some('?' | '*') => found.extend(expand(behind.get(1..)?.trim_start_matches('?'))),
        _ => {}
    }
    Some(found)
}

/// The plain text that a regular expression begins with, and what is behind it unless it was not understood.
fn literal(regex: &str) -> (String, Option<&str>) {
    let mut found = String::new();
    let mut chars = regex.chars();
    loop {
        let rest = chars.as_str();
        let literal = match chars.next() {
            // `\<` and `\>` are edges of words.
            Some('\\') => chars.next().filter(|c| c.is_ascii_punctuation() && !matches!(c, '<' | '>')),
            Some('(') => return (found, Some(rest)),
            Some(c) if c.is_ascii_alphanumeric() || " -_,:@/&!#".contains(c) => Some(c),
            _ => None,
        };
        let Some(literal) = literal else { return (found, None) };
        // What may be there or not is no beginning.
        if may_be_missing(chars.as_str()) {
            return (found, None);
        }
        found.push(literal.to_ascii_lowercase());
        // What is repeated is there once.
        if chars.as_str().starts_with('+') {
            return (found, None);
        }
    }
}

/// Whether what stands before this may be missing; `a+*` is a repetition of a repetition.
pub(super) fn may_be_missing(behind: &str) -> bool {
    behind.trim_start_matches('+').starts_with(['?', '*', '{'])
}

/// Whether there may be a `|` outside of all groups; in doubt there is.
pub(super) fn has_alternatives(regex: &str) -> bool {
    let hard = ["[]", "[^]", "[[", "&&"].iter().any(|hard| regex.contains(hard));
    if !regex.contains('|') || hard {
        return regex.contains('|');
    }
    let (mut depth, mut class) = (0_usize, false);
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            ']' => class = false,
            _ if class => {}
            '[' => class = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_regular_expressions() {
        for (regex, expected) in [
            ("^SQL Server (2019|2022)", &["sql server 2019", "sql server 2022"][..]),
            ("^(?:autodesk )?autocad( lt)? x", &["autodesk ", "autocad lt", "autocad x"]),
            ("^a(?:b)??(c)*d", &["ab", "ac", "ad"]),
            ("^(?:a )?(\\d+)", &[]),
            ("^postgresql-\\d", &["postgresql-"]),
            ("^node\\.js", &["node.js"]),
            ("^ab?c", &["a"]),
            ("^ab+c", &["ab"]),
            ("^ab+*c", &["a"]),
            ("^(ab)+{0}c", &[]),
            ("^a{0,1}b", &[]),
            ("^ab|c", &[]),
            ("^ab[](]|c", &[]),
            ("^ab[|]c", &["ab"]),
            ("^ab\\|c", &["ab|c"]),
            ("ab", &[]),
            ("^(ab)", &["ab"]),
            ("^(?:firefox(-esr)?|org\\.mozilla\\.firefox)$", &["firefox-esr", "firefox", "org.mozilla.firefox"]),
            ("^(a|b(c|d)e)x|y", &[]),
            ("^(a|b(c|d)e)x", &["a", "bc", "bd"]),
            ("^(a|)x", &[]),
            ("^(a|b)?x", &["a", "b", "x"]),
            ("^(a|b){0}x", &[]),
            ("^(a|[b|)])x", &[]),
            ("^(?i:a|b)", &[]),
        ] {
            assert_eq!(of_regex(regex), expected, "{regex}");
        }
    }
}
