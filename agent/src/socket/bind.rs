//! Binding the socket, beside whatever an earlier agent left.
//!
//! In: a path. Out: a listener that any local user can connect to. A socket that answers is never taken away from its owner.

use std::{
    fs::Permissions,
    io,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

/// Why the socket cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody answers there.
    #[error("{}: another agent answers there", .0.display())]
    InUse(PathBuf),
    /// Something else is there.
    #[error("{}: there is something else than a socket", .0.display())]
    NoSocket(PathBuf),
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Binds with mode 0666. The directory is made if it is missing and that is allowed.
///
/// # Errors
/// See [`BindError`]; the agent goes on without a socket then.
pub fn bind(path: &Path) -> Result<UnixListener, BindError> {
    let failed = |source| BindError::Io { path: path.to_owned(), source };
    if let Some(dir) = path.parent().filter(|dir| !dir.is_dir()) {
        muster_runtime::durable::create_dir(dir, 0o755).map_err(failed)?;
    }
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => return Err(BindError::NoSocket(path.to_owned())),
        Ok(_) => match UnixStream::connect(path) {
            // Only a refusal proves that nobody listens; a full queue or a missing right does not.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path).map_err(failed)?,
            _ => return Err(BindError::InUse(path.to_owned())),
        },
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o666)).map_err(failed)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn takes_over_a_dead_socket_and_only_that() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run/agent.sock");
        let first = bind(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o666);
        assert!(matches!(bind(&path), Err(BindError::InUse(_))));
        drop(first);
        assert!(path.exists());
        bind(&path).unwrap();
        let file = dir.path().join("file");
        std::fs::File::create(&file).unwrap();
        assert!(matches!(bind(&file), Err(BindError::NoSocket(_))));
        assert!(file.exists());
    }
}
