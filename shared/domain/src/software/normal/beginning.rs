//! What a name must begin with, so that a rule is worth trying.
//!
//! In: the text of a pattern. Out: beginnings in lower case, of which every text that passes has one; none if that is not seen at once.
//! It may know less than there is to know, and never more.

/// What a plain text begins with, as far as it is ASCII: letters outside of it have more than two cases.
pub(super) fn plain(text: &str) -> Option<String> {
    let found: String = text.chars().take_while(char::is_ascii).map(|c| c.to_ascii_lowercase()).collect();
    (!found.is_empty()).then_some(found)
}

/// What everything begins with that a regular expression finds: `^sql server (2019|2022)`, `^(firefox|thunderbird)$`.
pub(super) fn of_regex(regex: &str) -> Vec<String> {
    let Some(rest) = regex.strip_prefix('^').filter(|rest| !has_alternatives(rest)) else { return Vec::new() };
    match rest.strip_prefix("(?:").or_else(|| rest.strip_prefix('(')) {
        Some(group) => of_group(group).unwrap_or_default(),
        None => Some(literal(rest)).filter(|literal| !literal.is_empty()).into_iter().collect(),
    }
}

/// The beginnings of all alternatives of a group that stands first; nothing if one of them has none.
fn of_group(group: &str) -> Option<Vec<String>> {
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
    // A group that may be missing is no beginning.
    if chars.next().is_some_and(|next| matches!(next, '?' | '*' | '{')) {
        return None;
    }
    alternatives.iter().map(|alternative| Some(literal(alternative)).filter(|literal| !literal.is_empty())).collect()
}

/// The plain text that a regular expression begins with.
fn literal(regex: &str) -> String {
    let mut found = String::new();
    let mut chars = regex.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => chars.next_if(char::is_ascii_punctuation),
            c if c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | ',' | ':' | '@' | '/' | '&' | '!' | '#') => Some(c),
            _ => None,
        };
        // `\<` and `\>` are edges of words.
        let Some(literal) = literal.filter(|literal| !matches!(literal, '<' | '>')) else { break };
        // What may be there or not is no beginning.
        if matches!(chars.peek(), Some('?' | '*' | '{')) {
            break;
        }
        found.push(literal.to_ascii_lowercase());
    }
    found
}

/// Whether there may be a `|` outside of all groups; in doubt there is.
fn has_alternatives(regex: &str) -> bool {
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
            ("^SQL Server (2019|2022)", &["sql server "][..]),
            ("^postgresql-\\d", &["postgresql-"]),
            ("^node\\.js", &["node.js"]),
            ("^ab?c", &["a"]),
            ("^ab+c", &["ab"]),
            ("^a{0,1}b", &[]),
            ("^ab|c", &[]),
            ("^ab[](]|c", &[]),
            ("^ab[|]c", &["ab"]),
            ("^ab\\|c", &["ab|c"]),
            ("ab", &[]),
            ("^(ab)", &["ab"]),
            ("^(?:firefox(-esr)?|org\\.mozilla\\.firefox)$", &["firefox", "org.mozilla.firefox"]),
            ("^(a|b(c|d)e)x|y", &[]),
            ("^(a|b(c|d)e)x", &["a", "b"]),
            ("^(a|)x", &[]),
            ("^(a|b)?x", &[]),
            ("^(a|[b|)])x", &[]),
            ("^(?i:a|b)", &[]),
        ] {
            assert_eq!(of_regex(regex), expected, "{regex}");
        }
    }
}
