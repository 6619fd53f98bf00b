//! New stores to test with.

use crate::store::{
    Stores,
    redb::{create, open},
};
use std::path::PathBuf;
use tempfile::TempDir;

/// The file of a store in a directory.
pub(super) fn file(directory: &TempDir) -> PathBuf {
    directory.path().join("muster.redb")
}

/// An empty store, and the directory it lives in.
pub(super) async fn stores() -> (Stores, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    create(&file(&directory)).unwrap();
    (open(&file(&directory)).await.unwrap(), directory)
}
