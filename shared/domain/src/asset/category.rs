//! The model categories that exist from the start, and which one a machine gets from its chassis.
//!
//! Ids are UUID version 5 of the name in the namespace `d976bf37-203e-507c-835c-a69a1335e158` (itself version 5 of
//! `urn:muster:model-category` in the URL namespace), so that every installation has the same ones.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::CategoryId;

/// A model category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category {
    /// Its id, the same in every installation.
    pub id: CategoryId,
    /// Its name, as the published list spells it.
    pub name: &'static str,
    /// The asset class of its assets.
    pub class: &'static str,
}

const fn seed(name: &'static str, id: u128) -> Category {
    Category { id: CategoryId(Uuid::from_u128(id)), name, class: "alm_hardware" }
}

/// Every category that exists after `init`.
pub static SEEDED: [Category; 25] = [
    seed("Computer", 0x1dc9d1b2_1ed5_5197_9db8_3ecbd0518373),
    seed("AIX Server", 0xbbced33f_e15a_5624_9d0f_3659e406605a),
    seed("ESX Server", 0x575dffa9_193f_57c2_b056_a7e9edc954de),
    seed("HPUX Server", 0x790f3512_c40f_552e_bb88_3debc0fee9ab),
    seed("Linux server", 0x2ad913f0_6bb6_59b9_b8ec_847bdd633389),
    seed("Netware Server", 0x38bc5612_675f_58b2_84d0_03853769e2e0),
    seed("OS/X Server", 0x2f4c408e_6ab7_572e_abed_0a812cf0b456),
    seed("Server", 0x309a6432_9497_5b6f_9a7e_3ba4a8441ebb),
    seed("Solaris Server", 0xe2d96de0_7f35_53e7_b7fb_a25781a38187),
    seed("Unix Server", 0xfa87f980_d51f_5a8d_aa9f_46dc115cd1e4),
    seed("Windows Server", 0x397f2421_9e5c_5ef2_af6a_0ead495c4e24),
    seed("Network gear", 0x28973c14_6674_5d37_b580_0bb58c3a2689),
    seed("IP Switch", 0xccf9a100_c649_56fc_951b_5c7382b456c6),
    seed("IP Router", 0x282a4638_5bad_5cdd_9fa1_6cef9b58b0e4),
    seed("Mobile Device", 0x71e40a52_041d_572d_aff5_5b6a0ed54dca),
    seed("Card", 0xd38441e1_3179_56dc_b834_5966425fd331),
    seed("Network Interface", 0x8522d458_eab7_5a54_a299_fc45e0d95f71),
    seed("Logical connection", 0x523c902d_da4d_5303_9e23_32ca51e2e151),
    seed("Physical connection", 0x656a8233_db49_5ffe_9c44_d99b8dabe670),
    seed("Telco equipment", 0xb1249ba1_f153_5fb7_87d1_64f7985e0dd3),
    seed("Hardware", 0xc719180b_c67b_560a_8184_a5e4c16c2053),
    seed("Monitor", 0x1ca13b66_da7a_5c49_990f_9a52649bcbf3),
    seed("Storage Device", 0x3af3d697_58c7_51e9_a8d2_0590a4c5ecbe),
    seed("Printer", 0xdcc7a117_03a0_553f_b225_26c3b993263d),
    Category {
        id: CategoryId(Uuid::from_u128(0xb5e5412c_d914_599c_b7e5_3accc5bfe8d7)),
        name: "Consumables",
        class: "alm_consumable",
    },
];

/// The seeded category of a name, compared without case.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Category> {
    SEEDED.iter().find(|category| category.name.eq_ignore_ascii_case(name.trim()))
}

/// The seeded category of an id.
#[must_use]
pub fn by_id(id: CategoryId) -> Option<&'static Category> {
    SEEDED.iter().find(|category| category.id == id)
}

/// What kind of machine an agent recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineKind {
    /// A virtual machine.
    Virtual,
    /// A desktop.
    Desktop,
    /// A laptop.
    Laptop,
    /// A laptop that folds into a tablet.
    Convertible,
    /// A tablet.
    Tablet,
    /// A handset.
    Handset,
    /// A server.
    Server,
    /// An embedded machine.
    Embedded,
    /// Not known.
    Other,
}

/// The name of the model category of a machine (contract 2.2): by its chassis; a server and a virtual machine by the
/// system that runs on it. A virtual machine with a desktop system, or one that is not known, is a Computer.
///
/// `os_family` is `linux`, `windows`, `macos`...; `os_name` the distribution or edition ("Windows Server 2022").
#[must_use]
pub fn for_chassis(kind: MachineKind, os_family: Option<&str>, os_name: Option<&str>) -> &'static str {
    match kind {
        MachineKind::Desktop | MachineKind::Laptop | MachineKind::Convertible | MachineKind::Embedded | MachineKind::Other => {
            "Computer"
        }
        MachineKind::Tablet | MachineKind::Handset => "Mobile Device",
        MachineKind::Server => server_category(os_family, os_name).unwrap_or("Server"),
        MachineKind::Virtual => {
            let desktop_system = match family(os_family) {
                Family::Windows => !is_server_edition(os_name),
                Family::Mac => true,
                Family::Server(_) | Family::Unknown => false,
            };
            if desktop_system { "Computer" } else { server_category(os_family, os_name).unwrap_or("Computer") }
        }
    }
}

enum Family {
    Windows,
    Mac,
    Server(&'static str),
    Unknown,
}

fn family(os_family: Option<&str>) -> Family {
    let Some(text) = os_family else { return Family::Unknown };
    match text.trim().to_ascii_lowercase().as_str() {
        "windows" => Family::Windows,
        "macos" | "darwin" | "mac os" | "mac os x" | "os x" => Family::Mac,
        "linux" => Family::Server("Linux server"),
        "aix" => Family::Server("AIX Server"),
        "hpux" | "hp-ux" => Family::Server("HPUX Server"),
        "sunos" | "solaris" | "illumos" => Family::Server("Solaris Server"),
        "esx" | "esxi" | "vmkernel" | "vmware" => Family::Server("ESX Server"),
        "netware" => Family::Server("Netware Server"),
        "freebsd" | "netbsd" | "openbsd" | "dragonfly" | "unix" => Family::Server("Unix Server"),
        _ => Family::Unknown,
    }
}

fn server_category(os_family: Option<&str>, os_name: Option<&str>) -> Option<&'static str> {
    match family(os_family) {
        Family::Windows => Some("Windows Server"),
        Family::Mac => Some("OS/X Server"),
        Family::Server(name) => Some(name),
        Family::Unknown if is_server_edition(os_name) => Some("Server"),
        Family::Unknown => None,
    }
}

fn is_server_edition(os_name: Option<&str>) -> bool {
    os_name.is_some_and(|name| name.to_ascii_lowercase().contains("server"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_gets_the_category_of_its_chassis_and_system() {
        use MachineKind::*;
        let check = |kind, family: Option<&str>, name: Option<&str>, expected: &str| {
            assert_eq!(for_chassis(kind, family, name), expected, "{kind:?} {family:?} {name:?}");
            assert!(by_name(expected).is_some(), "{expected} is not seeded");
        };
        for kind in [Desktop, Laptop, Convertible, Embedded, Other] {
            check(kind, Some("linux"), Some("Debian GNU/Linux"), "Computer");
        }
        check(Tablet, Some("linux"), None, "Mobile Device");
        check(Handset, None, None, "Mobile Device");
        check(Server, Some("linux"), Some("Debian GNU/Linux"), "Linux server");
        check(Server, Some("Windows"), Some("Windows Server 2022"), "Windows Server");
        check(Server, Some("windows"), Some("Windows 11"), "Windows Server");
        check(Server, Some("macos"), None, "OS/X Server");
        check(Server, Some("plan9"), None, "Server");
        check(Server, None, None, "Server");
        check(Virtual, Some("linux"), Some("Debian GNU/Linux"), "Linux server");
        check(Virtual, Some("windows"), Some("Windows Server 2022 Datacenter"), "Windows Server");
        check(Virtual, Some("windows"), Some("Windows 11 Pro"), "Computer");
        check(Virtual, Some("windows"), None, "Computer");
        check(Virtual, Some("macos"), Some("macOS"), "Computer");
        check(Virtual, Some("aix"), None, "AIX Server");
        check(Virtual, Some("hp-ux"), None, "HPUX Server");
        check(Virtual, Some("sunos"), None, "Solaris Server");
        check(Virtual, Some("vmkernel"), None, "ESX Server");
        check(Virtual, Some("freebsd"), None, "Unix Server");
        check(Virtual, Some("haiku"), None, "Computer");
        check(Virtual, None, Some("Some Server 3"), "Server");
        check(Virtual, None, None, "Computer");
    }

    #[test]
    fn seeded_ids_and_names_are_distinct() {
        let ids: std::collections::BTreeSet<_> = SEEDED.iter().map(|category| category.id).collect();
        let names: std::collections::BTreeSet<_> = SEEDED.iter().map(|category| category.name.to_lowercase()).collect();
        assert_eq!((ids.len(), names.len()), (SEEDED.len(), SEEDED.len()));
        for category in &SEEDED {
            assert_eq!(category.id.0.get_version_num(), 5);
            assert_eq!(by_id(category.id).map(|found| found.name), by_name(category.name).map(|found| found.name));
        }
    }
}
