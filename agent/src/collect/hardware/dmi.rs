//! What the firmware says about the machine: SMBIOS through sysfs, or the device tree where there is no SMBIOS.
//!
//! In: `class/dmi/id` (or `devices/virtual/dmi/id`), the service's credentials, the device tree. Out: cleaned values, the raw
//! strings that give a hypervisor away, and what may not be read. sysinfo reads the same files but falls back to one under `/tmp`
//! that any user can write, so it is not asked.

use super::{
    junk,
    roots::{self, Roots},
};
use std::{io, path::PathBuf};

/// The firmware's values; `None` is missing, junk or forbidden.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Firmware {
    pub(super) product_uuid: Option<String>,
    pub(super) product_serial: Option<String>,
    pub(super) board_serial: Option<String>,
    pub(super) board_vendor: Option<String>,
    pub(super) board_model: Option<String>,
    pub(super) vendor: Option<String>,
    pub(super) model: Option<String>,
    pub(super) family: Option<String>,
    pub(super) sku: Option<String>,
    pub(super) asset_tag: Option<String>,
    pub(super) bios_vendor: Option<String>,
    pub(super) chassis_code: Option<u8>,
    pub(super) device_tree_chassis: Option<String>,
    /// Compatible string of the device tree's hypervisor node.
    pub(super) device_tree_hypervisor: Option<String>,
    /// Facts that exist but may not be read, with the remedy.
    pub(super) forbidden: Vec<String>,
}

/// Reads what the firmware says.
pub(super) fn read(roots: &Roots) -> Firmware {
    let mut firmware = match smbios_dir(roots) {
        Some(dir) => Smbios { roots, dir, forbidden: Vec::new() }.read(),
        None => Firmware {
            product_uuid: credential(roots, "dmi.uuid").and_then(|raw| junk::uuid(&raw)),
            product_serial: credential(roots, "dmi.serial").and_then(|raw| junk::serial(&raw)),
            board_serial: credential(roots, "dmi.board_serial").and_then(|raw| junk::serial(&raw)),
            ..Firmware::default()
        },
    };
    let property = |name: &str| device_tree(roots, name);
    firmware.product_serial = firmware.product_serial.or_else(|| property("serial-number").and_then(|raw| junk::serial(&raw)));
    firmware.model = firmware.model.or_else(|| property("model").and_then(|raw| junk::name(&raw)));
    firmware.device_tree_chassis = property("chassis-type").and_then(|raw| junk::name(&raw));
    firmware.device_tree_hypervisor = property("hypervisor/compatible").and_then(|raw| junk::name(&raw));
    firmware
}

struct Smbios<'a> {
    roots: &'a Roots,
    dir: PathBuf,
    forbidden: Vec<String>,
}

impl Smbios<'_> {
    fn read(mut self) -> Firmware {
        let product_uuid = self.root_only("product_uuid", Some("dmi.uuid"), junk::uuid);
        let product_serial = self.root_only("product_serial", Some("dmi.serial"), junk::serial);
        let board_serial = self
            .root_only("board_serial", None, junk::serial)
            .or_else(|| credential(self.roots, "dmi.board_serial").and_then(|raw| junk::serial(&raw)));
        Firmware {
            product_uuid,
            product_serial,
            board_serial,
            board_vendor: self.value("board_vendor", junk::name),
            board_model: self.value("board_name", junk::name),
            vendor: self.value("sys_vendor", junk::name),
            model: self.value("product_name", junk::name),
            family: self.value("product_family", junk::name),
            sku: self.value("product_sku", junk::serial),
            asset_tag: self.value("chassis_asset_tag", junk::serial).or_else(|| self.value("board_asset_tag", junk::serial)),
            bios_vendor: self.value("bios_vendor", junk::name),
            chassis_code: roots::number(&self.dir.join("chassis_type")),
            device_tree_chassis: None,
            device_tree_hypervisor: None,
            forbidden: self.forbidden,
        }
    }

    fn value(&self, file: &str, clean: fn(&str) -> Option<String>) -> Option<String> {
        clean(&roots::text(&self.dir.join(file))?)
    }

    /// A value only root may read. Without the credential the report says what is missing; a board's serial number alone does not
    /// make a report incomplete.
    fn root_only(&mut self, file: &str, credential_name: Option<&str>, clean: fn(&str) -> Option<String>) -> Option<String> {
        let path = self.dir.join(file);
        let forbidden = match roots::try_bytes(&path) {
            Ok(bytes) => return clean(&String::from_utf8_lossy(&bytes)),
            Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
        };
        let name = credential_name?;
        let given = credential(self.roots, name);
        if given.is_none() && forbidden {
            self.forbidden
                .push(format!("hardware: {file} is readable by root only; pass it to the service as the credential {name}"));
        }
        clean(&given?)
    }
}

fn smbios_dir(roots: &Roots) -> Option<PathBuf> {
    ["class/dmi/id", "devices/virtual/dmi/id"].iter().map(|dir| roots.sys.join(dir)).find(|dir| dir.is_dir())
}

fn credential(roots: &Roots, name: &str) -> Option<String> {
    roots::text(&roots.credentials.as_ref()?.join(name))
}

/// A property of the device tree: NUL-terminated strings, of which the first counts.
fn device_tree(roots: &Roots, property: &str) -> Option<String> {
    let bases = [roots.proc.join("device-tree"), roots.sys.join("firmware/devicetree/base")];
    let raw = bases.iter().find_map(|base| roots::text(&base.join(property)))?;
    raw.split('\0').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};
    use proptest::prelude::*;

    #[test]
    fn credentials_stand_in_for_what_only_root_may_read() {
        let machine = Machine::new()
            .file("sys/devices/virtual/dmi/id/sys_vendor", "LENOVO\n")
            .file("credentials/dmi.serial", "PF2ABCDE\n")
            .file("credentials/dmi.uuid", "none");
        let firmware = read(&machine.roots());
        assert_eq!(firmware.vendor.as_deref(), Some("LENOVO"));
        assert_eq!(firmware.product_serial.as_deref(), Some("PF2ABCDE"));
        assert_eq!(firmware.product_uuid, None, "the unit's default for a missing file is the word none");
        assert!(firmware.forbidden.is_empty());
    }

    #[test]
    fn a_forbidden_serial_is_said_to_be_missing() {
        let machine = Machine::new()
            .file("sys/class/dmi/id/product_name", "Latitude 7420\n")
            .forbidden("sys/class/dmi/id/product_serial", "7JXKL53\n");
        let firmware = read(&machine.roots());
        // A privileged test run can read every file; then there is nothing to say.
        if firmware.product_serial.is_none() {
            assert_eq!(firmware.forbidden.len(), 1);
            assert!(firmware.forbidden[0].contains("dmi.serial"), "{:?}", firmware.forbidden);
        } else {
            assert_eq!((firmware.product_serial.as_deref(), firmware.forbidden.len()), (Some("7JXKL53"), 0));
        }
    }

    #[test]
    fn a_device_tree_speaks_where_there_is_no_smbios() {
        let machine = Machine::new()
            .file("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
            .file("proc/device-tree/serial-number", "10000000abcdef01\0");
        let firmware = read(&machine.roots());
        assert_eq!(firmware.model.as_deref(), Some("Raspberry Pi 4 Model B Rev 1.4"));
        assert_eq!(firmware.product_serial.as_deref(), Some("10000000abcdef01"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut machine = Machine::new();
            for file in ["product_uuid", "product_serial", "board_name", "sys_vendor", "chassis_type", "chassis_asset_tag"] {
                machine = machine.file(&format!("sys/class/dmi/id/{file}"), &bytes);
            }
            let firmware = read(&machine.roots());
            prop_assert!(firmware.vendor.is_none_or(|vendor| vendor.chars().count() <= junk::LONGEST));
        }
    }
}
