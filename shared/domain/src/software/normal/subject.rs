//! Software, made ready for rules.
//!
//! In: what an agent says. Out: the texts that conditions are compared with, and what software is where no rule knows it.

use super::{Family, NameParts, Normalised, ProductType, clean::clean_version, family, name::name_parts, publisher};
use crate::software::Software;

/// Software as rules see it.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) family: Family,
    pub(super) source: String,
    pub(super) parts: NameParts,
    pub(super) name: Text,
    pub(super) publisher: Text,
    pub(super) version: Text,
    pub(super) distribution: Option<&'static str>,
}

/// A text, and the same in lower case.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) plain: String,
    pub(super) lower: String,
}

impl Text {
    fn new(plain: String) -> Self {
        Self { lower: plain.to_lowercase(), plain }
    }
}

impl Subject {
    pub(super) fn new(software: &Software) -> Self {
        let Software { name, version, publisher, source, architecture: _ } = software;
        let family = Family::of(source);
        let parts = name_parts(family, name);
        Self {
            family,
            source: source.to_lowercase(),
            name: Text::new(parts.name.clone()),
            publisher: Text::new(super::name::plain(publisher.as_deref().unwrap_or_default())),
            version: Text::new(version.as_deref().and_then(|version| clean_version(family, version)).unwrap_or_default()),
            distribution: family::distribution(software, family),
            parts,
        }
    }

    /// The reported version; if there is none, the one in the name.
    pub(super) fn version(&self) -> Option<String> {
        let reported = Some(self.version.plain.clone()).filter(|version| !version.is_empty());
        reported.or_else(|| self.parts.version.clone())
    }

    /// What it is where no rule knows it.
    pub(super) fn unknown(&self) -> Normalised {
        Normalised {
            rule: None,
            publisher: publisher::publisher(&self.publisher.plain),
            product: self.parts.product.clone(),
            version: self.version(),
            edition: None,
            product_type: ProductType::Unknown,
            platform: self.family.platform().map(str::to_owned),
            language: self.parts.language.clone(),
        }
    }
}
