//! The machine of an inventory, as our own agent would report it.
//!
//! In: the content of an inventory. Out: hardware. A partial inventory leaves out the sections that have not changed, so each section
//! replaces what it speaks of and nothing else; a full one is the same upon nothing. What only our own agent knows stays as it was.

use super::{
    chassis::{self, Kind},
    content::{Content, Row},
    disks::{disks, scaled},
    macs::macs,
    system,
    values::{field, told, uuid},
};
use muster_wire::hardware::{Cpu, Hardware, Os};

/// Agents count memory in units of this many bytes.
const MEBIBYTE: u64 = 1024 * 1024;
/// Programs of this name count the threads of a core; all others those of a processor.
const COUNTS_BY_CORE: &str = "GLPI";

/// The machine of a full inventory.
#[must_use]
pub fn hardware(content: &Content) -> Hardware {
    merge(Hardware::default(), content)
}

/// The machine after a partial inventory: what was known of it, and what the sections that were sent say instead.
#[must_use]
pub fn merge(previous: Hardware, content: &Content) -> Hardware {
    // Taken apart so that a new fact does not compile until someone decides which section says it.
    let Hardware {
        product_uuid,
        product_serial,
        board_serial,
        board_vendor,
        board_model,
        vendor,
        model,
        family,
        sku,
        asset_tag,
        chassis,
        machine_id_hash,
        macs: addresses,
        cpu,
        memory_bytes,
        disks: storages,
        virtualization,
        container,
        os,
        hostname,
    } = previous;
    let none = Row::default();
    let (bios, machine) = (content.row("bios").unwrap_or(&none), content.row("hardware").unwrap_or(&none));
    let firmware = |known: Option<String>, name: &str| if content.has("bios") { bios.get(name).and_then(told) } else { known };
    let Kind { chassis, virtualization, container } =
        if content.has("hardware") { chassis::kind(machine, bios) } else { Kind { chassis, virtualization, container } };
    Hardware {
        product_uuid: if content.has("hardware") { machine.get("uuid").and_then(uuid) } else { product_uuid },
        product_serial: firmware(product_serial, "ssn"),
        board_serial: firmware(board_serial, "msn"),
        board_vendor: firmware(board_vendor, "mmanufacturer"),
        board_model: firmware(board_model, "mmodel"),
        vendor: firmware(vendor, "smanufacturer"),
        model: firmware(model, "smodel"),
        family,
        sku: firmware(sku, "skunumber"),
        asset_tag: firmware(asset_tag, "assettag"),
        chassis,
        machine_id_hash,
        macs: if content.has("networks") { macs(content.rows("networks")) } else { addresses },
        cpu: processors(cpu, content),
        memory_bytes: memory(content).or(memory_bytes),
        disks: if content.has("storages") { disks(content.rows("storages")) } else { storages },
        virtualization,
        container,
        os: operating_system(os, content),
        hostname: machine.get("name").and_then(field).or(hostname),
    }
}

/// What the machine has in all, which is in every inventory; else the sum of its modules.
fn memory(content: &Content) -> Option<u64> {
    let whole = content.row("hardware").and_then(|row| scaled(row.get("memory")?, MEBIBYTE)).filter(|bytes| *bytes > 0);
    let modules = || content.rows("memories").iter().filter_map(|row| scaled(row.get("capacity")?, MEBIBYTE));
    whole.or_else(|| modules().try_fold(0_u64, u64::checked_add).filter(|bytes| *bytes > 0))
}

fn operating_system(known: Os, content: &Content) -> Os {
    match content.row("operatingsystem") {
        Some(row) => system::stated(row),
        None => content.row("hardware").and_then(system::beside).unwrap_or(known),
    }
}

/// One row for each socket. Those of OCS have names of their own, and count the sockets once more.
fn processors(known: Cpu, content: &Content) -> Cpu {
    let rows = content.rows("cpus");
    // The processor's own word for its instruction set is the oldest that it understands; the system's is the one in use.
    let in_use = content.row("operatingsystem").and_then(|row| row.get("arch"));
    let in_use = in_use.or_else(|| rows.first().and_then(|row| row.get("cpuarch"))).and_then(system::architecture);
    let Some(first) = rows.first() else { return Cpu { arch: in_use.or(known.arch), ..known } };
    let stated = first.number("nbsocket").unwrap_or(0);
    let listed = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    // A single row for several sockets speaks of each of them.
    let each = if listed == 1 { stated.max(1) } else { 1 };
    let by_core = content.text("versionclient").is_some_and(|program| program.starts_with(COUNTS_BY_CORE));
    let sum = |count: &dyn Fn(&Row) -> Option<u32>| {
        let mut counts = rows.iter().map(|row| count(row).filter(|count| *count > 0));
        counts.try_fold(0_u32, |sum, count| sum.checked_add(count?)).and_then(|sum| sum.checked_mul(each))
    };
    let arch = in_use.or(known.arch).or_else(|| system::architecture(first.get("arch")?));
    Cpu {
        model: first.any(&["name", "type"]).and_then(told),
        vendor: first.get("manufacturer").and_then(told),
        arch,
        sockets: listed.checked_mul(each),
        cores: sum(&cores),
        threads: sum(&|row| threads(row, by_core)),
    }
}

fn cores(row: &Row) -> Option<u32> {
    row.number("core").or_else(|| row.number("cores"))
}

fn threads(row: &Row, by_core: bool) -> Option<u32> {
    if let Some(threads) = row.number("logical_cpus") {
        return Some(threads);
    }
    let stated = row.number("thread").or_else(|| row.number("threads"))?;
    // Fewer threads than cores can only be those of one core, whoever counts.
    match cores(row) {
        Some(cores) if by_core || stated < cores => stated.checked_mul(cores),
        _ => Some(stated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_wire::hardware::ChassisKind;
    use proptest::prelude::*;

    fn content(sections: &[(&str, &[(&str, &str)])]) -> Content {
        let mut content = Content::default();
        for (section, fields) in sections {
            let mut row = Row::default();
            fields.iter().for_each(|(name, text)| row.put(None, name, text));
            assert!(content.open(section));
            content.add(section, Some(row));
        }
        content
    }

    #[test]
    fn a_laptop_is_read_whole() {
        let laptop = hardware(&content(&[
            (
                "BIOS",
                &[
                    ("SMANUFACTURER", "Dell Inc."),
                    ("SMODEL", "Latitude 7420"),
                    ("SSN", "7JXKL53"),
                    ("SKUNUMBER", "0A36"),
                    ("ASSETTAG", "Not Specified"),
                    ("MMANUFACTURER", "Dell Inc."),
                    ("MMODEL", "0C6JJP"),
                    ("MSN", "/7JXKL53/CNWS20012300AB/"),
                ],
            ),
            (
                "HARDWARE",
                &[
                    ("NAME", "ws-17"),
                    ("UUID", "4C4C4544-004A-5810-804B-B7C04F4C3533"),
                    ("CHASSIS_TYPE", "Notebook"),
                    ("VMSYSTEM", "Physical"),
                    ("MEMORY", "15837"),
                ],
            ),
            ("NETWORKS", &[("DESCRIPTION", "eno1"), ("TYPE", "ethernet"), ("MACADDR", "A4:BB:6D:12:34:56"), ("VIRTUALDEV", "0")]),
            ("MEMORIES", &[("CAPACITY", "16384")]),
            ("OPERATINGSYSTEM", &[("NAME", "Ubuntu"), ("KERNEL_NAME", "linux"), ("VERSION", "24.04"), ("ARCH", "x86_64")]),
        ]));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(laptop.product_uuid, some("4c4c4544-004a-5810-804b-b7c04f4c3533"));
        assert_eq!([laptop.product_serial, laptop.sku, laptop.asset_tag], [some("7JXKL53"), some("0A36"), None]);
        assert_eq!([laptop.vendor, laptop.model, laptop.hostname], [some("Dell Inc."), some("Latitude 7420"), some("ws-17")]);
        assert_eq!(laptop.board_serial, some("/7JXKL53/CNWS20012300AB/"));
        assert_eq!([laptop.board_vendor, laptop.board_model], [some("Dell Inc."), some("0C6JJP")]);
        assert_eq!((laptop.chassis.kind, laptop.virtualization, laptop.container), (ChassisKind::Laptop, None, false));
        assert_eq!((laptop.macs, laptop.memory_bytes), (vec!["a4:bb:6d:12:34:56".to_owned()], Some(15_837 * MEBIBYTE)));
        assert_eq!(laptop.cpu, Cpu { arch: some("x86_64"), ..Cpu::default() });
        assert_eq!(laptop.os.family, some("linux"));
    }

    #[test]
    fn processors_are_counted_as_each_agent_counts_them() {
        type Rows<'a> = &'a [&'a [(&'a str, &'a str)]];
        let check = |program: &str, rows: Rows<'_>, expected: (Option<u32>, Option<u32>, Option<u32>)| {
            let mut content = content(&rows.iter().map(|row| ("CPUS", *row)).collect::<Vec<_>>());
            content.say("VERSIONCLIENT", program);
            let cpu = hardware(&content).cpu;
            assert_eq!((cpu.sockets, cpu.cores, cpu.threads), expected, "{program} {rows:?}");
        };
        let (glpi, fusion) = ("GLPI-Agent_v1.11", "FusionInventory-Agent_v2.6-3");
        check(glpi, &[&[("CORE", "8"), ("THREAD", "2")]], (Some(1), Some(8), Some(16)));
        check(glpi, &[&[("CORE", "2"), ("THREAD", "2")]], (Some(1), Some(2), Some(4)));
        check(fusion, &[&[("CORE", "2"), ("THREAD", "2")]], (Some(1), Some(2), Some(2)));
        check(fusion, &[&[("CORE", "8"), ("THREAD", "16")], &[("CORE", "8"), ("THREAD", "16")]], (Some(2), Some(16), Some(32)));
        check(fusion, &[&[("CORE", "8"), ("THREAD", "2")]], (Some(1), Some(8), Some(16)));
        let ocs: &[(&str, &str)] =
            &[("CORES", "4"), ("LOGICAL_CPUS", "8"), ("THREADS", "8"), ("NBSOCKET", "2"), ("TYPE", "Xeon")];
        check("", &[ocs, ocs], (Some(2), Some(8), Some(16)));
        check("", &[ocs], (Some(2), Some(8), Some(16)));
        check(fusion, &[&[("CORE", "8")], &[("NAME", "x")]], (Some(2), None, None));
        check(fusion, &[&[("CORE", "0"), ("THREAD", "many")]], (Some(1), None, None));
        check(fusion, &[&[("CORE", "4294967295")], &[("CORE", "2")]], (Some(2), None, None));
        check(fusion, &[], (None, None, None));
    }

    #[test]
    fn a_section_that_is_not_there_changes_nothing() {
        let full = content(&[
            ("BIOS", &[("SSN", "7JXKL53"), ("SMODEL", "Latitude 7420")]),
            ("HARDWARE", &[("NAME", "ws-17"), ("MEMORY", "100"), ("CHASSIS_TYPE", "Laptop")]),
            ("NETWORKS", &[("MACADDR", "a4:bb:6d:12:34:56")]),
            ("STORAGES", &[("NAME", "sda"), ("DISKSIZE", "1")]),
            ("CPUS", &[("NAME", "i7"), ("CORE", "4")]),
            ("OPERATINGSYSTEM", &[("NAME", "Ubuntu"), ("ARCH", "x86_64")]),
        ]);
        let known = || Hardware { machine_id_hash: Some("9f2c".to_owned()), ..hardware(&full) };
        assert_eq!(merge(known(), &Content::default()), known());
        assert_eq!(merge(known(), &full), known(), "the same again changes nothing");

        let changed = merge(known(), &content(&[("HARDWARE", &[("NAME", "ws-18"), ("MEMORY", "200")])]));
        let expected = Hardware {
            hostname: Some("ws-18".to_owned()),
            memory_bytes: Some(200 * MEBIBYTE),
            chassis: chassis::kind(&Row::default(), &Row::default()).chassis,
            ..known()
        };
        assert_eq!(changed, expected);

        let emptied = merge(known(), &content(&[("STORAGES", &[]), ("NETWORKS", &[]), ("BIOS", &[("SSN", "X-1")])]));
        let expected = Hardware { disks: vec![], macs: vec![], product_serial: Some("X-1".to_owned()), model: None, ..known() };
        assert_eq!(emptied, expected);
    }

    proptest! {
        #[test]
        fn a_merge_twice_is_a_merge_once(
            rows in proptest::collection::vec(
                (
                    proptest::sample::select(vec!["bios", "hardware", "cpus", "networks", "storages", "memories", "operatingsystem"]),
                    proptest::sample::select(vec!["name", "ssn", "uuid", "mac", "core", "thread", "disksize", "memory", "capacity", "arch"]),
                    "[0-9a-f:.-]{0,40}|\\PC{0,9}",
                ),
                0..12,
            ),
        ) {
            let mut content = Content::default();
            for (section, name, text) in rows {
                let mut row = Row::default();
                row.put(None, name, &text);
                content.add(section, Some(row));
            }
            let once = hardware(&content);
            prop_assert_eq!(merge(once.clone(), &content), once);
        }
    }
}
