//! Whatever the bytes are, no parser panics, and what comes out keeps the limits.

use super::{dpkg, flatpak, metainfo, rpm, snap, text};
use muster_wire::{limits::TEXT_CHARS, software::Package};
use proptest::prelude::*;

/// Bytes that look like what the parsers know, so that they get further than the first byte.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..12),
        proptest::sample::select(vec![
            "Package: ",
            "Status: install ok installed",
            "Version:",
            "\n",
            "\n\n",
            "\t",
            "(none)",
            "name: ",
            "name=",
            "version: '",
            "architectures:\n- ",
            "[Application]\n",
            "<release version=\"",
            "<developer",
            ">",
            "</",
            "&amp;",
            "<name>",
            "ä",
            "\r",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn keeps_the_limits(package: &Package) -> bool {
    let Package { name, version, publisher, source, architecture, install_date: _ } = package;
    let fits = |text: &str| !text.is_empty() && text.chars().count() <= TEXT_CHARS && !text.chars().any(char::is_control);
    fits(name) && fits(source) && [version, publisher, architecture].into_iter().flatten().all(|text| fits(text))
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in likely()) {
        let mut packages = dpkg::parse(&bytes);
        packages.extend(rpm::parse(&bytes));
        packages.extend(snap::parse(&bytes));
        packages.extend(flatpak::parse(&bytes, &bytes, "x86_64", "stable"));
        prop_assert!(packages.iter().all(keeps_the_limits), "{packages:?}");
        let metainfo::Metainfo { version, developer } = metainfo::parse(&bytes);
        prop_assert!([version, developer].into_iter().flatten().all(|text| text::field(&text).as_ref() == Some(&text)));
    }
}
