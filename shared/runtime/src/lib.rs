//! muster-runtime.
