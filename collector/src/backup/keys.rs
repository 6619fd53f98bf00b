//! The keys of a collector in one file under a passphrase: what a backup needs to be of use on another machine.
//!
//! `muster-keys 1 argon2id MEMORY-KIB PASSES SALT MACHINE-KEY-ID` on the first line; behind it, in base64, the files of `keys/` and
//! `ca.pem` as JSON, sealed with ChaCha20-Poly1305 under the Argon2id of the passphrase. The first line is sealed with them. The salt is
//! new for every file, so no key is used twice.

use super::error::BackupError;
use crate::trust::keys::KeyFiles;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use data_encoding::{BASE64, HEXLOWER};
use muster_license::MachineKey;
use muster_runtime::random;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs::File, io::Read as _, path::Path};
use zeroize::{Zeroize, Zeroizing};

const MAGIC: &str = "muster-keys 1 argon2id";
/// Cost of the passphrase: memory in KiB, and passes over it. Some 0.2 s on the machines of today.
const COST: (u32, u32) = (64 * 1024, 3);
/// The highest cost that is paid for a file.
const MOST: (u32, u32) = (1024 * 1024, 16);
/// What no collector serves without. The key of the root may be kept elsewhere.
const NEEDED: [&str; 6] = ["machine.key", "root.pem", "agents-ca.key", "agents-ca.pem", "server-ca.key", "server-ca.pem"];
/// Shortest passphrase, in characters.
const SHORTEST: usize = 12;
/// Largest file: a site's certificates are small.
const FILE_BYTES: u64 = 1024 * 1024;
const COLUMNS: usize = 64;

/// The key files of a collector; wiped when they are no longer needed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    keys: BTreeMap<String, String>,
    ca: String,
}

impl Drop for Files {
    fn drop(&mut self) {
        self.keys.values_mut().for_each(Zeroize::zeroize);
    }
}

/// Keys that were taken out of a bundle.
pub struct KeyBundle {
    machine_key_id: String,
    files: Files,
}

/// Seals the keys of a data directory. Returns the text of the file and the id of the machine key in it.
///
/// # Errors
/// When a key cannot be read, or the passphrase is too short.
pub fn export_keys(data_dir: &Path, passphrase: &str) -> Result<(String, String), BackupError> {
    if passphrase.chars().count() < SHORTEST {
        return Err(BackupError::Passphrase(format!("the passphrase must have at least {SHORTEST} characters")));
    }
    let key_files = KeyFiles::of(data_dir);
    let machine_key_id =
        machine_key_id(&key_files.read("machine.key")?).map_err(|reason| key_files.invalid("machine.key", reason))?;
    let dir = data_dir.join("keys");
    let mut keys = BTreeMap::new();
    for entry in std::fs::read_dir(&dir).map_err(BackupError::at(&dir))? {
        let entry = entry.map_err(BackupError::at(&dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // One that lies elsewhere, and is linked here, is a key like the others.
        if is_name(&name) && std::fs::metadata(entry.path()).map_err(BackupError::at(&entry.path()))?.is_file() {
            keys.insert(name.clone(), key_files.read(&name)?);
        }
    }
    if let Some(missing) = NEEDED.iter().find(|name| !keys.contains_key(**name)) {
        return Err(BackupError::Refused(format!("{}: {missing} is not there", dir.display())));
    }
    let ca = std::fs::read_to_string(key_files.ca_path()).map_err(BackupError::at(&key_files.ca_path()))?;
    let text = Zeroizing::new(serde_json::to_vec(&Files { keys, ca }).map_err(|error| BackupError::Refused(error.to_string()))?);
    let salt: [u8; 16] = random::bytes();
    let head = format!("{MAGIC} {} {} {} {machine_key_id}", COST.0, COST.1, HEXLOWER.encode(&salt));
    let payload = Payload { msg: &text, aad: head.as_bytes() };
    let sealed = cipher(passphrase, &salt, COST)?.encrypt(&Nonce::default(), payload);
    let sealed = sealed.map_err(|error| BackupError::Refused(format!("the keys cannot be sealed: {error}")))?;
    let mut file = head;
    for line in BASE64.encode(&sealed).as_bytes().chunks(COLUMNS) {
        file.push('\n');
        file.push_str(&String::from_utf8_lossy(line));
    }
    file.push('\n');
    // Found out now, and not on the day it is needed.
    match KeyBundle::opened(&file, passphrase) {
        Some(Ok(_)) => Ok((file, machine_key_id)),
        Some(Err(error)) => Err(error),
        None => Err(BackupError::Refused("the keys cannot be read back".to_owned())),
    }
}

impl KeyBundle {
    /// Opens a bundle.
    ///
    /// # Errors
    /// When the file is none, was changed, or the passphrase is another one.
    pub fn open(path: &Path, passphrase: &str) -> Result<Self, BackupError> {
        let foreign = || BackupError::Foreign(format!("{} is no file of keys export", path.display()));
        let mut text = Vec::new();
        let file = File::open(path).map_err(BackupError::at(path))?;
        let read = file.take(FILE_BYTES + 1).read_to_end(&mut text).map_err(BackupError::at(path))?;
        let text = String::from_utf8(text).ok().filter(|_| u64::try_from(read).is_ok_and(|read| read <= FILE_BYTES));
        let text = text.ok_or_else(foreign)?;
        Self::opened(&text, passphrase).ok_or_else(foreign)?
    }

    /// Opens the text of a bundle; none when it is not one.
    fn opened(text: &str, passphrase: &str) -> Option<Result<Self, BackupError>> {
        let (head, body) = text.split_once('\n')?;
        let mut words = head.strip_prefix(MAGIC)?.strip_prefix(' ')?.split(' ');
        let cost = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let salt: [u8; 16] = HEXLOWER.decode(words.next()?.as_bytes()).ok()?.try_into().ok()?;
        let machine_key_id = words.next()?.to_owned();
        if words.next().is_some() || cost.0 > MOST.0 || cost.1 > MOST.1 {
            return None;
        }
        let body: String = body.split_ascii_whitespace().collect();
        let sealed = BASE64.decode(body.as_bytes()).ok()?;
        let cipher = match cipher(passphrase, &salt, cost) {
            Ok(cipher) => cipher,
            Err(error) => return Some(Err(error)),
        };
        let Ok(plain) = cipher.decrypt(&Nonce::default(), Payload { msg: &sealed, aad: head.as_bytes() }) else {
            return Some(Err(BackupError::Passphrase(
                "the passphrase does not open the file of keys, or the file was changed".to_owned(),
            )));
        };
        let plain = Zeroizing::new(plain);
        let files: Files = serde_json::from_slice(&plain).ok()?;
        Some(Ok(Self { machine_key_id, files }))
    }

    /// Whose keys they are.
    #[must_use]
    pub fn machine_key_id(&self) -> &str {
        &self.machine_key_id
    }

    /// Writes the keys into a data directory, the machine key last: a directory without it is not finished.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_into(&self, data_dir: &Path) -> Result<(), BackupError> {
        let to = KeyFiles::of(data_dir);
        to.create_dir()?;
        to.write_ca(&self.files.ca)?;
        let (last, others): (Vec<_>, Vec<_>) = self.files.keys.iter().partition(|(name, _)| *name == "machine.key");
        for (name, text) in others.into_iter().chain(last) {
            if !is_name(name) {
                return Err(BackupError::Refused(format!("the bundle has a file of the name {name:?}")));
            }
            to.write(name, text)?;
        }
        Ok(())
    }
}

/// The id of a machine key.
///
/// # Errors
/// When the text is no machine key.
pub fn machine_key_id(pem: &str) -> Result<String, String> {
    MachineKey::from_pem(pem).map(|key| key.id().to_string()).map_err(|error| error.to_string())
}

/// A name of a file and not a way to another place.
fn is_name(name: &str) -> bool {
    !name.starts_with('.') && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn cipher(passphrase: &str, salt: &[u8], (memory, passes): (u32, u32)) -> Result<ChaCha20Poly1305, BackupError> {
    let failed = |error: argon2::Error| BackupError::Passphrase(format!("the passphrase cannot be used: {error}"));
    let params = Params::new(memory, passes, 1, Some(32)).map_err(failed)?;
    let mut key = Zeroizing::new([0_u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut())
        .map_err(failed)?;
    ChaCha20Poly1305::new_from_slice(key.as_ref()).map_err(|error| BackupError::Passphrase(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Authority;
    use chrono::DateTime;
    use muster_runtime::durable;
    use uuid::Uuid;

    const PASSPHRASE: &str = "correct horse battery";

    fn site() -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(dir.path());
        files.create_dir().unwrap();
        Authority::create(&files, Uuid::from_u128(7), DateTime::UNIX_EPOCH).unwrap();
        let machine = MachineKey::generate().unwrap();
        files.write("machine.key", &machine.to_pem()).unwrap();
        (dir, machine.id().to_string())
    }

    fn files(dir: &Path) -> BTreeMap<String, String> {
        let keys = std::fs::read_dir(dir.join("keys")).unwrap().map(|entry| entry.unwrap().path());
        let all = keys.chain([dir.join("ca.pem")]);
        all.map(|path| (path.strip_prefix(dir).unwrap().display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
    }

    #[test]
    fn keys_come_out_as_they_went_in() {
        let (dir, id) = site();
        let (text, exported) = export_keys(dir.path(), PASSPHRASE).unwrap();
        assert_eq!(exported, id);
        assert!(!text.contains("PRIVATE KEY") && text.lines().skip(1).all(|line| line.len() <= COLUMNS), "{text}");
        let path = dir.path().join("bundle");
        durable::write(&path, text.as_bytes(), 0o600).unwrap();
        let bundle = KeyBundle::open(&path, PASSPHRASE).unwrap();
        assert_eq!(bundle.machine_key_id(), id);
        let other = tempfile::tempdir().unwrap();
        bundle.write_into(other.path()).unwrap();
        assert_eq!(files(other.path()), files(dir.path()));
        assert_ne!(export_keys(dir.path(), PASSPHRASE).unwrap().0, text, "every file has a salt of its own");
    }

    #[test]
    fn what_does_not_open_says_why() {
        let (dir, _) = site();
        let (text, _) = export_keys(dir.path(), PASSPHRASE).unwrap();
        let check = |text: &str, passphrase: &str, expected: &str| {
            let path = dir.path().join("bundle");
            durable::write(&path, text.as_bytes(), 0o600).unwrap();
            let opened = KeyBundle::open(&path, passphrase);
            let error = opened.err().expect("it must not open").to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        };
        check(&text, "another passphrase", "does not open");
        let (head, body) = text.split_once('\n').unwrap();
        let (first, rest) = body.split_at(1);
        let other = if first == "A" { "B" } else { "A" };
        check(&format!("{head}\n{other}{rest}"), PASSPHRASE, "does not open");
        // The first line is sealed with the keys.
        let (rest, id) = head.rsplit_once(' ').unwrap();
        let other_id: String = id.chars().rev().collect();
        check(&format!("{rest} {other_id}\n{body}"), PASSPHRASE, "does not open");
        check("", PASSPHRASE, "no file of keys export");
        check("muster-backup 1 00", PASSPHRASE, "no file of keys export");
        // A cost that nobody pays.
        check(&text.replacen(" 65536 ", " 4294967295 ", 1), PASSPHRASE, "no file of keys export");
        assert!(matches!(export_keys(dir.path(), "short"), Err(BackupError::Passphrase(_))));
        // A key that lies elsewhere is in it, and one that is gone is missed.
        let (machine, elsewhere) = (dir.path().join("keys/machine.key"), dir.path().join("elsewhere"));
        std::fs::rename(&machine, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &machine).unwrap();
        durable::write(&dir.path().join("bundle"), export_keys(dir.path(), PASSPHRASE).unwrap().0.as_bytes(), 0o600).unwrap();
        assert!(KeyBundle::open(&dir.path().join("bundle"), PASSPHRASE).unwrap().files.keys.contains_key("machine.key"));
        std::fs::remove_file(dir.path().join("keys/agents-ca.key")).unwrap();
        assert!(matches!(export_keys(dir.path(), PASSPHRASE), Err(BackupError::Refused(_))));
    }
}
