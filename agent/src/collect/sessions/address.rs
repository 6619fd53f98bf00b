//! Where the user sits.
//!
//! In: a host as PAM or login wrote it. Out: `client_ip` of contract 2.1: an address in its shortest form without zone, IPv4-mapped
//! as IPv4, or a lower-case host name. It never resolves a name and never answers with a loopback address.

use std::net::IpAddr;

/// Longest host name that DNS allows.
const LONGEST_NAME: usize = 255;
/// Names by which a machine calls itself.
const OWN_NAMES: &[&str] = &[
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost6",
    "ip6-localhost",
    "ip6-loopback",
    "localhost6.localdomain6",
    "unix",
];

/// The remote host of a session; `None` when the user sits at the machine itself or nothing usable was recorded.
pub(super) fn remote(raw: &str) -> Option<String> {
    let mut words = raw.split_whitespace();
    let first = words.next()?;
    // Terminal multiplexers and mosh write themselves into the host field: `tmux(4711).%0`, `mosh [4711]`, `10.0.0.5:S.0`.
    if first.starts_with("tmux(") || (first == "mosh" && words.next().is_some()) {
        return None;
    }
    let host = first.split_once(":S.").map_or(first, |(host, _)| host).trim_end_matches('.');
    if let Some(address) = address(host) {
        return (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string());
    }
    let host = without_display(host).trim_end_matches('.');
    match address(host) {
        Some(address) => (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string()),
        None => name(host).filter(|name| !OWN_NAMES.contains(&name.as_str())),
    }
}

/// The address of the machine itself: the one on the route to the collector, else its host name in lower case.
pub(super) fn own(local_address: Option<&str>, host_name: &str) -> String {
    local_address.and_then(remote).or_else(|| name(host_name)).unwrap_or_else(|| "localhost".to_owned())
}

fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(host, |(inner, _)| inner);
    let without_zone = bare.split_once('%').map_or(bare, |(address, _)| address);
    without_zone.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Drops an X display or port: `host:10.0`, `192.0.2.7:0`.
fn without_display(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((head, tail)) if tail.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => head,
        _ => host,
    }
}

fn name(host: &str) -> Option<String> {
    let name = host.trim().trim_end_matches('.').to_lowercase();
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    ((1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(usable)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_become_addresses_or_names() {
        let cases = [
            ("10.0.0.11", Some("10.0.0.11")),
            (" 10.0.0.11\n", Some("10.0.0.11")),
            ("::ffff:10.0.0.11", Some("10.0.0.11")),
            ("2001:DB8:0:0::7", Some("2001:db8::7")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("[fe80::1%3]:22", Some("fe80::1")),
            ("192.0.2.7:0", Some("192.0.2.7")),
            ("10.0.0.5:S.0", Some("10.0.0.5")),
            ("10.0.0.5 via mosh [4711]", Some("10.0.0.5")),
            ("WS-17.Example.COM.", Some("ws-17.example.com")),
            ("Terminal:10.0", Some("terminal")),
            ("jump-host", Some("jump-host")),
            ("", None),
            (":0", None),
            (":0.0", None),
            (":pts/3:S.1", None),
            ("tmux(4711).%0", None),
            ("mosh [4711]", None),
            ("127.0.0.1", None),
            ("::1", None),
            ("::ffff:127.0.0.1", None),
            ("0.0.0.0", None),
            ("localhost", None),
            ("LOCALHOST.localdomain", None),
            ("localhost:10.0", None),
            ("unix:0", None),
            ("a\u{7}b", None),
        ];
        for (raw, want) in cases {
            assert_eq!(remote(raw).as_deref(), want, "{raw:?}");
        }
    }

    #[test]
    fn the_console_is_at_the_route_s_address_and_never_at_loopback() {
        let cases = [
            (Some("10.1.2.3"), "WS-17", "10.1.2.3"),
            (Some("::ffff:10.1.2.3"), "WS-17", "10.1.2.3"),
            (Some("127.0.0.1"), "WS-17", "ws-17"),
            (Some("::1"), "WS-17", "ws-17"),
            (Some(""), "WS-17", "ws-17"),
            (None, "WS-17.Example", "ws-17.example"),
            (None, "", "localhost"),
        ];
        for (local, host, want) in cases {
            assert_eq!(own(local, host), want, "{local:?} {host}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_stable_and_never_loopback(raw in "[0-9a-fA-F:.%\\[\\]]{0,40}|\\PC{0,40}|.*") {
            if let Some(host) = remote(&raw) {
                prop_assert_eq!(remote(&host), Some(host.clone()));
                prop_assert!(!host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()));
                prop_assert_eq!(host.to_lowercase(), host);
            }
        }
    }
}
