//! Normalisation: what agents report, as publisher, product, version and edition, by rules that administrators see, test and write.
//!
//! In: installed software and rules. Out: what each title is, by which rule and why, and the names that no rule is about. It knows no
//! licence; [`REFERENCE`] is the page for people.

mod beginning;
mod built_in;
mod clean;
mod compiled;
mod error;
mod family;
mod index;
mod name;
mod needed;
mod normaliser;
mod pattern;
mod publisher;
mod reference;
mod rule;
mod subject;
mod template;
#[cfg(test)]
mod tests;
mod unrecognised;

pub use built_in::{BUILT_IN_ORDER, built_in};
pub use clean::clean_version;
pub use error::{Place, RuleError, RuleErrorKind};
pub use family::Family;
pub use name::{NameParts, name_parts};
pub use normaliser::{Normalised, Normaliser, Step, Verdict};
pub use pattern::{MAX_PATTERN_CHARS, Pattern, PatternError, PatternKind};
pub use reference::REFERENCE;
pub use rule::{Conditions, ProductType, Results, Rule, VersionRule};
pub use template::TemplateError;
pub use unrecognised::Unrecognised;
