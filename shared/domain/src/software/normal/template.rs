//! Texts of results, with places for what was found.
//!
//! In: `Visual Studio {1}` and what a rule found. Out: the text. A place that nothing was found for is left out.

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace without its other one. The place is counted in characters, from 1.
    #[error("has a brace without its other one at character {0}")]
    Brace(usize),
    /// A place for nothing that is known.
    #[error(
        "has {{{0}}}; known are {{1}} to {{9}}, {{version.1}} to {{version.9}}, {{name}}, {{publisher}}, {{version}} and {{distribution}}"
    )]
    Unknown(String),
    /// A group that the pattern does not have.
    #[error("has {{{place}}}, and the {pattern} pattern has {groups} groups; a * of glob and brackets of matches are groups")]
    Group {
        /// As written.
        place: String,
        /// Of which pattern.
        pattern: &'static str,
        /// How many there are.
        groups: usize,
    },
}

/// What places stand for.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub(super) name: &'a str,
    pub(super) publisher: &'a str,
    pub(super) version: &'a str,
    pub(super) distribution: &'a str,
    pub(super) name_groups: Vec<&'a str>,
    pub(super) version_groups: Vec<&'a str>,
}

/// A text that is ready.
#[derive(Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    Name,
    Publisher,
    Version,
    Distribution,
    NameGroup(usize),
    VersionGroup(usize),
}

impl Template {
    /// Makes a text ready, for patterns with so many groups.
    pub(super) fn new(text: &str, name_groups: usize, version_groups: usize) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let place = || text.chars().count() - rest.get(at..).unwrap_or_default().chars().count() + 1;
            let (before, brace) = rest.split_at(at);
            let inside = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let (inside, behind) =
                inside.filter(|(inside, _)| !inside.contains('{')).ok_or_else(|| TemplateError::Brace(place()))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(part(inside, name_groups, version_groups)?);
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text; nothing if nothing is left of it.
    pub(super) fn fill(&self, found: &Found<'_>) -> Option<String> {
        let group =
            |groups: &[&str], number: usize| number.checked_sub(1).and_then(|at| groups.get(at).map(|text| (*text).to_owned()));
        let text: String = self
            .0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Name => found.name.to_owned(),
                Part::Publisher => found.publisher.to_owned(),
                Part::Version => found.version.to_owned(),
                Part::Distribution => found.distribution.to_owned(),
                Part::NameGroup(number) => group(&found.name_groups, *number).unwrap_or_default(),
                Part::VersionGroup(number) => group(&found.version_groups, *number).unwrap_or_default(),
            })
            .collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }
}

fn part(inside: &str, name_groups: usize, version_groups: usize) -> Result<Part, TemplateError> {
    let of = |pattern, groups, digits: &str| match digits.parse::<usize>() {
        Ok(number @ 1..=9) if number <= groups => Ok(number),
        Ok(1..=9) => Err(TemplateError::Group { place: inside.to_owned(), pattern, groups }),
        _ => Err(TemplateError::Unknown(inside.to_owned())),
    };
    match inside {
        "name" => Ok(Part::Name),
        "publisher" => Ok(Part::Publisher),
        "version" => Ok(Part::Version),
        "distribution" => Ok(Part::Distribution),
        _ => match inside.strip_prefix("version.") {
            Some(digits) => of("version", version_groups, digits).map(Part::VersionGroup),
            None => of("name", name_groups, inside).map(Part::NameGroup),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let found = Found {
            name: "N",
            publisher: "P",
            version: "1.2",
            name_groups: vec!["", "Pro"],
            version_groups: vec!["1"],
            ..Found::default()
        };
        for (text, expected) in [
            ("plain", Some("plain")),
            ("{publisher}/{name} {version}", Some("P/N 1.2")),
            ("Studio {1} {2}", Some("Studio Pro")),
            ("{version.1}.x", Some("1.x")),
            ("{1}", None),
            ("{distribution}", None),
            (" ", None),
        ] {
            assert_eq!(Template::new(text, 2, 1).unwrap().fill(&found).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_template_says_where() {
        let group = |place: &str, pattern, groups| TemplateError::Group { place: place.to_owned(), pattern, groups };
        for (text, expected) in [
            ("ä{", TemplateError::Brace(2)),
            ("a}b", TemplateError::Brace(2)),
            ("{{1}}", TemplateError::Brace(1)),
            ("{0}", TemplateError::Unknown("0".to_owned())),
            ("{edition}", TemplateError::Unknown("edition".to_owned())),
            ("{3}", group("3", "name", 2)),
            ("{version.2}", group("version.2", "version", 1)),
        ] {
            assert_eq!(Template::new(text, 2, 1).unwrap_err(), expected, "{text}");
        }
    }
}
