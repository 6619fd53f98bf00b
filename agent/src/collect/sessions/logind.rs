//! What a session of systemd-logind means.
//!
//! In: a session's properties as the bus gave them. Out: a wire session, or nothing for what is no user's session: greeters, lock
//! screens, services (`manager`, `background`) and sessions that are closing. Class, type and state are texts here, because every
//! release of systemd adds some.

use super::{address, groups::Accounts, idle, surroundings::Surroundings};
use chrono::DateTime;
use muster_wire::session::{Session, SessionState};

/// The properties of `org.freedesktop.login1.Session` that are read; a missing one is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Properties {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) class: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) service: String,
    pub(super) remote: bool,
    pub(super) remote_host: String,
    pub(super) tty: String,
    pub(super) display: String,
    pub(super) idle_hint: bool,
    /// Microseconds since 1970; 0 is never.
    pub(super) idle_since: u64,
    /// Microseconds since 1970.
    pub(super) started: u64,
}

/// The session that these properties describe, if it is a user's.
pub(super) fn session(properties: Properties, surroundings: &Surroundings, accounts: &Accounts) -> Option<Session> {
    let counted = properties.class.starts_with("user") && properties.state != "closing" && !properties.name.is_empty();
    if !counted {
        return None;
    }
    let client = client(&properties);
    let remote =
        if properties.remote || client == "rdp" || client == "vnc" { address::remote(&properties.remote_host) } else { None };
    let idle_seconds = idle_seconds(&properties, surroundings);
    let Properties { id, name, tty, display, state, started, .. } = properties;
    Some(Session {
        id,
        groups: accounts.groups(&name),
        user: name,
        client_ip: remote.unwrap_or_else(|| surroundings.own_address.clone()),
        client: client.to_owned(),
        tty: [tty, display].into_iter().find(|terminal| !terminal.is_empty()),
        state: match state.as_str() {
            "active" => SessionState::Active,
            "online" | "opening" => SessionState::Online,
            _ => SessionState::Other,
        },
        started_at: time(started).unwrap_or(DateTime::UNIX_EPOCH),
        idle_seconds,
        applications: Vec::new(),
    })
}

/// How the user came in, by the PAM service that let him in: `ssh` (sshd), `rdp` (xrdp, GNOME Remote Desktop), `vnc`, `web`
/// (Cockpit). For any other service `console` at the machine itself; from elsewhere `x11` on a display and `remote` on a terminal.
fn client(properties: &Properties) -> &'static str {
    let service = properties.service.to_lowercase();
    match service.as_str() {
        service if service.starts_with("sshd") || service == "dropbear" => "ssh",
        service if service.starts_with("xrdp") || service.contains("remote-desktop") => "rdp",
        service if service.contains("vnc") => "vnc",
        service if service.starts_with("cockpit") => "web",
        _ if !properties.remote => "console",
        _ if graphical(properties) => "x11",
        _ => "remote",
    }
}

/// Desktops set the hint themselves; one that never did says nothing. For terminals the last input counts, which logind knows as
/// well where this process may not see the terminal.
fn idle_seconds(properties: &Properties, surroundings: &Surroundings) -> Option<u64> {
    let hinted =
        time(properties.idle_since).filter(|_| properties.idle_since > 0).and_then(|then| idle::since(then, surroundings.now));
    if graphical(properties) {
        return hinted.map(|seconds| if properties.idle_hint { seconds } else { 0 });
    }
    idle::of_terminal(&surroundings.dev, &properties.tty, surroundings.now).or(hinted)
}

fn graphical(properties: &Properties) -> bool {
    ["x11", "wayland", "mir"].contains(&properties.kind.as_str())
}

fn time(micros: u64) -> Option<DateTime<chrono::Utc>> {
    DateTime::from_timestamp_micros(i64::try_from(micros).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const NOW: i64 = 1_795_000_000;

    fn surroundings() -> Surroundings {
        Surroundings {
            dev: PathBuf::from("/nonexistent"),
            etc: PathBuf::from("/nonexistent"),
            own_address: "10.1.2.3".into(),
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
        }
    }

    fn micros(seconds_ago: i64) -> u64 {
        u64::try_from((NOW - seconds_ago) * 1_000_000).unwrap()
    }

    fn ssh() -> Properties {
        Properties {
            id: "c2".into(),
            name: "alice".into(),
            class: "user".into(),
            kind: "tty".into(),
            state: "active".into(),
            service: "sshd".into(),
            remote: true,
            remote_host: "10.0.0.11".into(),
            tty: "pts/0".into(),
            idle_since: micros(12),
            started: micros(3600),
            ..Properties::default()
        }
    }

    fn desktop() -> Properties {
        Properties {
            service: "gdm-password".into(),
            kind: "wayland".into(),
            remote: false,
            remote_host: String::new(),
            tty: "tty2".into(),
            idle_since: 0,
            ..ssh()
        }
    }

    fn seen(properties: Properties) -> Option<Session> {
        session(properties, &surroundings(), &Accounts::default())
    }

    #[test]
    fn an_ssh_session() {
        let session = seen(ssh()).unwrap();
        assert_eq!((session.id.as_str(), session.user.as_str(), session.client_ip.as_str()), ("c2", "alice", "10.0.0.11"));
        assert_eq!((session.client.as_str(), session.tty.as_deref()), ("ssh", Some("pts/0")));
        assert_eq!((session.state, session.idle_seconds), (SessionState::Active, Some(12)));
        assert_eq!(session.started_at.timestamp(), NOW - 3600);
    }

    #[test]
    fn only_sessions_of_users_count() {
        for (class, counts) in [
            ("user", true),
            ("user-early", true),
            ("user-light", true),
            ("user-incomplete", true),
            ("user-early-light", true),
            ("greeter", false),
            ("lock-screen", false),
            ("background", false),
            ("background-light", false),
            ("manager", false),
            ("manager-early", false),
            ("none", false),
            ("", false),
        ] {
            assert_eq!(seen(Properties { class: class.into(), ..ssh() }).is_some(), counts, "{class}");
        }
        assert_eq!(seen(Properties { state: "closing".into(), ..ssh() }), None);
        assert_eq!(seen(Properties { name: String::new(), ..ssh() }), None);
    }

    #[test]
    fn where_and_how() {
        let check = |properties: Properties, client: &str, address: &str| {
            let session = seen(properties.clone()).unwrap();
            assert_eq!((session.client.as_str(), session.client_ip.as_str()), (client, address), "{properties:?}");
        };
        let remote = |service: &str, host: &str| Properties { service: service.into(), remote_host: host.into(), ..ssh() };
        check(remote("sshd-session", "::ffff:10.0.0.11"), "ssh", "10.0.0.11");
        check(remote("sshd", "fe80::1%eth0"), "ssh", "fe80::1");
        check(remote("sshd", "JUMP.Example.com"), "ssh", "jump.example.com");
        check(remote("sshd", "127.0.0.1"), "ssh", "10.1.2.3");
        check(remote("sshd", ""), "ssh", "10.1.2.3");
        check(remote("login", "10.0.0.9"), "remote", "10.0.0.9");
        check(remote("xrdp-sesman", "10.0.0.9"), "rdp", "10.0.0.9");
        check(Properties { remote: false, ..remote("xrdp-sesman", "10.0.0.9") }, "rdp", "10.0.0.9");
        check(Properties { kind: "x11".into(), ..remote("xdm", "10.0.0.9") }, "x11", "10.0.0.9");
        check(remote("cockpit", "10.0.0.9"), "web", "10.0.0.9");
        check(desktop(), "console", "10.1.2.3");
        check(Properties { remote_host: "10.0.0.9".into(), ..desktop() }, "console", "10.1.2.3");
    }

    #[test]
    fn idleness_is_unknown_until_somebody_knows() {
        let check = |properties: Properties, want: Option<u64>| {
            assert_eq!(seen(properties.clone()).unwrap().idle_seconds, want, "{properties:?}")
        };
        check(desktop(), None);
        check(Properties { idle_since: micros(300), idle_hint: true, ..desktop() }, Some(300));
        check(Properties { idle_since: micros(300), idle_hint: false, ..desktop() }, Some(0));
        check(Properties { idle_since: 0, ..ssh() }, None);
        check(Properties { idle_since: u64::MAX, ..ssh() }, None);
        check(Properties { idle_since: micros(-60), ..ssh() }, Some(0));
    }

    #[test]
    fn odd_values_are_carried_not_refused() {
        let session = seen(Properties {
            state: "hibernating".into(),
            started: u64::MAX,
            tty: String::new(),
            display: ":1".into(),
            ..ssh()
        })
        .unwrap();
        assert_eq!(
            (session.state, session.started_at, session.tty.as_deref()),
            (SessionState::Other, DateTime::UNIX_EPOCH, Some(":1"))
        );
    }
}
