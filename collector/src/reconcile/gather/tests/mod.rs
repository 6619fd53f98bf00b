//! Records in, estate out: over the real store.

mod desk;
mod figures;
mod machines;
mod owned;
