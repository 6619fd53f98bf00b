//! Taking a seat from the running agent, and giving it back, for `exec` and what is borrowed.
//!
//! In: a request, patience. Out: the seat, or why there is none, with the exit code of the contract.

use super::failure::Failure;
use crate::{broker::LocalRequest, socket};
use hyper::Method;
use muster_runtime::{clock::SharedClock, exit::Exit};
use muster_wire::{
    checkout::{CheckoutGranted, CheckoutQueued},
    problem::{Code, Problem},
};
use serde_json::Value;
use std::{path::Path, time::Duration};
use uuid::Uuid;

/// The agent asks the collector meanwhile, perhaps several of them.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// A program has ended: whoever waits for it does not wait long for the return.
const RETURN_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two tries where the application has no queue; to the collector those of one wait are one.
const TRY_EVERY: Duration = Duration::from_secs(5);
/// How long one answer waits for a seat, in seconds.
const POLL_SECONDS: u64 = 15;
/// Holders that the one line names.
const NAMED: usize = 3;

/// Takes the seat of a request that has an id, waiting for at most `wait` seconds.
pub(super) async fn seat(
    socket: &Path,
    request: &LocalRequest,
    wait: u64,
    clock: &SharedClock,
) -> Result<CheckoutGranted, Failure> {
    let patience = Duration::from_secs(wait);
    let began = clock.boottime();
    let left = || patience.saturating_sub(clock.boottime().saturating_sub(began));
    let (name, id) = (&request.application, request.id.unwrap_or_default());
    let body = serde_json::to_vec(request).map_err(|error| Failure::new(Exit::Failed, error))?;
    let mut queued = None;
    loop {
        let (status, answer) = match queued {
            None => ask(socket, Method::POST, "/v1/checkouts", Some(body.clone())).await?,
            Some(_) => {
                let wait = left().as_secs().min(POLL_SECONDS);
                ask(socket, Method::GET, &format!("/v1/checkouts/{id}?wait={wait}"), None).await?
            }
        };
        let problem = || serde_json::from_slice::<Problem>(&answer).ok();
        match (status, problem().and_then(|problem| problem.code())) {
            (200 | 201, _) => {
                let unreadable = |error| Failure::new(Exit::Failed, format!("the agent's answer cannot be read: {error}"));
                return serde_json::from_slice(&answer).map_err(unreadable);
            }
            (202, _) => {
                queued = serde_json::from_slice::<CheckoutQueued>(&answer).ok().map(|queued| queued.position).or(Some(0));
                if left().is_zero() {
                    give_back(socket, id).await;
                    let place = queued.unwrap_or_default();
                    return Err(Failure::new(
                        Exit::Forbidden,
                        format!("no licence of {name:?} is free; place {place} in the queue"),
                    ));
                }
            }
            // Nothing is lost by asking again: the place in the queue is kept for a while.
            (503, Some(Code::Unavailable)) if queued.is_some() && !left().is_zero() => {
                tokio::time::sleep(TRY_EVERY.min(left())).await
            }
            (409, Some(Code::PoolExhausted)) if !left().is_zero() => tokio::time::sleep(TRY_EVERY.min(left())).await,
            _ => return Err(refusal(name, status, problem(), request.borrow_hours > 0)),
        }
    }
}

/// One line that says why there is no seat.
fn refusal(application: &str, status: u16, problem: Option<Problem>, borrows: bool) -> Failure {
    let Some(problem) = problem else { return Failure::new(Exit::Failed, format!("the agent answers {status}")) };
    let offline = problem.extra.contains_key("offline");
    match problem.code() {
        Some(Code::PoolExhausted) => {
            let holders = problem.extra.get("holders").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            Failure::new(Exit::Forbidden, format!("no licence of {application:?} is free{}", held_by(holders)))
        }
        Some(Code::LicenseDisabled | Code::Forbidden) => Failure::new(Exit::Forbidden, problem.detail),
        // For so long it is not lent.
        Some(Code::InvalidValue) if borrows => Failure::new(Exit::Forbidden, problem.detail),
        Some(Code::Unavailable) if offline => Failure::new(Exit::Forbidden, problem.detail),
        Some(Code::Unavailable) => Failure::new(Exit::Unreachable, problem.detail),
        Some(Code::NotFound) => Failure::new(Exit::NotFound, problem.detail),
        Some(Code::TooMany) => Failure::new(Exit::TryAgain, problem.detail),
        _ => Failure::new(Exit::Failed, problem.detail),
    }
}

/// Who holds what, in short.
fn held_by(holders: &[Value]) -> String {
    let text = |holder: &Value, name: &str| holder.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    let one =
        |holder: &Value| format!("{} at {} since {}", text(holder, "user"), text(holder, "client_ip"), text(holder, "since"));
    let mut named: Vec<String> = holders.iter().take(NAMED).map(one).collect();
    match holders.len().saturating_sub(NAMED) {
        0 if named.is_empty() => return String::new(),
        0 => {}
        more => named.push(format!("{more} more")),
    }
    format!("; held by {}", named.join(", "))
}

pub(super) async fn ask(socket: &Path, method: Method, route: &str, body: Option<Vec<u8>>) -> Result<(u16, Vec<u8>), Failure> {
    let answered = socket::send(socket, method, route, body, ANSWER_TIMEOUT).await;
    answered.map(|(status, body)| (status, body.to_vec())).map_err(|error| {
        let path = socket.display();
        let text = format!("{path}: {error}; without a running agent nothing is known of licences: start muster-agent");
        Failure::new(Exit::Unreachable, text)
    })
}

/// What cannot be given back here the agent gives back when this process is gone.
pub(super) async fn give_back(socket: &Path, id: Uuid) {
    if let Err(error) = socket::send(socket, Method::DELETE, &format!("/v1/checkouts/{id}"), None, RETURN_TIMEOUT).await {
        tracing::debug!(%error, "the agent gives the licence back later");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_line_says_who_holds_what() {
        let holder = |user: &str| json!({"user": user, "client_ip": "10.0.0.1", "since": "2026-11-22T04:00:00Z"});
        let one = "alice at 10.0.0.1 since 2026-11-22T04:00:00Z";
        assert_eq!(held_by(&[]), "");
        assert_eq!(held_by(&[holder("alice")]), format!("; held by {one}"));
        let five: Vec<Value> = ["alice", "bob", "carol", "dave", "eve"].map(holder).into();
        assert!(held_by(&five).ends_with("carol at 10.0.0.1 since 2026-11-22T04:00:00Z, 2 more"));
        let exhausted = Problem::new(Code::PoolExhausted, "x").with("holders", vec![holder("alice")]);
        let failure = refusal("CAD", 409, Some(exhausted), false);
        assert_eq!((failure.exit, failure.message), (Exit::Forbidden, format!("no licence of \"CAD\" is free; held by {one}")));
        for (problem, exit) in [
            (Problem::new(Code::LicenseDisabled, "x"), Exit::Forbidden),
            (Problem::new(Code::Unavailable, "x").with("offline", "deny"), Exit::Forbidden),
            (Problem::new(Code::Unavailable, "x"), Exit::Unreachable),
            (Problem::new(Code::NotFound, "x"), Exit::NotFound),
            (Problem::new(Code::InvalidValue, "x"), Exit::Forbidden),
            (Problem::new(Code::Internal, "x"), Exit::Failed),
        ] {
            assert_eq!(refusal("CAD", problem.status, Some(problem), true).exit, exit);
        }
    }
}
