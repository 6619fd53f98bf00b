//! The endpoint's own address on the route to the collector: where the user of a console session sits (contract 2.1).
//!
//! In: the collector's address. Out: an address of this machine, never loopback. No packet is sent but a name look-up.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};
use sysinfo::Networks;
use tokio::net::{UdpSocket, lookup_host};

const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
/// An address of the documentation block: any default route leads there, nobody lives there.
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// The address; `None` on a machine without a network.
pub async fn local_address(collector: Option<&str>) -> Option<String> {
    let mut targets = Vec::new();
    if let Some(host) = collector.and_then(authority)
        && let Ok(Ok(found)) = tokio::time::timeout(LOOKUP_TIMEOUT, lookup_host(host)).await
    {
        targets.extend(found);
    }
    targets.push(ELSEWHERE);
    for target in targets {
        if let Some(address) = towards(target).await {
            return Some(address.to_string());
        }
    }
    any_address().map(|address| address.to_string())
}

/// `host:port` of an address.
fn authority(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

async fn towards(target: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if target.is_ipv4() { ([0; 4], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(target).await.ok()?;
    Some(socket.local_addr().ok()?.ip().to_canonical()).filter(usable)
}

/// Without any route: the first address of any interface, IPv4 first, so that the answer does not change from run to run.
fn any_address() -> Option<IpAddr> {
    let networks = Networks::new_with_refreshed_list();
    let addresses = networks.values().flat_map(|network| network.ip_networks().iter().map(|network| network.addr));
    addresses.map(|address| address.to_canonical()).filter(usable).min()
}

fn usable(address: &IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_authority() {
        for (url, expected) in [
            ("https://collector.example:8443", Some("collector.example:8443")),
            ("https://[2001:db8::1]:8443/", Some("[2001:db8::1]:8443")),
            ("https://collector.example", Some("collector.example:443")),
            ("nonsense", None),
        ] {
            assert_eq!(authority(url).as_deref(), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn is_never_loopback() {
        let address = local_address(Some("https://127.0.0.1:8443")).await;
        assert!(address.is_none_or(|address| !address.parse::<IpAddr>().unwrap().is_loopback()));
    }
}
