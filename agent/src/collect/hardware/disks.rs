//! Physical disks that belong to the machine.
//!
//! In: `/sys/block`. Out: name, size, model and serial number of each, sorted by name. Partitions, loop devices, memory disks,
//! volumes, optical and removable drives and anything on USB are left out: plugging a stick in must not look like new hardware.

use super::{
    junk,
    roots::{self, Roots},
};
use muster_wire::hardware::Disk;
use std::path::Path;

/// `size` counts in these, whatever the disk's own block size is.
const SECTOR_BYTES: u64 = 512;
/// Most disks that are reported; a storage server's thousand paths do not identify it better.
const MOST: usize = 128;

/// The disks, sorted by name.
pub(super) fn disks(roots: &Roots) -> Vec<Disk> {
    let base = roots.sys.join("block");
    roots::names(&base).into_iter().filter_map(|name| disk(&base.join(&name), name)).take(MOST).collect()
}

fn disk(dir: &Path, name: String) -> Option<Disk> {
    let device = dir.join("device");
    let flag = |file: &str| roots::number::<u8>(&dir.join(file)).unwrap_or(0) != 0;
    let usb = dir
        .canonicalize()
        .is_ok_and(|path| path.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"usb")));
    let other = ["sr", "fd", "loop", "ram", "zram", "dm-", "md", "nbd"].iter().any(|kind| name.starts_with(kind));
    let area = name.starts_with("mmcblk") && (name.contains("boot") || name.contains("rpmb") || name.contains("gp"));
    if other || area || usb || flag("removable") || flag("hidden") || device.symlink_metadata().is_err() {
        return None;
    }
    let size_bytes = roots::number::<u64>(&dir.join("size"))?.checked_mul(SECTOR_BYTES).filter(|size| *size > 0)?;
    let text = |path: &Path| roots::text(path);
    let model = text(&device.join("model")).or_else(|| text(&device.join("name"))).and_then(|raw| junk::name(&raw));
    let serial = text(&device.join("serial"))
        .or_else(|| text(&dir.join("serial")))
        .or_else(|| roots::bytes(&device.join("vpd_pg80")).and_then(|page| unit_serial(&page)))
        .and_then(|raw| junk::serial(&raw));
    Some(Disk { name, size_bytes, model, serial })
}

/// The text of SCSI vital product data page 80h, "unit serial number": 4 bytes of header, of which the last two are the length.
fn unit_serial(page: &[u8]) -> Option<String> {
    let (header, rest) = page.split_at_checked(4)?;
    let [_, 0x80, high, low] = *header else { return None };
    let text = rest.get(..usize::from(u16::from_be_bytes([high, low])))?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};
    use proptest::prelude::*;

    #[test]
    fn only_disks_of_the_machine_count() {
        let sata = "sys/devices/pci0000:00/ata1/host0/block/sda";
        let nvme = "sys/devices/pci0000:00/nvme/nvme0/nvme0n1";
        let mut machine = Machine::new()
            .device("sys/block/sda", sata, &[("size", "1953525168"), ("removable", "0")])
            .file(&format!("{sata}/device_/model"), "Samsung SSD 870 \n")
            .file(&format!("{sata}/device_/vpd_pg80"), b"\x00\x80\x00\x0fS5SXNG0R123456A")
            .link(&format!("{sata}/device"), "device_")
            .device("sys/block/nvme0n1", nvme, &[("size", "1000215216"), ("removable", "0"), ("hidden", "0")])
            .files("sys/devices/pci0000:00/nvme/nvme0", &[("model", "PC SN730 NVMe WDC 512GB"), ("serial", "21024D801234")])
            .link(&format!("{nvme}/device"), "../../nvme0")
            .device("sys/block/vda", "sys/devices/pci0000:00/virtio1/block/vda", &[("size", "8"), ("serial", "")])
            .link("sys/devices/pci0000:00/virtio1/block/vda/device", "../..");
        for (name, device, removable, size) in [
            ("sdb", "sys/devices/pci0000:00/usb1/1-4/host6/block/sdb", "0", "60063744"),
            ("sdc", "sys/devices/pci0000:00/host7/block/sdc", "1", "60063744"),
            ("sdd", "sys/devices/pci0000:00/host8/block/sdd", "0", "0"),
            ("sr0", "sys/devices/pci0000:00/host9/block/sr0", "1", "2097151"),
            ("mmcblk0boot0", "sys/devices/platform/mmc0/block/mmcblk0boot0", "0", "8192"),
        ] {
            machine = machine
                .device(&format!("sys/block/{name}"), device, &[("size", size), ("removable", removable)])
                .link(&format!("{device}/device"), "../..");
        }
        machine = machine.device("sys/block/dm-0", "sys/devices/virtual/block/dm-0", &[("size", "100")]);
        machine = machine.device("sys/block/xvdz", "sys/devices/virtual/block/xvdz", &[("size", "100")]);
        let got: Vec<(String, u64, Option<String>, Option<String>)> =
            disks(&machine.roots()).into_iter().map(|disk| (disk.name, disk.size_bytes, disk.model, disk.serial)).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            got,
            [
                ("nvme0n1".to_owned(), 512_110_190_592, some("PC SN730 NVMe WDC 512GB"), some("21024D801234")),
                ("sda".to_owned(), 1_000_204_886_016, some("Samsung SSD 870"), some("S5SXNG0R123456A")),
                ("vda".to_owned(), 4096, None, None),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_page_is_survived(page in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(unit_serial(&page).is_none() || page[1] == 0x80);
        }
    }
}
