//! Check-outs as they are sent, on every listener: a request becomes a claim on a seat, what it got becomes an answer.

use super::{facts, report::VerdictSource};
use crate::{
    sessions::{CheckOut, CheckoutError, CheckoutView, Got, Sessions},
    store::records::CheckoutFacts,
};
use chrono::TimeDelta;
use muster_domain::{
    ids::{AgentId, CheckoutId},
    session::{ClaimId, Claimant, Finish, MAX_CLIENT_CHARS, MAX_USER_CHARS, Origin},
};
use muster_wire::{
    checkout::{BorrowGrant, CheckoutGranted, CheckoutQueued, CheckoutRequest},
    problem::{Code, Problem},
};
use std::time::Duration;
use uuid::Uuid;

/// Longest time an answer waits for a seat, in seconds.
pub const LONGEST_WAIT: i64 = 30;
/// Longest name of an application, in characters.
const APPLICATION_CHARS: usize = 100;
/// Longest kind of client, in characters.
const CLIENT_CHARS: usize = 64;
/// Longest borrowed time, in hours.
const BORROW_HOURS: i64 = 366 * 24;

/// An answer: a seat, or a place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckoutAnswer {
    /// A seat.
    Granted(CheckoutGranted),
    /// A place.
    Queued(CheckoutQueued),
}

/// A request that was checked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The claim.
    pub checkout: CheckOut,
    /// How long the answer may take.
    pub wait: Duration,
}

/// Checks a request. `owner` may touch the check-out later; an agent's machine is known and cannot be said otherwise.
///
/// # Errors
/// 422 that names the field.
pub fn asked(request: CheckoutRequest, owner: String, host: Option<&str>) -> Result<Asked, Problem> {
    let CheckoutRequest { id, application, user, client_ip, client, host: given, display, wait_seconds, borrow_hours } = request;
    let application = required("application", &application, APPLICATION_CHARS)?;
    let user = required("user", &user, MAX_USER_CHARS)?;
    let client_ip = required("client_ip", &client_ip, MAX_CLIENT_CHARS)?;
    let client = optional("client", Some(&client), CLIENT_CHARS)?.unwrap_or("api");
    let given = optional("host", given.as_deref(), MAX_CLIENT_CHARS)?;
    let display = optional("display", display.as_deref(), MAX_CLIENT_CHARS)?;
    let wait = within("wait_seconds", wait_seconds, LONGEST_WAIT)?;
    let borrow = within("borrow_hours", borrow_hours, BORROW_HOURS)?;
    if id == Some(Uuid::nil()) {
        return Err(invalid("id must not be the nil UUID; leave it out, or make one"));
    }
    let id = CheckoutId(id.unwrap_or_else(Uuid::new_v4));
    let claimant = Claimant::new(Origin { user, client: client_ip, host: host.or(given), display }, []);
    if claimant.user.is_empty() || claimant.client.is_empty() {
        return Err(invalid("user and client_ip must hold more than blanks and brackets"));
    }
    if is_broken_address(&claimant.client) {
        let shown = facts::text(client_ip);
        return Err(invalid(&format!(
            "client_ip {shown:?} is written like an address and is none; a host name may stand there, too"
        )));
    }
    Ok(Asked {
        checkout: CheckOut {
            id,
            application: application.to_owned(),
            claimant,
            facts: CheckoutFacts { owner, client: client.to_owned() },
            borrow: (borrow > 0).then(|| TimeDelta::hours(borrow)),
        },
        wait: Duration::from_secs(u64::try_from(wait).unwrap_or(0)),
    })
}

/// A time to wait as it is written in a query.
///
/// # Errors
/// 422 outside 0 to 30 seconds.
pub fn wait(seconds: i64) -> Result<Duration, Problem> {
    within("wait", seconds, LONGEST_WAIT).map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// Takes a seat, or a place in the queue, and waits for as long as the request allows.
///
/// # Errors
/// Why there is neither.
pub async fn take(sessions: &Sessions, signer: &dyn VerdictSource, asked: Asked) -> Result<CheckoutAnswer, Problem> {
    let Asked { checkout, wait } = asked;
    let (id, owner) = (checkout.id, checkout.facts.owner.clone());
    let mut got = sessions.check_out(checkout).await.map_err(problem)?;
    if matches!(got, Got::Place(_)) && !wait.is_zero() {
        got = sessions.await_seat(id, Some(&owner), wait).await.map_err(problem)?;
    }
    Ok(answer(id, got, signer))
}

/// What a check-out has; while it waits, a seat is waited for.
///
/// # Errors
/// When there is none that the owner may touch.
pub async fn poll(
    sessions: &Sessions,
    signer: &dyn VerdictSource,
    id: CheckoutId,
    owner: Option<&str>,
    wait: Duration,
) -> Result<CheckoutAnswer, Problem> {
    sessions.await_seat(id, owner, wait).await.map(|got| answer(id, got, signer)).map_err(problem)
}

/// A check-out is heard of.
///
/// # Errors
/// When there is none that the owner may touch.
pub async fn heartbeat(
    sessions: &Sessions,
    signer: &dyn VerdictSource,
    id: CheckoutId,
    owner: Option<&str>,
) -> Result<CheckoutAnswer, Problem> {
    sessions.heartbeat(id, owner).await.map(|got| answer(id, got, signer)).map_err(problem)
}

/// A check-out is given back by its owner.
///
/// # Errors
/// When there is none that the owner may touch.
pub async fn give_back(sessions: &Sessions, id: CheckoutId, owner: &str) -> Result<(), Problem> {
    sessions.give_back(id, Some(owner), Finish::Released, None).await.map(|_| ()).map_err(problem)
}

/// Who owns the check-outs of an agent.
#[must_use]
pub fn owner_of(agent: AgentId) -> String {
    format!("agent:{agent}")
}

/// A failed check-out as a problem document.
#[must_use]
pub fn problem(error: CheckoutError) -> Problem {
    let text = error.to_string();
    match error {
        CheckoutError::NoApplication(_) | CheckoutError::Unknown(_) => Problem::new(Code::NotFound, text),
        CheckoutError::Taken(_) => Problem::new(Code::Conflict, text),
        CheckoutError::Exhausted { application, user: _, holders, queued, kept } => {
            let holders: Vec<serde_json::Value> = holders
                .into_iter()
                .map(|holder| {
                    let (session, checkout) = match holder.claim {
                        ClaimId::Session(id) => (Some(id.to_string()), None),
                        ClaimId::Checkout(id) => (None, Some(id.to_string())),
                    };
                    serde_json::json!({
                        "user": holder.user, "client_ip": holder.client_ip, "kind": holder.kind.name(), "since": holder.since,
                        "session": session, "checkout": checkout,
                    })
                })
                .collect();
            Problem::new(Code::PoolExhausted, text)
                .with("application", application)
                .with("holders", holders)
                .with("queued", queued)
                .with("kept_for_groups", kept)
        }
        CheckoutError::NotAdmitted { .. } => Problem::new(Code::Forbidden, text),
        CheckoutError::TooLong { .. } => Problem::new(Code::InvalidValue, text),
        CheckoutError::Closed => Problem::new(Code::LicenseDisabled, text),
        CheckoutError::Store(error) => super::report::unavailable(&error),
    }
}

fn answer(id: CheckoutId, got: Got, signer: &dyn VerdictSource) -> CheckoutAnswer {
    match got {
        Got::Place(position) => CheckoutAnswer::Queued(CheckoutQueued { id: id.0, position }),
        Got::Seat { granted, view } => CheckoutAnswer::Granted(CheckoutGranted {
            id: id.0,
            kind: granted.kind.name().to_owned(),
            shared: granted.shared,
            over_use: granted.over_use,
            expires_at: granted.until.unwrap_or(view.since),
            grant: granted.until.filter(|_| granted.borrowed).map(|until| grant(&view, until, signer)),
        }),
    }
}

/// A borrowed seat, signed: the machine believes it when it cannot reach anybody.
fn grant(view: &CheckoutView, valid_until: chrono::DateTime<chrono::Utc>, signer: &dyn VerdictSource) -> String {
    let grant = BorrowGrant {
        purpose: BorrowGrant::PURPOSE.to_owned(),
        collector_id: signer.collector_id(),
        checkout: view.id.0,
        application: view.application.clone(),
        user: view.claimant.user.clone(),
        client_ip: view.claimant.client.clone(),
        issued_at: view.since,
        valid_until,
    };
    signer.sign(&serde_json::to_vec(&grant).unwrap_or_default())
}

/// Whether somebody meant an address: only what addresses are made of, and as many parts. Other texts are host names.
fn is_broken_address(client: &str) -> bool {
    let without_zone = client.split('%').next().unwrap_or(client);
    let made_of = |part: fn(char) -> bool| without_zone.chars().all(part);
    let like_v6 = made_of(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')) && without_zone.matches(':').count() > 1;
    let like_v4 = made_of(|c| c.is_ascii_digit() || c == '.') && without_zone.matches('.').count() == 3;
    (like_v6 || like_v4) && without_zone.parse::<std::net::IpAddr>().is_err()
}

fn required<'t>(field: &str, text: &'t str, limit: usize) -> Result<&'t str, Problem> {
    optional(field, Some(text), limit)?.ok_or_else(|| invalid(&format!("{field} is empty")))
}

fn optional<'t>(field: &str, text: Option<&'t str>, limit: usize) -> Result<Option<&'t str>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim_matches(' ');
    if text.chars().any(char::is_control) {
        return Err(invalid(&format!("{field} has control characters")));
    }
    if text.chars().count() > limit {
        let start = facts::text(&text.chars().take(32).collect::<String>());
        return Err(invalid(&format!("{field} is longer than {limit} characters; it begins with {start:?}")));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn within(field: &str, value: i64, most: i64) -> Result<i64, Problem> {
    if (0..=most).contains(&value) {
        return Ok(value);
    }
    Err(invalid(&format!("{field} must be from 0 to {most}, not {value}")))
}

fn invalid(text: &str) -> Problem {
    Problem::new(Code::InvalidValue, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: impl FnOnce(&mut CheckoutRequest)) -> Result<Asked, Problem> {
        let mut request = CheckoutRequest {
            application: "CAD".to_owned(),
            user: "alice".to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            client: "rest".to_owned(),
            ..CheckoutRequest::default()
        };
        change(&mut request);
        asked(request, "token:x".to_owned(), None)
    }

    #[test]
    fn wrong_values_are_named() {
        let check = |change: fn(&mut CheckoutRequest), part: &str| {
            let problem = request(change).unwrap_err();
            assert_eq!(problem.status, 422);
            assert!(problem.detail.contains(part), "{} does not name {part}", problem.detail);
        };
        check(|r| r.application = String::new(), "application is empty");
        check(|r| r.application = "C\u{7}AD".to_owned(), "application has control characters");
        check(|r| r.user = "  ".to_owned(), "user is empty");
        check(|r| r.user = "a\nb".to_owned(), "user has control characters");
        check(|r| r.user = "x".repeat(257), "user is longer than 256");
        check(|r| r.client_ip = String::new(), "client_ip is empty");
        check(|r| r.client_ip = "[]".to_owned(), "client_ip must hold more");
        check(|r| r.client_ip = "10.0.0.1\0".to_owned(), "client_ip has control characters");
        for broken in ["10.0.0.256", "1.2.3.4.", "fe80:::1", "::ffff:10.0.0.300", "[1:2:3]", "fe80::1::2%eth0", "...."] {
            let problem = request(|r| r.client_ip = broken.to_owned());
            assert_eq!(
                problem.err().map(|problem| problem.status),
                if broken == "1.2.3.4." { None } else { Some(422) },
                "{broken}"
            );
        }
        check(|r| r.wait_seconds = -1, "wait_seconds must be from 0 to 30, not -1");
        check(|r| r.wait_seconds = i64::MAX, "wait_seconds");
        check(|r| r.borrow_hours = i64::MIN, "borrow_hours");
        check(|r| r.client = "x".repeat(65), "client is longer");
        check(|r| r.display = Some("\u{1b}[2J".to_owned()), "display has control characters");
        check(|r| r.id = Some(Uuid::nil()), "nil UUID");
    }

    #[test]
    fn addresses_have_one_form() {
        for (given, kept) in [
            ("10.0.0.1", "10.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("WS-17.Example.COM", "ws-17.example.com"),
            ("cafe", "cafe"),
            ("10.0.0", "10.0.0"),
            ("host:0", "host:0"),
            (":0", ":0"),
        ] {
            let asked = request(|r| r.client_ip = given.to_owned()).unwrap();
            assert_eq!(asked.checkout.claimant.client, kept, "{given}");
        }
    }
}
