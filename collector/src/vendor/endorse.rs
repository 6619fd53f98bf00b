//! `endorse`: a statement by which one signing key names the next.
//!
//! In: the key that sites trust, the public key of the next. Out: the statement, for `license trust add`.

use std::path::PathBuf;

use chrono::{DateTime, SubsecRound as _, Utc};
use clap::Args;
use muster_license::endorse;

use super::{cli::Answer, error::VendorError, files};

/// The options of `endorse`.
#[derive(Debug, Args)]
pub struct Endorse {
    /// The signing key that sites trust already.
    #[arg(long, value_name = "VENDOR.KEY")]
    key: PathBuf,
    /// The public key they shall trust too.
    #[arg(long, value_name = "OTHER.PUB")]
    new: PathBuf,
    /// Where to write the statement; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Endorse, now: DateTime<Utc>) -> Result<Answer, VendorError> {
    let (key, new) = (files::vendor_key(&args.key)?, files::vendor_public(&args.new)?);
    let text = endorse::endorse(&key, &new, now.trunc_subsecs(0))?;
    tracing::info!(by = %key.id(), new = %new.id(), "signing key endorsed");
    files::write_or_return(args.out.as_deref(), text).map(Answer::done)
}
