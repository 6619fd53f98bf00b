//! Versions without what packaging puts around them.
//!
//! In: a version as its source spells it. Out: the version that the publisher gave. A clean one stays as it is.

use super::Family;

/// What Debian and Ubuntu put behind a version that they changed, after `~` (Debian Policy 5.6.12 and the archive's habits).
const CHANGES: [&str; 7] = ["dfsg", "ds", "bpo", "deb", "ubuntu", "git", "repack"];

/// The publisher's version; nothing if nothing is left.
///
/// `1:9.2p1-2+deb12u3` of dpkg is `9.2p1`, `1:17.0.11-2.el9` of rpm `17.0.11`, `128.0-2` of snap `128.0`, `v1.2` is `1.2`.
#[must_use]
pub fn clean_version(family: Family, version: &str) -> Option<String> {
    let version = version.trim();
    let clean = match family {
        Family::Dpkg => dpkg(version),
        Family::Rpm => rpm(version),
        Family::Snap => snap(version),
        Family::Flatpak | Family::Windows | Family::MacOs | Family::Other => loose(version),
    };
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// `[epoch:]upstream[-revision]`.
fn dpkg(version: &str) -> String {
    let version = without_epoch(version);
    let upstream = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    // 2.0+really1.9 is 1.9 under a number that may not go back.
    let upstream = upstream.split_once("+really").map_or(upstream, |(_, really)| really);
    let upstream = upstream.split_once('+').map_or(upstream, |(upstream, _)| upstream);
    let cut = CHANGES.iter().flat_map(|mark| ["~", "."].map(|before| upstream.find(&format!("{before}{mark}")))).flatten().min();
    let upstream = cut.and_then(|at| upstream.get(..at)).unwrap_or(upstream);
    // A package that is Ubuntu's or Debian's own has no revision to put this into: 1.7ubuntu1.
    let native = upstream.find("ubuntu").filter(|at| *at > 0);
    native.and_then(|at| upstream.get(..at)).unwrap_or(upstream).to_owned()
}

/// `[epoch:]version-release`; `^` begins a snapshot's date.
fn rpm(version: &str) -> String {
    let version = without_epoch(version);
    let version = version.rsplit_once('-').map_or(version, |(version, _)| version);
    let version = version.split_once('^').map_or(version, |(version, _)| version);
    version.split_once('+').map_or(version, |(version, _)| version).to_owned()
}

fn snap(version: &str) -> String {
    let version = version.split_once('+').map_or(version, |(version, _)| version);
    let packed = version.rsplit_once('-').filter(|(version, build)| version.contains('.') && is_number(build));
    loose(packed.map_or(version, |(version, _)| version))
}

/// `v1.2`, `Version 1.2`, `1, 2, 3, 4`, `1.2 (build 3)`.
fn loose(version: &str) -> String {
    let version = version.split_once('(').map(|(before, _)| before.trim()).filter(|before| !before.is_empty()).unwrap_or(version);
    let numbered = ["version ", "v.", "v"].iter().find_map(|word| {
        let (start, rest) = version.split_at_checked(word.len())?;
        (start.eq_ignore_ascii_case(word) && rest.starts_with(|c: char| c.is_ascii_digit())).then_some(rest)
    });
    let version = numbered.unwrap_or(version);
    let parts: Vec<_> = version.split(',').map(str::trim).collect();
    if parts.len() > 1 && parts.iter().all(|part| is_number(part)) { parts.join(".") } else { version.to_owned() }
}

fn without_epoch(version: &str) -> &str {
    version.split_once(':').filter(|(epoch, _)| is_number(epoch)).map_or(version, |(_, version)| version)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Family; 7] =
        [Family::Dpkg, Family::Rpm, Family::Flatpak, Family::Snap, Family::Windows, Family::MacOs, Family::Other];

    #[test]
    fn versions_of_every_source() {
        for (family, version, expected) in [
            (Family::Dpkg, "1:9.2p1-2+deb12u3", "9.2p1"),
            (Family::Dpkg, "2:8.2.3995-1ubuntu2.16", "8.2.3995"),
            (Family::Dpkg, "5.15.8+dfsg-11+deb12u3", "5.15.8"),
            (Family::Dpkg, "1:1.2.13.dfsg-1", "1.2.13"),
            (Family::Dpkg, "252.38-1~deb12u1", "252.38"),
            (Family::Dpkg, "17.0.15+6-1~deb12u1", "17.0.15"),
            (Family::Dpkg, "15+248", "15"),
            (Family::Dpkg, "1.2.3+really1.2.2-1", "1.2.2"),
            (Family::Dpkg, "128.0+build2-0ubuntu0.22.04.1", "128.0"),
            (Family::Dpkg, "1.0-rc1-2", "1.0-rc1"),
            (Family::Dpkg, "1.0~rc1-2", "1.0~rc1"),
            (Family::Dpkg, "2.4.9ubuntu1", "2.4.9"),
            (Family::Dpkg, "528.0.0-0", "528.0.0"),
            (Family::Dpkg, "0", "0"),
            (Family::Dpkg, "-1", ""),
            (Family::Rpm, "1:17.0.11-2.el9", "17.0.11"),
            (Family::Rpm, "5.2.26-4.fc40", "5.2.26"),
            (Family::Rpm, "3.0^20240101git-1", "3.0"),
            (Family::Rpm, "1.0~rc1-1", "1.0~rc1"),
            (Family::Snap, "128.0-2", "128.0"),
            (Family::Snap, "20240301", "20240301"),
            (Family::Snap, "v1.2.3+git5", "1.2.3"),
            (Family::Flatpak, "stable", "stable"),
            (Family::Windows, "16.0.10396.20023", "16.0.10396.20023"),
            (Family::Windows, "1, 2, 3, 4", "1.2.3.4"),
            (Family::Windows, "Version 5.1", "5.1"),
            (Family::Windows, "vista", "vista"),
            (Family::MacOs, "14.2 (23C64)", "14.2"),
            (Family::Other, " 1.0 ", "1.0"),
            (Family::Other, "(build 3)", "(build 3)"),
        ] {
            assert_eq!(clean_version(family, version).unwrap_or_default(), expected, "{family:?} {version}");
        }
    }

    proptest! {
        #[test]
        fn a_clean_version_stays(version in "[0-9]{1,4}(\\.[0-9]{1,4}){0,3}(p[0-9]|[a-e])?", at in 0..7_usize) {
            prop_assert_eq!(clean_version(ALL[at], &version), Some(version));
        }

        #[test]
        fn nothing_makes_it_panic(version in "\\PC{0,30}|[0-9:.+~v(, -]{0,12}", at in 0..7_usize) {
            let clean = clean_version(ALL[at], &version);
            prop_assert!(clean.is_none_or(|clean| !clean.is_empty()));
        }
    }
}
