//! The armour around binary texts: a BEGIN line, standard base64 in lines of 64 columns, an END line.
//!
//! In: bytes, or a text as a person pasted it. Out: the text (LF only), or the bytes. Carriage returns, a byte order mark and
//! white space around or between the lines are tolerated on the way in; anything else is an error. What the bytes mean is
//! the business of [`crate::container`].

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Columns of a line of base64.
const COLUMNS: usize = 64;

/// One kind of armoured text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Armor {
    /// The words between the dashes of the BEGIN and END lines, for example `MUSTER LICENSE`.
    pub label: &'static str,
    /// The largest text in bytes, carriage returns and surrounding white space not counted.
    pub max_bytes: usize,
}

/// Why a text is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArmorError {
    /// No BEGIN line.
    #[error("this is no {expected}: it does not start with \"-----BEGIN {expected}-----\"")]
    NotArmored {
        /// The label that was expected.
        expected: &'static str,
    },
    /// Armoured, but something else.
    #[error("this is a {found}, not a {expected}")]
    OtherKind {
        /// The label that was expected.
        expected: &'static str,
        /// The label that is there.
        found: String,
    },
    /// Longer than any valid text.
    #[error("the text has {bytes} bytes, a {expected} has at most {max}")]
    TooLarge {
        /// The label that was expected.
        expected: &'static str,
        /// Bytes of the text.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The END line is missing.
    #[error("the {expected} is cut off: its END line is missing; copy the whole text")]
    Truncated {
        /// The label that was expected.
        expected: &'static str,
    },
    /// Something stands after the END line.
    #[error("there is other text after the END line of the {expected}")]
    Trailing {
        /// The label that was expected.
        expected: &'static str,
    },
    /// The lines between are not base64.
    #[error("the lines of the {expected} are not base64: a character is missing or was changed")]
    NotBase64 {
        /// The label that was expected.
        expected: &'static str,
    },
}

impl Armor {
    /// Puts armour around bytes.
    #[must_use]
    pub fn encode(&self, bytes: &[u8]) -> String {
        let mut out = format!("-----BEGIN {}-----\n", self.label);
        let mut rest = STANDARD.encode(bytes);
        while !rest.is_empty() {
            let after = rest.split_off(rest.len().min(COLUMNS));
            out.push_str(&rest);
            out.push('\n');
            rest = after;
        }
        out.push_str(&format!("-----END {}-----\n", self.label));
        out
    }

    /// Takes the armour off.
    ///
    /// # Errors
    /// When the text is too large, another kind, cut off, or not base64.
    pub fn decode(&self, text: &str) -> Result<Vec<u8>, ArmorError> {
        let expected = self.label;
        let text = text.trim_start_matches('\u{feff}').trim();
        let bytes = text.bytes().filter(|byte| *byte != b'\r').count();
        if bytes > self.max_bytes {
            return Err(ArmorError::TooLarge { expected, bytes, max: self.max_bytes });
        }
        let after = text.strip_prefix("-----BEGIN ").ok_or(ArmorError::NotArmored { expected })?;
        let (found, body) = after.split_once("-----").ok_or(ArmorError::NotArmored { expected })?;
        if found != expected {
            return Err(ArmorError::OtherKind { expected, found: found.escape_debug().take(40).collect() });
        }
        let (body, end) = body.split_once("-----END ").ok_or(ArmorError::Truncated { expected })?;
        match end.strip_prefix(expected).and_then(|end| end.strip_prefix("-----")) {
            Some("") => {}
            Some(_) => return Err(ArmorError::Trailing { expected }),
            None => return Err(ArmorError::Truncated { expected }),
        }
        let base64: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        STANDARD.decode(base64).map_err(|_| ArmorError::NotBase64 { expected })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEST: Armor = Armor { label: "MUSTER TEST", max_bytes: 400 };

    #[test]
    fn writes_lines_of_64_columns() {
        let text = TEST.encode(&[0xff; 50]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "-----BEGIN MUSTER TEST-----");
        assert_eq!(lines[1].len(), 64);
        assert_eq!(lines[3], "-----END MUSTER TEST-----");
        assert!(text.ends_with("-----\n") && !text.contains('\r'));
    }

    #[test]
    fn tolerates_what_mail_and_editors_do() {
        let text = TEST.encode(&[7; 100]);
        for changed in
            [text.replace('\n', "\r\n"), format!("\u{feff}\n\n  {text}\n\t"), text.replace('\n', "\n  "), text.trim().to_owned()]
        {
            assert_eq!(TEST.decode(&changed), Ok(vec![7; 100]), "{changed:?}");
        }
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let expected = TEST.label;
        for (text, error) in [
            ("", ArmorError::NotArmored { expected }),
            ("hello", ArmorError::NotArmored { expected }),
            ("-----BEGIN MUSTER TE", ArmorError::NotArmored { expected }),
            ("-----BEGIN PUBLIC KEY-----\n", ArmorError::OtherKind { expected, found: "PUBLIC KEY".into() }),
            ("-----BEGIN MUSTER TEST-----\nAAAA\n", ArmorError::Truncated { expected }),
            ("-----BEGIN MUSTER TEST-----\nAAAA\n-----END MUST", ArmorError::Truncated { expected }),
            ("-----BEGIN MUSTER TEST-----\nAAAA\n-----END MUSTER TEST-----\nx", ArmorError::Trailing { expected }),
            ("-----BEGIN MUSTER TEST-----\nAA!A\n-----END MUSTER TEST-----\n", ArmorError::NotBase64 { expected }),
            ("-----BEGIN MUSTER TEST-----\nAAA\n-----END MUSTER TEST-----\n", ArmorError::NotBase64 { expected }),
        ] {
            assert_eq!(TEST.decode(text), Err(error), "{text:?}");
        }
        let large = TEST.encode(&[0; 400]);
        assert!(matches!(TEST.decode(&large), Err(ArmorError::TooLarge { max: 400, .. })));
    }

    proptest! {
        #[test]
        fn decoding_gives_back_the_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(TEST.decode(&TEST.encode(&bytes)), Ok(bytes));
        }

        #[test]
        fn any_text_is_answered(text in "(-----BEGIN MUSTER TEST-----)?[A-Za-z0-9+/=\n \\-]{0,80}(-----END MUSTER TEST-----)?") {
            let _ = TEST.decode(&text);
        }
    }
}
