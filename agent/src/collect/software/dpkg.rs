//! dpkg: its status file.
//!
//! In: the bytes of `/var/lib/dpkg/status`, or of a file in `status.d`. Out: the packages whose files are on the disk; removed ones of
//! which only the configuration is left are none.

use super::text::{field, publisher};
use muster_wire::software::Package;

/// States in which the files of a package are there.
const PRESENT: [&str; 5] = ["installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"];

/// The packages of a status file.
pub(super) fn parse(bytes: &[u8]) -> Vec<Package> {
    let text = String::from_utf8_lossy(bytes);
    let mut packages = Vec::new();
    let mut paragraph = Paragraph::default();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            packages.extend(std::mem::take(&mut paragraph).package());
        } else if !line.starts_with([' ', '\t'])
            && let Some((name, value)) = line.split_once(':')
        {
            paragraph.take(name, value);
        }
    }
    packages
}

/// The file in `info/` that dpkg writes when it installs a package, without and with the architecture in its name.
pub(super) fn list_files(package: &Package) -> Vec<String> {
    // A name that would leave the directory is none of dpkg's.
    if package.name.contains('/') {
        return Vec::new();
    }
    let with = package.architecture.as_deref().filter(|architecture| !architecture.contains('/'));
    let with = with.map(|architecture| format!("{}:{architecture}.list", package.name));
    std::iter::once(format!("{}.list", package.name)).chain(with).collect()
}

#[derive(Debug, Default)]
struct Paragraph {
    package: Package,
    status: Option<String>,
}

impl Paragraph {
    fn take(&mut self, name: &str, value: &str) {
        match name.to_ascii_lowercase().as_str() {
            "package" => self.package.name = field(value).unwrap_or_default(),
            "version" => self.package.version = field(value),
            "maintainer" => self.package.publisher = publisher(value),
            "architecture" => self.package.architecture = field(value),
            "status" => self.status = Some(value.to_owned()),
            _ => {}
        }
    }

    fn package(self) -> Option<Package> {
        // The files of status.d describe what an image was made of and have no status.
        let present = self.status.is_none_or(|status| status.split_whitespace().nth(2).is_some_and(|is| PRESENT.contains(&is)));
        let Package { name, version, publisher, architecture, .. } = self.package;
        let source = "dpkg".to_owned();
        (present && !name.is_empty()).then_some(Package { name, version, publisher, source, architecture, install_date: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Package: bash\nEssential: yes\nStatus: install ok installed\nPriority: required\nSection: shells\n\
        Installed-Size: 7164\nMaintainer: Matthias Klose <doko@debian.org>\nArchitecture: amd64\nMulti-Arch: foreign\n\
        Version: 5.2.15-2+b7\nDescription: GNU Bourne Again SHell\n Bash is a shell.\n Version: 9\n .\n More.\n\n\
        Package: old-thing\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n\n\
        Package: libc6\nStatus: hold ok triggers-pending\nArchitecture: i386\nVersion: 2:2.36-9\n\n\
        Status: install ok installed\nVersion: 3\n\n\
        Package: tzdata\nVersion: 2026a\n";

    #[test]
    fn what_is_on_the_disk_is_listed() {
        let found: Vec<String> = parse(STATUS.as_bytes())
            .into_iter()
            .map(|p| {
                assert_eq!((p.source.as_str(), p.install_date), ("dpkg", None));
                let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
                format!("{} {} {} {}", p.name, text(p.version), text(p.architecture), text(p.publisher))
            })
            .collect();
        assert_eq!(found, ["bash 5.2.15-2+b7 amd64 Matthias Klose", "libc6 2:2.36-9 i386 -", "tzdata 2026a - -"]);
        assert_eq!(parse(STATUS.replace('\n', "\r\n").as_bytes()).len(), 3);
        assert_eq!(parse(b""), []);
    }

    #[test]
    fn the_list_of_a_package_stays_in_its_directory() {
        let package = |name: &str, architecture: Option<&str>| Package {
            name: name.to_owned(),
            architecture: architecture.map(str::to_owned),
            ..Package::default()
        };
        for (name, architecture, expected) in [
            ("bash", None, vec!["bash.list"]),
            ("libc6", Some("i386"), vec!["libc6.list", "libc6:i386.list"]),
            ("../../etc/shadow", Some("all"), vec![]),
            ("x", Some("../y"), vec!["x.list"]),
        ] {
            assert_eq!(list_files(&package(name, architecture)), expected);
        }
    }
}
