//! muster-license.
