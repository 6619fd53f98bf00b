//! A rule that is ready.
//!
//! In: a rule. Out: whether it is about some software, which condition fails, and what the software is. Everything that can be wrong
//! with a rule is found here, before it is used.

use super::{
    Family, Normalised, Pattern, Place, Rule, RuleError, RuleErrorKind, VersionRule,
    pattern::Test,
    rule::{Conditions, ProductType, Results},
    subject::{Subject, Text},
    template::{Found, Template},
};

/// A rule that is ready.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) id: String,
    pub(super) order: u32,
    pub(super) enabled: bool,
    sources: Vec<String>,
    publisher: Option<(Pattern, Test)>,
    name: Option<(Pattern, Test)>,
    version: Option<(Pattern, Test)>,
    results: Ready,
}

/// Results that are ready.
#[derive(Debug)]
struct Ready {
    publisher: Template,
    product: Template,
    version: Version,
    edition: Option<Template>,
    platform: Option<Template>,
    language: Option<Template>,
    product_type: ProductType,
}

#[derive(Debug)]
enum Version {
    Keep,
    Parts(usize),
    Text(Template),
}

impl Compiled {
    /// Makes a rule ready.
    pub(super) fn new(rule: Rule) -> Result<Self, Vec<RuleError>> {
        let Rule { id, order, enabled, note: _, conditions, results } = rule;
        let Conditions { sources, publisher, name, version } = conditions;
        let mut errors = Errors { rule: id.clone(), found: Vec::new() };
        if id.trim().is_empty() {
            errors.add(Place::Id, RuleErrorKind::Empty);
        }
        if sources.iter().any(|source| source.trim().is_empty()) {
            errors.add(Place::Source, RuleErrorKind::Empty);
        }
        if sources.is_empty() && publisher.is_none() && name.is_none() && version.is_none() {
            errors.add(Place::Conditions, RuleErrorKind::Unconditional);
        }
        let sources = sources.into_iter().map(|source| source.trim().to_lowercase()).collect();
        let publisher = errors.test(Place::Publisher, publisher);
        let name = errors.test(Place::Name, name);
        let version = errors.test(Place::Version, version);
        // Groups of a pattern that is wrong are not counted against the texts.
        let groups = |test: &Option<(Pattern, Test)>| test.as_ref().map_or(0, |(_, test)| test.group_count());
        let results = if errors.found.is_empty() { ready(results, groups(&name), groups(&version), &mut errors) } else { None };
        match results {
            Some(results) if errors.found.is_empty() => {
                Ok(Self { id, order, enabled, sources, publisher, name, version, results })
            }
            _ => Err(errors.found),
        }
    }

    /// Every name that it is about begins with one of these, in lower case; none if that is not known.
    pub(super) fn beginnings(&self) -> &[String] {
        self.name.as_ref().map_or(&[], |(_, test)| test.beginnings())
    }

    /// Whether it is about this.
    pub(super) fn holds(&self, subject: &Subject) -> bool {
        self.is_from(subject)
            && passes(self.publisher.as_ref(), &subject.publisher)
            && passes(self.name.as_ref(), &subject.name)
            && passes(self.version.as_ref(), &subject.version)
    }

    /// The first condition that does not hold, what it asks for, and what there is.
    pub(super) fn fails(&self, subject: &Subject) -> Option<(Place, String, String)> {
        if !self.is_from(subject) {
            return Some((Place::Source, format!("one of {}", self.sources.join(", ")), subject.source.clone()));
        }
        let conditions = [
            (Place::Publisher, &self.publisher, &subject.publisher),
            (Place::Name, &self.name, &subject.name),
            (Place::Version, &self.version, &subject.version),
        ];
        conditions.into_iter().find_map(|(place, test, text)| {
            let (pattern, _) = test.as_ref().filter(|_| !passes(test.as_ref(), text))?;
            Some((place, pattern.to_string(), text.plain.clone()))
        })
    }

    /// What the software is, by this rule.
    pub(super) fn normalised(&self, subject: &Subject) -> Normalised {
        let groups = |test: &Option<(Pattern, Test)>, text| {
            test.as_ref().map(|(_, test): &(_, Test)| test.groups(text)).unwrap_or_default()
        };
        let version = subject.version();
        let found = Found {
            name: &subject.name.plain,
            publisher: &subject.publisher.plain,
            version: version.as_deref().unwrap_or_default(),
            distribution: subject.distribution.unwrap_or(&subject.publisher.plain),
            name_groups: groups(&self.name, &subject.name.plain),
            version_groups: groups(&self.version, &subject.version.plain),
        };
        let Ready { publisher, product, version: how, edition, platform, language, product_type } = &self.results;
        let text = |template: &Option<Template>| template.as_ref().and_then(|template: &Template| template.fill(&found));
        let unknown = subject.unknown();
        let version = match how {
            Version::Keep => version.clone(),
            Version::Parts(count) => version.as_deref().map(|version| parts(version, *count)),
            Version::Text(template) => template.fill(&found).or_else(|| version.clone()),
        };
        Normalised {
            rule: Some(self.id.clone()),
            publisher: publisher.fill(&found).or(unknown.publisher),
            product: product.fill(&found).unwrap_or(unknown.product),
            version,
            edition: text(edition),
            product_type: *product_type,
            platform: text(platform).or(unknown.platform),
            language: text(language).or(unknown.language),
        }
    }

    fn is_from(&self, subject: &Subject) -> bool {
        let named = |source: &String| {
            *source == subject.source || Family::of(source) == subject.family && subject.family != Family::Other
        };
        self.sources.is_empty() || self.sources.iter().any(named)
    }
}

fn passes(test: Option<&(Pattern, Test)>, text: &Text) -> bool {
    test.is_none_or(|(_, test)| test.passes(&text.plain, &text.lower))
}

/// The first parts of a version.
fn parts(version: &str, count: usize) -> String {
    version.split('.').take(count).collect::<Vec<_>>().join(".")
}

fn ready(results: Results, name: usize, version: usize, errors: &mut Errors) -> Option<Ready> {
    let Results { publisher, product, version: how, edition, platform, language, product_type } = results;
    let mut text = |field, text: String| {
        let empty = text.trim().is_empty().then_some(RuleErrorKind::Empty);
        let made = empty.map_or_else(|| Template::new(&text, name, version).map_err(RuleErrorKind::from), Err);
        made.map_err(|reason| errors.add(Place::Result(field), reason)).ok()
    };
    let how = match how {
        VersionRule::Keep => Some(Version::Keep),
        VersionRule::Major => Some(Version::Parts(1)),
        VersionRule::MajorMinor => Some(Version::Parts(2)),
        VersionRule::Text(template) => text("version", template).map(Version::Text),
    };
    let publisher = text("publisher", publisher);
    let product = text("product", product);
    let edition = edition.and_then(|edition| text("edition", edition));
    let platform = platform.and_then(|platform| text("platform", platform));
    let language = language.and_then(|language| text("language", language));
    Some(Ready { publisher: publisher?, product: product?, version: how?, edition, platform, language, product_type })
}

struct Errors {
    rule: String,
    found: Vec<RuleError>,
}

impl Errors {
    fn add(&mut self, place: Place, reason: RuleErrorKind) {
        self.found.push(RuleError { rule: self.rule.clone(), place, reason });
    }

    fn test(&mut self, place: Place, pattern: Option<Pattern>) -> Option<(Pattern, Test)> {
        let pattern = pattern?;
        let test = Test::new(&pattern).map_err(|error| self.add(place, error.into())).ok()?;
        Some((pattern, test))
    }
}
