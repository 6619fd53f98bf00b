//! `issue`: a licence key for the collector that wrote a request.
//!
//! In: the signing key, a request, terms. Out: the key, and a line in the ledger. A request is never refused for its date.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use clap::Args;
use muster_license::{Claims, Environment, Reinstate, Request, UserLimitMode, claims, request::Facts};
use uuid::Uuid;

use super::{cli::Answer, deliver::Delivery, error::VendorError, files, ledger::Ledger, terms::Terms};

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
    /// Grant the query that the request wishes for.
    #[arg(long, conflicts_with = "query")]
    wished_query: bool,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    delivery: Delivery,
}

pub(super) fn run(args: &Issue, now: DateTime<Utc>) -> Result<Answer, VendorError> {
    let key = files::vendor_key(&args.key)?;
    let request = files::request(&args.request)?;
    let claims = claims(args, &request, now)?;
    say_wish(&request.facts, &claims.query);
    let ledger = Ledger::open(args.delivery.ledger(&args.key))?;
    args.delivery.issue(ledger, &key, &request.machine, claims)
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
        query: query(args.wished_query, facts)?,
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

fn query(wished: bool, facts: &Facts) -> Result<String, VendorError> {
    let in_force = || facts.query_in_force.clone().unwrap_or_else(|| claims::DEFAULT_QUERY.to_owned());
    match (wished, &facts.wished_query) {
        (false, _) => Ok(in_force()),
        (true, Some(wished)) => Ok(wished.clone()),
        (true, None) => Err(VendorError::Usage("the request wishes for no query; leave --wished-query out".to_owned())),
    }
}

/// A wish that is not granted must not be overlooked: the customer would send the same request again.
fn say_wish(facts: &Facts, granted: &str) {
    let Some(wished) = facts.wished_query.as_deref() else { return };
    let (count, in_force) = (facts.wished_count.unwrap_or_default(), facts.count_in_force.unwrap_or_default());
    if wished == granted {
        tracing::info!(query = wished, count, count_in_force = in_force, "the key grants the query that the request wishes for");
    } else {
        tracing::warn!(
            query = wished,
            count,
            count_in_force = in_force,
            "the request wishes for another query than the key grants; issue a key with --wished-query to grant it"
        );
    }
}
