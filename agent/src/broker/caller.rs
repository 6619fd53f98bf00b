//! Who calls, and from where.
//!
//! In: what the kernel says of the other end of the socket, the sessions of the newest report. Out: a user name, an address, a
//! terminal. What the caller says of himself counts for nothing.

use super::lease::Holder;
use crate::{
    collect::processes::{Whose, owner, started, user_name},
    uplink::local_address,
};
use muster_wire::{
    problem::{Code, Problem},
    session::Session,
};
use std::{path::Path, time::Duration};
use uuid::Uuid;

/// A directory service gets so long to name an account.
const NAME_TIMEOUT: Duration = Duration::from_secs(3);
const PROC: &str = "/proc";

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Its account.
    pub uid: u32,
    /// Its process, where the kernel says so.
    pub pid: Option<u32>,
}

/// Where a user sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat {
    /// The address.
    pub(super) client_ip: String,
    /// The terminal or display of the session.
    pub(super) display: Option<String>,
}

impl Caller {
    /// The account's name: from `/etc/passwd`, else as a directory service knows it, else its number.
    pub(super) async fn user(&self) -> String {
        let passwd = std::fs::read(Path::new("/etc/passwd")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if let Some(name) = user_name(self.uid, &passwd.unwrap_or_default()) {
            return name.to_owned();
        }
        self.directory_name().await.unwrap_or_else(|| self.uid.to_string())
    }

    async fn directory_name(&self) -> Option<String> {
        let mut getent = tokio::process::Command::new("getent");
        getent.args(["passwd", &self.uid.to_string()]).stdin(std::process::Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(NAME_TIMEOUT, getent.output()).await.ok()?.ok()?;
        user_name(self.uid, &String::from_utf8_lossy(&output.stdout)).map(str::to_owned)
    }

    /// The process as a holder.
    pub(super) fn holder(&self, boot_id: Uuid) -> Result<Holder, Problem> {
        let found = self.pid.and_then(|pid| Some(Holder { pid, started: started(Path::new(PROC), pid)?, boot_id }));
        found.ok_or_else(|| Problem::new(Code::Conflict, "the calling process cannot be seen; `hold` needs it to live here"))
    }

    /// Where the user sits: the address of the session that the process belongs to, else of that user's, else the machine's own
    /// on the route to the collector.
    pub(super) async fn seat(&self, user: &str, sessions: &[Session], collector: Option<&str>) -> Seat {
        let passwd = std::fs::read("/etc/passwd").map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let whose = self.pid.map(|pid| Whose::of(Path::new(PROC), pid)).unwrap_or_default();
        let session = owner(&whose, sessions, &passwd).filter(|session| session.user == user);
        let session = session.or_else(|| sessions.iter().find(|session| session.user == user));
        match session {
            Some(session) => Seat { client_ip: session.client_ip.clone(), display: session.tty.clone() },
            None => {
                let own = local_address(collector).await;
                let host = || rustix::system::uname().nodename().to_string_lossy().to_lowercase();
                Seat { client_ip: own.unwrap_or_else(host), display: None }
            }
        }
    }
}

/// Whether a holder still runs.
pub(super) fn lives(holder: &Holder, boot_id: Uuid) -> bool {
    holder.boot_id == boot_id && started(Path::new(PROC), holder.pid) == Some(holder.started)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_process_is_seen_and_another_start_is_another_process() {
        let caller = Caller { uid: 0, pid: Some(std::process::id()) };
        assert_eq!(caller.user().await, "root");
        let boot = Uuid::from_u128(1);
        let holder = caller.holder(boot).unwrap();
        assert!(lives(&holder, boot));
        assert!(!lives(&holder, Uuid::from_u128(2)));
        assert!(!lives(&Holder { started: holder.started + 1, ..holder }, boot));
        assert!(Caller { uid: 0, pid: None }.holder(boot).is_err());
        assert_eq!(Caller { uid: 4_000_000_001, pid: None }.user().await, "4000000001");
    }

    #[tokio::test]
    async fn a_user_without_a_session_sits_at_the_machine() {
        let seat = Caller { uid: 0, pid: Some(std::process::id()) }.seat("nobody-here", &[], None).await;
        assert!(!seat.client_ip.is_empty() && seat.display.is_none());
        assert!(!seat.client_ip.starts_with("127."));
    }
}
