//! What crosses the network between an agent and the collector, and nothing else.
//!
//! In: nothing. Out: message types, limits, the protocol version, problem codes. No I/O, no cryptography, no rules:
//! what the numbers mean is `muster-domain`'s business, and neither crate knows the other.

pub mod checkout;
pub mod enroll;
pub mod hardware;
pub mod limits;
pub mod policy;
pub mod problem;
pub mod report;
pub mod session;
pub mod signed;
pub mod software;
pub mod verdict;

/// The version of the agent protocol this build speaks (`"protocol"` in a report).
pub const PROTOCOL: u32 = 1;

/// Paths of the agent listener.
pub mod path {
    /// `POST`: enrolment with a join token.
    pub const ENROLL: &str = "/agent/v1/enroll";
    /// `POST`: a new certificate for the key already known.
    pub const RENEW: &str = "/agent/v1/renew";
    /// `POST`: a check-out for a local application; `GET` and `DELETE` of one below it, `POST` of its heartbeat.
    pub const CHECKOUTS: &str = "/agent/v1/checkouts";
    /// `POST`: what was used while the collector could not be reached.
    pub const OFFLINE_USE: &str = "/agent/v1/offline-use";
    /// `GET`: the policy in force.
    pub const POLICY: &str = "/agent/v1/policy";
    /// `POST`: one report.
    pub const REPORT: &str = "/agent/v1/report";
}
