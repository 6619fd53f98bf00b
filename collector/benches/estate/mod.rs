//! What measurements have in common.

pub(crate) mod assets;
