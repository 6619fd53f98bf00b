//! Where webhooks may lead: to public addresses, and into the networks that an administrator named.
//!
//! In: an address as an administrator wrote it. Out: the socket addresses to connect to, and to no others: the name is looked up once,
//! here, so that a second answer of the name server cannot lead anywhere else.

use crate::settings::Network;
use reqwest::Url;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use url_host::Host;

/// The longest look-up of a name.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Why a webhook may not lead there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TargetError {
    /// Not an address of the web.
    #[error("{0:?} is not an address such as https://chat.example.com/hook")]
    NotAnAddress(String),
    /// Spaces, line ends or other control characters.
    #[error("the address must not have spaces, line ends or other control characters; write a space as %20")]
    Blank,
    /// A name and password in the address.
    #[error("the address must not hold a user name or password; receivers verify the signature instead")]
    Credentials,
    /// Unprotected, to a public address.
    #[error("plain http:// is possible only within the networks of the setting webhook_networks; write https://")]
    Plain,
    /// Not public, and in no network that was named.
    #[error("{0} is not a public address and lies in none of the networks of the setting webhook_networks")]
    Private(IpAddr),
    /// The name could not be looked up.
    #[error("the name {name} cannot be looked up: {reason}")]
    Unknown {
        /// The name.
        name: String,
        /// What the resolver said.
        reason: String,
    },
}

/// The address as it is written, without asking the network: what can be refused at once is.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str, networks: &[Network]) -> Result<Url, TargetError> {
    let wrong = || TargetError::NotAnAddress(text.chars().take(200).collect());
    // The parser would pass over them, and what is kept and shown would be another address than the one that is written to.
    if text.contains(|character: char| character.is_control() || character.is_whitespace()) {
        return Err(TargetError::Blank);
    }
    let url = Url::parse(text).map_err(|_| wrong())?;
    if !["https", "http"].contains(&url.scheme()) || url.port_or_known_default().is_none_or(|port| port == 0) {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Credentials);
    }
    match Host::of(&url).ok_or_else(wrong)? {
        Host::Address(address) => judge(&url, address, networks)?,
        // Plain text needs a network that a name may lead into.
        Host::Name(_) if url.scheme() == "http" && networks.is_empty() => return Err(TargetError::Plain),
        Host::Name(_) => {}
    }
    Ok(url)
}

/// Looks up where an address leads, and gives the name with the only addresses to connect to.
///
/// # Errors
/// When one of them is not allowed, or there is none.
pub(super) async fn resolve(url: &Url, networks: &[Network]) -> Result<(String, Vec<SocketAddr>), TargetError> {
    let wrong = || TargetError::NotAnAddress(url.host_str().unwrap_or_default().to_owned());
    let port = url.port_or_known_default().ok_or_else(wrong)?;
    let name = match Host::of(url).ok_or_else(wrong)? {
        Host::Address(address) => {
            judge(url, address, networks)?;
            return Ok((url.host_str().unwrap_or_default().to_owned(), vec![SocketAddr::new(address, port)]));
        }
        Host::Name(name) => name,
    };
    let unknown = |reason: String| TargetError::Unknown { name: name.clone(), reason };
    let found = tokio::time::timeout(LOOK_UP, tokio::net::lookup_host((name.as_str(), port))).await;
    let found = found.map_err(|_| unknown("no answer".to_owned()))?.map_err(|error| unknown(error.to_string()))?;
    let addresses: Vec<SocketAddr> = found.collect();
    if addresses.is_empty() {
        return Err(unknown("it has no address".to_owned()));
    }
    // One forbidden address among public ones is what an attack looks like.
    for address in &addresses {
        judge(url, address.ip(), networks)?;
    }
    Ok((name, addresses))
}

fn judge(url: &Url, address: IpAddr, networks: &[Network]) -> Result<(), TargetError> {
    if is_reachable(address) && networks.iter().any(|network| network.contains(address)) {
        return Ok(());
    }
    if !is_public(address) {
        return Err(TargetError::Private(address));
    }
    if url.scheme() == "https" { Ok(()) } else { Err(TargetError::Plain) }
}

/// Whether one machine can have it at all.
fn is_reachable(address: IpAddr) -> bool {
    !address.is_multicast() && !address.is_unspecified() && address != IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// Whether an address is one of the public internet. What is embedded in another address is judged by what it leads to.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            (0, _, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18 | 19, _) | (192, 88, 99) | (224..=255, _, _)
        );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
    let embedded = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match (first, second) {
        // NAT64 and 6to4 lead to the IPv4 address within.
        (0x0064, 0xff9b) if [third, fourth, fifth, sixth] == [0; 4] => is_public_v4(embedded(seventh, eighth)),
        (0x2002, _) => is_public_v4(embedded(second, third)),
        // Global unicast, without Teredo, ORCHID, benchmarks and documentation.
        (0x2001, 0x0000..=0x01ff) | (0x2001, 0x0db8) | (0x3fff, 0x0000..=0x0fff) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

mod url_host {
    use reqwest::Url;
    use std::net::IpAddr;

    /// What an address leads to.
    pub(super) enum Host {
        Address(IpAddr),
        Name(String),
    }

    impl Host {
        /// The parser has turned every way to write an IPv4 address into the one with dots.
        pub(super) fn of(url: &Url) -> Option<Self> {
            let host = url.host_str().filter(|host| !host.is_empty())?;
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            Some(bare.parse().map_or_else(|_| Self::Name(host.to_owned()), Self::Address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_known() {
        let check = |address: &str, expected: bool| assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ] {
            check(public, true);
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "::127.0.0.1",
        ] {
            check(private, false);
        }
    }

    #[test]
    fn an_address_is_read_and_refused_at_once_where_that_is_possible() {
        let check = |networks: &[&str], text: &str, expected: Result<(), &str>| {
            let networks: Vec<Network> = networks.iter().map(|network| network.parse().unwrap()).collect();
            let found = read(text, &networks).map(drop).map_err(|error| error.to_string());
            match (&found, expected) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(part)) if error.contains(part) => {}
                other => panic!("{text}: {other:?}"),
            }
        };
        check(&[], "https://chat.example.com/hook?x=1", Ok(()));
        check(&[], "https://1.1.1.1:8443/", Ok(()));
        for blank in ["\r\n", "\n", "\t", " ", "\u{a0}", "\0", "\u{7f}", "\u{85}"] {
            for text in [
                "https://chat.example.com/ho_ok",
                "_https://chat.example.com/",
                "https://chat.example.com/_",
                "ht_tps://chat.example.com/",
                "https://chat._example.com/",
            ] {
                check(&[], &text.replace('_', blank), Err("must not have spaces"));
            }
        }
        check(&[], "http://chat.example.com/", Err("plain http"));
        check(&[], "http://1.1.1.1/", Err("plain http"));
        check(&["127.0.0.1"], "http://127.0.0.1:9/", Ok(()));
        check(&["127.0.0.1"], "http://hooks.example.com/", Ok(()));
        check(&["127.0.0.1"], "https://127.0.0.2/", Err("127.0.0.2 is not a public address"));
        check(&["0.0.0.0/0", "::/0"], "https://0.0.0.0/", Err("not a public address"));
        check(&["0.0.0.0/0", "::/0"], "https://[::1]/", Ok(()));
        // Every way to write an address is the address.
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            check(&[], text, Err("not a public address"));
        }
        check(&[], "https://user:pw@example.com/", Err("user name or password"));
        for text in
            ["ftp://example.com/", "file:///etc/passwd", "https://", "chat.example.com", "https://example.com:0/", "javascript:x"]
        {
            check(&[], text, Err("is not an address such as"));
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_the_machine_itself_is_refused_when_it_is_looked_up() {
        let url = read("https://localhost:8443/", &[]).unwrap();
        assert!(matches!(resolve(&url, &[]).await, Err(TargetError::Private(address)) if address.is_loopback()));
        let networks = ["127.0.0.0/8", "::1"].map(|network| network.parse().unwrap());
        let (name, addresses) = resolve(&url, &networks).await.unwrap();
        assert!(name == "localhost" && addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 8443));
    }
}
