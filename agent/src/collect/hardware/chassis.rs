//! What kind of machine this is.
//!
//! In: the SMBIOS chassis code, the ACPI power profile, the device tree's chassis type and whether a hypervisor was found. Out: the
//! kind with the raw code and where it comes from. The table is systemd-hostnamed's, extended by the codes it leaves out as
//! "not really obvious"; code and source are reported so that an administrator can overrule it.

use muster_wire::hardware::{Chassis, ChassisKind};

/// SMBIOS sets this bit when the chassis has a lock.
const WITHOUT_LOCK: u8 = 0x7F;

/// What the platform says about the chassis; every part may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// A hypervisor or container runtime was found: that decides, because the other values are the host's or invented.
    pub virtualized: bool,
    /// SMBIOS type 3, chassis type, lock bit included.
    pub dmi: Option<u8>,
    /// ACPI FADT, preferred power management profile.
    pub pm_profile: Option<u8>,
    /// Device tree, root property `chassis-type`.
    pub device_tree: Option<&'a str>,
}

/// The kind of machine, by the first source that knows: virtualization, DMI, ACPI, device tree.
pub fn decide(evidence: Evidence<'_>) -> Chassis {
    let code = evidence.dmi.map(|code| code & WITHOUT_LOCK);
    let (kind, source) = if evidence.virtualized {
        (ChassisKind::Virtual, "virtualization")
    } else if let Some(kind) = code.and_then(from_smbios) {
        (kind, "dmi")
    } else if let Some(kind) = evidence.pm_profile.and_then(from_pm_profile) {
        (kind, "acpi")
    } else if let Some(kind) = evidence.device_tree.and_then(from_device_tree) {
        (kind, "device-tree")
    } else {
        (ChassisKind::Other, "none")
    };
    Chassis { kind, code, source: Some(source.to_owned()) }
}

fn from_smbios(code: u8) -> Option<ChassisKind> {
    Some(match code {
        0x03..=0x07 | 0x0D | 0x0F | 0x10 | 0x18 | 0x23 | 0x24 => ChassisKind::Desktop,
        0x08 | 0x09 | 0x0A | 0x0E => ChassisKind::Laptop,
        0x1F | 0x20 => ChassisKind::Convertible,
        0x1E => ChassisKind::Tablet,
        0x0B => ChassisKind::Handset,
        0x11 | 0x17 | 0x19 | 0x1C | 0x1D => ChassisKind::Server,
        0x21 | 0x22 => ChassisKind::Embedded,
        _ => return None,
    })
}

fn from_pm_profile(profile: u8) -> Option<ChassisKind> {
    Some(match profile {
        1 | 3 | 6 => ChassisKind::Desktop,
        2 => ChassisKind::Laptop,
        4 | 5 | 7 => ChassisKind::Server,
        8 => ChassisKind::Tablet,
        _ => return None,
    })
}

fn from_device_tree(chassis_type: &str) -> Option<ChassisKind> {
    Some(match chassis_type {
        "desktop" | "all-in-one" => ChassisKind::Desktop,
        "laptop" => ChassisKind::Laptop,
        "convertible" => ChassisKind::Convertible,
        "tablet" => ChassisKind::Tablet,
        "handset" => ChassisKind::Handset,
        "server" => ChassisKind::Server,
        "embedded" | "television" | "watch" | "spectacles" => ChassisKind::Embedded,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChassisKind::*;

    fn check(evidence: Evidence<'_>, kind: ChassisKind, source: &str) {
        let chassis = decide(evidence);
        assert_eq!((chassis.kind, chassis.source.as_deref()), (kind, Some(source)), "{evidence:?}");
    }

    #[test]
    fn every_smbios_code_has_its_kind() {
        let kinds: &[(ChassisKind, &[u8])] = &[
            (Desktop, &[0x03, 0x04, 0x05, 0x06, 0x07, 0x0D, 0x0F, 0x10, 0x18, 0x23, 0x24]),
            (Laptop, &[0x08, 0x09, 0x0A, 0x0E]),
            (Convertible, &[0x1F, 0x20]),
            (Tablet, &[0x1E]),
            (Handset, &[0x0B]),
            (Server, &[0x11, 0x17, 0x1C, 0x1D, 0x19]),
            (Embedded, &[0x21, 0x22]),
            (Other, &[0x00, 0x01, 0x02, 0x0C, 0x12, 0x13, 0x14, 0x15, 0x16, 0x1A, 0x1B, 0x25, 0x7F]),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for (kind, codes) in kinds {
            for code in *codes {
                seen.insert(*code);
                let source = if *kind == Other { "none" } else { "dmi" };
                check(Evidence { dmi: Some(*code), ..Evidence::default() }, *kind, source);
                check(Evidence { dmi: Some(*code | 0x80), ..Evidence::default() }, *kind, source);
                assert_eq!(decide(Evidence { dmi: Some(*code | 0x80), ..Evidence::default() }).code, Some(*code));
            }
        }
        for code in (0..=0x7F).filter(|code| !seen.contains(code)) {
            check(Evidence { dmi: Some(code), ..Evidence::default() }, Other, "none");
        }
    }

    #[test]
    fn the_first_source_that_knows_decides() {
        let all = Evidence { virtualized: true, dmi: Some(0x0A), pm_profile: Some(4), device_tree: Some("tablet") };
        check(all, Virtual, "virtualization");
        assert_eq!(decide(all).code, Some(0x0A), "the raw code is kept");
        check(Evidence { virtualized: false, ..all }, Laptop, "dmi");
        check(Evidence { virtualized: false, dmi: Some(0x01), ..all }, Server, "acpi");
        check(Evidence { virtualized: false, dmi: None, ..all }, Server, "acpi");
        check(Evidence { virtualized: false, dmi: None, pm_profile: Some(0), ..all }, Tablet, "device-tree");
        check(Evidence::default(), Other, "none");
        for (profile, kind) in
            [(1, Desktop), (2, Laptop), (3, Desktop), (4, Server), (5, Server), (6, Desktop), (7, Server), (8, Tablet)]
        {
            check(Evidence { pm_profile: Some(profile), ..Evidence::default() }, kind, "acpi");
        }
        check(Evidence { device_tree: Some("toaster"), ..Evidence::default() }, Other, "none");
    }
}
