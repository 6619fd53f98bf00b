//! What agents write that XML does not know: bytes out of a firmware, references to them, a bare `&` in a name.
//!
//! In: the text of a message. Out: the same text where it is good, else what is left of it. No reference is followed: one that is not
//! XML's own becomes the text that it looks like.

use std::borrow::Cow;

/// Longest reference, without `&` and `;`.
const REFERENCE_BYTES: usize = 16;

/// Without the characters that XML does not know.
pub(super) fn characters(text: &str) -> Cow<'_, str> {
    if text.contains(is_unknown) { Cow::Owned(text.replace(is_unknown, "")) } else { Cow::Borrowed(text) }
}

/// With no reference but those to the characters and names that XML knows. What is marked as text has none.
pub(super) fn references(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<![CDATA[") {
        let (marked, behind) = after.split_once("]]>").unwrap_or((after, ""));
        mended.extend([&outside(before), "<![CDATA[", marked, "]]>"]);
        rest = behind;
    }
    mended + &outside(rest)
}

fn outside(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut mended = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let reference = piece.split_once(';').filter(|(name, _)| name.len() <= REFERENCE_BYTES);
        match reference.map(|(name, rest)| (judge(name), rest)) {
            Some((Reference::Good, _)) => mended.push('&'),
            Some((Reference::Unknown, rest)) => {
                mended.push_str(rest);
                continue;
            }
            Some((Reference::None, _)) | None => mended.push_str("&amp;"),
        }
        mended.push_str(piece);
    }
    mended
}

enum Reference {
    Good,
    /// To a character that XML does not know.
    Unknown,
    None,
}

fn judge(name: &str) -> Reference {
    if ["amp", "lt", "gt", "quot", "apos"].contains(&name) {
        return Reference::Good;
    }
    let Some(number) = name.strip_prefix('#') else { return Reference::None };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Reference::None;
    }
    let character = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    if character.is_some_and(|c| !is_unknown(c)) { Reference::Good } else { Reference::Unknown }
}

fn is_unknown(c: char) -> bool {
    (c < ' ' && !['\t', '\n', '\r'].contains(&c)) || ['\u{fffe}', '\u{ffff}'].contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_wrong_is_mended() {
        for (text, expected) in [
            ("", ""),
            ("a &amp; b &lt;&gt;&quot;&apos; &#65;&#x41;&#10;", "a &amp; b &lt;&gt;&quot;&apos; &#65;&#x41;&#10;"),
            ("AT&T; AT&T", "AT&amp;T; AT&amp;T"),
            ("a && b;", "a &amp;&amp; b;"),
            ("&b;&nbsp;", "&amp;b;&amp;nbsp;"),
            ("S&#x1;1&#0;2&#xFFFF;3&#xd800;&#x110000;&#9999999999;", "S123"),
            ("&#;&#x;&#xg;&#-1;", "&amp;#;&amp;#x;&amp;#xg;&amp;#-1;"),
            ("&AMP;", "&amp;AMP;"),
            ("&<![CDATA[a && b]]>&c<![CDATA[&]]>", "&amp;<![CDATA[a && b]]>&amp;c<![CDATA[&]]>"),
            ("&", "&amp;"),
        ] {
            assert_eq!(references(text), expected);
        }
        assert_eq!(characters("a\u{0}b\u{1f}\tc\u{ffff}"), "ab\tc");
    }

    proptest! {
        #[test]
        fn what_is_mended_can_be_read(text in "([^<\\]]|&#?x?[0-9a-z]{0,8};|&){0,20}") {
            let mended = references(&characters(&text));
            prop_assert!(roxmltree::Document::parse(&format!("<A>{mended}</A>")).is_ok(), "{}", mended);
            prop_assert_eq!(references(&mended), mended);
        }
    }
}
