//! The licence key: how it is sealed, signed, opened and admitted (contract section 6).
//!
//! In: claims, keys, texts, and the date as an argument. Out: armoured texts, opened claims, errors that say which part is
//! wrong. Nothing here reads a file or a clock; randomness is drawn only to make keys and to seal. What a licence means for
//! the product (states, grace, counting) is not decided here.
//!
//! A key on its way: the collector signs a [`request`], the vendor answers with [`seal`], the collector runs [`open`]
//! and then [`admit`].

pub mod admit;
pub mod armor;
pub mod claims;
pub mod container;
pub mod endorse;
pub mod header;
pub mod id;
pub mod json;
pub mod key;
pub mod machine;
pub mod open;
pub mod pae;
pub mod pem;
pub mod report;
pub mod request;
pub mod seal;
pub mod vendor;

mod b64;
mod random;

pub use admit::{AdmitError, InForce, admit};
pub use claims::{Application, Claims, Environment, Reinstate, UserLimitMode};
pub use container::FormatError;
pub use header::Header;
pub use id::{KeyDigest, MachineKeyId, VendorKeyId};
pub use key::{LicenseKey, peek};
pub use machine::{MachineKey, MachinePublic};
pub use open::{LicenseError, Opened, open};
pub use pem::KeyError;
pub use report::{Report, ReportError};
pub use request::{Request, RequestError};
pub use seal::{SealError, seal};
pub use vendor::{VendorKey, VendorPublic};

#[cfg(test)]
mod golden;
#[cfg(test)]
mod samples;
