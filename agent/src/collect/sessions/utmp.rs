//! Sessions from the utmp file, where there is no logind.
//!
//! In: the file's bytes. Out: one session per login record. A file that is cut off or damaged is an error, never a shorter list;
//! only in the system's own file is the record of a dead process left out, because login programs that were killed leave theirs.

use super::{SessionsError, address, groups::Accounts, idle, surroundings::Surroundings};
use chrono::{DateTime, Utc};
use muster_wire::session::{Session, SessionState};
use rustix::process::{Pid, test_kill_process};
use std::{io, os::unix::fs::MetadataExt as _, path::Path};
use utmp_rs::{UtmpEntry, UtmpParser};

/// The file of this very system, under both of its names.
const SYSTEM_PATHS: &[&str] = &["/run/utmp", "/var/run/utmp"];
/// 1970 to 2106: the record's 32-bit seconds are read as unsigned once they no longer fit.
const SECONDS_WRAP: i64 = 1 << 32;

/// One login record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) pid: i32,
    pub(super) line: String,
    pub(super) user: String,
    pub(super) host: String,
    pub(super) started_at: DateTime<Utc>,
}

/// Reads the file and turns its live logins into sessions. It blocks.
pub(super) fn snapshot(path: &Path, surroundings: &Surroundings) -> Result<Vec<Session>, SessionsError> {
    let bytes = std::fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SessionsError::NoSource { path: path.to_owned() },
        _ => SessionsError::UtmpRead { path: path.to_owned(), source },
    })?;
    let logins = parse(&bytes).map_err(|(record, reason)| SessionsError::UtmpFormat { path: path.to_owned(), record, reason })?;
    let ours = SYSTEM_PATHS.iter().any(|system| path == Path::new(system));
    let accounts = Accounts::read(&surroundings.etc);
    let live = logins.into_iter().filter(|login| !ours || alive(login.pid));
    Ok(live.map(|login| session(login, surroundings, &accounts)).collect())
}

/// What tells one state of the file from the next without reading it; `None` while it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

/// The file's stamp now.
pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok()?;
    Some(Stamp { inode: file.ino(), size: file.size(), modified: (file.mtime(), file.mtime_nsec()) })
}

/// The login records of a utmp file, or the number of the first record that is wrong, and why.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Login>, (usize, String)> {
    let mut logins = Vec::new();
    for (record, entry) in UtmpParser::from_reader(bytes).enumerate() {
        let entry = entry.map_err(|error| (record, reason(&error)))?;
        let UtmpEntry::UserProcess { pid, line, user, host, time, .. } = entry else { continue };
        if user.is_empty() {
            continue;
        }
        let seconds = time.unix_timestamp();
        let seconds = if seconds < 0 { seconds + SECONDS_WRAP } else { seconds };
        let started_at =
            DateTime::from_timestamp(seconds, time.nanosecond()).ok_or((record, format!("impossible time {seconds}")))?;
        logins.push(Login { pid, line, user, host, started_at });
    }
    Ok(logins)
}

/// utmp does not say by which program a user came: a pseudo-terminal with a remote host is called `ssh`, a terminal without one
/// `console`. It does not say who is in the foreground either, so every login is active.
fn session(login: Login, surroundings: &Surroundings, accounts: &Accounts) -> Session {
    let remote = address::remote(&login.host);
    let client = match (&remote, login.line.starts_with("pts/")) {
        (Some(_), true) => "ssh",
        (Some(_), false) => "remote",
        (None, _) => "console",
    };
    Session {
        id: format!("utmp:{}:{}", login.line, login.started_at.timestamp()),
        groups: accounts.groups(&login.user),
        user: login.user,
        client_ip: remote.unwrap_or_else(|| surroundings.own_address.clone()),
        client: client.to_owned(),
        idle_seconds: idle::of_terminal(&surroundings.dev, &login.line, surroundings.now),
        tty: (!login.line.is_empty()).then_some(login.line),
        state: SessionState::Active,
        started_at: login.started_at,
        applications: Vec::new(),
    }
}

/// A process this user may not signal is alive too. Asked by signal 0 and not of `/proc`, which may hide other users' processes.
fn alive(pid: i32) -> bool {
    match (pid > 0).then(|| Pid::from_raw(pid)).flatten() {
        Some(pid) => test_kill_process(pid) != Err(rustix::io::Errno::SRCH),
        None => true,
    }
}

/// The library quotes whole fields, which are user names and hosts and have no place in a log.
fn reason(error: &utmp_rs::ParseError) -> String {
    use utmp_rs::{ParseError, UtmpError};
    match error {
        ParseError::Io(_) => "the record is cut off".to_owned(),
        ParseError::Utmp(UtmpError::UnknownType(kind)) => format!("unknown record type {kind}"),
        ParseError::Utmp(UtmpError::InvalidTime(_)) => "impossible time".to_owned(),
        ParseError::Utmp(UtmpError::InvalidLine(_)) => "the terminal's name is no text".to_owned(),
        ParseError::Utmp(UtmpError::InvalidUser(_)) => "the user's name is no text".to_owned(),
        ParseError::Utmp(UtmpError::InvalidHost(_)) => "the host's name is no text".to_owned(),
        _ => "the record is damaged".to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    const USER_PROCESS: i16 = 7;
    const DEAD_PROCESS: i16 = 8;

    /// One record as glibc on x86-64 writes it (utmp(5)).
    pub(in super::super) fn record(kind: i16, pid: i32, line: &str, user: &str, host: &str, seconds: i32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let text = |bytes: &mut Vec<u8>, text: &str, size: usize| {
            let end = bytes.len() + size;
            bytes.extend(text.as_bytes());
            bytes.resize(end, 0);
        };
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0, 0]);
        bytes.extend(pid.to_ne_bytes());
        text(&mut bytes, line, 32);
        text(&mut bytes, line, 4);
        text(&mut bytes, user, 32);
        text(&mut bytes, host, 256);
        bytes.extend([0; 4]);
        if cfg!(target_arch = "x86_64") {
            bytes.extend(0_i32.to_ne_bytes());
            bytes.extend(seconds.to_ne_bytes());
            bytes.extend(0_i32.to_ne_bytes());
        } else {
            bytes.extend(0_i64.to_ne_bytes());
            bytes.extend(i64::from(seconds).to_ne_bytes());
            bytes.extend(0_i64.to_ne_bytes());
        }
        bytes.resize(bytes.len() + 36, 0);
        while bytes.len() % 8 != 0 {
            bytes.push(0);
        }
        bytes
    }

    pub(in super::super) fn login(line: &str, user: &str, host: &str, seconds: i32) -> Vec<u8> {
        record(USER_PROCESS, 999_999, line, user, host, seconds)
    }

    fn surroundings(dev: &Path) -> Surroundings {
        Surroundings {
            dev: dev.to_owned(),
            etc: dev.to_owned(),
            own_address: "10.1.2.3".into(),
            now: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        }
    }

    fn write(path: &Path, bytes: &[u8]) {
        use std::io::Write as _;
        std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }

    #[test]
    fn logins_become_sessions_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("utmp");
        let file = [
            record(2, 0, "~", "reboot", "6.1.0-18-amd64", 1_794_000_000),
            record(6, 700, "tty1", "LOGIN", "", 1_794_000_001),
            login("pts/0", "alice", "::ffff:10.0.0.11", 1_794_000_100),
            login("pts/1", "alice", "10.0.0.12", 1_794_000_200),
            record(DEAD_PROCESS, 800, "pts/2", "", "", 1_794_000_300),
            login("tty2", "bob", "", 1_794_000_400),
            login(":0", "carol", ":0", 1_794_000_500),
            login("pts/3", "", "", 1_794_000_600),
            login("pts/4", "dave", "WS-17.Example.com", -1),
        ]
        .concat();
        write(&path, &file);
        let sessions = snapshot(&path, &surroundings(dir.path())).unwrap();
        let got: Vec<_> =
            sessions.iter().map(|s| (s.id.as_str(), s.user.as_str(), s.client_ip.as_str(), s.client.as_str())).collect();
        assert_eq!(
            got,
            [
                ("utmp:pts/0:1794000100", "alice", "10.0.0.11", "ssh"),
                ("utmp:pts/1:1794000200", "alice", "10.0.0.12", "ssh"),
                ("utmp:tty2:1794000400", "bob", "10.1.2.3", "console"),
                ("utmp::0:1794000500", "carol", "10.1.2.3", "console"),
                ("utmp:pts/4:4294967295", "dave", "ws-17.example.com", "ssh"),
            ]
        );
        assert_eq!(sessions[0].tty.as_deref(), Some("pts/0"));
        assert_eq!(sessions[0].idle_seconds, None, "there is no such terminal");
    }

    #[test]
    fn damage_is_an_error_that_says_where() {
        let good = login("pts/0", "alice", "10.0.0.11", 1_794_000_100);
        assert_eq!(parse(&[]), Ok(vec![]));
        let check = |bytes: &[u8], record: usize, why: &str| {
            let (at, reason) = parse(bytes).unwrap_err();
            assert_eq!((at, reason.as_str()), (record, why));
        };
        check(&good[..good.len() - 1], 0, "the record is cut off");
        check(&[good.clone(), vec![7]].concat(), 1, "the record is cut off");
        check(&[good.clone(), vec![0xff; good.len()]].concat(), 1, "unknown record type -1");
        let mut latin = good;
        latin[44] = 0xe9;
        check(&latin, 0, "the user's name is no text");
    }

    #[test]
    fn a_missing_file_is_no_empty_list() {
        let dir = tempfile::tempdir().unwrap();
        let missing = snapshot(&dir.path().join("utmp"), &surroundings(dir.path())).unwrap_err();
        assert!(missing.to_string().starts_with("no session source"), "{missing}");
        let not_a_file = snapshot(dir.path(), &surroundings(dir.path())).unwrap_err();
        assert!(matches!(not_a_file, SessionsError::UtmpRead { .. }), "{not_a_file}");
    }

    #[test]
    fn a_dead_process_is_told_from_a_live_one() {
        assert!(alive(1), "init, which this user may not signal");
        assert!(alive(i32::try_from(std::process::id()).unwrap()));
        assert!(alive(0) && alive(-5), "no process id at all proves nothing");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        assert!(!alive(pid));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..1200)) {
            let _logins = parse(&bytes);
        }

        #[test]
        fn any_damage_to_a_file_is_survived(flips in proptest::collection::vec((0..768_usize, any::<u8>()), 0..20), cut in 0..768_usize) {
            let mut bytes = [login("pts/0", "alice", "10.0.0.11", 1_794_000_100), login("tty2", "bob", "", 1_794_000_400)].concat();
            for (at, value) in flips {
                bytes[at] = value;
            }
            bytes.truncate(cut);
            let whole = cut.is_multiple_of(384);
            prop_assert!(parse(&bytes).map_or(true, |logins| whole && logins.len() <= cut / 384));
        }
    }
}
