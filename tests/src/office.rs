//! A site at work: vendor, collector, licence. In: whether it has a licence. Out: the running collector and the steps that
//! most tests begin with.

use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::collector::{Collector, Launch};
use crate::http::Http;
use crate::json::text;
use crate::peer::{Machine, Peer};
use crate::site::{Secrets, Site};

/// The terms of a licence that no test outlives.
pub const TERMS: [&str; 6] = ["--customer", "Acme", "--expires", "2098-01-01", "--assets", "500"];

/// A running site.
#[derive(Debug)]
pub struct Office {
    /// Its collector, killed first when dropped.
    pub collector: Collector,
    /// What `init` printed.
    pub secrets: Secrets,
    /// Its files.
    pub site: Site,
}

impl Office {
    /// A collector without a licence.
    ///
    /// # Errors
    /// A step of the set-up fails.
    pub async fn unlicensed() -> Result<Self> {
        Self::started(|launch| launch).await
    }

    /// A collector with a licence for 500 assets.
    ///
    /// # Errors
    /// A step of the set-up fails.
    pub async fn licensed() -> Result<Self> {
        let office = Self::unlicensed().await?;
        office.site.license(office.http(), &TERMS).await?;
        Ok(office)
    }

    /// A collector without a licence, started in a way of the test's own.
    ///
    /// # Errors
    /// A step of the set-up fails.
    pub async fn started(how: impl FnOnce(Launch) -> Launch) -> Result<Self> {
        let site = Site::new()?;
        site.keygen().await?;
        let secrets = site.init().await?;
        let collector = how(site.collector()).start().await?;
        Ok(Self { collector, secrets, site })
    }

    /// The admin API as the first owner.
    #[must_use]
    pub fn http(&self) -> &Http {
        self.collector.http()
    }

    /// `GET path`, which must be answered 200.
    ///
    /// # Errors
    /// It is not.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let (status, answer) = self.http().get(path).await?;
        anyhow::ensure!(status == StatusCode::OK, "GET {path}: {status}: {answer:#}");
        Ok(answer)
    }

    /// `POST path` without a body, which must succeed.
    ///
    /// # Errors
    /// It does not.
    pub async fn post(&self, path: &str) -> Result<Value> {
        let (status, answer) = crate::http::answer(self.http().request(Method::POST, path)).await?;
        anyhow::ensure!(status.is_success(), "POST {path}: {status}: {answer:#}");
        Ok(answer)
    }

    /// A new join token: its id and its text.
    ///
    /// # Errors
    /// The wish is refused.
    pub async fn join_token(&self, wish: &Value) -> Result<(String, String)> {
        let (status, made) = self.http().send(Method::POST, "/api/v1/join-tokens", wish).await?;
        anyhow::ensure!(status == StatusCode::CREATED, "join token {wish}: {status}: {made:#}");
        Ok((text(&made, "/id")?.to_owned(), text(&made, "/token")?.to_owned()))
    }

    /// An enrolled agent on a machine of this name, with a token of its own.
    ///
    /// # Errors
    /// It cannot enrol.
    pub async fn peer(&self, name: &str) -> Result<Peer> {
        let (_, token) = self.join_token(&json!({})).await?;
        Peer::enroll(&self.collector.agents_url(), &token, Machine::named(name)).await.with_context(|| format!("agent {name}"))
    }
}
