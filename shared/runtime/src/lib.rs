//! muster-runtime: what every program of the house needs from the machine it runs on.
//!
//! Clocks, shutdown and signals, logging, configuration, durable files, TLS files, signatures, randomness, the service
//! manager, printed output and exit codes. It knows no licence rule and no message of the wire, and imports no other
//! crate of the house.

pub mod clock;
pub mod config;
pub mod durable;
pub mod exit;
pub mod linger;
pub mod logging;
pub mod output;
pub mod progress;
pub mod random;
pub mod service;
pub mod shutdown;
pub mod signals;
pub mod signed;
pub mod tls;
