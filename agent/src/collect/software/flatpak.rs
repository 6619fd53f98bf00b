//! flatpak: the description of an application, and what the application says of itself.
//!
//! In: the bytes of a deployment's `metadata`, of its metainfo file, and the directory names that tell branch and architecture. Out: one
//! package. Runtimes are parts of applications and no packages of their own.

use super::{metainfo, text::field};
use muster_wire::software::Package;

/// The application of a deployment; nothing when `metadata` describes none.
pub(super) fn parse(metadata: &[u8], metainfo: &[u8], architecture: &str, branch: &str) -> Option<Package> {
    let text = String::from_utf8_lossy(metadata);
    let mut section = "";
    let name = text.lines().find_map(|line| {
        let line = line.trim();
        if let Some(inside) = line.strip_prefix('[') {
            section = inside.trim_end_matches(']');
            return None;
        }
        let (key, value) = line.split_once('=')?;
        (section == "Application" && key.trim() == "name").then(|| field(value))?
    })?;
    let metainfo::Metainfo { version, developer } = metainfo::parse(metainfo);
    Some(Package {
        name,
        // The branch of an application that tells no release (`stable`) is better than nothing.
        version: version.or_else(|| field(branch)),
        publisher: developer,
        source: "flatpak".to_owned(),
        architecture: field(architecture),
        install_date: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_a_package_and_a_runtime_is_none() {
        let info = b"<developer_name>Mozilla</developer_name><release version=\"128.0\"/>";
        for (metadata, info, expected) in [
            (
                "[Application]\nname=org.mozilla.firefox\nruntime=x\n",
                &info[..],
                Some("org.mozilla.firefox 128.0 Some(\"Mozilla\")"),
            ),
            ("[Context]\nname=no\n[Application]\n name = a.b.c \n", b"", Some("a.b.c stable None")),
            ("[Runtime]\nname=org.freedesktop.Platform\n", b"", None),
            ("name=x", b"", None),
        ] {
            let found = parse(metadata.as_bytes(), info, "x86_64", "stable");
            let found = found.map(|p| format!("{} {} {:?}", p.name, p.version.unwrap_or_default(), p.publisher));
            assert_eq!(found.as_deref(), expected);
        }
    }
}
