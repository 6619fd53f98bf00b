//! The files of the vendor tool: bounded reading, durable writing.
//!
//! In: paths. Out: keys, requests and texts, or an error that names the file. `-` is standard input or output.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use muster_license::{Request, VendorKey, VendorPublic};
use muster_runtime::durable;
use zeroize::Zeroizing;

use super::error::VendorError;

/// The largest text this tool reads; requests are the largest with 64 KiB.
const MAX_BYTES: u64 = 256 * 1024;

/// Reads a report, which may be much larger than any other text.
pub(super) fn read_report(path: &Path) -> Result<Zeroizing<String>, VendorError> {
    read_at_most(path, muster_license::report::MAX_BYTES as u64)
}

/// Reads a text; bytes that are no UTF-8 are replaced, because the formats are ASCII and report what is wrong better.
pub(super) fn read_text(path: &Path) -> Result<Zeroizing<String>, VendorError> {
    read_at_most(path, MAX_BYTES)
}

fn read_at_most(path: &Path, max: u64) -> Result<Zeroizing<String>, VendorError> {
    let source: Box<dyn io::Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(|error| cannot("read", path, error))?)
    };
    let mut bytes = Zeroizing::new(Vec::new());
    source.take(max + 1).read_to_end(&mut bytes).map_err(|error| cannot("read", path, error))?;
    if bytes.len() as u64 > max {
        return Err(VendorError::TooLarge { path: path.to_owned(), max });
    }
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Reads `vendor.key`.
pub(super) fn vendor_key(path: &Path) -> Result<VendorKey, VendorError> {
    VendorKey::from_pem(&read_text(path)?).map_err(|source| VendorError::Key { path: path.to_owned(), source })
}

/// Reads one `vendor.pub`.
pub(super) fn vendor_public(path: &Path) -> Result<VendorPublic, VendorError> {
    VendorPublic::from_pem(&read_text(path)?).map_err(|source| VendorError::Key { path: path.to_owned(), source })
}

/// Reads all public keys of a file.
pub(super) fn vendor_publics(path: &Path) -> Result<Vec<VendorPublic>, VendorError> {
    VendorPublic::list_from_pem(&read_text(path)?).map_err(|source| VendorError::Key { path: path.to_owned(), source })
}

/// Reads and checks a request.
pub(super) fn request(path: &Path) -> Result<Request, VendorError> {
    Request::read(&read_text(path)?).map_err(|source| VendorError::Request { path: path.to_owned(), source })
}

/// Writes a text to a file, or gives it back for standard output when there is none.
pub(super) fn write_or_return(out: Option<&Path>, text: String) -> Result<String, VendorError> {
    match out {
        Some(path) if path.as_os_str() != "-" => {
            durable::write(path, text.as_bytes(), 0o644).map_err(|error| cannot("write", path, error))?;
            Ok(String::new())
        }
        _ => Ok(text),
    }
}

/// An error of the file system, with a missing file told apart.
pub(super) fn cannot(what: &'static str, path: &Path, source: io::Error) -> VendorError {
    match source.kind() {
        io::ErrorKind::NotFound if what == "read" => VendorError::NoFile { path: path.to_owned() },
        _ => VendorError::Io { what, path: path.to_owned(), source },
    }
}
