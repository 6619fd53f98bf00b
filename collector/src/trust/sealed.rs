//! Rows that only this collector may change: each with an HMAC under a key derived from the machine key.

use crate::store::records::SealedRow;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Seals and opens rows.
pub struct Sealer {
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// Derives the key from the machine key's secret.
    #[must_use]
    pub fn new(machine_secret: &[u8; 32]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are always a valid output length of HKDF-SHA256.
        let _ = Hkdf::<Sha256>::new(Some(b"muster-collector"), machine_secret).expand(b"sealed rows v1", key.as_mut());
        Self { key }
    }

    /// Seals the row of a table.
    #[must_use]
    pub fn seal(&self, table: &str, bytes: Vec<u8>) -> SealedRow {
        let mac = self.mac(table, &bytes).map(|mac| mac.finalize().into_bytes().into()).unwrap_or_default();
        SealedRow { bytes, mac }
    }

    /// The row's bytes if nobody else changed them.
    #[must_use]
    pub fn open<'a>(&self, table: &str, row: &'a SealedRow) -> Option<&'a [u8]> {
        self.mac(table, &row.bytes)?.verify_slice(&row.mac).ok()?;
        Some(&row.bytes)
    }

    fn mac(&self, table: &str, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()).ok()?;
        mac.update(&u64::try_from(table.len()).unwrap_or_default().to_le_bytes());
        mac.update(table.as_bytes());
        mac.update(bytes);
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_row_or_table_or_key_does_not_open() {
        let sealer = Sealer::new(&[1; 32]);
        let row = sealer.seal("ledger", b"grace".to_vec());
        assert_eq!(sealer.open("ledger", &row), Some(&b"grace"[..]));
        assert_eq!(sealer.open("other", &row), None);
        assert_eq!(Sealer::new(&[2; 32]).open("ledger", &row), None);
        let changed = SealedRow { bytes: b"grade".to_vec(), ..row };
        assert_eq!(sealer.open("ledger", &changed), None);
    }
}
