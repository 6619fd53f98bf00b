//! Which `Host` names this listener answers for: a page of a stranger that resolves to this address is refused (421).

use std::net::{IpAddr, SocketAddr};

/// The names of the admin listener.
#[derive(Debug, Clone)]
pub struct Hosts {
    listen: SocketAddr,
    names: Vec<String>,
}

impl Hosts {
    /// The listener's address and the site's own names for it.
    #[must_use]
    pub fn new(listen: SocketAddr, names: impl IntoIterator<Item = String>) -> Self {
        Self { listen, names: names.into_iter().map(|name| name.trim_matches(['[', ']']).to_ascii_lowercase()).collect() }
    }

    /// A name by which other machines know this one, if the site gave it any: a DNS name rather than an address.
    #[must_use]
    pub fn public(&self) -> Option<&str> {
        let far = |name: &&String| match name.parse::<IpAddr>() {
            Ok(ip) => !ip.is_loopback() && !ip.is_unspecified(),
            Err(_) => *name != "localhost",
        };
        let mut names: Vec<&String> = self.names.iter().filter(far).collect();
        names.sort_by_key(|name| name.parse::<IpAddr>().is_ok());
        names.first().map(|name| name.as_str())
    }

    /// Whether a `Host` value names this listener; `local` is the address at which the connection arrived.
    #[must_use]
    pub fn knows(&self, host: &str, local: Option<SocketAddr>) -> bool {
        let Some((name, port)) = split(host) else { return false };
        if self.names.contains(&name) {
            return true;
        }
        let own_port = local.unwrap_or(self.listen).port();
        if port.map_or(own_port != 443 && own_port != 80, |port| port != own_port) {
            return false;
        }
        match name.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || ip == self.listen.ip() && !ip.is_unspecified() || local.is_some_and(|at| at.ip() == ip),
            Err(_) => name == "localhost",
        }
    }
}

/// Name in lower case without brackets, and port.
fn split(host: &str) -> Option<(String, Option<u16>)> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (name, after) = rest.split_once(']')?;
            (name, after.strip_prefix(':').or(if after.is_empty() { None } else { Some("x") }))
        }
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        },
    };
    let port = port.map(str::parse).transpose().ok()?;
    Some((name.trim_end_matches('.').to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_names() {
        let hosts = Hosts::new("0.0.0.0:8444".parse().unwrap(), ["Muster.example".to_owned(), "fd00::5".to_owned()]);
        let local = Some("192.0.2.7:8444".parse().unwrap());
        let cases = [
            ("localhost:8444", true),
            ("LOCALHOST:8444", true),
            ("127.0.0.1:8444", true),
            ("[::1]:8444", true),
            ("192.0.2.7:8444", true),
            ("muster.example", true),
            ("muster.example.:9999", true),
            ("[fd00::5]:8444", true),
            ("localhost", false),
            ("localhost:1", false),
            ("192.0.2.8:8444", false),
            ("0.0.0.0:8444", false),
            ("evil.example:8444", false),
            ("evil.example", false),
            ("", false),
            ("[::1:8444", false),
            ("[::1]x:8444", false),
            ("localhost:8444:1", false),
        ];
        for (host, expected) in cases {
            assert_eq!(hosts.knows(host, local), expected, "{host}");
        }
    }
}
