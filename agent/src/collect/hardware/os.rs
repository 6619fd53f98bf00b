//! The operating system's name and its keyed id.
//!
//! In: `os-release`, `machine-id`, the agent's key. Out: name and version; the id only as an HMAC, because machine-id(5) asks not to
//! show it to the network.

use super::roots::{self, Roots};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Name and version of the distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

/// `/etc/os-release`, else `/usr/lib/os-release`.
pub(super) fn release(roots: &Roots) -> Release {
    let paths = [roots.etc.join("os-release"), roots.root.join("usr/lib/os-release")];
    paths.iter().find_map(|path| roots::text(path)).map(|text| parse(&text)).unwrap_or_default()
}

/// HMAC-SHA-256 of the machine id in hexadecimal; `None` when there is no id yet.
pub(super) fn machine_id_hash(roots: &Roots, key: &[u8; 32]) -> Option<String> {
    let text = roots::text(&roots.etc.join("machine-id"))?;
    let id = text.trim().to_ascii_lowercase();
    let shaped = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.bytes().any(|byte| byte != b'0');
    if !shaped {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(id.as_bytes());
    Some(data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
}

fn parse(text: &str) -> Release {
    let field = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.trim().split_once('='));
        let value = lines.find(|(key, _)| *key == name).map(|(_, value)| unquote(value))?;
        (!value.is_empty()).then(|| value.chars().filter(|c| !c.is_control()).take(super::junk::LONGEST).collect())
    };
    Release { name: field("NAME").or_else(|| field("ID")), version: field("VERSION_ID").or_else(|| field("BUILD_ID")) }
}

/// Shell quoting as os-release(5) allows it: single or double quotes, a backslash before `"`, `$`, `` ` `` and `\`.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'');
    let inner = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value);
    if quote == Some('\'') {
        return inner.to_owned();
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};
    use proptest::prelude::*;

    fn check(text: &str, name: Option<&str>, version: Option<&str>) {
        let got = parse(text);
        assert_eq!((got.name.as_deref(), got.version.as_deref()), (name, version), "{text}");
    }

    #[test]
    fn releases_are_read_as_the_shell_would() {
        check(
            "PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n",
            Some("Debian GNU/Linux"),
            Some("12"),
        );
        check("NAME=Fedora\nVERSION_ID=41\n", Some("Fedora"), Some("41"));
        check("ID=arch\nBUILD_ID=rolling\n", Some("arch"), Some("rolling"));
        check("NAME='Single \\ Quoted'\n# VERSION_ID=1\n", Some("Single \\ Quoted"), None);
        check("NAME=\"A \\\"B\\\" \\$C\"", Some("A \"B\" $C"), None);
        check("NAME=\nVERSION_ID=\"\"", None, None);
        check("NAME=\"", Some("\""), None);
    }

    #[test]
    fn the_machine_id_is_never_sent_itself() {
        let id = "3d1219c7c4c5404aaa1f6d2a48adfda4";
        let hash = |content: &str, key: u8| machine_id_hash(&Machine::new().file("etc/machine-id", content).roots(), &[key; 32]);
        let ours = hash(&format!("{id}\n"), 1).unwrap();
        assert_eq!(ours.len(), 64);
        assert!(!ours.contains(id));
        assert_eq!(hash(&id.to_uppercase(), 1), Some(ours.clone()));
        assert_ne!(hash(id, 2), Some(ours));
        for wrong in ["", "uninitialized\n", "00000000000000000000000000000000", "3d1219c7", "zd1219c7c4c5404aaa1f6d2a48adfda4"] {
            assert_eq!(hash(wrong, 1), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_release_is_survived(text in "(NAME=|VERSION_ID=|[\"'\\\\$\\n= a-z]|.)*") {
            let release = parse(&text);
            prop_assert!(release.name.is_none_or(|name| !name.is_empty() || text.contains("NAME=")));
        }
    }
}
