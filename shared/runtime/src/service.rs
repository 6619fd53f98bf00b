//! What the service manager is told (systemd's notification protocol).
//!
//! Comes in: the stages of a daemon's life. Goes out: datagrams to `$NOTIFY_SOCKET`. Without that variable every call does
//! nothing, so that programs run the same in a shell, in a container and as a service. A failure is logged and changes
//! nothing for the program.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::output::printable;

/// The service is ready; `status` is what `systemctl status` shows. Also ends a reload.
pub fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(&printable(status))]);
}

/// What the service is doing, for `systemctl status`.
pub fn status(status: &str) {
    notify(&[NotifyState::Status(&printable(status))]);
}

/// The service drains and will end.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// The service reads its configuration again; call [`ready`] when that is over, whether it worked or not.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the monotonic clock cannot be read; the service manager is not told of the reload"),
    }
}

/// How often [`pet`] must be called: half of what the service manager grants. `None` when it does not watch.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|granted| granted / 2).filter(|interval| !interval.is_zero())
}

/// The service is alive. Call it from a place that proves it, not from a bare timer.
pub fn pet() {
    notify(&[NotifyState::Watchdog]);
}

/// Starting, stopping or reloading goes on for up to `duration` from now, e.g. while a store is repaired. Repeat it before
/// the time is over.
pub fn extend_timeout(duration: Duration) {
    let microseconds = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    notify(&[NotifyState::ExtendTimeoutUsec(microseconds)]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be notified");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::process::Command;

    use super::*;

    const ROLE: &str = "MUSTER_TEST_SERVICE";

    /// Runs the test `name` again as another process, because the environment belongs to a process.
    fn child(name: &str) -> Command {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", &format!("service::tests::{name}")]).env(ROLE, "1");
        child.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
        child
    }

    fn succeeds(mut child: Command) {
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    #[test]
    fn the_service_manager_hears_every_stage() {
        if std::env::var_os(ROLE).is_some() {
            extend_timeout(Duration::from_secs(30));
            extend_timeout(Duration::MAX);
            status("opening the store");
            ready("serving 2 listeners");
            pet();
            reloading();
            ready("serving\nSTOPPING=1\u{1b}");
            stopping();
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let mut child = child("the_service_manager_hears_every_stage");
        child.env("NOTIFY_SOCKET", &path);
        succeeds(child);

        socket.set_nonblocking(true).unwrap();
        let mut messages = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        let reload = messages.remove(5);
        assert_eq!(
            messages,
            [
                "EXTEND_TIMEOUT_USEC=30000000\n",
                "EXTEND_TIMEOUT_USEC=4294967295\n",
                "STATUS=opening the store\n",
                "READY=1\nSTATUS=serving 2 listeners\n",
                "WATCHDOG=1\n",
                "READY=1\nSTATUS=serving\\nSTOPPING=1\\u{1b}\n",
                "STOPPING=1\n",
            ]
        );
        let time = reload.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(time.trim_end().parse::<u64>().unwrap() > 0, "{reload}");
    }

    #[test]
    fn without_a_service_manager_nothing_happens() {
        if std::env::var_os(ROLE).is_some() {
            ready("ready");
            reloading();
            pet();
            stopping();
            assert_eq!(watchdog(), None);
            return;
        }
        succeeds(child("without_a_service_manager_nothing_happens"));
        // Neither does a manager that has gone away.
        let mut gone = child("without_a_service_manager_nothing_happens");
        gone.env("NOTIFY_SOCKET", "/nonexistent/notify");
        succeeds(gone);
    }

    #[test]
    fn the_watchdog_is_petted_twice_as_often_as_granted() {
        if let Ok(expected) = std::env::var(ROLE) {
            let expected = expected.parse().ok().map(Duration::from_micros);
            assert_eq!(watchdog(), expected);
            return;
        }
        let check = |granted: &str, process: Option<&str>, expected: &str| {
            let mut child = child("the_watchdog_is_petted_twice_as_often_as_granted");
            child.env("WATCHDOG_USEC", granted).env(ROLE, expected);
            if let Some(process) = process {
                child.env("WATCHDOG_PID", process);
            }
            succeeds(child);
        };
        check("30000000", None, "15000000");
        check("30000000", Some("1"), "none");
        check("0", None, "none");
        check("soon", None, "none");
    }
}
