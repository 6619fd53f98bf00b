//! Names without what is no part of them: architecture, language, trade marks, and the version at their end.
//!
//! In: a name as its source spells it. Out: its parts. A name is never emptied: what would leave nothing is part of it.

use super::Family;

/// What a name says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameParts {
    /// Without architecture, language and trade marks: what rules are compared with.
    pub name: String,
    /// Without the version at its end, too: the product, where no rule names one.
    pub product: String,
    /// The version at its end.
    pub version: Option<String>,
    /// The language it names, as a tag (`en-US`, `de`).
    pub language: Option<String>,
}

/// Takes a name apart.
#[must_use]
pub fn name_parts(family: Family, name: &str) -> NameParts {
    let plain = plain(name);
    let mut language = None;
    let name = match family {
        Family::Dpkg => {
            plain.rsplit_once(':').filter(|(name, _)| !name.is_empty()).map_or(plain.as_str(), |(name, _)| name).to_owned()
        }
        Family::Rpm => without_rpm_architecture(&plain).to_owned(),
        Family::Flatpak | Family::Snap => plain,
        Family::Windows | Family::MacOs | Family::Other => {
            let mut rest = plain.as_str();
            while let Some((shorter, found)) = shorten(rest) {
                rest = shorter;
                // The word at the end is the nearest to being the language.
                language = language.or(found);
            }
            rest.to_owned()
        }
    };
    let numbered = match family {
        Family::Dpkg | Family::Rpm | Family::Flatpak | Family::Snap => None,
        Family::Windows | Family::MacOs | Family::Other => numbered(&name),
    };
    let (product, version) = match numbered {
        Some((product, version)) => (product.to_owned(), Some(version.to_owned())),
        None => (name.clone(), None),
    };
    NameParts { name, product, version, language }
}

/// One space between words, no trade marks, no letters that only look like ASCII ones when case does not matter.
pub(super) fn plain(text: &str) -> String {
    let text = text.replace(['®', '™', '©'], " ").replace('\u{17f}', "s").replace('\u{212a}', "K");
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let marks = ["(r)", "(tm)", "(c)"];
    let mut plain = String::with_capacity(text.len());
    for word in words {
        let ended =
            |mark: &&str| word.get(word.len().saturating_sub(mark.len())..).is_some_and(|end| end.eq_ignore_ascii_case(mark));
        let word = marks.iter().find(|mark| ended(mark)).and_then(|mark| word.get(..word.len() - mark.len())).unwrap_or(word);
        if !word.is_empty() {
            plain.push_str(if plain.is_empty() { "" } else { " " });
            plain.push_str(word);
        }
    }
    plain
}

/// A name without an architecture or a language at its end, and the language.
fn shorten(name: &str) -> Option<(&str, Option<String>)> {
    let bracketed = name.strip_suffix(')').and_then(|open| open.rsplit_once('('));
    let dashed = name.rsplit_once(" - ");
    let word = name.rsplit_once(' ').filter(|(_, word)| is_architecture(word));
    [bracketed, dashed, word].into_iter().flatten().find_map(|(before, inside)| {
        let before = before.trim_end_matches([' ', ',', '-']);
        let language = qualities(inside)?;
        (!before.is_empty()).then_some((before, language))
    })
}

/// The language among architectures and languages; nothing if there is any other word, or no word at all.
fn qualities(text: &str) -> Option<Option<String>> {
    let lower = text.to_lowercase().replace("64 bit", "64-bit").replace("32 bit", "32-bit");
    let words: Vec<_> = lower.split([' ', ',', '/']).filter(|word| !word.is_empty()).collect();
    let tags: Vec<_> = words.iter().filter_map(|word| tag(word)).collect();
    let known = words.iter().all(|word| is_architecture(word) || tag(word).is_some());
    (known && !words.is_empty()).then(|| tags.into_iter().next())
}

fn is_architecture(word: &str) -> bool {
    ["x64", "x86", "x86_64", "64-bit", "32-bit", "64bit", "32bit", "win64", "win32", "amd64", "arm64", "i386", "i686"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// Languages that are written out.
const LANGUAGES: [(&str, &str); 18] = [
    ("english", "en"),
    ("german", "de"),
    ("deutsch", "de"),
    ("french", "fr"),
    ("français", "fr"),
    ("spanish", "es"),
    ("español", "es"),
    ("italian", "it"),
    ("italiano", "it"),
    ("dutch", "nl"),
    ("nederlands", "nl"),
    ("portuguese", "pt"),
    ("polish", "pl"),
    ("polski", "pl"),
    ("russian", "ru"),
    ("japanese", "ja"),
    ("chinese", "zh"),
    ("korean", "ko"),
];

/// `en-us` is `en-US`; `German` is `de`.
fn tag(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    if let Some((_, tag)) = LANGUAGES.iter().find(|(name, _)| *name == lower) {
        return Some((*tag).to_owned());
    }
    let (language, region) = lower.split_once(['-', '_'])?;
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    (language.len() == 2 && region.len() == 2 && letters(language) && letters(region))
        .then(|| format!("{language}-{}", region.to_uppercase()))
}

/// A name and the version at its end: `7-Zip 23.01`, `Tool v1.2`, `Tool version 3.0`. A year or a number alone is part of the name.
fn numbered(name: &str) -> Option<(&str, &str)> {
    let (before, last) = name.rsplit_once(' ')?;
    let version = last.strip_prefix(['v', 'V']).unwrap_or(last);
    let dotted = version.contains('.') && version.starts_with(|c: char| c.is_ascii_digit());
    let before =
        before.strip_suffix(['v', 'V']).filter(|before| before.ends_with(' ')).unwrap_or(before).trim_end_matches([' ', '-']);
    let word = before.rsplit_once(' ').filter(|(_, word)| word.eq_ignore_ascii_case("version"));
    let before = word.map_or(before, |(before, _)| before).trim_end_matches([' ', '-']);
    (dotted && !before.is_empty() && version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')).then_some((before, version))
}

fn without_rpm_architecture(name: &str) -> &str {
    let architectures = ["x86_64", "noarch", "i686", "i586", "aarch64", "ppc64le", "s390x"];
    name.rsplit_once('.').filter(|(name, last)| !name.is_empty() && architectures.contains(last)).map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_taken_apart() {
        for (family, name, expected) in [
            (
                Family::Windows,
                "Microsoft Office Professional Plus 2016 - en-us",
                "Microsoft Office Professional Plus 2016||en-US",
            ),
            (Family::Windows, "Mozilla Firefox (x64 en-US)", "Mozilla Firefox||en-US"),
            (Family::Windows, "7-Zip 23.01 (x64)", "7-Zip|23.01|"),
            (Family::Windows, "Java 8 Update 371 (64-bit)", "Java 8 Update 371||"),
            (Family::Windows, "Oracle Database 19c Enterprise Edition", "Oracle Database 19c Enterprise Edition||"),
            (Family::Windows, "Microsoft SQL Server 2019 (64-bit)", "Microsoft SQL Server 2019||"),
            (Family::Windows, "Intel(R) Graphics  Driver", "Intel Graphics Driver||"),
            (Family::Windows, "Adobe® Acrobat™ (64 bit)", "Adobe Acrobat||"),
            (Family::Windows, "Tool version 3.0 (German)", "Tool|3.0|de"),
            (Family::Windows, "Tool - 1.2 x64", "Tool|1.2|"),
            (Family::Windows, "Tool (preview)", "Tool (preview)||"),
            (Family::Windows, "(x64)", "(x64)||"),
            (Family::Windows, "Tool ()", "Tool ()||"),
            (Family::Dpkg, "libssl3:amd64", "libssl3||"),
            (Family::Dpkg, "postgresql-15", "postgresql-15||"),
            (Family::Rpm, "bash.x86_64", "bash||"),
            (Family::Rpm, "python3.11", "python3.11||"),
            (Family::Flatpak, "org.mozilla.firefox", "org.mozilla.firefox||"),
        ] {
            let NameParts { name: _, product, version, language } = name_parts(family, name);
            let found = format!("{product}|{}|{}", version.unwrap_or_default(), language.unwrap_or_default());
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(name_parts(Family::Windows, "7-Zip 23.01 (x64)").name, "7-Zip 23.01");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_or_empties_a_name(name in "\\PC{0,30}|[a-zA-Z(x64) .,v0-9-]{0,30}", at in 0..3_usize) {
            let parts = name_parts([Family::Windows, Family::Dpkg, Family::Rpm][at], &name);
            prop_assert_eq!(parts.product.is_empty(), plain(&name).is_empty(), "{:?}", parts);
            let again = name_parts(Family::Windows, &name_parts(Family::Windows, &name).name);
            prop_assert_eq!(&name_parts(Family::Windows, &name).name, &again.name);
        }
    }
}
