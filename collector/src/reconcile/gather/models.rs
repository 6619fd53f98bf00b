//! Software models with suites, attributes and which installed titles they are about.
//!
//! In: the records of models, suite components and metric attributes. Out: models of the estate, and what normalised titles are
//! matched with. Which title is of which model says the domain.

use super::places::{Book, Places, small, text};
use chrono::NaiveDate;
use muster_domain::{
    metric::{Attributes, inputs::Limit},
    reconcile::{
        Inference, Mandatory,
        run::{MetricAttributes, MetricName, Model, SuiteComponent},
    },
    record::{
        Shelf, Values,
        kinds::{
            metric::METRIC_ATTRIBUTES,
            model::{MODELS, SUITE_COMPONENTS},
        },
    },
    software::{Condition, ModelMatch},
};
use std::{collections::BTreeMap, num::NonZeroU64};
use uuid::Uuid;

/// Models with what else must be known of them.
#[derive(Debug, Default)]
pub(super) struct Models {
    pub(super) models: Vec<Model>,
    pub(super) places: Places,
    /// What titles are matched with; inactive models are matched by nothing.
    pub(super) matches: Vec<(u32, ModelMatch)>,
    /// The install condition of each model that has one.
    pub(super) install_conditions: BTreeMap<u32, String>,
    /// The application whose peaks a model takes.
    pub(super) applications: Vec<(u32, String)>,
    /// The type of named user of each model that has one (SAP).
    pub(super) user_types: BTreeMap<u32, String>,
}

pub(super) fn models(book: Book<'_>) -> Models {
    let mut found = Models::default();
    for (id, values) in book.all(&MODELS) {
        let place = found.places.push(id);
        let (publisher, product) = (text(&values, "publisher").unwrap_or_default(), text(&values, "product").unwrap_or_default());
        let is_active = values.is("active");
        if is_active {
            let version = condition(&values, "version_condition", "version");
            let edition = condition(&values, "edition_condition", "edition");
            let (platform, language) = (text(&values, "platform"), text(&values, "language"));
            let about =
                ModelMatch { publisher: publisher.clone(), product: product.clone(), version, edition, platform, language };
            found.matches.push((place, about));
            found.applications.push((place, text(&values, "application").unwrap_or_else(|| product.clone())));
        }
        if let Some(condition) = text(&values, "install_condition") {
            found.install_conditions.insert(place, condition);
        }
        if let Some(kind) = text(&values, "named_user_type") {
            found.user_types.insert(place, kind);
        }
        found.models.push(Model {
            id: id.to_string(),
            publisher,
            product,
            version: named(&values, "version_condition", "version"),
            edition: named(&values, "edition_condition", "edition"),
            managed: is_active && values.is("license_under_management") && values.text("product_type") == Some("Licensable"),
            family: text(&values, "licensed_as"),
            subscription_suite: values.is("subscription_suite"),
            inference: inference(&values),
            restricted: values.is("restricted"),
            low_usage_days: small(&values, "low_usage_days"),
            ..Model::default()
        });
    }
    components(book, &mut found);
    attributes(book, &mut found);
    found
}

/// What titles are matched with, by the records of the models.
pub(in crate::reconcile) fn model_matches(shelf: &Shelf, today: NaiveDate) -> Vec<(Uuid, ModelMatch)> {
    let found = models(Book { shelf, today });
    let ids = found.places.into_ids();
    found.matches.into_iter().filter_map(|(place, about)| Some((*ids.get(place as usize)?, about))).collect()
}

/// A condition as the records write it.
fn condition(values: &Values, operator: &str, value: &str) -> Condition {
    let Some(value) = text(values, value) else { return Condition::IsAnything };
    match values.text(operator) {
        Some("is") => Condition::Is(value),
        Some("is not") => Condition::IsNot(value),
        Some("starts with") => Condition::StartsWith(value),
        Some("contains") => Condition::Contains(value),
        Some("greater than") => Condition::GreaterThan(value),
        Some("less than") => Condition::LessThan(value),
        _ => Condition::IsAnything,
    }
}

/// The version or edition that a model is called by: one that is only excluded names none.
fn named(values: &Values, operator: &str, value: &str) -> Option<String> {
    let is_named = !matches!(values.text(operator), None | Some("is anything" | "is not"));
    text(values, value).filter(|_| is_named)
}

fn inference(values: &Values) -> Option<Inference> {
    match values.text("inference_option") {
        Some("Number") => values.count("inference_number").map(Inference::Number),
        Some("Percent") => {
            let percent = values.count("inference_percent")?.to_string();
            percent.parse().ok().map(Inference::Percent)
        }
        _ => None,
    }
}

fn components(book: Book<'_>, found: &mut Models) {
    for (_, values) in book.all(&SUITE_COMPONENTS) {
        let (suite, component) = (found.places.of(&values, "suite"), found.places.of(&values, "component"));
        let (Some(suite), Some(model)) = (suite, component) else { continue };
        let mandatory = match values.text("mandatory") {
            Some("Always Mandatory") => Mandatory::Always,
            Some("Mandatory Group") => Mandatory::Group,
            _ => Mandatory::Optional,
        };
        if let Some(suite) = found.models.get_mut(suite as usize) {
            suite.components.push(SuiteComponent { model, mandatory });
        }
    }
}

fn attributes(book: Book<'_>, found: &mut Models) {
    let mut all: BTreeMap<(u32, MetricName), Attributes> = BTreeMap::new();
    for (_, values) in book.all(&METRIC_ATTRIBUTES) {
        let Some(model) = found.places.of(&values, "software_model") else { continue };
        let known = all.entry((model, metric_name(&values))).or_default();
        let value = values.count("value").and_then(NonZeroU64::new);
        match values.text("attribute") {
            Some("max_installs_per_right") => known.max_installs_per_right = value,
            Some("max_installs_per_ose") => known.max_installs_per_ose = value,
            Some("max_cores_per_processor") => known.max_cores_per_processor = value.map_or(Limit::Unlimited, Limit::At),
            Some("min_cores_per_processor") => known.min_cores_per_processor = value.map(NonZeroU64::get),
            _ => {}
        }
    }
    for ((model, metric), attributes) in all {
        if let Some(model) = found.models.get_mut(model as usize) {
            model.attributes.push(MetricAttributes { metric: Some(metric), attributes });
        }
    }
}

/// The metric that a record names.
pub(super) fn metric_name(values: &Values) -> MetricName {
    MetricName {
        group: text(values, "metric_group").unwrap_or_default(),
        metric: text(values, "license_metric").unwrap_or_default(),
    }
}

/// The id of the model at a place, for notes.
pub(super) fn called(models: &[Model], place: u32) -> String {
    models.get(place as usize).map_or_else(String::new, |model| {
        let parts = [Some(&model.publisher), Some(&model.product), model.version.as_ref(), model.edition.as_ref()];
        let name: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        format!("{} ({})", name.join(" "), model.id)
    })
}

/// The place of a model that a record is about.
pub(super) fn model_of(models: &Places, values: &Values) -> Option<u32> {
    models.of(values, "software_model")
}
