//! Installed software: what there is anywhere, and who has it.

use chrono::{DateTime, Utc};
use muster_domain::{
    ids::{AgentId, AssetId},
    software::Software,
};
use serde::{Deserialize, Serialize};

/// Software that is on at least one machine. Machines refer to it by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleRecord {
    /// What it is.
    pub software: Software,
    /// On how many assets it is.
    pub installs: u64,
}

/// Which list of software of an asset is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwareListRecord {
    /// Whose.
    pub asset: AssetId,
    /// Which agent reported it.
    pub agent: AgentId,
    /// Its digest, as the agent gave it.
    pub digest: String,
    /// When it arrived.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}

/// What is installed on an asset, and what was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallsRecord {
    /// What is installed.
    pub present: Vec<InstallRecord>,
    /// What was removed, the newest last.
    pub removed: Vec<RemovalRecord>,
    /// How many removals before those are remembered no more: the number of the first one.
    pub forgotten: u64,
}

/// One install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallRecord {
    /// The number of the software.
    pub title: u64,
    /// When it was installed, as days of the common era.
    pub install_day: Option<i32>,
    /// When it was first reported, in whatever version.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub first_seen: DateTime<Utc>,
    /// When it was first reported in this version, if that is not its first.
    #[serde(with = "chrono::serde::ts_milliseconds_option")]
    pub updated_at: Option<DateTime<Utc>>,
}

/// One removal. It names the software itself, of which there may be none left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalRecord {
    /// What was removed.
    pub software: Software,
    /// When it was first reported.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub first_seen: DateTime<Utc>,
    /// When it was reported no more.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub removed_at: DateTime<Utc>,
}
