//! `issue`: a licence key for the collector that wrote a request.
//!
//! In: the signing key, a request, terms. Out: the key, and a line in the ledger. A request is never refused for its date.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use clap::Args;
use muster_license::{Claims, Environment, Reinstate, Request, UserLimitMode, claims};
use uuid::Uuid;

use super::{cli::Answer, deliver::Delivery, error::VendorError, files, terms::Terms};

/// The options of `issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// The signing key.
    #[arg(long, value_name = "VENDOR.KEY")]
    key: PathBuf,
    /// The request that `muster-collector license request` wrote; - for standard input.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Whom the licence is sold to.
    #[arg(long, value_name = "NAME")]
    customer: String,
    /// The site date at whose start the licence ends.
    #[arg(long, value_name = "DATE")]
    expires: NaiveDate,
    /// Asset limit.
    #[arg(long, value_name = "N")]
    assets: u64,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    delivery: Delivery,
}

pub(super) fn run(args: &Issue, now: DateTime<Utc>) -> Result<Answer, VendorError> {
    let key = files::vendor_key(&args.key)?;
    let request = files::request(&args.request)?;
    let claims = claims(args, &request, now)?;
    args.delivery.issue(&args.key, &key, &request.machine, claims)
}

fn claims(args: &Issue, request: &Request, now: DateTime<Utc>) -> Result<Claims, VendorError> {
    let facts = &request.facts;
    let serial = facts.serial_in_force.unwrap_or(0).checked_add(1);
    let mut claims = Claims {
        v: claims::VERSION,
        lic_id: Uuid::new_v4(),
        serial: serial.ok_or_else(|| VendorError::Usage("the serial in force is the highest there can be".to_owned()))?,
        customer: args.customer.clone(),
        mkid: request.mkid.clone(),
        issued_at: now.trunc_subsecs(0),
        not_before: None,
        expires: args.expires,
        assets: args.assets,
        users: None,
        user_limit_mode: UserLimitMode::Warn,
        table: facts.table.clone().unwrap_or_else(|| claims::DEFAULT_TABLE.to_owned()),
        query: facts.query_in_force.clone().unwrap_or_else(|| claims::DEFAULT_QUERY.to_owned()),
        add_filters: Vec::new(),
        grace_days: claims::DEFAULT_GRACE_DAYS,
        grace_until: None,
        applications: Vec::new(),
        ham_license_version: None,
        entitlements: Vec::new(),
        units: None,
        environment: Environment::Production,
        offline_days: claims::DEFAULT_OFFLINE_DAYS,
        reinstate: Reinstate::Key,
    };
    args.terms.apply(&mut claims);
    Ok(claims)
}
