//! The last step of `issue` and `renew`: seal, write down, hand over.
//!
//! In: claims and the keys. Out: a line in the ledger first, then the licence key. A key that left the house is so always
//! known to the ledger; a line whose key was not handed over does no harm.

use std::path::{Path, PathBuf};

use clap::Args;
use muster_domain::{
    asset::{AssetCatalogue, References},
    calendar::SiteZone,
    query::{self, Context},
};
use muster_license::{Claims, LicenseKey, MachinePublic, VendorKey, seal};

use super::{
    cli::Answer,
    error::VendorError,
    files,
    ledger::{self, Entry, Ledger},
};

/// Where the key and its record go.
#[derive(Debug, Args)]
pub(super) struct Delivery {
    /// The ledger of issued keys [default: vendor.ledger.jsonl beside the signing key].
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Where to write the licence key; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Delivery {
    /// The ledger's path.
    pub(super) fn ledger(&self, key_file: &Path) -> PathBuf {
        self.ledger.clone().unwrap_or_else(|| key_file.with_file_name(ledger::FILE))
    }

    /// Seals claims, writes the ledger that their serial was chosen by, and hands the key over.
    pub(super) fn issue(
        &self,
        mut ledger: Ledger,
        key: &VendorKey,
        machine: &MachinePublic,
        claims: Claims,
    ) -> Result<Answer, VendorError> {
        let text = seal(&claims, machine, key)?;
        warn(&ledger, &claims);
        let digest = LicenseKey::read(&text)?.digest();
        tracing::info!(
            license = %claims.lic_id, serial = claims.serial, machine = %claims.mkid, expires = %claims.expires,
            assets = claims.assets, kid = %key.id(), "licence key issued"
        );
        ledger.append(Entry { v: ledger::VERSION, kid: key.id(), digest, machine: *machine, claims, license: text.clone() })?;
        files::write_or_return(self.out.as_deref(), text).map(Answer::done)
    }
}

/// Says what the collector may refuse; the vendor decides.
fn warn(ledger: &Ledger, claims: &Claims) {
    let today = claims.issued_at.date_naive();
    let known = References::seeded();
    let context = Context::new(claims.issued_at, SiteZone::UTC);
    for text in std::iter::once(&claims.query).chain(&claims.add_filters) {
        if let Err(error) = query::compile(text, &AssetCatalogue::new(&known), &context) {
            tracing::warn!(query = text, %error, "a collector of this version will refuse the key for its query");
        }
    }
    if claims.expires <= today {
        tracing::warn!(expires = %claims.expires, "the licence has expired already; collectors will refuse it");
    }
    if let Some(newest) = ledger.newest(&claims.mkid)
        && newest.claims.serial >= claims.serial
    {
        tracing::warn!(
            serial = claims.serial,
            newest = newest.claims.serial,
            "the ledger has a key with this serial or a higher one for this machine; a collector that applied it will refuse \
             the new key, see --serial"
        );
    }
}
