//! The inventory protocol of OCS, FusionInventory and GLPI agents: three dialects on one address, read into one message.
//!
//! In: bytes of requests and what to answer. Out: messages, hardware and packages in the words of our own protocol, bytes of answers.
//! Pure: it opens nothing, waits for nothing and does not know the time.

mod answer;
mod body;
mod chassis;
mod content;
mod disks;
mod hardware;
mod json;
mod macs;
mod mend;
mod message;
mod software;
mod system;
#[cfg(test)]
mod tests;
mod values;
mod xml;

pub use answer::Answer;
pub use body::{Body, BodyError, Codec, Limits};
pub use content::{Content, Row, TEXT_CHARS};
pub use hardware::{hardware, merge};
pub use message::{Dialect, Kind, Message, MessageError, Program};
pub use software::packages;
