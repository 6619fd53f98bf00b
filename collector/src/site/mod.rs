//! The stages' facts under one roof: for the status, and for what administrators are told.
//!
//! In: the stages. Out: answers to what the board and the notifications ask, from memory. It decides nothing and changes nothing.

mod shown;
mod told;

pub use shown::ShownSite;
pub use told::ToldSite;
