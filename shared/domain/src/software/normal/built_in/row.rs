//! How the built-in rules are written down: one row is one rule.
//!
//! In: what a row says. Out: a rule as administrators write them.

use crate::software::normal::{Conditions, Pattern, PatternKind, ProductType, Results, Rule, VersionRule};

/// Sources of Linux.
pub(super) const LINUX: &[&str] = &["dpkg", "rpm", "flatpak", "snap"];
/// The packages of distributions.
pub(super) const PACKAGES: &[&str] = &["dpkg", "rpm"];

/// One built-in rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    id: &'static str,
    sources: &'static [&'static str],
    publisher: Option<Is>,
    name: Option<Is>,
    in_version: Option<Is>,
    to: (&'static str, &'static str),
    keep: &'static str,
    edition: Option<&'static str>,
    product_type: ProductType,
    /// A title that it is about: `name`, `name|version` or `name|version|publisher`.
    example: &'static str,
}

/// A pattern.
pub(super) type Is = (PatternKind, &'static str);

/// The whole text.
pub(super) const fn is(text: &'static str) -> Is {
    (PatternKind::Equals, text)
}

/// Its beginning.
pub(super) const fn starts(text: &'static str) -> Is {
    (PatternKind::StartsWith, text)
}

/// A regular expression.
pub(super) const fn re(text: &'static str) -> Is {
    (PatternKind::Matches, text)
}

/// Titles of such a name are this publisher's product, for instance this one.
pub(super) const fn row(
    id: &'static str,
    name: Is,
    publisher: &'static str,
    product: &'static str,
    example: &'static str,
) -> Row {
    Row { name: Some(name), ..any(id, publisher, product, example) }
}

/// As [`row`], without a condition on the name.
pub(super) const fn any(id: &'static str, publisher: &'static str, product: &'static str, example: &'static str) -> Row {
    Row {
        id,
        sources: &[],
        publisher: None,
        name: None,
        in_version: None,
        to: (publisher, product),
        keep: "keep",
        edition: None,
        product_type: ProductType::Licensable,
        example,
    }
}

impl Row {
    /// Only from these sources.
    pub(super) const fn on(self, sources: &'static [&'static str]) -> Self {
        Self { sources, ..self }
    }

    /// Only of such a publisher.
    pub(super) const fn by(self, publisher: Is) -> Self {
        Self { publisher: Some(publisher), ..self }
    }

    /// Only in such a version.
    pub(super) const fn in_version(self, version: Is) -> Self {
        Self { in_version: Some(version), ..self }
    }

    /// The version is this.
    pub(super) const fn version(self, keep: &'static str) -> Self {
        Self { keep, ..self }
    }

    /// The edition is this.
    pub(super) const fn edition(self, edition: &'static str) -> Self {
        Self { edition: Some(edition), ..self }
    }

    /// It costs nothing.
    pub(super) const fn free(self) -> Self {
        self.of_type(ProductType::Freeware)
    }

    /// It needs no licence of its own.
    pub(super) const fn unlicensed(self) -> Self {
        self.of_type(ProductType::NotLicensable)
    }

    /// It is part of something else.
    pub(super) const fn child(self) -> Self {
        self.of_type(ProductType::Child)
    }

    /// It is of this type.
    pub(super) const fn of_type(self, product_type: ProductType) -> Self {
        Self { product_type, ..self }
    }

    /// The title that it is about, for instance, as source, name, version and publisher.
    #[cfg(test)]
    pub(super) fn example(&self) -> crate::software::Software {
        let mut parts = self.example.split('|').map(str::to_owned);
        crate::software::Software {
            name: parts.next().unwrap(),
            version: parts.next().filter(|version| !version.is_empty()),
            publisher: parts.next(),
            source: self.sources.first().unwrap_or(&"windows").to_string(),
            architecture: None,
        }
    }

    /// The rule, in this place.
    pub(super) fn rule(&self, order: u32) -> Rule {
        let Self { id, sources, publisher, name, in_version, to, keep, edition, product_type, example } = *self;
        let pattern = |is: Option<Is>| is.map(|(kind, text)| Pattern::new(kind, text));
        let title = example.split('|').next().unwrap_or_default();
        Rule {
            id: id.to_owned(),
            order,
            enabled: true,
            note: format!("Built in; for instance {title}."),
            conditions: Conditions {
                sources: sources.iter().map(|source| (*source).to_owned()).collect(),
                publisher: pattern(publisher),
                name: pattern(name),
                version: pattern(in_version),
            },
            results: Results {
                publisher: to.0.to_owned(),
                product: to.1.to_owned(),
                version: VersionRule::from(keep.to_owned()),
                edition: edition.map(str::to_owned),
                platform: None,
                language: None,
                product_type,
            },
        }
    }
}
