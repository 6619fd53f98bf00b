//! Check-outs on the socket: `/v1/checkouts` (contract 3).
//!
//! In: method, path, query, body, and who calls. Out: one call of the broker. A call goes on when its caller hangs up, so that no
//! seat is given that nobody knows of.

use super::routes::{Reply, problem};
use crate::broker::{Broker, Caller};
use muster_wire::problem::{Code, Problem};
use std::sync::Arc;
use uuid::Uuid;

const PATH: &str = "/v1/checkouts";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Take,
    Poll { id: Uuid, wait: i64 },
    Heartbeat(Uuid),
    GiveBack(Uuid),
}

/// Answers a request about check-outs; none when it is about something else.
pub(super) async fn answer(
    broker: &Arc<Broker>,
    caller: Option<Caller>,
    method: &str,
    path: &str,
    query: Option<&str>,
    body: Vec<u8>,
) -> Option<Reply> {
    let wish = match wish(method, path, query)? {
        Ok(wish) => wish,
        Err(refused) => return Some(problem(&refused)),
    };
    let Some(caller) = caller else {
        return Some(problem(&Problem::new(Code::Forbidden, "the system does not say who calls")));
    };
    let broker = Arc::clone(broker);
    let call = tokio::spawn(async move {
        match wish {
            Wish::Take => broker.take(caller, &body).await,
            Wish::Poll { id, wait } => broker.poll(caller, id, wait).await,
            Wish::Heartbeat(id) => broker.heartbeat(caller, id).await,
            Wish::GiveBack(id) => broker.give_back(caller, id).await,
        }
    });
    Some(match call.await {
        Ok(Ok(reply)) => Reply { status: reply.status(), kind: "application/json", body: reply.body() },
        Ok(Err(refused)) => problem(&refused),
        Err(_) => problem(&Problem::new(Code::Internal, "the agent could not answer")),
    })
}

fn wish(method: &str, path: &str, query: Option<&str>) -> Option<Result<Wish, Problem>> {
    let rest = path.strip_prefix(PATH)?;
    let not_allowed = |methods: &str| Err(Problem::new(Code::MethodNotAllowed, format!("only {methods} is spoken here")));
    let Some(rest) = rest.strip_prefix('/') else {
        let of_all = if method == "POST" { Ok(Wish::Take) } else { not_allowed("POST") };
        return rest.is_empty().then_some(of_all);
    };
    let (id, action) = rest.split_once('/').map_or((rest, None), |(id, action)| (id, Some(action)));
    if !matches!(action, None | Some("heartbeat")) {
        return None;
    }
    let Ok(id) = id.parse::<Uuid>() else { return Some(Err(Problem::new(Code::NotFound, "there is no such check-out"))) };
    Some(match (action, method) {
        (None, "GET") => seconds(query).map(|wait| Wish::Poll { id, wait }),
        (None, "DELETE") => Ok(Wish::GiveBack(id)),
        (None, _) => not_allowed("GET or DELETE"),
        (Some(_), "POST") => Ok(Wish::Heartbeat(id)),
        (Some(_), _) => not_allowed("POST"),
    })
}

fn seconds(query: Option<&str>) -> Result<i64, Problem> {
    let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(0) };
    let wait = query.split('&').find_map(|pair| pair.strip_prefix("wait=")).and_then(|text| text.parse().ok());
    wait.ok_or_else(|| Problem::new(Code::InvalidValue, "the query is wait=SECONDS and nothing else"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        let id: Uuid = ID.parse().unwrap();
        let one = format!("/v1/checkouts/{ID}");
        let beat = format!("{one}/heartbeat");
        for (method, path, query, expected) in [
            ("POST", "/v1/checkouts", None, Some(Ok(Wish::Take))),
            ("GET", "/v1/checkouts", None, Some(Err(405))),
            ("GET", one.as_str(), None, Some(Ok(Wish::Poll { id, wait: 0 }))),
            ("GET", one.as_str(), Some("wait=30"), Some(Ok(Wish::Poll { id, wait: 30 }))),
            ("GET", one.as_str(), Some("wait=soon"), Some(Err(422))),
            ("DELETE", one.as_str(), None, Some(Ok(Wish::GiveBack(id)))),
            ("PUT", one.as_str(), None, Some(Err(405))),
            ("POST", beat.as_str(), None, Some(Ok(Wish::Heartbeat(id)))),
            ("GET", beat.as_str(), None, Some(Err(405))),
            ("GET", "/v1/checkouts/x", None, Some(Err(404))),
            ("POST", "/v1/checkoutsx", None, None),
            ("POST", "/v1/checkouts/x/y", None, None),
            ("GET", "/v1/verdict", None, None),
        ] {
            let got = wish(method, path, query).map(|wish| wish.map_err(|problem| problem.status));
            assert_eq!(got, expected, "{method} {path} {query:?}");
        }
    }
}
