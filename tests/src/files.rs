//! Small files of a test. In: a path and bytes. Out: the file, whose parent directory must exist.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

/// Writes a file, replacing what was there. Not durable: it lives as long as its test.
///
/// # Errors
/// The file cannot be created or written.
pub fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create(path).with_context(|| format!("create {}", path.display()))?;
    file.write_all(bytes).with_context(|| format!("write {}", path.display()))
}

/// Reads a JSON file, `None` while it is not there.
///
/// # Errors
/// It is there and cannot be read, or is not the JSON that was asked for.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| format!("{} as JSON", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_file_is_absent_then_read_then_replaced_then_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("listen.json");
        assert_eq!(read_json::<Value>(&path).unwrap(), None);
        put(&path, br#"{"agents":"127.0.0.1:1"}"#).unwrap();
        assert_eq!(read_json::<Value>(&path).unwrap(), Some(json!({"agents": "127.0.0.1:1"})));
        put(&path, b"{").unwrap();
        assert!(read_json::<Value>(&path).unwrap_err().to_string().contains("listen.json as JSON"));
    }
}
