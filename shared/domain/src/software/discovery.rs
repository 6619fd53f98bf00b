//! Which software model an installed title is of (domain 6.1).
//!
//! In: models as publisher, product and conditions, and normalised titles. Out: the model that says most about a title, and the others
//! that say as much. What needs no licence is of no model.

use super::compare_versions;
use super::normal::{Normalised, ProductType};
use crate::metric::{edition_names, is_same_edition};
use serde::{Deserialize, Serialize};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// How a version or an edition is compared, without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "operator", content = "value")]
pub enum Condition {
    /// Whatever it is.
    #[default]
    IsAnything,
    /// Nothing is known.
    IsEmpty,
    /// This; of versions the one that counts the same (`1.0` is `1.00`).
    Is(String),
    /// Anything but this, also nothing.
    IsNot(String),
    /// Its text begins with this: `1` also holds for `10`, `1.` does not.
    StartsWith(String),
    /// This is in its text.
    Contains(String),
    /// Newer than this.
    GreaterThan(String),
    /// Older than this.
    LessThan(String),
}

/// A condition on a version.
pub type VersionCondition = Condition;
/// A condition on an edition.
pub type EditionCondition = Condition;

impl Condition {
    /// Whether it holds for this.
    #[must_use]
    pub fn holds(&self, value: Option<&str>) -> bool {
        let text = value.unwrap_or_default().trim();
        let known = !text.is_empty();
        let order = |expected: &str| compare_versions(text, expected);
        match self {
            Self::IsAnything => true,
            Self::IsEmpty => !known,
            Self::Is(expected) => known && order(expected) == Ordering::Equal,
            Self::IsNot(expected) => !known || order(expected) != Ordering::Equal,
            Self::StartsWith(expected) => known && text.to_lowercase().starts_with(&expected.to_lowercase()),
            Self::Contains(expected) => known && text.to_lowercase().contains(&expected.to_lowercase()),
            Self::GreaterThan(expected) => known && order(expected) == Ordering::Greater,
            Self::LessThan(expected) => known && order(expected) == Ordering::Less,
        }
    }

    /// Whether it holds for an edition of a publisher's, by whatever name that is known: `EE` is Oracle's `Enterprise Edition`.
    #[must_use]
    pub fn holds_for_edition(&self, publisher: &str, edition: Option<&str>) -> bool {
        let known = edition.map(str::trim).filter(|edition| !edition.is_empty());
        match (self, known) {
            (Self::Is(expected), Some(edition)) => self.holds(known) || is_same_edition(publisher, expected, edition),
            (Self::IsNot(expected), Some(edition)) => self.holds(known) && !is_same_edition(publisher, expected, edition),
            (Self::StartsWith(_) | Self::Contains(_), Some(edition)) => {
                edition_names(publisher, edition).any(|name| self.holds(Some(name)))
            }
            _ => self.holds(edition),
        }
    }

    /// How much it says: what holds for less says more, and a longer text more than a shorter one.
    fn weight(&self) -> (u8, usize) {
        match self {
            Self::IsAnything => (0, 0),
            Self::IsNot(_) => (1, 0),
            Self::GreaterThan(_) | Self::LessThan(_) => (2, 0),
            Self::Contains(text) => (3, text.chars().count()),
            Self::StartsWith(text) => (4, text.chars().count()),
            Self::IsEmpty | Self::Is(_) => (5, 0),
        }
    }
}

/// Which titles a software model is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelMatch {
    /// The publisher, without regard to case.
    pub publisher: String,
    /// The product, without regard to case.
    pub product: String,
    /// The version.
    pub version: VersionCondition,
    /// The edition.
    pub edition: EditionCondition,
    /// The platform; any without one.
    pub platform: Option<String>,
    /// The language; any without one.
    pub language: Option<String>,
}

/// How much a model says: version, edition, platform, language, in this order.
type Weight = ((u8, usize), (u8, usize), bool, bool);

impl ModelMatch {
    /// Whether a title is of this model. A title that no rule knows is, if it says all this itself; one that needs no licence is not.
    #[must_use]
    pub fn matches(&self, title: &Normalised) -> bool {
        let Normalised { rule: _, publisher, product, version, edition, product_type, platform, language } = title;
        let Self { publisher: of, product: is, version: in_version, edition: in_edition, platform: on, language: speaks } = self;
        let any_or = |asked: &Option<String>, there: &Option<String>| {
            asked.as_ref().is_none_or(|asked| there.as_ref().is_some_and(|there| same(asked, there)))
        };
        matches!(product_type, ProductType::Licensable | ProductType::Unknown)
            && same(of, publisher.as_deref().unwrap_or_default())
            && same(is, product)
            && in_version.holds(version.as_deref())
            && in_edition.holds_for_edition(of, edition.as_deref())
            && any_or(on, platform)
            && any_or(speaks, language)
    }

    fn weight(&self) -> Weight {
        (self.version.weight(), self.edition.weight(), self.platform.is_some(), self.language.is_some())
    }
}

/// The model of a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Best<'m, Id> {
    /// The one that says most; among equals the lowest id.
    pub model: &'m Id,
    /// Others that say as much, by id: somebody should look at them.
    pub ties: Vec<&'m Id>,
}

/// Models, ready to be asked for many titles.
#[derive(Debug)]
pub struct Models<Id> {
    /// By publisher and product in lower case; each with what says most first, then by id.
    by_product: BTreeMap<(String, String), Vec<Ranked<Id>>>,
}

type Ranked<Id> = (Reverse<Weight>, Id, ModelMatch);

impl<Id: Ord> Models<Id> {
    /// Makes models ready.
    pub fn new(models: impl IntoIterator<Item = (Id, ModelMatch)>) -> Self {
        let mut by_product: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, model) in models {
            by_product.entry(key(&model.publisher, &model.product)).or_default().push((Reverse(model.weight()), id, model));
        }
        for models in by_product.values_mut() {
            models.sort_by(|(weight, id, _), (other, other_id, _)| (weight, id).cmp(&(other, other_id)));
        }
        Self { by_product }
    }

    /// Whether models of the product would be about a title if its edition were known, and none is because it is not.
    #[must_use]
    pub fn lack_edition(&self, title: &Normalised) -> bool {
        let of_product = || self.by_product.get(&key(title.publisher.as_deref().unwrap_or_default(), &title.product));
        title.edition.is_none()
            && self.best(title).is_none()
            && of_product()
                .into_iter()
                .flatten()
                .any(|(_, _, model)| ModelMatch { edition: Condition::IsAnything, ..model.clone() }.matches(title))
    }

    /// The model of a title, if there is one.
    #[must_use]
    pub fn best(&self, title: &Normalised) -> Option<Best<'_, Id>> {
        let models = self.by_product.get(&key(title.publisher.as_deref().unwrap_or_default(), &title.product))?;
        let mut matching = models.iter().filter(|(_, _, model)| model.matches(title));
        let (most, model, _) = matching.next()?;
        let ties = matching.take_while(|(weight, _, _)| weight == most).map(|(_, id, _)| id).collect();
        Some(Best { model, ties })
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn key(publisher: &str, product: &str) -> (String, String) {
    (publisher.trim().to_lowercase(), product.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn title(version: Option<&str>, edition: Option<&str>, product_type: ProductType) -> Normalised {
        Normalised {
            rule: Some("r".to_owned()),
            publisher: Some("Microsoft".to_owned()),
            product: "SQL Server".to_owned(),
            version: version.map(str::to_owned),
            edition: edition.map(str::to_owned),
            product_type,
            platform: Some("Windows".to_owned()),
            language: Some("en-US".to_owned()),
        }
    }

    fn model(version: VersionCondition, edition: EditionCondition, platform: Option<&str>) -> ModelMatch {
        ModelMatch {
            publisher: "MICROSOFT".to_owned(),
            product: "sql server ".to_owned(),
            version,
            edition,
            platform: platform.map(str::to_owned),
            language: None,
        }
    }

    #[test]
    fn conditions_hold() {
        let text = str::to_owned;
        for (condition, holds, does_not) in [
            (Condition::IsAnything, &[Some("1"), Some(""), None][..], &[][..]),
            (Condition::IsEmpty, &[None, Some(" ")], &[Some("1")]),
            (Condition::Is(text("2012 R2")), &[Some("2012 r2"), Some("2012-R2")], &[Some("2012"), None]),
            (Condition::Is(text("Enterprise")), &[Some("ENTERPRISE")], &[Some("Enterprise Plus")]),
            (Condition::IsNot(text("1.0")), &[Some("1.1"), None], &[Some("1.00")]),
            (Condition::StartsWith(text("1.")), &[Some("1.2")], &[Some("10.2"), Some("1"), None]),
            (Condition::Contains(text("PRO")), &[Some("Home and Pro")], &[Some("Home"), None]),
            (Condition::GreaterThan(text("9.5")), &[Some("10.0"), Some("9.5.1")], &[Some("9.5"), Some("9"), None]),
            (Condition::LessThan(text("10")), &[Some("9.5"), Some("2")], &[Some("10"), Some("10.1"), None]),
        ] {
            assert!(holds.iter().all(|value| condition.holds(*value)), "{condition:?}");
            assert!(!does_not.iter().any(|value| condition.holds(*value)), "{condition:?}");
            let json = serde_json::to_string(&condition).unwrap();
            assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), condition, "{json}");
        }
    }

    #[test]
    fn conditions_know_editions_by_each_of_their_names() {
        let text = str::to_owned;
        for (condition, holds, does_not) in [
            (
                Condition::Is(text("EE")),
                &[Some("Enterprise Edition"), Some("enterprise"), Some("ee")][..],
                &[Some("SE"), Some("Enterprise Plus"), Some(" "), None][..],
            ),
            (Condition::Is(text("Enterprise Edition")), &[Some("EE"), Some("Enterprise")], &[Some("Standard Edition")]),
            (
                Condition::Is(text("SE2")),
                &[Some("Standard Edition 2"), Some("Standard 2")],
                &[Some("Standard Edition"), Some("SE")],
            ),
            (Condition::IsNot(text("EE")), &[Some("SE2"), None], &[Some("Enterprise Edition"), Some("EE")]),
            (Condition::StartsWith(text("Standard")), &[Some("SE"), Some("SE2"), Some("standard")], &[Some("EE"), None]),
            (Condition::Contains(text("Edition 2")), &[Some("SE2")], &[Some("SE1"), Some("EE")]),
            (Condition::IsEmpty, &[None, Some(" ")], &[Some("EE")]),
            (Condition::IsAnything, &[None, Some("EE")], &[]),
        ] {
            assert!(holds.iter().all(|edition| condition.holds_for_edition("oracle", *edition)), "{condition:?}");
            assert!(!does_not.iter().any(|edition| condition.holds_for_edition("oracle", *edition)), "{condition:?}");
        }
        assert!(!Condition::Is(text("EE")).holds_for_edition("Example", Some("Enterprise")), "another publisher's");
    }

    #[test]
    fn only_what_may_need_a_licence_is_of_a_model() {
        let any = model(Condition::IsAnything, Condition::IsAnything, None);
        for kind in ProductType::ALL {
            let expected = matches!(kind, ProductType::Licensable | ProductType::Unknown);
            assert_eq!(any.matches(&title(None, None, kind)), expected, "{kind}");
        }
        let licensable = title(Some("2019"), None, ProductType::Licensable);
        for wrong in [
            ModelMatch { publisher: "Oracle".to_owned(), ..any.clone() },
            ModelMatch { product: "SQL".to_owned(), ..any.clone() },
            ModelMatch { platform: Some("Linux".to_owned()), ..any.clone() },
            ModelMatch { language: Some("de".to_owned()), ..any.clone() },
            ModelMatch { edition: Condition::Is("Web".to_owned()), ..any.clone() },
        ] {
            assert!(!wrong.matches(&licensable), "{wrong:?}");
        }
    }

    #[test]
    fn the_model_that_says_most_wins() {
        let is = |text: &str| Condition::Is(text.to_owned());
        let starts = |text: &str| Condition::StartsWith(text.to_owned());
        let any = || Condition::IsAnything;
        let models = Models::new([
            (9, model(any(), any(), None)),
            (2, model(any(), is("Enterprise"), None)),
            (3, model(is("2019"), any(), None)),
            (4, model(is("2019"), is("Enterprise"), None)),
            (6, model(starts("20"), any(), Some("Windows"))),
            (5, model(starts("201"), any(), None)),
            (8, model(Condition::GreaterThan("2021".to_owned()), is("Web"), None)),
            (7, model(Condition::LessThan("2025".to_owned()), is("Web"), None)),
        ]);
        for (version, edition, expected, ties) in [
            (None, None, 9, &[][..]),
            (Some("2008"), Some("Enterprise"), 6, &[]),
            (Some("2019"), Some("Standard"), 3, &[]),
            (Some("2019"), Some("enterprise"), 4, &[]),
            (Some("2017"), Some("Enterprise"), 5, &[]),
            (Some("8"), Some("Enterprise"), 2, &[]),
            (Some("2022"), Some("Web"), 6, &[]),
        ] {
            let title = title(version, edition, ProductType::Licensable);
            let best = models.best(&title).unwrap();
            assert_eq!((*best.model, best.ties), (expected, ties.iter().collect::<Vec<&i32>>()), "{version:?} {edition:?}");
        }
        let two =
            Models::new([("b", model(any(), any(), None)), ("a", model(any(), any(), None)), ("c", model(any(), any(), None))]);
        let title = title(None, None, ProductType::Licensable);
        assert_eq!(two.best(&title), Some(Best { model: &"a", ties: vec![&"b", &"c"] }));
        assert_eq!(two.best(&Normalised { product: "Other".to_owned(), ..title }), None);
    }

    proptest! {
        #[test]
        fn the_order_of_models_does_not_matter(mut models in proptest::collection::vec((0..6_u8, 0..3_u8), 0..8), version in "[0-3]{0,2}") {
            let condition = |kind: u8, text: &str| match kind {
                0 => Condition::IsAnything,
                1 => Condition::Is(text.to_owned()),
                2 => Condition::IsNot(text.to_owned()),
                3 => Condition::StartsWith(text.to_owned()),
                4 => Condition::GreaterThan(text.to_owned()),
                _ => Condition::IsEmpty,
            };
            models.sort();
            models.dedup();
            let made = |(kind, text): &(u8, u8)| ((*kind, *text), model(condition(*kind, &text.to_string()), Condition::IsAnything, None));
            let title = title(Some(&version), None, ProductType::Licensable);
            let forwards = Models::new(models.iter().map(made));
            let backwards = Models::new(models.iter().rev().map(made));
            prop_assert_eq!(forwards.best(&title), backwards.best(&title));
            let any = models.iter().map(made).any(|(_, model)| model.matches(&title));
            prop_assert_eq!(forwards.best(&title).is_some(), any);
        }
    }
}
