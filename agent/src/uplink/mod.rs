//! The way to the collector: one HTTPS client, what its answers mean, when to try again, and the delivery of the spool.
//!
//! In: spooled reports and an identity. Out: acknowledged reports, and what the collector wants. It must not decide what a
//! report says, and must lose none that was not acknowledged.

mod answer;
mod deliver;
mod http;
mod link;
mod plan;
mod renewal;
mod route;
mod tls;

pub use answer::{Outcome, Refusal, judge};
pub use deliver::{Delivered, Told, Uplink, UplinkError};
pub use http::{Answer, Http, HttpError, TransportError};
pub use link::Link;
pub use plan::{Plan, Retry};
pub use route::local_address;
pub use tls::{tls_config, tls_config_pinned};
