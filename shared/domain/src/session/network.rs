//! A network of addresses, such as `10.1.0.0/16`: text to value, and whether an address is inside.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network; a single address is one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: u128,
    bits: u8,
    v4: bool,
}

/// A text that is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an address nor a network")]
pub struct NetworkError;

impl Network {
    /// Whether an address is inside. An IPv4 address in IPv6 form is the IPv4 address.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let (number, v4) = number(address);
        v4 == self.v4 && number & mask(self.v4, self.bits) == self.first
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| NetworkError)?)),
            None => (text.trim(), None),
        };
        let parsed = address.parse::<IpAddr>().map_err(|_| NetworkError)?;
        let (number, v4) = number(parsed);
        let width = if v4 { 32 } else { 128 };
        // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let shift = if v4 && parsed.is_ipv6() { 96 } else { 0 };
        let bits = match bits {
            Some(bits) => bits.checked_sub(shift).ok_or(NetworkError)?,
            None => width,
        };
        if bits > width {
            return Err(NetworkError);
        }
        Ok(Self { first: number & mask(v4, bits), bits, v4 })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, width) = match u32::try_from(self.first) {
            Ok(number) if self.v4 => (IpAddr::from(number.to_be_bytes()), 32),
            _ => (IpAddr::from(self.first.to_be_bytes()), 128),
        };
        if self.bits == width { write!(f, "{address}") } else { write!(f, "{address}/{}", self.bits) }
    }
}

fn number(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(u32::from(address)), true),
        IpAddr::V6(address) => (u128::from(address), false),
    }
}

fn mask(v4: bool, bits: u8) -> u128 {
    let width: u32 = if v4 { 32 } else { 128 };
    let all = if v4 { u128::from(u32::MAX) } else { u128::MAX };
    all & all.checked_shl(width - u32::from(bits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_inside_or_outside() {
        let check = |network: &str, address: &str, expected: bool| {
            let parsed: Network = network.parse().unwrap();
            assert_eq!(parsed.contains(address.parse().unwrap()), expected, "{network} {address}");
        };
        check("10.1.0.0/16", "10.1.255.255", true);
        check("10.1.77.1/16", "10.1.0.0", true);
        check("10.1.0.0/16", "10.2.0.0", false);
        check("10.1.0.0/16", "::ffff:10.1.2.3", true);
        check("::ffff:10.1.0.0/112", "10.1.2.3", true);
        check("0.0.0.0/0", "255.1.1.1", true);
        check("0.0.0.0/0", "fe80::1", false);
        check("::/0", "fe80::1", true);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("10.0.0.1", "10.0.0.1", true);
        check("10.0.0.1", "10.0.0.2", false);
    }

    #[test]
    fn what_is_no_network_is_refused_and_the_rest_has_one_form() {
        for wrong in ["", "host", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "::ffff:10.0.0.0/8", "10.0.0.0/8/8"] {
            assert_eq!(wrong.parse::<Network>(), Err(NetworkError), "{wrong}");
        }
        let check = |text: &str, expected: &str| assert_eq!(text.parse::<Network>().unwrap().to_string(), expected);
        check(" 10.1.2.3/8 ", "10.0.0.0/8");
        check("2001:DB8::1/32", "2001:db8::/32");
        check("10.0.0.1/32", "10.0.0.1");
        check("::ffff:10.0.0.1", "10.0.0.1");
    }
}
