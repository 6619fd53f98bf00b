//! The operating system of a machine.
//!
//! In: the row of `operatingsystem`, or that of `hardware` of agents that have no such section. Out: the system in our own agent's
//! words. Agents name families in their own way: MSWin32, MacOSX, or not at all.

use super::{content::Row, values::field};
use muster_wire::hardware::Os;

/// Words in a system's name that say its family, the first one that fits.
const FAMILIES: [(&str, &str); 31] = [
    ("windows", "windows"),
    ("mswin", "windows"),
    ("macos", "macos"),
    ("mac os", "macos"),
    ("darwin", "macos"),
    ("centos", "linux"),
    ("os x", "macos"),
    ("freebsd", "freebsd"),
    ("openbsd", "openbsd"),
    ("netbsd", "netbsd"),
    ("dragonfly", "dragonfly"),
    ("solaris", "solaris"),
    ("sunos", "solaris"),
    ("illumos", "illumos"),
    ("hp-ux", "hp-ux"),
    ("hpux", "hp-ux"),
    ("aix", "aix"),
    ("esx", "esxi"),
    ("linux", "linux"),
    ("debian", "linux"),
    ("ubuntu", "linux"),
    ("fedora", "linux"),
    ("red hat", "linux"),
    ("redhat", "linux"),
    ("rhel", "linux"),
    ("suse", "linux"),
    ("mandriva", "linux"),
    ("mageia", "linux"),
    ("slackware", "linux"),
    ("gentoo", "linux"),
    ("raspbian", "linux"),
];

/// The system by its own section.
pub(super) fn stated(row: &Row) -> Os {
    let family = family(&[row.get("kernel_name"), row.get("name"), row.get("full_name")]);
    // The short name of every Windows is "Windows", only the long one tells a server from a desktop; every Mac's is "MacOSX".
    let names: &[&str] =
        if matches!(family, Some("windows" | "macos")) { &["full_name", "name"] } else { &["name", "full_name"] };
    Os {
        family: family
            .map(str::to_owned)
            .or_else(|| row.get("kernel_name").and_then(field).map(|name| name.to_ascii_lowercase())),
        name: row.any(names).and_then(field),
        version: row.get("version").and_then(field),
        kernel: row.get("kernel_version").and_then(field),
    }
}

/// The system by the section of the hardware; `None` if it says nothing of it.
pub(super) fn beside(row: &Row) -> Option<Os> {
    let name = field(row.get("osname")?)?;
    let version = row.get("osversion").and_then(field);
    let family = family(&[Some(&name), row.get("oscomments")]);
    // "Debian GNU/Linux 12" of version 12 is called "Debian GNU/Linux".
    let bare = version.as_deref().and_then(|version| name.strip_suffix(version)?.strip_suffix(' ')).and_then(field);
    Some(Os { family: family.map(str::to_owned), name: bare.or(Some(name)), version, kernel: None })
}

/// The instruction set in the words of kernels; Windows only says how wide it is.
pub(super) fn architecture(text: &str) -> Option<String> {
    let lower = field(text)?.to_ascii_lowercase();
    Some(match lower.as_str() {
        "64-bit" | "64 bits" | "64bit" | "amd64" | "x64" => "x86_64".to_owned(),
        "32-bit" | "32 bits" | "32bit" | "x86" => "i386".to_owned(),
        "arm64" | "arm 64-bit" => "aarch64".to_owned(),
        _ => lower,
    })
}

fn family(names: &[Option<&str>]) -> Option<&'static str> {
    names.iter().flatten().find_map(|name| {
        let name = name.to_lowercase();
        FAMILIES.iter().find(|(word, _)| name.contains(word)).map(|(_, family)| *family)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> Row {
        let mut row = Row::default();
        fields.iter().for_each(|(name, text)| row.put(None, name, text));
        row
    }

    fn words(os: Os) -> [String; 4] {
        [os.family, os.name, os.version, os.kernel].map(|text| text.unwrap_or_else(|| "-".to_owned()))
    }

    #[test]
    fn a_section_of_its_own_says_it_all() {
        for (kernel_name, name, full_name, version, kernel, expected) in [
            (
                "linux",
                "Debian GNU/Linux",
                "Debian GNU/Linux 12 (bookworm)",
                "12.11",
                "6.1",
                ["linux", "Debian GNU/Linux", "12.11", "6.1"],
            ),
            ("linux", "Ubuntu", "", "24.04", "", ["linux", "Ubuntu", "24.04", "-"]),
            (
                "MSWin32",
                "Windows",
                "Microsoft Windows Server 2022 Standard",
                "21H2",
                "10.0.20348",
                ["windows", "Microsoft Windows Server 2022 Standard", "21H2", "10.0.20348"],
            ),
            ("", "Windows", "", "", "10.0.26100", ["windows", "Windows", "-", "10.0.26100"]),
            ("", "MacOSX", "macOS", "14.2.1 (23C71)", "23.2.0", ["macos", "macOS", "14.2.1 (23C71)", "23.2.0"]),
            ("freebsd", "FreeBSD", "", "14.1", "", ["freebsd", "FreeBSD", "14.1", "-"]),
            ("Plan9", "Plan 9", "", "", "", ["plan9", "Plan 9", "-", "-"]),
            ("", "", "", "", "", ["-", "-", "-", "-"]),
        ] {
            let fields = [
                ("KERNEL_NAME", kernel_name),
                ("NAME", name),
                ("FULL_NAME", full_name),
                ("VERSION", version),
                ("KERNEL_VERSION", kernel),
            ];
            assert_eq!(words(stated(&row(&fields))), expected, "{name}");
        }
    }

    #[test]
    fn the_hardware_says_it_where_there_is_no_section() {
        for (name, version, comments, expected) in [
            ("Debian GNU/Linux 12", "12", "Debian GNU/Linux 12 (bookworm)", Some(["linux", "Debian GNU/Linux", "12", "-"])),
            ("CentOS Linux 7", "7", "", Some(["linux", "CentOS Linux", "7", "-"])),
            ("Microsoft Windows 10 Pro", "10.0.19045", "", Some(["windows", "Microsoft Windows 10 Pro", "10.0.19045", "-"])),
            ("Arch", "", "#1 SMP Linux", Some(["linux", "Arch", "-", "-"])),
            ("12", "12", "", Some(["-", "12", "12", "-"])),
            ("", "12", "", None),
        ] {
            let fields = [("OSNAME", name), ("OSVERSION", version), ("OSCOMMENTS", comments)];
            assert_eq!(beside(&row(&fields)).map(words), expected.map(|words| words.map(str::to_owned)), "{name}");
        }
    }

    #[test]
    fn instruction_sets_have_the_names_of_kernels() {
        for (text, expected) in
            [("64-bit", "x86_64"), ("x86_64", "x86_64"), ("AArch64", "aarch64"), ("32-bit", "i386"), ("arm64", "aarch64")]
        {
            assert_eq!(architecture(text).as_deref(), Some(expected));
        }
        assert_eq!(architecture(" "), None);
    }
}
