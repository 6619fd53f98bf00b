//! The chain of the audit log, in the store and in an exported file: each entry's hash covers all entries before it.
//!
//! In: entries as JSON, in the order of their numbers. Out: hashes; the first entry that does not fit. Whoever has the file needs
//! nothing of the collector to check it: the hash of an entry is SHA-256 over the text of the hash before it, followed by the bytes of
//! the entry's JSON as it stands in its line.

use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The hash of an entry behind the hash of the one before it, hexadecimal; the first has the empty text before it.
#[must_use]
pub fn link(previous: &str, entry: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::new().chain_update(previous).chain_update(entry).finalize())
}

/// The line of an entry in an exported file; `entry` is its JSON.
#[must_use]
pub fn line(number: u64, hash: &str, entry: &str) -> String {
    format!("{{\"number\":{number},\"hash\":\"{hash}\",\"entry\":{entry}}}\n")
}

#[derive(Deserialize)]
struct Line<'a> {
    number: u64,
    hash: &'a str,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// Goes through the lines of an exported file.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    entries: u64,
    hash: String,
}

impl Walk {
    /// Takes the next line in.
    ///
    /// # Errors
    /// The number of the entry that should stand there, where something else does.
    pub fn step(&mut self, line: &str) -> Result<(), u64> {
        let expected = self.entries.saturating_add(1);
        let Ok(Line { number, hash, entry }) = serde_json::from_str::<Line<'_>>(line) else { return Err(expected) };
        if number != expected || hash != link(&self.hash, entry.get().as_bytes()) {
            return Err(expected);
        }
        (self.entries, self.hash) = (expected, hash.to_owned());
        Ok(())
    }

    /// How many entries fitted.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// The hash of the last one; it is the store's own as long as nothing came behind it.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exported() -> Vec<String> {
        let mut hash = String::new();
        let entry = |number: u64| format!("{{\"actor\":\"user:anna\",\"detail\":{{\"n\":{number}}}}}");
        (1..=4)
            .map(|number| {
                hash = link(&hash, entry(number).as_bytes());
                line(number, &hash, &entry(number))
            })
            .collect()
    }

    fn check(lines: &[String], expected: Result<u64, u64>) {
        let mut walk = Walk::default();
        let walked = lines.iter().try_for_each(|line| walk.step(line.trim_end()));
        assert_eq!(walked.map(|()| walk.entries()), expected, "{lines:?}");
    }

    #[test]
    fn a_change_is_found_where_it_is() {
        check(&exported(), Ok(4));
        check(&[], Ok(0));
        for (number, from, to) in
            [(2, "anna", "otto"), (1, "\"n\":1", "\"n\": 1"), (4, "\"number\":4", "\"number\":5"), (3, "{", "")]
        {
            let mut lines = exported();
            lines[number - 1] = lines[number - 1].replacen(from, to, 1);
            check(&lines, Err(number as u64));
        }
        let mut lines = exported();
        lines.remove(1);
        check(&lines, Err(2));
        let mut lines = exported();
        lines.swap(2, 3);
        check(&lines, Err(3));
    }
}
