//! The visible part of a licence key: who signed it, for which machine, and when.
//!
//! In: the header bytes of a key. Out: [`Header`]. It is authenticated only once the key's signature was verified.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{MachineKeyId, VendorKeyId};

/// The version of the header this build writes and reads.
pub const VERSION: u32 = 1;

/// The header of a licence key; its exact bytes are signed and are the associated data of the encryption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the header, 1.
    pub v: u32,
    /// The vendor key that signed.
    pub kid: VendorKeyId,
    /// The machine key the claims are encrypted to.
    pub mkid: MachineKeyId,
    /// The name of this key.
    pub lic_id: Uuid,
    /// When the vendor made it.
    pub issued_at: DateTime<Utc>,
}
