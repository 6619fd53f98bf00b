//! Who this agent is: its key, its certificate, the collector it belongs to, and how it came to be.
//!
//! In: a join token and a collector's address, or the files of an earlier enrolment. Out: an [`Identity`]. Nothing of the
//! collector is trusted before its root's key hashes to the token's pin. No report passes here.

mod certificate;
mod enroll;
mod key;
mod pin;
mod state;
mod token;

pub use certificate::{CertificateError, CertificateFacts};
pub use enroll::{EnrollError, Enrolled, Enrollment};
pub use key::{AgentKey, KeyError};
pub use pin::{MeetError, Meeting, PinnedRoot};
pub use state::{Identity, Record, StateDir, StateError, spool_dir};
pub use token::{JoinToken, TokenError};
