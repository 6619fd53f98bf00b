//! Subscription units: which assets count, under which resource category, at which ratio, and what may be done with the others.

pub mod catalogue;
pub mod category;
pub mod choice;
pub mod counted;
pub mod entitlement;
pub mod gate;
pub mod licensing;
pub mod quotient;
pub mod report;
pub mod solution;
pub mod terms;
pub mod tree;
pub mod version;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, CatalogueError, Place};
pub use category::ResourceCategory;
pub use choice::{Choice, ChoiceError, Choices};
pub use counted::{AssetFacts, Census};
pub use entitlement::{Entitlements, Environment};
pub use gate::Denied;
pub use licensing::{Free, Licensing, Refused, Verdict};
pub use quotient::{Quotient, Rounding};
pub use report::{Colour, Report, Row};
pub use solution::Application;
pub use terms::{Availability, Terms};
pub use tree::Tree;
pub use version::Version;
