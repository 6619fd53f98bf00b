//! `renew`: the successor of a key that the ledger knows.
//!
//! In: the signing key, the old licence key or a way to find it in the ledger, changed terms. Out: the new key with the next
//! serial, and a line in the ledger. The claims come from the ledger, because only the machine can read the old key.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use clap::Args;
use muster_license::{Claims, MachineKeyId, peek};
use uuid::Uuid;

use super::{
    cli::Answer,
    deliver::Delivery,
    error::VendorError,
    files,
    ledger::{Entry, Ledger},
    terms::Terms,
};

/// The options of `renew`. Terms that are not given stay as they were, except --not-before and --grace-until, which belong
/// to one key only.
#[derive(Debug, Args)]
pub struct Renew {
    /// The signing key.
    #[arg(long, value_name = "VENDOR.KEY")]
    key: PathBuf,
    /// The licence key to renew. Without it the newest key of a machine in the ledger is renewed.
    #[arg(long, value_name = "LICENSE", conflicts_with = "machine")]
    from: Option<PathBuf>,
    /// The machine, when the ledger knows several.
    #[arg(long, value_name = "MACHINE-KEY-ID")]
    machine: Option<MachineKeyId>,
    /// Whom the licence is sold to.
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// The site date at whose start the licence ends.
    #[arg(long, value_name = "DATE")]
    expires: Option<NaiveDate>,
    /// Asset limit.
    #[arg(long, value_name = "N")]
    assets: Option<u64>,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    delivery: Delivery,
}

pub(super) fn run(args: &Renew, now: DateTime<Utc>) -> Result<Answer, VendorError> {
    let key = files::vendor_key(&args.key)?;
    let ledger = Ledger::open(args.delivery.ledger(&args.key))?;
    let (mkid, old) = find(args, &ledger)?;
    let machine = old.machine;
    let newest = ledger.newest(&mkid).map_or(0, |entry| entry.claims.serial);
    let serial = newest.checked_add(1);
    let mut claims = Claims {
        lic_id: Uuid::new_v4(),
        serial: serial.ok_or_else(|| VendorError::Usage("the last serial is the highest there can be".to_owned()))?,
        customer: args.customer.clone().unwrap_or_else(|| old.claims.customer.clone()),
        issued_at: now.trunc_subsecs(0),
        not_before: None,
        grace_until: None,
        expires: args.expires.unwrap_or(old.claims.expires),
        assets: args.assets.unwrap_or(old.claims.assets),
        ..old.claims.clone()
    };
    args.terms.apply(&mut claims);
    args.delivery.issue(ledger, &key, &machine, claims)
}

fn find<'a>(args: &Renew, ledger: &'a Ledger) -> Result<(MachineKeyId, &'a Entry), VendorError> {
    let nothing = |what: String| VendorError::NoEntry { path: ledger.path().to_owned(), what };
    if let Some(from) = &args.from {
        let header = peek(&files::read_text(from)?)
            .map_err(|error| VendorError::Unreadable { path: from.clone(), reason: error.to_string() })?;
        let entry = ledger.by_license(header.lic_id);
        let entry = entry.ok_or_else(|| nothing(format!("the licence {} is not in this ledger", header.lic_id)))?;
        return Ok((entry.claims.mkid.clone(), entry));
    }
    let mkid = match (&args.machine, ledger.machines().as_slice()) {
        (Some(machine), _) => machine.clone(),
        (None, [only]) => only.clone(),
        (None, []) => return Err(nothing("no key was issued yet; use issue".to_owned())),
        (None, several) => {
            let count = several.len();
            return Err(VendorError::Usage(format!("the ledger knows {count} machines; name one with --from or --machine")));
        }
    };
    let entry = ledger.newest(&mkid).ok_or_else(|| nothing(format!("no key was issued for the machine {mkid}")))?;
    Ok((mkid, entry))
}
