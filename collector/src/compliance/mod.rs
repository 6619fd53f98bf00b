//! Licence and compliance (skeleton of the service's signatures).
#![allow(missing_docs, clippy::unused_async, reason = "a skeleton that is dropped when the service arrives")]

use crate::{
    publish::{ComplianceStatus, LicenseFacts, LicenseStatus, State},
    store::{StoreError, Stores, records::{RunKind, RunRecord}},
};
use chrono::{DateTime, NaiveDate, Utc};

#[derive(Clone, Debug)]
pub struct Actor(pub String);

#[derive(Debug, Clone, thiserror::Error)]
pub enum ApplyError {
    #[error("{message}")]
    Invalid { code: &'static str, message: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum RunError {
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone)]
pub struct Applied {
    pub license: LicenseStatus,
    pub run: RunRecord,
    pub facts: LicenseFacts,
}

#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct KeySummary {
    pub id: String,
    pub serial: u64,
    pub customer: Option<String>,
    pub expires: Option<NaiveDate>,
    pub asset_limit: Option<u64>,
    pub applied_at: DateTime<Utc>,
    pub applied_by: String,
    pub in_force: bool,
    pub error: Option<String>,
}

pub struct Compliance {
    pub stores: Stores,
}

impl Compliance {
    pub async fn apply(&self, _text: &str, _actor: &Actor, _dry_run: bool) -> Result<Applied, ApplyError> {
        Err(ApplyError::Invalid { code: "garbled", message: "this is not a licence key".to_owned() })
    }
    pub async fn run(&self, _kind: RunKind, _actor: &Actor) -> Result<RunRecord, RunError> {
        Err(RunError::Refused("no licence".to_owned()))
    }
    pub async fn request(&self, _wished_query: Option<&str>) -> Result<String, RunError> {
        Ok("-----BEGIN MUSTER REQUEST-----\n".to_owned())
    }
    pub async fn keys(&self) -> Result<Vec<KeySummary>, StoreError> {
        Ok(Vec::new())
    }
    pub async fn confirm_clock(&self, _actor: &Actor) -> Result<(), RunError> {
        Ok(())
    }
    pub fn facts(&self) -> LicenseFacts {
        LicenseFacts { state: State::Unlicensed, reason: None, license: None, compliance: ComplianceStatus::default() }
    }
}
