//! The check-outs of an agent's broker: `/agent/v1/checkouts`, the same as on the admin listener (contract 2.4). Each belongs to
//! its agent, and its machine is that agent's.

use super::{
    body,
    reply::{self, Reply},
    service::parse,
};
use crate::ingest::{
    Entry, Ingest,
    checkouts::{self, CheckoutAnswer},
};
use http::{HeaderMap, Method, StatusCode};
use hyper::body::Incoming;
use muster_domain::ids::CheckoutId;
use muster_wire::{
    checkout::CheckoutRequest,
    limits, path,
    problem::{Code, Problem},
};

/// What is asked of the check-outs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Take,
    Poll { id: CheckoutId, wait: i64 },
    Heartbeat(CheckoutId),
    GiveBack(CheckoutId),
}

/// Reads method, path and query; none when the path is none of the check-outs.
pub(super) fn wish(method: &Method, target: &str, query: Option<&str>) -> Option<Result<Wish, Problem>> {
    let rest = target.strip_prefix(path::CHECKOUTS)?;
    let mut parts = rest.split('/');
    let (before, id, action, after) = (parts.next(), parts.next(), parts.next(), parts.next());
    if before != Some("") || after.is_some() {
        return None;
    }
    let Some(text) = id else {
        return Some(if *method == Method::POST { Ok(Wish::Take) } else { Err(refused("only POST is spoken here")) });
    };
    let Ok(id) = text.parse::<CheckoutId>() else { return Some(Err(Problem::new(Code::NotFound, "there is no such check-out"))) };
    Some(match (action, method) {
        (None, &Method::GET) => seconds(query).map(|wait| Wish::Poll { id, wait }),
        (None, &Method::DELETE) => Ok(Wish::GiveBack(id)),
        (Some("heartbeat"), &Method::POST) => Ok(Wish::Heartbeat(id)),
        (None, _) => Err(refused("only GET and DELETE are spoken here").with("allow", "GET, DELETE")),
        (Some("heartbeat"), _) => Err(refused("only POST is spoken here")),
        (Some(_), _) => return None,
    })
}

/// Does what was asked.
pub(super) async fn serve(
    ingest: &Ingest,
    entry: &Entry,
    wish: Wish,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Result<Reply, Problem> {
    let record = entry.record();
    let owner = checkouts::owner_of(record.id);
    let (sessions, signer) = (ingest.sessions(), ingest.verdicts());
    let (answer, made) = match wish {
        Wish::Take => {
            let body = body::read(incoming, headers, limits::ENROLL_BYTES).await?;
            let request: CheckoutRequest = parse(&body)?;
            let asked = checkouts::asked(request, owner, Some(&record.hostname))?;
            (checkouts::take(sessions, signer, asked).await?, true)
        }
        Wish::Poll { id, wait } => (checkouts::poll(sessions, signer, id, Some(&owner), checkouts::wait(wait)?).await?, false),
        Wish::Heartbeat(id) => (checkouts::heartbeat(sessions, signer, id, Some(&owner)).await?, false),
        Wish::GiveBack(id) => {
            checkouts::give_back(sessions, id, &owner).await?;
            return Ok(reply::empty());
        }
    };
    Ok(match answer {
        CheckoutAnswer::Granted(granted) => reply::json(if made { StatusCode::CREATED } else { StatusCode::OK }, &granted),
        CheckoutAnswer::Queued(queued) => reply::json(StatusCode::ACCEPTED, &queued),
    })
}

fn seconds(query: Option<&str>) -> Result<i64, Problem> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(0) };
    let wait = query.split('&').find_map(|pair| pair.strip_prefix("wait="));
    wait.and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::new(Code::InvalidValue, "the query is wait=SECONDS, from 0 to 30, and nothing else"))
}

fn refused(text: &str) -> Problem {
    Problem::new(Code::MethodNotAllowed, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        let id: CheckoutId = ID.parse().unwrap();
        let check = |method: Method, rest: &str, query: Option<&str>, expected: Option<Result<Wish, u16>>| {
            let found = wish(&method, &format!("/agent/v1/checkouts{rest}"), query);
            let found = found.map(|found| found.map_err(|problem| problem.status));
            assert_eq!(found, expected, "{method} {rest} {query:?}");
        };
        let one = format!("/{ID}");
        check(Method::POST, "", None, Some(Ok(Wish::Take)));
        check(Method::GET, "", None, Some(Err(405)));
        check(Method::GET, &one, None, Some(Ok(Wish::Poll { id, wait: 0 })));
        check(Method::GET, &one, Some("wait=30"), Some(Ok(Wish::Poll { id, wait: 30 })));
        check(Method::GET, &one, Some("wait=x"), Some(Err(422)));
        check(Method::DELETE, &one, None, Some(Ok(Wish::GiveBack(id))));
        check(Method::PUT, &one, None, Some(Err(405)));
        check(Method::POST, &format!("{one}/heartbeat"), None, Some(Ok(Wish::Heartbeat(id))));
        check(Method::GET, &format!("{one}/heartbeat"), None, Some(Err(405)));
        check(Method::GET, "/x", None, Some(Err(404)));
        check(Method::POST, &format!("{one}/elsewhere"), None, None);
        check(Method::POST, &format!("{one}/heartbeat/x"), None, None);
        check(Method::POST, "x", None, None);
    }
}
