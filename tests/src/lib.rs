//! Helpers for end-to-end tests and measurements: the real binaries, real sockets, one temporary site each.
//!
//! In: the programs of this workspace, built by [`bins`]. Out: a [`site::Site`] with a collector and agents on free
//! ports, their logs shown when a test fails, and nothing left running afterwards. Nothing here knows a rule of the
//! product: what a test expects stands in the test.

pub mod agent;
pub mod axe;
pub mod bench;
pub mod bins;
pub mod browser;
pub mod collector;
pub mod days;
pub mod desk;
pub mod examiner;
pub mod faketime;
pub mod files;
pub mod hook;
pub mod http;
pub mod json;
pub mod logind;
mod loopback;
pub mod notices;
pub mod office;
pub mod peer;
pub mod postbox;
pub mod process;
pub mod provider;
pub mod raw;
pub mod scene;
pub mod site;
pub mod suite;
pub mod wait;
pub mod walker;
