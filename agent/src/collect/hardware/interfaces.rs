//! Permanent MAC addresses of the physical network interfaces.
//!
//! In: `/sys/class/net`. Out: sorted addresses, lower case with colons. Interfaces without a device behind them (bridges, docker,
//! veth, tun, loopback), virtual functions and addresses that somebody made up are left out: they say nothing about the machine.

use super::roots::{self, Roots};
use std::{collections::BTreeSet, path::Path};

/// `addr_assign_type` of an address that came with the hardware (`NET_ADDR_PERM`).
const PERMANENT: &str = "0";

/// The addresses, sorted and without repetition.
pub(super) fn macs(roots: &Roots) -> Vec<String> {
    let base = roots.sys.join("class/net");
    let found: BTreeSet<String> = roots::names(&base).iter().filter_map(|name| permanent(&base.join(name))).collect();
    found.into_iter().collect()
}

fn permanent(interface: &Path) -> Option<String> {
    let device = interface.join("device");
    let physical = device.symlink_metadata().is_ok_and(|device| device.is_symlink()) && !device.join("physfn").exists();
    let virtual_path = interface.canonicalize().is_ok_and(|path| path.components().any(|part| part.as_os_str() == "virtual"));
    if !physical || virtual_path {
        return None;
    }
    // The current address changes under a bond and with randomised Wi-Fi; these two files keep the one of the hardware.
    let kept = ["bonding_slave/perm_hwaddr", "phy80211/macaddress"].iter().find_map(|file| roots::text(&interface.join(file)));
    let current = || {
        let assigned = roots::text(&interface.join("addr_assign_type"))?;
        (assigned.trim() == PERMANENT).then(|| roots::text(&interface.join("address")))?
    };
    mac(&kept.or_else(current)?)
}

/// A universal unicast address in lower case; `None` for any other text.
fn mac(text: &str) -> Option<String> {
    let octets: Option<Vec<u8>> =
        text.trim().split(':').map(|octet| (octet.len() == 2).then(|| u8::from_str_radix(octet, 16).ok())?).collect();
    let octets: [u8; 6] = octets?.try_into().ok()?;
    let [first, ..] = octets;
    let made_up = first & 0b10 != 0 || first & 0b01 != 0 || octets == [0; 6];
    (!made_up).then(|| octets.map(|octet| format!("{octet:02x}")).join(":"))
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};
    use proptest::prelude::*;

    fn nic(machine: Machine, name: &str, slot: &str, address: &str, assign_type: &str) -> Machine {
        machine
            .device(
                &format!("sys/class/net/{name}"),
                &format!("sys/devices/pci0000:00/{slot}/net/{name}"),
                &[("address", address), ("addr_assign_type", assign_type)],
            )
            .link(&format!("sys/devices/pci0000:00/{slot}/net/{name}/device"), "../..")
    }

    #[test]
    fn only_addresses_of_hardware_count() {
        let mut machine = nic(Machine::new(), "eno1", "0000:00:1f.6", "A4:BB:6D:12:34:56", "0");
        machine = nic(machine, "wlan0", "0000:00:14.3", "12:34:56:78:9a:bc", "3")
            .file("sys/devices/pci0000:00/0000:00:14.3/net/wlan0/phy80211/macaddress", "3c:58:c2:00:11:22\n");
        machine = nic(machine, "eth7", "0000:07:00.0", "00:50:56:aa:bb:cc", "3");
        machine = nic(machine, "eth8", "0000:08:00.0", "02:fc:00:00:00:01", "0");
        machine = nic(machine, "slave0", "0000:09:00.0", "a4:bb:6d:12:34:56", "3")
            .file("sys/devices/pci0000:00/0000:09:00.0/net/slave0/bonding_slave/perm_hwaddr", "a4:bb:6d:12:34:57\n");
        machine = nic(machine, "vf0", "0000:0a:00.1", "a4:bb:6d:99:99:99", "0")
            .file("sys/devices/pci0000:00/0000:0a:00.1/physfn/vendor", "0x8086");
        machine = nic(machine, "ib0", "0000:0b:00.0", "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1", "0");
        for (name, address) in [("lo", "00:00:00:00:00:00"), ("docker0", "00:42:ac:11:00:01"), ("veth1", "00:16:3e:00:00:01")] {
            machine = machine.device(
                &format!("sys/class/net/{name}"),
                &format!("sys/devices/virtual/net/{name}"),
                &[("address", address), ("addr_assign_type", "0")],
            );
        }
        machine = machine.file("sys/class/net/bonding_masters", "bond0\n");
        assert_eq!(macs(&machine.roots()), ["3c:58:c2:00:11:22", "a4:bb:6d:12:34:56", "a4:bb:6d:12:34:57"]);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_an_address(text in "[0-9a-fA-F:xX\\n ]{0,24}") {
            if let Some(mac) = mac(&text) {
                prop_assert_eq!(mac.len(), 17);
                prop_assert_eq!(mac, text.trim().to_lowercase());
            }
        }
    }
}
