//! What a local application may ask for: `POST /v1/checkouts` on the socket (contract 3).
//!
//! In: a body. Out: a checked request. Pure. The collector checks names and limits; here is checked who may say what.

use muster_wire::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The body. `application` is all that is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalRequest {
    /// Whose seat.
    pub application: String,
    /// For whom; only root may say so. Else it is the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A name of the caller's own making: the same request sent again is the same check-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The kind of client; `local` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// How long the answer may take while no seat is free and the application queues; at most 20.
    #[serde(default)]
    pub wait_seconds: i64,
    /// For how many hours the seat is borrowed: it is kept for this user here, also without the collector, until they are over
    /// or it is given back. 0 is not.
    #[serde(default)]
    pub borrow_hours: i64,
    /// What keeps it.
    #[serde(default)]
    pub hold: Hold,
}

/// What keeps a check-out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The caller's own heartbeats.
    #[default]
    Heartbeat,
    /// The calling process: the agent sends the heartbeats while it lives, and gives the seat back when it ends.
    Process,
}

impl LocalRequest {
    /// Reads a body of the account `uid`.
    ///
    /// # Errors
    /// 400 when it cannot be read, 403 when it names a user and the caller is not root, 422 for a nil id.
    pub fn parse(body: &[u8], uid: u32) -> Result<Self, Problem> {
        let request: Self = serde_json::from_slice(body)
            .map_err(|error| Problem::new(Code::InvalidBody, format!("the body cannot be read: {error}")))?;
        if request.user.is_some() && uid != 0 {
            return Err(Problem::new(Code::Forbidden, "only root may take a seat for a user; leave `user` out"));
        }
        if request.id == Some(Uuid::nil()) {
            return Err(Problem::new(Code::InvalidValue, "id must not be the nil UUID; leave it out, or make one"));
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_speaks_for_others() {
        for (body, uid, expected) in [
            (r#"{"application":"CAD"}"#, 1000, Ok(Hold::Heartbeat)),
            (r#"{"application":"CAD","hold":"process","wait_seconds":5,"client":"exec"}"#, 1000, Ok(Hold::Process)),
            (r#"{"application":"CAD","user":"bob"}"#, 0, Ok(Hold::Heartbeat)),
            (r#"{"application":"CAD","user":"bob"}"#, 1000, Err(403)),
            (r#"{"application":"CAD","client_ip":"10.0.0.9"}"#, 0, Err(400)),
            (r#"{"application":"CAD","id":"00000000-0000-0000-0000-000000000000"}"#, 0, Err(422)),
            (r#"{"wait_seconds":5}"#, 0, Err(400)),
            ("", 0, Err(400)),
        ] {
            let got = LocalRequest::parse(body.as_bytes(), uid).map(|request| request.hold).map_err(|problem| problem.status);
            assert_eq!(got, expected, "{body}");
        }
    }
}
