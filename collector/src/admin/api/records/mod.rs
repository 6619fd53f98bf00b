//! Records of software asset management over HTTP: one set of operations for every kind, under `/api/v1/<kind>`.

mod describe;
mod document;
mod files;
mod kind;
mod list;
mod view;
mod write;

pub use describe::*;
pub(super) use document::Kinds;
pub(in crate::admin) use kind::operations;
pub use kind::routes;
