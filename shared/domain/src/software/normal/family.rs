//! Families of sources: what names and versions of a source look like.
//!
//! In: what an agent says of a package. Out: the kind of package manager, its platform, and the distribution that a package is from.

use crate::software::Software;

/// Sources that name and number alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Debian packages.
    Dpkg,
    /// RPM packages.
    Rpm,
    /// Flatpak applications.
    Flatpak,
    /// Snaps.
    Snap,
    /// Programs of Windows.
    Windows,
    /// Applications of macOS.
    MacOs,
    /// Anything else.
    Other,
}

impl Family {
    /// The family of a source, as agents spell it (GLPI's and OCS's agents say `deb` and `registry`).
    #[must_use]
    pub fn of(source: &str) -> Self {
        match source.to_lowercase().as_str() {
            "dpkg" | "deb" => Self::Dpkg,
            "rpm" => Self::Rpm,
            "flatpak" => Self::Flatpak,
            "snap" => Self::Snap,
            "windows" | "registry" | "msi" | "appx" | "uwp" | "programs" | "wmi" | "microsoft_store" => Self::Windows,
            "macos" | "apps" | "pkgutil" | "system_profiler" => Self::MacOs,
            _ => Self::Other,
        }
    }

    /// Its name in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Rpm => "rpm",
            Self::Flatpak => "flatpak",
            Self::Snap => "snap",
            Self::Windows => "windows",
            Self::MacOs => "macos",
            Self::Other => "other",
        }
    }

    /// The platform that its software runs on.
    #[must_use]
    pub const fn platform(self) -> Option<&'static str> {
        match self {
            Self::Dpkg | Self::Rpm | Self::Flatpak | Self::Snap => Some("Linux"),
            Self::Windows => Some("Windows"),
            Self::MacOs => Some("macOS"),
            Self::Other => None,
        }
    }
}

/// What distributors write into their packages, in lower case, and who they are. The first one counts.
const DISTRIBUTORS: [(&str, &str); 17] = [
    ("ubuntu", "Ubuntu"),
    ("raspberry", "Raspberry Pi"),
    ("raspbian", "Raspberry Pi"),
    ("kali", "Kali Linux"),
    ("debian", "Debian"),
    ("fedora", "Fedora"),
    ("centos", "CentOS"),
    ("rocky", "Rocky Linux"),
    ("almalinux", "AlmaLinux"),
    ("red hat", "Red Hat"),
    ("oracle", "Oracle"),
    ("opensuse", "openSUSE"),
    ("suse", "SUSE"),
    ("amazon", "Amazon Linux"),
    ("mageia", "Mageia"),
    ("openeuler", "openEuler"),
    ("photon", "Photon OS"),
];

/// What releases of versions end with, and whose they are.
const RELEASES: [(&str, &str); 5] =
    [("ubuntu", "Ubuntu"), (".fc", "Fedora"), (".amzn", "Amazon Linux"), (".mga", "Mageia"), (".oe", "openEuler")];

/// The distribution that a Debian or RPM package is from. A Debian package whose maintainer is a person is taken for Debian's.
pub(super) fn distribution(software: &Software, family: Family) -> Option<&'static str> {
    if !matches!(family, Family::Dpkg | Family::Rpm) {
        return None;
    }
    let version = software.version.as_deref().unwrap_or_default().to_lowercase();
    let publisher = software.publisher.as_deref().unwrap_or_default().to_lowercase();
    let within =
        |text: &str, marks: &[(&str, &'static str)]| marks.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name);
    let released = within(&version, &RELEASES).filter(|name| family == Family::Rpm || *name == "Ubuntu");
    released.or_else(|| within(&publisher, &DISTRIBUTORS)).or_else(|| (family == Family::Dpkg).then_some("Debian"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_tells_its_distribution() {
        for (source, version, publisher, expected) in [
            ("dpkg", "2.36-9+deb12u14", "GNU Libc Maintainers", Some("Debian")),
            ("deb", "2.35-0ubuntu3.8", "Ubuntu Developers", Some("Ubuntu")),
            ("dpkg", "1:1.2.11.dfsg-2ubuntu9", "Mark Brown", Some("Ubuntu")),
            ("rpm", "2.39-8.fc40", "Fedora Project", Some("Fedora")),
            ("rpm", "2.34-100.el9", "Red Hat, Inc.", Some("Red Hat")),
            ("rpm", "2.34-100.el9", "Rocky Enterprise Software Foundation", Some("Rocky Linux")),
            ("rpm", "1-1", "Example, Inc.", None),
            ("registry", "1", "Debian", None),
        ] {
            let software = Software {
                version: Some(version.to_owned()),
                publisher: Some(publisher.to_owned()),
                source: source.to_owned(),
                ..Software::default()
            };
            assert_eq!(distribution(&software, Family::of(source)), expected, "{source} {version} {publisher}");
        }
    }
}
