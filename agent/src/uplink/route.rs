//! The endpoint's own address on the route to the collector: where the user of a console session sits (contract 2.1).
//!
//! In: the collector's address. Out: an address of this machine, never loopback. No packet is sent but a name look-up.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::net::{UdpSocket, lookup_host};

const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
/// Addresses of the documentation blocks: any default route leads there, nobody lives there.
const ELSEWHERE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9),
];

/// The address; `None` on a machine without a route.
pub async fn local_address(collector: Option<&str>) -> Option<String> {
    let mut targets = Vec::new();
    if let Some(host) = collector.and_then(authority)
        && let Ok(Ok(found)) = tokio::time::timeout(LOOKUP_TIMEOUT, lookup_host(host)).await
    {
        targets.extend(found);
    }
    // The collector may be on this very machine.
    targets.extend(ELSEWHERE);
    for target in targets {
        if let Some(address) = towards(target).await {
            return Some(address.to_string());
        }
    }
    None
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
