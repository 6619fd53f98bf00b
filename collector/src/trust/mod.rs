//! Whom this collector trusts and how others recognise it: the certificate authority, join tokens, agents' certificates,
//! credentials of agents of another make, receipts and verdicts.
//!
//! In: key files of the data directory, requests for certificates, texts to sign. Out: certificates, TLS configurations,
//! signatures. It decides nothing about licences and keeps no list of agents.

pub mod authority;
pub mod csr;
pub mod interop;
pub mod join;
pub mod keys;
pub mod names;
pub mod sealed;
pub mod serving;
pub mod tls;

pub use authority::Authority;
