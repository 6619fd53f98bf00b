//! Reading a file that another account can change while it is read.
//!
//! In: a path whose last part may be anything. Out: the bytes of a regular file that is not too large. A link is not
//! followed and a pipe does not block, so that nobody can make root read something else, or wait.

use rustix::fs::OFlags;
use std::{
    fs::OpenOptions,
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// More than any verdict or identity has.
const LIMIT: u64 = 4 << 20;

/// Reads it; `None` where there is none.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let refused = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    if !file.metadata()?.is_file() {
        return Err(refused("this is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= LIMIT) { Ok(Some(bytes)) } else { Err(refused("it is too large")) }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write files")]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_of_a_sane_size_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        assert_eq!(read(&path("none")).unwrap(), None);
        std::fs::write(path("plain"), "x").unwrap();
        assert_eq!(read(&path("plain")).unwrap(), Some(b"x".to_vec()));
        std::os::unix::fs::symlink(path("plain"), path("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), rustix::fs::Mode::RUSR).unwrap();
        std::fs::File::create(path("large")).unwrap().set_len(LIMIT + 1).unwrap();
        for name in ["link", "pipe", "large", "."] {
            assert!(read(&path(name)).is_err(), "{name}");
        }
    }
}
