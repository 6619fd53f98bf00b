//! Addresses of the network interfaces that belong to the machine.
//!
//! In: the rows of `networks`, one for each address of each interface. Out: addresses as our own agent reports them. Virtual
//! interfaces and addresses that somebody made up are left out: they say nothing about the machine.

use super::content::Row;
use std::collections::BTreeSet;

/// Kinds of interface that have no address of their own.
const VIRTUAL_TYPES: [&str; 6] = ["loopback", "bridge", "alias", "aggregate", "bluetooth", "dialup"];
/// How virtual interfaces are called by those who make them; agents of OCS do not mark them.
const VIRTUAL_NAMES: [&str; 24] = [
    "bond",
    "br-",
    "cali",
    "cni",
    "docker",
    "dummy",
    "flannel",
    "ifb",
    "kube",
    "lxc",
    "lxd",
    "podman",
    "tap",
    "team",
    "tun",
    "utun",
    "vbox",
    "veth",
    "virbr",
    "vmnet",
    "vnet",
    "wg",
    "zt",
    "tailscale",
];

/// The addresses, sorted and without repetition, in lower case with colons.
pub(super) fn macs(rows: &[Row]) -> Vec<String> {
    let found: BTreeSet<String> = rows.iter().filter(|row| !is_virtual(row)).filter_map(|row| mac(row.get("mac")?)).collect();
    found.into_iter().collect()
}

fn is_virtual(row: &Row) -> bool {
    let kind = row.get("type").unwrap_or_default().to_ascii_lowercase();
    let name = row.get("description").unwrap_or_default().to_ascii_lowercase();
    row.is("virtualdev")
        || VIRTUAL_TYPES.contains(&kind.as_str())
        || VIRTUAL_NAMES.iter().any(|start| name.starts_with(start))
        || name.contains("virtual")
}

/// A universal unicast address in lower case; `None` for any other text.
fn mac(text: &str) -> Option<String> {
    let octets: Option<Vec<u8>> =
        text.split([':', '-']).map(|octet| (octet.len() == 2).then(|| u8::from_str_radix(octet, 16).ok())?).collect();
    let octets: [u8; 6] = octets?.try_into().ok()?;
    let [first, ..] = octets;
    let made_up = first & 0b10 != 0 || first & 0b01 != 0 || octets == [0; 6];
    (!made_up).then(|| octets.map(|octet| format!("{octet:02x}")).join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(description: &str, kind: &str, mac: &str, virtualdev: &str) -> Row {
        let mut row = Row::default();
        for (name, text) in [("DESCRIPTION", description), ("TYPE", kind), ("MACADDR", mac), ("VIRTUALDEV", virtualdev)] {
            row.put(None, name, text);
        }
        row
    }

    #[test]
    fn only_addresses_of_hardware_count() {
        for (description, kind, address, virtualdev, expected) in [
            ("eno1", "ethernet", "A4:BB:6D:12:34:56", "0", Some("a4:bb:6d:12:34:56")),
            ("Intel(R) Ethernet Connection", "ethernet", "A4-BB-6D-12-34-56", "", Some("a4:bb:6d:12:34:56")),
            ("vmxnet3 Ethernet Adapter", "ethernet", "00:50:56:12:34:56", "0", Some("00:50:56:12:34:56")),
            ("Red Hat VirtIO Ethernet Adapter", "", "a4:bb:6d:12:34:56", "", Some("a4:bb:6d:12:34:56")),
            ("brother printer", "wifi", "a4:bb:6d:12:34:56", "", Some("a4:bb:6d:12:34:56")),
            ("lo", "loopback", "00:00:00:00:00:00", "1", None),
            ("eno1", "ethernet", "a4:bb:6d:12:34:56", "1", None),
            ("br0", "bridge", "a4:bb:6d:12:34:56", "0", None),
            ("docker0", "ethernet", "a4:bb:6d:12:34:56", "0", None),
            ("veth12ab", "", "a4:bb:6d:12:34:56", "", None),
            ("VMware Virtual Ethernet Adapter for VMnet8", "ethernet", "00:50:56:c0:00:08", "", None),
            ("eth0", "ethernet", "02:fc:00:00:00:01", "0", None),
            ("eth0", "ethernet", "01:00:5e:00:00:01", "0", None),
            ("eth0", "ethernet", "00:00:00:00:00:00", "0", None),
            ("ib0", "infiniband", "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0a:0b:0c", "0", None),
            ("eth0", "ethernet", "a4bb6d123456", "0", None),
            ("eth0", "ethernet", "", "0", None),
        ] {
            assert_eq!(macs(&[row(description, kind, address, virtualdev)]), Vec::from_iter(expected), "{description}");
        }
    }

    #[test]
    fn an_interface_of_many_rows_has_one_address() {
        let rows = ["b0:00:00:00:00:02", "A0:00:00:00:00:02", "b0:00:00:00:00:02"].map(|mac| row("eth0", "ethernet", mac, "0"));
        assert_eq!(macs(&rows), ["a0:00:00:00:00:02", "b0:00:00:00:00:02"]);
    }

    proptest! {
        #[test]
        fn an_address_is_always_of_one_form(text in "[0-9A-Fa-f:-]{0,20}|.*") {
            prop_assert!(mac(&text).is_none_or(|mac| mac.len() == 17 && mac == mac.to_lowercase()));
        }
    }
}
