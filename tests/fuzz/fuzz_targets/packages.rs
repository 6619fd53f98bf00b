//! Any bytes as what package managers keep or print: nothing panics, and what is read keeps the limits of the protocol.
//!
//! The parsers are none of the agent's public parts, and the rest of the agent would be built along with them: their files stand here
//! themselves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_wire::limits::TEXT_CHARS;
use muster_wire::software::Package;

#[path = "../../../agent/src/collect/software/dpkg.rs"]
mod dpkg;
#[path = "../../../agent/src/collect/software/flatpak.rs"]
mod flatpak;
#[path = "../../../agent/src/collect/software/metainfo.rs"]
mod metainfo;
#[path = "../../../agent/src/collect/software/rpm.rs"]
mod rpm;
#[path = "../../../agent/src/collect/software/snap.rs"]
mod snap;
#[path = "../../../agent/src/collect/software/text.rs"]
mod text;

fuzz_target!(|bytes: &[u8]| {
    assert!(rpm::FORMAT.ends_with("\\n"));
    let mut packages = dpkg::parse(bytes);
    for package in &packages {
        assert!(dpkg::list_files(package).iter().all(|file| !file.contains('/')), "{package:?}");
    }
    packages.extend(rpm::parse(bytes));
    packages.extend(snap::parse(bytes));
    // The first half describes an application, the second one is what it says of itself.
    let (metadata, metainfo) = bytes.split_at(bytes.len() / 2);
    packages.extend(flatpak::parse(metadata, metainfo, "x86_64", "stable"));
    packages.extend(flatpak::parse(bytes, bytes, "x86_64", "stable"));
    for Package { name, version, publisher, source, architecture, install_date: _ } in &packages {
        let fits = |text: &str| !text.is_empty() && text.chars().count() <= TEXT_CHARS && !text.chars().any(char::is_control);
        assert!(fits(name) && fits(source), "{packages:?}");
        assert!([version, publisher, architecture].into_iter().flatten().all(|text| fits(text)), "{packages:?}");
    }
});
