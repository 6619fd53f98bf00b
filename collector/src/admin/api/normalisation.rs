//! `/api/v1/software/rules`, `/unrecognised`, `/products`: what normalisation makes of installed software, and why.

use super::openapi::Problems;
use crate::{
    admin::{
        context::Ctx,
        extract::{Json as Body, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    reconcile::{self, InstalledProduct, KnownRule, normalization_rules},
};
use axum::{Json, extract::State, response::Response};
use muster_domain::software::{
    Software,
    normal::{Normalised, Rule, Step, Unrecognised, Verdict},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Longest name, version or publisher that is tested, in characters.
const MAX_CHARS: usize = 1_000;

/// A rule of normalisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleView {
    /// Its place: the lower is tried first.
    order: u32,
    /// Its name.
    rule: String,
    /// `built-in`, or `site` for a record of normalization-rules.
    origin: &'static str,
    /// Whether it is tried.
    active: bool,
    /// What software it is about: sources, and patterns of publisher, name and version.
    #[serde(rename = "if")]
    #[schema(value_type = Object)]
    conditions: Value,
    /// What such software is.
    #[serde(rename = "then")]
    #[schema(value_type = Object)]
    results: Value,
    /// Where it comes from, or why it is there.
    note: String,
}

impl From<KnownRule> for RuleView {
    fn from(known: KnownRule) -> Self {
        let KnownRule { rule, built_in } = known;
        let Rule { id, order, enabled, note, conditions, results } = rule;
        Self {
            order,
            rule: id,
            origin: if built_in { "built-in" } else { "site" },
            active: enabled,
            conditions: serde_json::to_value(conditions).unwrap_or_default(),
            results: serde_json::to_value(results).unwrap_or_default(),
            note,
        }
    }
}

/// Software to be tested.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTest {
    /// Its name, as its source spells it.
    name: String,
    /// Its version.
    version: Option<String>,
    /// Who publishes it, as it says itself.
    publisher: Option<String>,
    /// What installed it: `dpkg`, `rpm`, `flatpak`, `snap`, `windows`, `macos`; `windows` when absent.
    source: Option<String>,
}

/// What software is after normalisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct NormalisedView {
    /// The rule that says so; null where no rule is about it.
    rule: Option<String>,
    /// Who publishes it.
    publisher: Option<String>,
    /// What it is.
    product: String,
    /// In which version.
    version: Option<String>,
    /// In which edition.
    edition: Option<String>,
    /// Whether it needs a licence.
    product_type: String,
    /// What it runs on.
    platform: Option<String>,
    /// In which language.
    language: Option<String>,
}

impl From<Normalised> for NormalisedView {
    fn from(found: Normalised) -> Self {
        let Normalised { rule, publisher, product, version, edition, product_type, platform, language } = found;
        Self { rule, publisher, product, version, edition, product_type: product_type.to_string(), platform, language }
    }
}

/// What a test found.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleTestView {
    /// What it is.
    normalised: NormalisedView,
    /// The rules in their order until one won.
    steps: Vec<RuleStepView>,
}

/// What became of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleStepView {
    /// The rule.
    rule: String,
    /// `won`, `failed` or `off`.
    verdict: &'static str,
    /// The first condition that does not hold.
    at: Option<String>,
    /// What it asks for.
    expected: Option<String>,
    /// What there is.
    found: Option<String>,
}

impl From<Step> for RuleStepView {
    fn from(step: Step) -> Self {
        let Step { rule, verdict } = step;
        let plain = |verdict| Self { rule: rule.clone(), verdict, at: None, expected: None, found: None };
        match verdict {
            Verdict::Off => plain("off"),
            Verdict::Won => plain("won"),
            Verdict::Failed { place, expected, found } => {
                Self { at: Some(place.to_string()), expected: Some(expected), found: Some(found), ..plain("failed") }
            }
        }
    }
}

/// A name that no rule is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnrecognisedView {
    /// What its titles have in common.
    name: String,
    /// Who publishes it, as far as it says.
    publisher: Option<String>,
    /// What installed it.
    source: String,
    /// On how many assets it is, title by title.
    installs: u64,
    /// How many titles there are: versions, languages, architectures.
    titles: u64,
}

impl From<Unrecognised> for UnrecognisedView {
    fn from(one: Unrecognised) -> Self {
        let Unrecognised { publisher, product, source, titles, installs } = one;
        Self { name: product, publisher, source, installs, titles }
    }
}

/// A product that is installed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductView {
    /// Who publishes it.
    publisher: Option<String>,
    /// What it is.
    product: String,
    /// In which version.
    version: Option<String>,
    /// In which edition.
    edition: Option<String>,
    /// Whether it needs a licence.
    product_type: String,
    /// What it runs on.
    platform: Option<String>,
    /// In which language.
    language: Option<String>,
    /// The rule that says so; null where no rule is about it.
    rule: Option<String>,
    /// On how many assets it is, title by title.
    installs: u64,
    /// How many titles of sources are this.
    titles: u64,
    /// The software model that says most about it; null where none does.
    model: Option<String>,
    /// What that model is called.
    model_name: Option<String>,
    /// Other models that say as much: somebody should look at them.
    ties: Vec<String>,
}

impl ProductView {
    fn of(one: InstalledProduct, name: impl Fn(uuid::Uuid) -> Option<String>) -> Self {
        let InstalledProduct { normalised, installs, titles, model, ties } = one;
        let Normalised { rule, publisher, product, version, edition, product_type, platform, language } = normalised;
        Self {
            publisher,
            product,
            version,
            edition,
            product_type: product_type.to_string(),
            platform,
            language,
            rule,
            installs,
            titles,
            model: model.map(|id| id.to_string()),
            model_name: model.and_then(name),
            ties: ties.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Every rule of normalisation in the order in which they are tried: the site's own (records of normalization-rules) and those that
/// come with the product. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/software/rules", tag = "software", params(Paging),
    responses((status = 200, description = "rules", body = Page<RuleView>), Problems))]
pub async fn rules(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let (rules, wrong) = normalization_rules(&context.records.snapshot());
    let page =
        Page::in_order(rules, &paging, |known| (known.rule.order, known.rule.id.clone()))?.map(RuleView::from).warned(wrong);
    Ok(page.answer(&listing, &["order", "rule", "origin", "active", "if", "then", "note"]))
}

/// What the rules make of some software, and which were tried until one won. It changes nothing.
#[utoipa::path(post, path = "/api/v1/software/rules/test", tag = "software", request_body = RuleTest,
    responses((status = 200, description = "what it is", body = RuleTestView), Problems))]
pub async fn test(State(context): State<Ctx>, Body(input): Body<RuleTest>) -> Answer<Json<RuleTestView>> {
    let RuleTest { name, version, publisher, source } = input;
    let texts =
        [("name", Some(&name)), ("version", version.as_ref()), ("publisher", publisher.as_ref()), ("source", source.as_ref())];
    for (field, text) in texts {
        if text.is_some_and(|text| text.chars().count() > MAX_CHARS) {
            return Err(Failure::invalid(format!("{field} is longer than {MAX_CHARS} characters")));
        }
    }
    if name.trim().is_empty() {
        return Err(Failure::invalid("name is empty; give the name as the machine reports it"));
    }
    let source = source.unwrap_or_else(|| "windows".to_owned());
    let software = Software { name, version, publisher, source, architecture: None };
    let (normalised, steps) = reconcile::explain(&context.records.snapshot(), &software);
    Ok(Json(RuleTestView { normalised: normalised.into(), steps: steps.into_iter().map(RuleStepView::from).collect() }))
}

/// Names that no rule is about, the most frequent first: what is worth writing a rule for. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/software/unrecognised", tag = "software", params(Paging),
    responses((status = 200, description = "names", body = Page<UnrecognisedView>), Problems))]
pub async fn unrecognised(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let found = reconcile::unrecognised(context.stores.software.as_ref(), &context.records.snapshot()).await?;
    let key = |one: &Unrecognised| {
        let publisher = one.publisher.as_deref().unwrap_or_default().to_lowercase();
        (u64::MAX - one.installs, one.product.to_lowercase(), publisher, one.source.clone())
    };
    let page = Page::in_order(found, &paging, key)?.map(UnrecognisedView::from);
    Ok(page.answer(&listing, &["name", "publisher", "source", "installs", "titles"]))
}

/// What is installed as normalisation names it, with the software model that each is of, the most frequent first. Refused while the
/// product is disabled.
#[utoipa::path(get, path = "/api/v1/software/products", tag = "software", params(Paging),
    responses((status = 200, description = "products", body = Page<ProductView>), Problems))]
pub async fn products(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let shelf = context.records.snapshot();
    let found = reconcile::products(context.stores.software.as_ref(), &shelf, context.today()).await?;
    let key = |one: &InstalledProduct| (u64::MAX - one.installs, format!("{:?}", one.normalised));
    let page = Page::in_order(found, &paging, key)?.map(|one| ProductView::of(one, |id| context.records.called("models", id)));
    let columns = [
        "publisher",
        "product",
        "version",
        "edition",
        "product_type",
        "platform",
        "language",
        "rule",
        "installs",
        "titles",
        "model",
        "model_name",
        "ties",
    ];
    Ok(page.answer(&listing, &columns))
}
