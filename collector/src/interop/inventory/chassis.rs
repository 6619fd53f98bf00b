//! What kind of machine it is, and what it runs on.
//!
//! In: the rows of `hardware` and `bios`. Out: chassis and virtualization as our own agent reports them. Agents say the chassis in
//! SMBIOS's words; whether it is virtual they say in words of their own, and when they do not know they say "Physical".

use super::{content::Row, values::told};
use muster_wire::hardware::{Chassis, ChassisKind};

/// Words of SMBIOS for a chassis, letters and digits alone, with their code and what it is. `dmidecode` and Windows differ in some.
const CHASSIS: [(&str, u8, ChassisKind); 40] = [
    ("desktop", 0x03, ChassisKind::Desktop),
    ("lowprofiledesktop", 0x04, ChassisKind::Desktop),
    ("pizzabox", 0x05, ChassisKind::Desktop),
    ("minitower", 0x06, ChassisKind::Desktop),
    ("tower", 0x07, ChassisKind::Desktop),
    ("portable", 0x08, ChassisKind::Laptop),
    ("laptop", 0x09, ChassisKind::Laptop),
    ("notebook", 0x0A, ChassisKind::Laptop),
    ("handheld", 0x0B, ChassisKind::Handset),
    ("dockingstation", 0x0C, ChassisKind::Other),
    ("allinone", 0x0D, ChassisKind::Desktop),
    ("subnotebook", 0x0E, ChassisKind::Laptop),
    ("spacesaving", 0x0F, ChassisKind::Desktop),
    ("lunchbox", 0x10, ChassisKind::Desktop),
    ("mainserverchassis", 0x11, ChassisKind::Server),
    ("mainsystemchassis", 0x11, ChassisKind::Server),
    ("expansionchassis", 0x12, ChassisKind::Other),
    ("subchassis", 0x13, ChassisKind::Other),
    ("busexpansionchassis", 0x14, ChassisKind::Other),
    ("peripheralchassis", 0x15, ChassisKind::Other),
    ("raidchassis", 0x16, ChassisKind::Other),
    ("storagechassis", 0x16, ChassisKind::Other),
    ("rackmountchassis", 0x17, ChassisKind::Server),
    ("rackmount", 0x17, ChassisKind::Server),
    ("sealedcasepc", 0x18, ChassisKind::Desktop),
    ("multisystem", 0x19, ChassisKind::Server),
    ("compactpci", 0x1A, ChassisKind::Other),
    ("advancedtca", 0x1B, ChassisKind::Other),
    ("blade", 0x1C, ChassisKind::Server),
    ("bladeenclosing", 0x1D, ChassisKind::Server),
    ("bladeenclosure", 0x1D, ChassisKind::Server),
    ("tablet", 0x1E, ChassisKind::Tablet),
    ("convertible", 0x1F, ChassisKind::Convertible),
    ("detachable", 0x20, ChassisKind::Convertible),
    ("iotgateway", 0x21, ChassisKind::Embedded),
    ("embeddedpc", 0x22, ChassisKind::Embedded),
    ("minipc", 0x23, ChassisKind::Desktop),
    ("stickpc", 0x24, ChassisKind::Desktop),
    ("other", 0x01, ChassisKind::Other),
    ("unknown", 0x02, ChassisKind::Other),
];

/// Models of a maker that has no SMBIOS.
const MODELS: [(&str, ChassisKind); 5] = [
    ("macbook", ChassisKind::Laptop),
    ("imac", ChassisKind::Desktop),
    ("macmini", ChassisKind::Desktop),
    ("macpro", ChassisKind::Desktop),
    ("macstudio", ChassisKind::Desktop),
];

/// Words of agents for what a machine runs on, by a part of them: our own agent's word, and whether it is a container.
const RUNNERS: [(&str, &str, bool); 24] = [
    ("docker", "docker", true),
    ("podman", "podman", true),
    ("kube", "kubernetes", true),
    ("lxc", "lxc", true),
    ("nspawn", "systemd-nspawn", true),
    ("openvz", "openvz", true),
    ("virtuozzo", "openvz", true),
    ("vserver", "vserver", true),
    ("wsl", "wsl", true),
    ("jail", "jail", true),
    ("zone", "zone", true),
    ("vmware", "vmware", false),
    ("virtualbox", "oracle", false),
    ("hyper-v", "hyper-v", false),
    ("hyperv", "hyper-v", false),
    ("virtual machine", "hyper-v", false),
    ("xen", "xen", false),
    ("kvm", "kvm", false),
    ("qemu", "qemu", false),
    ("parallels", "parallels", false),
    ("bhyve", "bhyve", false),
    ("lpar", "powervm", false),
    ("amazon", "amazon", false),
    ("google", "google", false),
];

/// What was made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) chassis: Chassis,
    pub(super) virtualization: Option<String>,
    pub(super) container: bool,
}

/// The kind of a machine.
pub(super) fn kind(hardware: &Row, bios: &Row) -> Kind {
    let runner = stated(hardware.get("vmsystem").unwrap_or_default()).or_else(|| from_firmware(bios));
    let known = hardware.get("chassis_type").and_then(known).or_else(|| known(bios.get("type")?));
    let code = known.and_then(|(code, _)| code);
    let (kind, source) = match known {
        _ if runner.is_some() => (ChassisKind::Virtual, "virtualization"),
        Some((_, kind)) if kind != ChassisKind::Other => (kind, "dmi"),
        _ => match model(bios) {
            Some(kind) => (kind, "dmi"),
            None => (ChassisKind::Other, "none"),
        },
    };
    let (virtualization, container) = runner.map_or((None, false), |(name, container)| (Some(name), container));
    Kind { chassis: Chassis { kind, code, source: Some(source.to_owned()) }, virtualization, container }
}

/// What the agent says it runs on; `None` for hardware, and where it says nothing.
fn stated(text: &str) -> Option<(String, bool)> {
    let lower = text.to_lowercase();
    if ["", "physical", "none", "unknown"].contains(&lower.as_str()) {
        return None;
    }
    let known = RUNNERS.iter().find(|(part, ..)| lower.contains(part));
    Some(known.map_or_else(|| ("vm-other".to_owned(), false), |(_, name, container)| ((*name).to_owned(), *container)))
}

/// What the firmware names; some agents do not look. Makers of hypervisors also make machines, so the model decides where it must.
fn from_firmware(bios: &Row) -> Option<(String, bool)> {
    let text = |field: &str| bios.get(field).unwrap_or_default();
    let (vendor, model, board) = (text("smanufacturer"), text("smodel"), text("mmodel"));
    let name = match () {
        () if vendor.contains("VMware") || model.contains("VMware") => "vmware",
        () if vendor.contains("innotek") || model.contains("VirtualBox") || board.contains("VirtualBox") => "oracle",
        () if vendor.contains("Microsoft") && model.contains("Virtual Machine") => "hyper-v",
        () if vendor.contains("Amazon EC2") && !model.contains(".metal") => "amazon",
        () if model.contains("Google Compute Engine") => "google",
        () if vendor.starts_with("Xen") => "xen",
        () if vendor.contains("Parallels") => "parallels",
        () if vendor.contains("BHYVE") || model.contains("BHYVE") => "bhyve",
        () if model == "KVM" || model.contains("OpenStack") || model.contains("KubeVirt") => "kvm",
        () if vendor.contains("QEMU") || model.contains("QEMU") => "qemu",
        () => return None,
    };
    Some((name.to_owned(), false))
}

fn known(text: &str) -> Option<(Option<u8>, ChassisKind)> {
    let bare = bare(text);
    let smbios = CHASSIS.iter().find(|(name, ..)| *name == bare).map(|(_, code, kind)| (Some(*code), *kind));
    smbios.or_else(|| MODELS.iter().find(|(name, _)| bare.starts_with(name)).map(|(_, kind)| (None, *kind)))
}

fn model(bios: &Row) -> Option<ChassisKind> {
    let bare = bare(&told(bios.get("smodel")?)?);
    MODELS.iter().find(|(name, _)| bare.starts_with(name)).map(|(_, kind)| *kind)
}

fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChassisKind::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        let mut row = Row::default();
        fields.iter().for_each(|(name, text)| row.put(None, name, text));
        row
    }

    #[test]
    fn the_chassis_is_said_in_words() {
        for (text, kind, code, source) in [
            ("Desktop", Desktop, Some(0x03), "dmi"),
            ("Mini Tower", Desktop, Some(0x06), "dmi"),
            ("Notebook", Laptop, Some(0x0A), "dmi"),
            ("Sub Notebook", Laptop, Some(0x0E), "dmi"),
            ("All in One", Desktop, Some(0x0D), "dmi"),
            ("Hand Held", Handset, Some(0x0B), "dmi"),
            ("Space-Saving", Desktop, Some(0x0F), "dmi"),
            ("Main Server Chassis", Server, Some(0x11), "dmi"),
            ("Main System Chassis", Server, Some(0x11), "dmi"),
            ("Rack Mount Chassis", Server, Some(0x17), "dmi"),
            ("Blade", Server, Some(0x1C), "dmi"),
            ("Convertible", Convertible, Some(0x1F), "dmi"),
            ("Tablet", Tablet, Some(0x1E), "dmi"),
            ("IoT Gateway", Embedded, Some(0x21), "dmi"),
            ("MacBook Pro", Laptop, None, "dmi"),
            ("Other", Other, Some(0x01), "none"),
            ("Unknown", Other, Some(0x02), "none"),
            ("Docking Station", Other, Some(0x0C), "none"),
            ("Toaster", Other, None, "none"),
            ("", Other, None, "none"),
        ] {
            let expected = Chassis { kind, code, source: Some(source.to_owned()) };
            let physical = super::kind(&row(&[("CHASSIS_TYPE", text), ("VMSYSTEM", "Physical")]), &Row::default());
            assert_eq!(physical, Kind { chassis: expected.clone(), virtualization: None, container: false }, "{text}");
            assert_eq!(super::kind(&Row::default(), &row(&[("TYPE", text)])).chassis, expected, "OCS: {text}");
        }
        let codes: std::collections::BTreeSet<u8> = CHASSIS.iter().map(|(_, code, _)| *code).collect();
        assert_eq!(codes, (0x01..=0x24).collect(), "every code has a word");
        assert_eq!(kind(&Row::default(), &row(&[("SMODEL", "Macmini9,1")])).chassis.kind, Desktop);
    }

    #[test]
    fn what_it_runs_on_decides() {
        for (stated, vendor, model, expected, container) in [
            ("Docker", "", "", Some("docker"), true),
            ("lxc", "", "", Some("lxc"), true),
            ("systemd-nspawn", "", "", Some("systemd-nspawn"), true),
            ("WSL", "", "", Some("wsl"), true),
            ("BSDJail", "", "", Some("jail"), true),
            ("SolarisZone", "", "", Some("zone"), true),
            ("VMware", "VMware, Inc.", "VMware7,1", Some("vmware"), false),
            ("VirtualBox", "", "", Some("oracle"), false),
            ("Hyper-V", "", "", Some("hyper-v"), false),
            ("Virtual Machine", "", "", Some("hyper-v"), false),
            ("QEMU", "", "", Some("qemu"), false),
            ("KVM", "", "", Some("kvm"), false),
            ("AIX_LPAR", "", "", Some("powervm"), false),
            ("New Thing", "", "", Some("vm-other"), false),
            ("Physical", "VMware, Inc.", "VMware Virtual Platform", Some("vmware"), false),
            ("", "Microsoft Corporation", "Virtual Machine", Some("hyper-v"), false),
            ("", "Microsoft Corporation", "Surface Laptop 4", None, false),
            ("", "Amazon EC2", "m5.metal", None, false),
            ("Physical", "Dell Inc.", "Latitude 7420", None, false),
        ] {
            let hardware = row(&[("VMSYSTEM", stated), ("CHASSIS_TYPE", "Laptop")]);
            let kind = kind(&hardware, &row(&[("SMANUFACTURER", vendor), ("SMODEL", model)]));
            assert_eq!((kind.virtualization.as_deref(), kind.container), (expected, container), "{stated} {model}");
            let virtual_one = (kind.chassis.kind == Virtual, kind.chassis.source.as_deref() == Some("virtualization"));
            assert_eq!(virtual_one, (expected.is_some(), expected.is_some()));
            assert_eq!(kind.chassis.code, Some(0x09), "the code is kept");
        }
    }
}
