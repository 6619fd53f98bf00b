//! The collector's check-outs, as a broker speaks of them (contract 2.1 and 2.4).
//!
//! In: a wish. Out: what the collector says, or that it cannot say anything now. One request, no retry.

use crate::uplink::{Answer, Link, TransportError};
use chrono::{DateTime, Utc};
use muster_wire::{
    checkout::{CheckoutGranted, CheckoutQueued, CheckoutRequest, OfflineUse, OfflineUseReport, OfflineUseTaken},
    path,
    problem::{Code, Problem},
};
use reqwest::Method;
use serde::Serialize;
use uuid::Uuid;

/// What the collector says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    /// A seat, and for how many seconds from now; 0 is for ever.
    Seat(CheckoutGranted, i64),
    /// A place in the queue.
    Place(CheckoutQueued),
    /// It is done.
    Done,
    /// It has what was used offline.
    Told(OfflineUseTaken),
    /// No.
    Refused(Problem),
    /// It cannot be reached, or cannot decide now: why.
    Away(String),
}

/// Takes a seat.
pub(super) async fn take(link: &Link, request: &CheckoutRequest, now: DateTime<Utc>) -> Said {
    ask(link, Method::POST, path::CHECKOUTS, Some(request), now).await
}

/// What a check-out has, after a wait of at most `wait` seconds for a seat.
pub(super) async fn poll(link: &Link, id: Uuid, wait: i64, now: DateTime<Utc>) -> Said {
    ask(link, Method::GET, &format!("{}/{id}?wait={wait}", path::CHECKOUTS), None::<&()>, now).await
}

/// Says that it is used.
pub(super) async fn heartbeat(link: &Link, id: Uuid, now: DateTime<Utc>) -> Said {
    ask(link, Method::POST, &format!("{}/{id}/heartbeat", path::CHECKOUTS), None::<&()>, now).await
}

/// Gives it back.
pub(super) async fn give_back(link: &Link, id: Uuid, now: DateTime<Utc>) -> Said {
    ask(link, Method::DELETE, &format!("{}/{id}", path::CHECKOUTS), None::<&()>, now).await
}

/// Tells what was used offline.
pub(super) async fn tell(link: &Link, uses: Vec<OfflineUse>, now: DateTime<Utc>) -> Said {
    match encode(Some(&OfflineUseReport { uses })) {
        Ok(body) => match link.call(Method::POST, path::OFFLINE_USE, body).await {
            // That it has them is what matters.
            Ok(answer) if answer.status == 200 => Said::Told(serde_json::from_slice(&answer.body).unwrap_or_default()),
            answered => said(answered, now),
        },
        Err(error) => Said::Away(error.to_string()),
    }
}

async fn ask(link: &Link, method: Method, path: &str, body: Option<&impl Serialize>, now: DateTime<Utc>) -> Said {
    match encode(body) {
        Ok(body) => said(link.call(method, path, body).await, now),
        Err(error) => Said::Away(error.to_string()),
    }
}

fn encode(body: Option<&impl Serialize>) -> Result<Option<Vec<u8>>, serde_json::Error> {
    body.map(serde_json::to_vec).transpose()
}

fn said(answered: Result<Answer, TransportError>, now: DateTime<Utc>) -> Said {
    let answer = match answered {
        Ok(answer) => answer,
        Err(error) => return Said::Away(error.to_string()),
    };
    let unreadable = |error: serde_json::Error| Said::Away(format!("the collector's answer cannot be read: {error}"));
    match answer.status {
        200 | 201 => match serde_json::from_slice::<CheckoutGranted>(&answer.body) {
            Ok(granted) => {
                // Both clocks of the difference are the collector's.
                let seconds = (granted.expires_at - answer.date.unwrap_or(now)).num_seconds().max(0);
                Said::Seat(granted, seconds)
            }
            Err(error) => unreadable(error),
        },
        202 => serde_json::from_slice(&answer.body).map_or_else(unreadable, Said::Place),
        204 => Said::Done,
        // This agent's own troubles with the collector are no answer about a seat.
        401 => {
            Said::Refused(Problem::new(Code::Forbidden, format!("the collector does not take this agent: {}", answer.reason())))
        }
        408 | 421 | 429 | 500.. => Said::Away(format!("the collector cannot decide now: {}", answer.reason())),
        _ => Said::Refused(answer.problem().unwrap_or_else(|| Problem::new(Code::Forbidden, answer.reason()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_one_meaning() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let date = DateTime::from_timestamp(1_800_000_000, 0);
        let check = |status: u16, body: &str, expected: &str| {
            let answer = Answer { status, retry_after: None, date, body: body.as_bytes().to_vec() };
            let got = match said(Ok(answer), now) {
                Said::Seat(granted, seconds) => format!("{} {seconds}", granted.kind),
                Said::Place(queued) => format!("place {}", queued.position),
                Said::Done | Said::Told(_) => "done".to_owned(),
                Said::Refused(problem) => format!("refused {}", problem.status),
                Said::Away(_) => "away".to_owned(),
            };
            assert_eq!(got, expected, "{status} {body}");
        };
        let seat = |expires: &str| {
            format!(r#"{{"id":"{}","kind":"floating","shared":false,"expires_at":"{expires}"}}"#, Uuid::from_u128(1))
        };
        check(201, &seat("2027-01-15T08:02:00.5Z"), "floating 120");
        check(200, &seat("2027-01-15T07:59:00Z"), "floating 0");
        check(201, "{}", "away");
        check(202, &format!(r#"{{"id":"{}","position":3}}"#, Uuid::from_u128(1)), "place 3");
        check(204, "", "done");
        let problem = |code: Code| serde_json::to_string(&Problem::new(code, "why")).unwrap();
        check(409, &problem(Code::PoolExhausted), "refused 409");
        check(403, &problem(Code::LicenseDisabled), "refused 403");
        check(404, &problem(Code::NotFound), "refused 404");
        check(401, &problem(Code::Unauthenticated), "refused 403");
        check(429, &problem(Code::TooMany), "away");
        check(503, &problem(Code::Unavailable), "away");
        check(502, "<html>", "away");
    }
}
