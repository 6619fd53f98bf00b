//! The requests of agents, by path. Each: authorise, read within limits, one call into `ingest`, encode.

use super::{
    body, checkouts,
    reply::{self, Reply},
};
use crate::{
    ingest::{Entry, Ingest, Refusal},
    publish::{Metrics, ReportResult},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use hyper::body::{Body as _, Incoming};
use muster_domain::ids::AgentId;
use muster_runtime::clock::SharedClock;
use muster_wire::{
    enroll::{EnrollRequest, RenewRequest},
    limits, path,
    problem::{Code, Problem},
};
use serde::de::DeserializeOwned;
use std::{net::IpAddr, sync::Arc};

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(super) struct Peer {
    /// Its address.
    pub(super) address: IpAddr,
    /// Agent id and key hash of the certificate it proved to have.
    pub(super) certificate: Option<(AgentId, [u8; 32])>,
}

/// Turns requests into calls and results into answers.
pub struct Gateway {
    ingest: Arc<Ingest>,
    metrics: Arc<Metrics>,
    clock: SharedClock,
}

impl Gateway {
    /// A gateway to this ingest.
    #[must_use]
    pub fn new(ingest: Arc<Ingest>, metrics: Arc<Metrics>, clock: SharedClock) -> Self {
        Self { ingest, metrics, clock }
    }

    pub(super) async fn handle(&self, request: Request<Incoming>, peer: &Peer) -> Reply {
        let (parts, incoming) = request.into_parts();
        let has_body = !incoming.is_end_stream();
        let route = (parts.method.clone(), parts.uri.path().to_owned());
        let outcome = match (&route.0, route.1.as_str()) {
            (&Method::POST, path::ENROLL) => self.enroll(&parts.headers, incoming, peer).await,
            (&Method::POST, path::REPORT) => self.report(&parts.headers, incoming, peer).await,
            (&Method::POST, path::RENEW) => self.renew(&parts.headers, incoming, peer).await,
            (&Method::GET, path::POLICY) => {
                self.authorized(peer).map(|_| reply::json(StatusCode::OK, &*self.ingest.sessions().policy()))
            }
            (&Method::POST, path::OFFLINE_USE) => self.used_offline(&parts.headers, incoming, peer).await,
            (_, path::ENROLL | path::REPORT | path::RENEW | path::OFFLINE_USE) => {
                Err(Problem::new(Code::MethodNotAllowed, "only POST is spoken here"))
            }
            (_, path::POLICY) => Err(Problem::new(Code::MethodNotAllowed, "only GET is spoken here").with("allow", "GET")),
            (method, target) => match checkouts::wish(method, target, parts.uri.query()) {
                Some(wish) => self.checkout(wish, &parts.headers, incoming, peer).await,
                None => self
                    .authorized(peer)
                    .and_then(|_| Err(Problem::new(Code::NotFound, "there is no such path on the agent listener"))),
            },
        };
        outcome.unwrap_or_else(|problem| {
            let mut reply = reply::problem(&problem);
            if has_body && problem.code().is_some_and(leaves_the_body) {
                // The peer must not take the connection for a good one: the rest of the body is still on it.
                reply.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            reply
        })
    }

    async fn enroll(&self, headers: &HeaderMap, incoming: Incoming, peer: &Peer) -> Result<Reply, Problem> {
        self.ingest.admit_enrollment(peer.address)?;
        let body = body::read(incoming, headers, limits::ENROLL_BYTES).await?;
        let request: EnrollRequest = parse(&body)?;
        let response = self.ingest.enroll(request).await?;
        self.metrics.enrolled();
        Ok(reply::json(StatusCode::CREATED, &response))
    }

    async fn report(&self, headers: &HeaderMap, incoming: Incoming, peer: &Peer) -> Result<Reply, Problem> {
        let entry = self.authorized(peer)?;
        let began = self.clock.boottime();
        let taken = async {
            let body = body::read(incoming, headers, limits::REPORT_WIRE_BYTES).await?;
            let body = body::decode(headers, body)?;
            let report = parse(&body)?;
            self.ingest.report(&entry, report, &body, sent_at(headers)).await
        }
        .await;
        let result = match &taken {
            Ok(taken) => taken.result,
            Err(problem) => match problem.code() {
                Some(Code::Resync) => ReportResult::Resync,
                Some(Code::Unavailable) => ReportResult::Unavailable,
                _ => ReportResult::Refused,
            },
        };
        self.metrics.report(result, self.clock.boottime().saturating_sub(began).as_secs_f64());
        Ok(reply::json(StatusCode::OK, &taken?.response))
    }

    async fn renew(&self, headers: &HeaderMap, incoming: Incoming, peer: &Peer) -> Result<Reply, Problem> {
        let entry = self.authorized(peer)?;
        let body = body::read(incoming, headers, limits::ENROLL_BYTES).await?;
        let request: RenewRequest = parse(&body)?;
        let response = self.ingest.renew(&entry, &request.csr).await?;
        Ok(reply::json(StatusCode::OK, &response))
    }

    async fn used_offline(&self, headers: &HeaderMap, incoming: Incoming, peer: &Peer) -> Result<Reply, Problem> {
        let entry = self.authorized(peer)?;
        let body = body::read(incoming, headers, limits::REPORT_WIRE_BYTES).await?;
        let taken = self.ingest.used_offline(&entry, parse(&body)?, sent_at(headers)).await?;
        Ok(reply::json(StatusCode::OK, &taken))
    }

    async fn checkout(
        &self,
        wish: Result<checkouts::Wish, Problem>,
        headers: &HeaderMap,
        incoming: Incoming,
        peer: &Peer,
    ) -> Result<Reply, Problem> {
        let entry = self.authorized(peer)?;
        checkouts::serve(&self.ingest, &entry, wish?, headers, incoming).await
    }

    fn authorized(&self, peer: &Peer) -> Result<Arc<Entry>, Problem> {
        let (id, key_hash) = peer.certificate.ok_or_else(|| {
            Problem::new(Code::Unauthenticated, "an agent certificate is needed; enrol with a join token first")
        })?;
        self.ingest.fleet().authorize(id, &key_hash).map_err(|refusal| match refusal {
            Refusal::Unknown => Problem::new(Code::Unauthenticated, "this collector does not know the agent; enrol it again"),
            Refusal::Revoked => Problem::new(Code::AgentRevoked, "the agent was revoked; enrol it again with a new join token"),
            Refusal::Pending => Problem::new(Code::AgentPending, "the agent waits for an administrator's approval"),
        })
    }
}

/// Whether a refusal is given before the body was read to its end.
fn leaves_the_body(code: Code) -> bool {
    use Code::{AgentPending, AgentRevoked, MethodNotAllowed, NotFound, TooLarge, TooMany, Unauthenticated};
    matches!(code, Unauthenticated | AgentPending | AgentRevoked | NotFound | MethodNotAllowed | TooMany | TooLarge)
}

/// The agent's clock when it sent the request.
fn sent_at(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::new(Code::InvalidBody, format!("the body cannot be read: {error}")))
}
