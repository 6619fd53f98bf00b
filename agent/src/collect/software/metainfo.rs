//! Metainfo files: what applications say of themselves (AppStream).
//!
//! In: the bytes of a `*.metainfo.xml`. Out: newest release and developer, as far as they are there. It reads just the tags that it
//! needs, and whatever else the bytes are, it goes past.

use super::text::field;

/// What is read of a metainfo file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metainfo {
    /// The version of the first release, which is the newest.
    pub(super) version: Option<String>,
    /// Who develops it.
    pub(super) developer: Option<String>,
}

/// Reads a metainfo file.
pub(super) fn parse(bytes: &[u8]) -> Metainfo {
    let text = String::from_utf8_lossy(bytes);
    let developer = element(&text, "developer").and_then(|inside| element(inside, "name"));
    Metainfo {
        version: attribute(&text, "release", "version").and_then(plain),
        developer: element(&text, "developer_name").or(developer).and_then(plain),
    }
}

/// What stands in the first element of this name.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, inside) = tag(text, name)?;
    inside.split_once(&format!("</{name}>")).map(|(inside, _)| inside)
}

/// An attribute of the first element of this name.
fn attribute<'t>(text: &'t str, name: &str, attribute: &str) -> Option<&'t str> {
    let (attributes, _) = tag(text, name)?;
    let (_, value) = attributes.split_once(&format!(" {attribute}="))?;
    let mark = value.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
    value.get(1..)?.split_once(mark).map(|(value, _)| value)
}

/// The attributes of the first tag of this name, and everything behind it.
fn tag<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let opening = format!("<{name}");
    let mut rest = text;
    loop {
        let (_, behind) = rest.split_once(&opening)?;
        // `<release` is the beginning of `<releases`, too.
        if behind.starts_with([' ', '\t', '\n', '\r', '>']) {
            return behind.split_once('>');
        }
        rest = behind;
    }
}

fn plain(raw: &str) -> Option<String> {
    let text = raw.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&");
    field(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_and_the_developer_are_read() {
        for (text, version, developer) in [
            (
                "<component><developer id=\"x\"><name>A &amp; B</name></developer><releases>\n<release date='2026-01-01' version='2.1'/>\
                 <release version=\"2.0\"/></releases></component>",
                Some("2.1"),
                Some("A & B"),
            ),
            ("<developer_name>Mozilla</developer_name><releases><release version=\"128\">", Some("128"), Some("Mozilla")),
            ("<name>Not the developer</name><releases/>", None, None),
            ("<developer><name>", None, None),
            ("<release version=", None, None),
            ("<release version=\"", None, None),
            ("<release", None, None),
        ] {
            let found = parse(text.as_bytes());
            assert_eq!((found.version.as_deref(), found.developer.as_deref()), (version, developer), "{text}");
        }
    }
}
