//! SPDX licence expressions. In: an expression and the licences that are allowed. Out: whether one may use the package.
//!
//! `OR` needs one side, `AND` both and binds stronger; `A WITH B` is a licence of its own name; the old `A/B` is `A OR B`.

/// # Errors
/// The expression is not one; the error says where.
pub(crate) fn allowed(expression: &str, allow: &[String]) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = Words { words: spaced.split_whitespace().collect(), at: 0, allow };
    let allowed = words.any()?;
    match words.next() {
        None => Ok(allowed),
        Some(word) => Err(format!("`{word}` too much in `{expression}`")),
    }
}

struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
    allow: &'a [String],
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    fn take(&mut self, word: &str) -> bool {
        let here = self.words.get(self.at) == Some(&word);
        self.at += usize::from(here);
        here
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut allowed = self.all()?;
        while self.take("OR") {
            allowed |= self.all()?;
        }
        Ok(allowed)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut allowed = self.one()?;
        while self.take("AND") {
            allowed &= self.one()?;
        }
        Ok(allowed)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.take("(") {
            let allowed = self.any()?;
            return if self.take(")") { Ok(allowed) } else { Err("a bracket is not closed".to_owned()) };
        }
        let word = self.next().filter(|word| !["AND", "OR", "WITH", ")"].contains(word));
        let mut license = word.ok_or("a licence is missing")?.to_owned();
        if self.take("WITH") {
            license = format!("{license} WITH {}", self.next().ok_or("an exception is missing")?);
        }
        Ok(self.allow.contains(&license))
    }
}

#[test]
fn expressions_are_judged() {
    let allow = ["MIT", "ISC", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    for (expression, expected) in [
        ("MIT", Some(true)),
        ("GPL-3.0", Some(false)),
        ("GPL-3.0 OR MIT", Some(true)),
        ("GPL-3.0/MIT", Some(true)),
        ("MIT AND GPL-3.0", Some(false)),
        ("GPL-3.0 AND MIT OR ISC", Some(true)),
        ("ISC OR MIT AND GPL-3.0", Some(true)),
        ("(ISC OR MIT) AND GPL-3.0", Some(false)),
        ("ISC AND (Apache-2.0 OR GPL-3.0)", Some(true)),
        ("Apache-2.0 WITH LLVM-exception", Some(true)),
        ("GPL-3.0 WITH LLVM-exception", Some(false)),
        ("MIT WITH LLVM-exception", Some(false)),
        ("", None),
        ("MIT OR", None),
        ("(MIT", None),
        ("MIT ISC", None),
        ("MIT)", None),
        ("AND MIT", None),
    ] {
        assert_eq!(allowed(expression, &allow).ok(), expected, "{expression}");
    }
}
