//! The identity's files in the state directory.
//!
//! In and out: `agent.key` (0600), `agent.crt`, `ca.pem`, `identity.json`, each replaced as a whole. `identity.json` is
//! written last at enrolment: where it is, the identity is complete. The directory is locked while a [`StateDir`] lives.

use super::{
    certificate::{CertificateError, CertificateFacts},
    key::{AgentKey, KeyError},
};
use muster_runtime::{
    durable::{self, DirLock, LockError},
    exit::Exit,
    tls,
};
use serde::{Deserialize, Serialize};
use std::{
    io,
    os::unix::fs::{MetadataExt as _, lchown},
    path::{Path, PathBuf},
};
use uuid::Uuid;

const KEY: &str = "agent.key";
const CERTIFICATE: &str = "agent.crt";
const CA: &str = "ca.pem";
const RECORD: &str = "identity.json";

/// Why the state directory or a file in it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process uses it.
    #[error("state directory {}: another muster-agent uses it", .0.display())]
    Held(PathBuf),
    /// It cannot be made, entered or locked.
    #[error("state directory {}: {source}; it must be a directory that this user can write", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file is there, but is not what this program wrote.
    #[error("{}: {reason}; restore it, or remove the directory's contents and enrol again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl StateError {
    /// The exit code that goes with it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Held(_) => Exit::TryAgain,
            Self::Directory { .. } | Self::File { .. } | Self::Damaged { .. } => Exit::Config,
        }
    }
}

/// The state directory, locked for this process.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    _lock: DirLock,
}

impl StateDir {
    /// Makes the directory if it is missing (0700) and locks it.
    ///
    /// # Errors
    /// When another process has it, or it cannot be used.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let failed = |source| StateError::Directory { path: path.to_owned(), source };
        durable::create_dir(path, 0o700).map_err(failed)?;
        let lock = DirLock::acquire(path).map_err(|error| match error {
            LockError::Held => StateError::Held(path.to_owned()),
            LockError::Io(source) => failed(source),
        })?;
        if let Err(error) = durable::remove_unfinished(path) {
            tracing::warn!(%error, "what a crash left in the state directory cannot be removed");
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The spool's directory.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        spool_dir(&self.path)
    }

    /// The key of an enrolment that was begun, or a new one; it is on disk when this returns, so that a request that is
    /// sent again proves the same key.
    ///
    /// # Errors
    /// When it can be neither read nor written.
    pub fn key(&self) -> Result<AgentKey, StateError> {
        let path = self.path.join(KEY);
        if let Some(pem) = read(&path)? {
            return AgentKey::from_pem(&pem).map_err(|error| damaged(&path, &error));
        }
        let key = AgentKey::generate().map_err(|error| damaged(&path, &error))?;
        write(&path, key.to_pem().as_bytes())?;
        Ok(key)
    }

    /// Stores a complete identity.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn store(&self, identity: &Identity) -> Result<(), StateError> {
        self.store_certificate(&identity.certificate, &identity.ca)?;
        self.store_record(&identity.record)
    }

    /// Stores a renewed certificate. The root goes first: with the new root the old certificate still works.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn store_certificate(&self, certificate: &str, ca: &str) -> Result<(), StateError> {
        write(&self.path.join(CA), ca.as_bytes())?;
        write(&self.path.join(CERTIFICATE), certificate.as_bytes())
    }

    /// Stores what changed in the record, e.g. the epoch.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn store_record(&self, record: &Record) -> Result<(), StateError> {
        let path = self.path.join(RECORD);
        let bytes = serde_json::to_vec_pretty(record).map_err(|error| damaged(&path, &error))?;
        write(&path, &bytes)
    }

    /// Gives what root made here to the directory's owner, so that the service can use it. Nothing to do for others.
    ///
    /// # Errors
    /// When the owner cannot be changed.
    pub fn hand_over(&self) -> Result<(), StateError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StateError::File { path, action: "give it to the directory's owner", source }
        };
        let owner = std::fs::metadata(&self.path).map_err(failed(&self.path))?;
        let spool = self.spool();
        for directory in [&self.path, &spool].into_iter().filter(|directory| directory.is_dir()) {
            for entry in std::fs::read_dir(directory).map_err(failed(directory))? {
                let path = entry.map_err(failed(directory))?.path();
                let found = path.symlink_metadata().map_err(failed(&path))?;
                // A file with a second name may be somebody else's, put here to be given away.
                let mine = found.uid() == rustix::process::geteuid().as_raw();
                if mine && (found.is_dir() || (found.is_file() && found.nlink() == 1)) {
                    lchown(&path, Some(owner.uid()), Some(owner.gid())).map_err(failed(&path))?;
                }
            }
        }
        Ok(())
    }
}

/// The spool's directory in a state directory.
#[must_use]
pub fn spool_dir(state: &Path) -> PathBuf {
    state.join("spool")
}

/// What `identity.json` holds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The identity the collector gave.
    pub agent_id: Uuid,
    /// Which collector it is.
    pub collector_id: Uuid,
    /// Where it was enrolled; used where the configuration names none.
    pub collectors: Vec<String>,
    /// The Ed25519 key that verdicts are checked with, base64 of 32 bytes.
    #[serde(with = "base64_32")]
    pub verify_key: [u8; 32],
    /// Raised by a resync (contract 2.1).
    pub epoch: u64,
    /// The key that the machine id is hashed with.
    #[serde(with = "base64_32")]
    pub fingerprint_key: [u8; 32],
    /// Seconds until the first report, as the enrolment said.
    pub next_report_in: u64,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("agent_id", &self.agent_id).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// A complete identity.
#[derive(Debug)]
pub struct Identity {
    /// Who, whose, where.
    pub record: Record,
    /// The private key.
    pub key: AgentKey,
    /// The certificate chain, PEM.
    pub certificate: String,
    /// The roots that are trusted, PEM.
    pub ca: String,
}

impl Identity {
    /// Reads the identity in `dir`; `None` when there was no enrolment. Needs no lock.
    ///
    /// # Errors
    /// When a file cannot be read, is damaged, or the key does not fit the certificate.
    pub fn load(dir: &Path) -> Result<Option<Self>, StateError> {
        let path = dir.join(RECORD);
        let Some(text) = read(&path)? else { return Ok(None) };
        let record: Record = serde_json::from_str(&text).map_err(|error| damaged(&path, &error))?;
        let file = |name: &str| {
            let path = dir.join(name);
            let text = read(&path)?.ok_or_else(|| damaged(&path, &"it is missing"))?;
            Ok::<_, StateError>((path, text))
        };
        let (path, pem) = file(KEY)?;
        let key = AgentKey::from_pem(&pem).map_err(|error| damaged(&path, &error))?;
        let (path, certificate) = file(CERTIFICATE)?;
        let facts = CertificateFacts::of_pem(&certificate).map_err(|error| damaged(&path, &error))?;
        if facts.public_key != key.public_key() {
            return Err(damaged(&path, &"it does not belong to agent.key"));
        }
        let (path, ca) = file(CA)?;
        tls::certs_from_pem(ca.as_bytes()).map_err(|error| damaged(&path, &error))?;
        Ok(Some(Self { record, key, certificate, ca }))
    }

    /// Facts of the own certificate.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn facts(&self) -> Result<CertificateFacts, CertificateError> {
        CertificateFacts::of_pem(&self.certificate)
    }
}

impl From<KeyError> for StateError {
    fn from(error: KeyError) -> Self {
        damaged(Path::new(KEY), &error)
    }
}

fn damaged(path: &Path, reason: &dyn std::fmt::Display) -> StateError {
    StateError::Damaged { path: path.to_owned(), reason: reason.to_string() }
}

fn read(path: &Path) -> Result<Option<String>, StateError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(damaged(path, &"it is not text")),
        Err(source) => Err(StateError::File { path: path.to_owned(), action: "read it", source }),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    durable::write(path, bytes, 0o600).map_err(|source| StateError::File { path: path.to_owned(), action: "write it", source })
}

mod base64_32 {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let bytes = STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("a key has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn identity(state: &StateDir) -> Identity {
        let key = state.key().unwrap();
        let pair = rcgen::KeyPair::from_pem(&key.to_pem()).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap().pem();
        let record = Record {
            agent_id: Uuid::from_u128(1),
            collector_id: Uuid::from_u128(2),
            collectors: vec!["https://collector.example:8443".to_owned()],
            verify_key: [3; 32],
            epoch: 1,
            fingerprint_key: key.fingerprint_key().unwrap(),
            next_report_in: 3,
        };
        Identity { record, key, ca: certificate.clone(), certificate }
    }

    #[test]
    fn stores_and_loads_with_the_right_modes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        let state = StateDir::open(&path).unwrap();
        assert!(Identity::load(&path).unwrap().is_none());
        let identity = identity(&state);
        assert!(Identity::load(&path).unwrap().is_none(), "a key alone is no identity");
        state.store(&identity).unwrap();
        let again = Identity::load(&path).unwrap().unwrap();
        assert_eq!(again.record, identity.record);
        assert_eq!(again.key.public_key(), identity.key.public_key());
        assert_eq!(state.key().unwrap().public_key(), identity.key.public_key());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join(KEY))), (0o700, 0o600));
        state.hand_over().unwrap();
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let _first = StateDir::open(dir.path()).unwrap();
        let error = StateDir::open(dir.path()).unwrap_err();
        assert!(matches!(error, StateError::Held(_)));
        assert_eq!(error.exit(), Exit::TryAgain);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages files on purpose")]
    fn damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path()).unwrap();
        let identity = identity(&state);
        for (file, content) in [(RECORD, "{"), (CERTIFICATE, "x"), (CA, ""), (KEY, "y")] {
            state.store(&identity).unwrap();
            std::fs::write(dir.path().join(file), content).unwrap();
            let error = Identity::load(dir.path()).unwrap_err();
            assert!(error.to_string().contains(file), "{error}");
            assert_eq!(error.exit(), Exit::Config);
            std::fs::write(dir.path().join(KEY), identity.key.to_pem().as_bytes()).unwrap();
        }
        let other = AgentKey::generate().unwrap();
        state.store(&identity).unwrap();
        std::fs::write(dir.path().join(KEY), other.to_pem().as_bytes()).unwrap();
        assert!(Identity::load(dir.path()).unwrap_err().to_string().contains("agent.key"));
        assert!(matches!(StateDir::open(Path::new("/proc/muster")), Err(StateError::Directory { .. })));
    }
}
