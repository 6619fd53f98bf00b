//! Ids of records that nothing names.
//!
//! In: the cells of a line. Out: an id that follows from them, so that an import that is repeated finds what it made.

use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// The ids of the lines of one file.
#[derive(Debug, Default)]
pub struct Nameless {
    /// How often a line was there already.
    repeated: HashMap<[u8; 16], u64>,
}

impl Nameless {
    /// The id of a line with these cells: the same each time the file is imported, another one for each time it is in the file.
    pub fn id<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Uuid {
        let mut hash = Sha256::new().chain_update(b"muster imported line");
        for cell in cells {
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell);
        }
        let content = first(&hash.finalize().into());
        let number = self.repeated.entry(content).or_default();
        *number += 1;
        let hash: [u8; 32] = Sha256::new().chain_update(content).chain_update(number.to_be_bytes()).finalize().into();
        uuid::Builder::from_custom_bytes(first(&hash)).into_uuid()
    }
}

fn first(hash: &[u8; 32]) -> [u8; 16] {
    *hash.first_chunk::<16>().unwrap_or(&[0; 16])
}
