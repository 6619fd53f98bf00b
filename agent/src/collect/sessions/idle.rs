//! How long a session has been without input.
//!
//! In: logind's hint, or the terminal's last access. Out: seconds, or `None` where nobody knows, which never means inactive.

use chrono::{DateTime, Utc};
use std::{
    os::unix::fs::MetadataExt as _,
    path::{Component, Path},
};

/// Seconds since the terminal was last read from, which is when somebody last typed; the kernel is accurate to 8 s.
pub(super) fn of_terminal(dev: &Path, tty: &str, now: DateTime<Utc>) -> Option<u64> {
    let relative = Path::new(tty);
    let inside = !tty.is_empty() && relative.components().all(|part| matches!(part, Component::Normal(_)));
    let accessed = inside.then(|| std::fs::metadata(dev.join(relative)).ok())??.atime();
    since(DateTime::from_timestamp(accessed, 0)?, now)
}

/// Whole seconds from `then` to `now`; none when the clock was set back meanwhile.
pub(super) fn since(then: DateTime<Utc>, now: DateTime<Utc>) -> Option<u64> {
    Some(u64::try_from((now - then).num_seconds()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_terminal_s_last_access_is_the_last_input() {
        let dev = tempfile::tempdir().unwrap();
        std::fs::create_dir(dev.path().join("pts")).unwrap();
        let file = std::fs::File::create(dev.path().join("pts/3")).unwrap();
        let accessed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        file.set_times(std::fs::FileTimes::new().set_accessed(accessed)).unwrap();
        let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(of_terminal(dev.path(), "pts/3", at(1_795_000_090)), Some(90));
        assert_eq!(of_terminal(dev.path(), "pts/3", at(1_794_999_000)), Some(0), "a clock that was set back");
        for unknown in ["pts/4", "", "../etc/passwd", "/dev/null", ":0"] {
            assert_eq!(of_terminal(dev.path(), unknown, at(1_795_000_090)), None, "{unknown}");
        }
    }
}
