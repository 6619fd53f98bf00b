//! Whose session a process belongs to.
//!
//! In: what the kernel says of the process, the sessions that live. Out: one of them, or none. The first of these that tells:
//! 1. the session's own control group (`session-c2.scope`), which a process keeps whatever it becomes;
//! 2. its controlling terminal;
//! 3. the account that logged in (`loginuid`, which `sudo` does not change), else the one it runs as: of several sessions of that
//!    user the one at the machine itself, else the oldest. So programs that the user's service manager started count once.

use super::{
    table::{directory, text},
    users::user_name,
};
use muster_wire::session::Session;
use std::{os::unix::fs::MetadataExt as _, path::Path};

/// `loginuid` of a process that no login started.
const NOBODY_LOGGED_IN: u32 = u32::MAX;
/// Major numbers of pseudo-terminals.
const PTS: std::ops::RangeInclusive<u64> = 136..=143;
/// From this number on the terminals of major 4 are serial lines.
const SERIAL: u64 = 64;

/// What tells whose a process is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whose {
    /// The login session of its control group.
    pub session: Option<String>,
    /// Its terminal, as a session names it: `pts/0`.
    pub tty: Option<String>,
    /// The account that logged in, else the one it runs as.
    pub uid: Option<u32>,
}

impl Whose {
    /// Looks at a process.
    #[must_use]
    pub fn of(proc: &Path, pid: u32) -> Self {
        let dir = directory(proc, pid);
        let stat = text(&dir.join("stat"));
        let login = text(&dir.join("loginuid")).and_then(|uid| uid.trim().parse().ok()).filter(|uid| *uid != NOBODY_LOGGED_IN);
        Self {
            session: text(&dir.join("cgroup")).as_deref().and_then(session),
            tty: stat.as_deref().and_then(|stat| terminal(field(stat, 7)?.parse().ok()?)),
            uid: login.or_else(|| dir.metadata().ok().map(|found| found.uid())),
        }
    }
}

/// The session of a process; `passwd` is the text of `/etc/passwd`.
#[must_use]
pub fn owner<'s>(whose: &Whose, sessions: &'s [Session], passwd: &str) -> Option<&'s Session> {
    let by_group = |session: &&Session| whose.session.as_deref() == Some(session.id.as_str());
    let by_terminal = |session: &&Session| whose.tty.is_some() && whose.tty == session.tty;
    sessions.iter().find(by_group).or_else(|| sessions.iter().find(by_terminal)).or_else(|| {
        let user = user_name(whose.uid?, passwd)?;
        let own = sessions.iter().filter(|session| session.user == user);
        own.min_by_key(|session| (session.client != "console" && session.client != "x11", session.started_at))
    })
}

/// When a process started, in ticks since the boot, and none when it is over: with its id the one name of it within a boot.
#[must_use]
pub fn started(proc: &Path, pid: u32) -> Option<u64> {
    let stat = text(&directory(proc, pid).join("stat"))?;
    let ended = matches!(field(&stat, 3), Some("Z" | "X" | "x"));
    if ended { None } else { field(&stat, 22)?.parse().ok() }
}

/// A field of `stat`, counted from 1; the second, in brackets, can hold anything.
fn field(stat: &str, number: usize) -> Option<&str> {
    stat.rsplit_once(") ")?.1.split_ascii_whitespace().nth(number.checked_sub(3)?)
}

fn session(cgroup: &str) -> Option<String> {
    let scopes = cgroup.split(['/', '\n']).filter_map(|part| part.strip_prefix("session-")?.strip_suffix(".scope"));
    scopes.filter(|id| !id.is_empty()).map(str::to_owned).next()
}

/// The name of a terminal by the device number in `stat`.
fn terminal(device: u64) -> Option<String> {
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xf_ff00));
    match major {
        major if PTS.contains(&major) => Some(format!("pts/{}", (major - PTS.start()) * 256 + minor)),
        4 if minor < SERIAL => Some(format!("tty{minor}")),
        4 => Some(format!("ttyS{}", minor - SERIAL)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table::tests::put, *};
    use chrono::DateTime;
    use muster_wire::session::SessionState;

    const PASSWD: &str = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n";

    fn session(id: &str, user: &str, client: &str, tty: Option<&str>, started: i64) -> Session {
        Session {
            id: id.to_owned(),
            user: user.to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            client: client.to_owned(),
            tty: tty.map(str::to_owned),
            state: SessionState::Active,
            started_at: DateTime::from_timestamp(1_700_000_000 + started, 0).unwrap(),
            idle_seconds: None,
            groups: vec![],
            applications: vec![],
        }
    }

    #[test]
    fn the_group_comes_before_the_terminal_and_that_before_the_account() {
        let sessions = [
            session("c2", "alice", "ssh", Some("pts/0"), 0),
            session("3", "alice", "ssh", Some("pts/1"), -50),
            session("4", "alice", "console", Some("tty2"), 50),
            session("5", "bob", "ssh", Some("pts/300"), 0),
        ];
        let tty = |major: u64, minor: u64| (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12);
        let stat = |tty: u64| format!("9 (a) b) S 1 9 9 {tty} 9 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0");
        let scope = |id: &str| format!("0::/user.slice/user-1000.slice/session-{id}.scope\n");
        let manager = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope\n".to_owned();
        let nobody = u32::MAX.to_string();
        for (cgroup, tty, loginuid, expected) in [
            (scope("c2"), tty(136, 1), "1000", Some("c2")),
            (scope("99"), tty(136, 1), "1000", Some("3")),
            (manager.clone(), tty(136, 300), "1000", Some("5")),
            (manager.clone(), tty(4, 2), "1001", Some("4")),
            (manager.clone(), 0, "1000", Some("4")),
            (manager.clone(), 0, "1001", Some("5")),
            (manager.clone(), 0, "4000", None),
            ("0::/system.slice/x.service\n".to_owned(), 0, nobody.as_str(), None),
        ] {
            let dir = tempfile::tempdir().unwrap();
            put(dir.path(), 9, &["/opt/cad"], &stat(tty), &cgroup, loginuid);
            let whose = Whose::of(dir.path(), 9);
            // Without a login the account it runs as would count: that of this test.
            let whose = if loginuid == nobody { Whose { uid: None, ..whose } } else { whose };
            assert_eq!(
                owner(&whose, &sessions, PASSWD).map(|session| session.id.as_str()),
                expected,
                "{cgroup} {tty} {loginuid}"
            );
            assert_eq!(started(dir.path(), 9), Some(4711));
        }
    }

    #[test]
    fn the_dead_have_not_started() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), 9, &["x"], "9 (x) Z 1 9 9 0 9 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0", "", "");
        assert_eq!(started(dir.path(), 9), None);
        assert_eq!(started(dir.path(), 10), None);
        assert!(started(Path::new("/proc"), std::process::id()).is_some());
    }
}
