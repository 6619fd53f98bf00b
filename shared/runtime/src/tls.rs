//! The one TLS stack: rustls on aws-lc-rs, and certificates and keys from PEM files.
//!
//! Comes in: PEM text or paths. Goes out: the cryptography provider, certificates, private keys. Who is trusted and which
//! names are checked is decided where connections are made, not here.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// Certificates and keys are small; what is larger is some other file.
const MAX_PEM_BYTES: u64 = 1024 * 1024;

/// Why PEM text gave no certificates or no key.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is read, but what is in it does not do.
    #[error("{}: {source}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        source: Box<PemError>,
    },
    /// The text is not PEM.
    #[error("is not valid PEM ({0}); it must consist of whole blocks from -----BEGIN to -----END")]
    Malformed(pem::Error),
    /// There is no certificate in the text.
    #[error("holds no certificate; a block that begins with -----BEGIN CERTIFICATE----- is needed")]
    NoCertificate,
    /// There is no private key in the text.
    #[error("holds no private key; a block that begins with -----BEGIN PRIVATE KEY----- is needed")]
    NoKey,
}

/// The cryptography all connections use.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())))
}

/// Makes [`provider`] the default of the process, for libraries that ask for one. Calling it again changes nothing.
pub fn install_default() {
    // An error says that there is a default already, which is what is wanted.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// All certificates in `pem`, in their order, at least one. Blocks of other kinds are passed over.
///
/// # Errors
/// [`PemError::Malformed`] or [`PemError::NoCertificate`].
pub fn certs_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(PemError::Malformed)?;
    if certificates.is_empty() { Err(PemError::NoCertificate) } else { Ok(certificates) }
}

/// The first private key in `pem` (PKCS#8, PKCS#1 or SEC1). Blocks of other kinds are passed over.
///
/// # Errors
/// [`PemError::Malformed`] or [`PemError::NoKey`].
pub fn key_from_pem(pem: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        pem::Error::NoItemsFound => PemError::NoKey,
        error => PemError::Malformed(error),
    })
}

/// All certificates in the file at `path`, as [`certs_from_pem`].
///
/// # Errors
/// The same, and those of reading; the message names the file.
pub fn read_certs(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    certs_from_pem(&read(path)?).map_err(|source| PemError::Content { path: path.to_owned(), source: Box::new(source) })
}

/// The first private key in the file at `path`, as [`key_from_pem`].
///
/// # Errors
/// The same, and those of reading; the message names the file and nothing of its content.
pub fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, PemError> {
    key_from_pem(&read(path)?).map_err(|source| PemError::Content { path: path.to_owned(), source: Box::new(source) })
}

/// The content, which may be a secret: it is wiped from memory when it is dropped.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let error = |source| PemError::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(error)?.len();
    if size > MAX_PEM_BYTES {
        return Err(error(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB")));
    }
    Ok(Zeroizing::new(std::fs::read(path).map_err(error)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fresh certificate and its key, both as PEM.
    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["collector.example".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn the_provider_speaks_tls_1_3_and_is_installed_once() {
        install_default();
        install_default();
        assert!(CryptoProvider::get_default().is_some());
        assert!(Arc::ptr_eq(&provider(), &provider()));
        rustls::ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
    }

    #[test]
    fn certificates_come_in_their_order_and_keys_beside_them() {
        let ((first, first_key), (second, second_key)) = (pair(), pair());
        let both = format!("a comment\n{first}\n{first_key}{second}{second_key}");
        let certificates = certs_from_pem(both.as_bytes()).unwrap();
        assert_eq!(certificates.len(), 2);
        assert_eq!(certificates[..1], certs_from_pem(first.as_bytes()).unwrap());
        assert_eq!(certificates[1..], certs_from_pem(second.as_bytes()).unwrap());
        assert_eq!(key_from_pem(both.as_bytes()).unwrap(), key_from_pem(first_key.as_bytes()).unwrap());
        let windows = first.replace('\n', "\r\n");
        assert_eq!(certs_from_pem(windows.as_bytes()).unwrap(), certificates[..1]);
    }

    #[test]
    fn a_read_key_fits_its_certificate() {
        let (certificate, key) = pair();
        let directory = tempfile::tempdir().unwrap();
        let (certificate_path, key_path) = (directory.path().join("leaf.pem"), directory.path().join("leaf.key"));
        crate::durable::write(&certificate_path, certificate.as_bytes(), 0o644).unwrap();
        crate::durable::write(&key_path, key.as_bytes(), 0o600).unwrap();
        rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(read_certs(&certificate_path).unwrap(), read_key(&key_path).unwrap())
            .unwrap();
    }

    #[test]
    fn wrong_text_is_an_error_that_says_why() {
        let (certificate, key) = pair();
        let cut = &certificate[..certificate.len() / 2];
        let garbled = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        let certs = |text: &str, expected: &str| {
            let message = certs_from_pem(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(expected), "{text:?}: {message}");
        };
        certs("", "no certificate");
        certs("no PEM at all", "no certificate");
        certs(&key, "no certificate");
        certs(cut, "not valid PEM");
        certs(garbled, "not valid PEM");
        let keys = |text: &str, expected: &str| {
            let message = key_from_pem(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(expected), "{text:?}: {message}");
        };
        keys("", "no private key");
        keys(&certificate, "no private key");
        keys(&key[..key.len() / 2], "not valid PEM");
    }

    #[test]
    fn errors_of_files_name_the_file_and_keep_secrets() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("broken.key");
        let missing = read_certs(&path).unwrap_err().to_string();
        assert!(missing.contains("broken.key: cannot be read"), "{missing}");

        let (_, key) = pair();
        crate::durable::write(&path, &key.as_bytes()[..key.len() / 2], 0o600).unwrap();
        let error = read_key(&path).unwrap_err();
        assert!(error.to_string().contains("broken.key: is not valid PEM"), "{error}");
        let secret = key.lines().nth(1).unwrap();
        assert!(!format!("{error} {error:?}").contains(&secret[..16]));

        crate::durable::write(&path, &vec![b'x'; 1024 * 1024 + 1], 0o600).unwrap();
        assert!(read_key(&path).unwrap_err().to_string().contains("larger than 1 MiB"));
        let (_, key) = pair();
        let read = key_from_pem(key.as_bytes()).unwrap();
        assert!(!format!("{read:?}").contains("[48"), "the Debug of a key shows no bytes");
    }
}
