//! The names this collector answers to: in its server certificate and in the Host check of the admin listener.

use std::{collections::BTreeSet, net::IpAddr};

/// Adds what every collector answers to: this machine's host name and the loopback names.
#[must_use]
pub fn with_local(given: &[String]) -> Vec<String> {
    let mut names: BTreeSet<String> = given.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    if let Ok(host) = rustix_hostname() {
        names.insert(host);
    }
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    names.into_iter().filter(|name| is_name(name)).collect()
}

/// Whether this can stand in a certificate: an IP address or a DNS name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
        || (!name.is_empty()
            && name.len() <= 253
            && name.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            }))
}

fn rustix_hostname() -> Result<String, std::string::FromUtf8Error> {
    String::from_utf8(rustix::system::uname().nodename().to_bytes().to_vec()).map(|host| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_loopback_is_always_in() {
        for (name, good) in
            [("collector.example", true), ("10.0.0.1", true), ("fe80::1", true), ("", false), ("a b", false), ("-a", false)]
        {
            assert_eq!(is_name(name), good, "{name}");
        }
        let names = with_local(&["Collector.Example".to_owned()]);
        assert!(names.contains(&"collector.example".to_owned()) && names.contains(&"127.0.0.1".to_owned()));
    }
}
