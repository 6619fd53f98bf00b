//! `keygen`: a new signing key.
//!
//! In: a directory. Out: `vendor.key` (0600) and `vendor.pub` in it. Existing keys are never overwritten.

use std::path::{Path, PathBuf};

use clap::Args;
use muster_license::VendorKey;
use muster_runtime::{durable, output::Format};

use super::{cli::Answer, error::VendorError, files, inspect::print};

/// The options of `keygen`.
#[derive(Debug, Args)]
pub struct Keygen {
    /// The directory for the two files; it is made when it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: &Keygen, format: Format) -> Result<Answer, VendorError> {
    let (secret, public) = (args.out.join("vendor.key"), args.out.join("vendor.pub"));
    for path in [&secret, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(VendorError::Exists { path: path.clone() });
        }
    }
    let key = VendorKey::generate().map_err(VendorError::NewKey)?;
    durable::create_dir(&args.out, 0o700).map_err(|error| files::cannot("create", &args.out, error))?;
    write(&secret, key.to_pem().as_bytes(), 0o600)?;
    write(&public, key.public().to_pem().as_bytes(), 0o644)?;
    tracing::info!(kid = %key.id(), "signing key made");
    let fields = [
        ("kid", key.id().to_string().into()),
        ("key", secret.display().to_string().into()),
        ("pub", public.display().to_string().into()),
    ];
    print(&fields, format).map(Answer::done)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), VendorError> {
    durable::write(path, bytes, mode).map_err(|error| files::cannot("write", path, error))
}
