//! muster-domain.
