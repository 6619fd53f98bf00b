//! Check-outs (contract 2.4): seats that applications take, the same on every listener. An agent's broker speaks them for the
//! local applications under `/agent/v1/checkouts`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST .../checkouts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutRequest {
    /// A name of the client's own making: the same request sent again is the same check-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Whose seat.
    pub application: String,
    /// Login user.
    pub user: String,
    /// Where the user sits.
    pub client_ip: String,
    /// The kind of client: `soap`, `rest`, `web`, `scauto`, `exec` or any other.
    #[serde(default)]
    pub client: String,
    /// The machine that the program runs on. For an agent's check-outs the collector knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The terminal or display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// How long the answer may take while no seat is free and the application queues; at most 30.
    #[serde(default)]
    pub wait_seconds: i64,
    /// For how long the seat is to be borrowed for use without the collector; 0 is not.
    #[serde(default)]
    pub borrow_hours: i64,
}

/// A seat: 201 of a request, 200 of a poll or a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutGranted {
    /// The check-out.
    pub id: Uuid,
    /// `named` or `floating`.
    pub kind: String,
    /// Another session or check-out of the same user and client took the seat.
    pub shared: bool,
    /// Given beyond the limit.
    #[serde(default)]
    pub over_use: bool,
    /// Until when it lasts without another heartbeat; for a borrowed seat, until when it is borrowed.
    pub expires_at: DateTime<Utc>,
    /// For a borrowed seat: the signed [`BorrowGrant`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
}

/// A place in the queue: 202.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutQueued {
    /// The check-out.
    pub id: Uuid,
    /// The place; the first is 1. It is kept for `lease_seconds` of the application after each poll.
    pub position: u64,
}

/// A borrowed seat as the collector signs it (the envelope of [`crate::signed`], checked with `verify_key`): what a machine that
/// cannot reach the collector believes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BorrowGrant {
    /// What the text is: [`BorrowGrant::PURPOSE`].
    pub purpose: String,
    /// Which collector.
    pub collector_id: Uuid,
    /// The check-out.
    pub checkout: Uuid,
    /// Of which application.
    pub application: String,
    /// For whom.
    pub user: String,
    /// Where.
    pub client_ip: String,
    /// Since when.
    pub issued_at: DateTime<Utc>,
    /// Until when.
    pub valid_until: DateTime<Utc>,
}

/// `POST /agent/v1/offline-use`: applications that ran without a seat while the collector could not give one, because their
/// `offline` allows that. Sent again it counts once: each use is known by its id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineUseReport {
    /// The uses, at most [`crate::limits::OFFLINE_USES`].
    pub uses: Vec<OfflineUse>,
}

/// One use that had no seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineUse {
    /// Made by the agent when the use began.
    pub id: Uuid,
    /// Of which application.
    pub application: String,
    /// Login user.
    pub user: String,
    /// Where the user sat.
    pub client_ip: String,
    /// The kind of client.
    #[serde(default)]
    pub client: String,
    /// The terminal or display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// Since when, by the agent's clock.
    pub from: DateTime<Utc>,
    /// Until when, by the agent's clock.
    pub to: DateTime<Utc>,
}

/// 200 of `POST /agent/v1/offline-use`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineUseTaken {
    /// How many of them are stored now, those that were known before among them.
    pub stored: u64,
    /// How many count nowhere: they are malformed, or of no application that is counted. The collector keeps them for an
    /// administrator; they are not sent again.
    pub passed_over: u64,
}

impl BorrowGrant {
    /// Tells a grant from every other text that the same key signs.
    pub const PURPOSE: &'static str = "muster-borrow-v1";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_s_request_reads() {
        let text = r#"{"application":"CAD","user":"alice","client_ip":"10.0.0.1","client":"rest","wait_seconds":0}"#;
        let request: CheckoutRequest = serde_json::from_str(text).unwrap();
        assert_eq!((request.application.as_str(), request.client.as_str(), request.wait_seconds), ("CAD", "rest", 0));
        assert_eq!((request.id, request.borrow_hours), (None, 0));
        assert!(serde_json::from_str::<CheckoutRequest>(r#"{"application":"CAD"}"#).is_err());
    }
}
