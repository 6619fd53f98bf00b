//! What a publisher part number brings: the software model, made where there is none, and the terms that nobody entered.

use uuid::Uuid;

use super::quantity::has_packs;
use crate::asset::Value;
use crate::metric::is_same_edition;
use crate::record::kinds::checks::text;
use crate::record::kinds::model::{MODELS, SUITE_COMPONENTS};
use crate::record::kinds::part_number::{PART_NUMBERS, Title, titles};
use crate::record::kinds::rights::DOWNGRADE_RIGHTS;
use crate::record::{Draft, Findings, Follow, Library, Values};

/// From so many components on, models that are made deserve a word (seed 004).
const MANY: usize = 50;
/// The word (seed 004).
const MANY_MODELS: &str = "Many underlying software models are being created. These might be part of suite components, downgrade rights or \
                           next version. Please validate on completion";

/// The publisher of the model of a draft, also of one that is being made.
pub(super) fn publisher_of(draft: &Draft<'_>, library: &dyn Library) -> Option<String> {
    let id = draft.values.id("software_model")?;
    if let Some(model) = library.record(MODELS.path, id) {
        return model.text("publisher").map(str::to_owned);
    }
    let made = draft.follows.iter().find(|follow| (follow.kind, follow.id) == (MODELS.path, id))?;
    let (_, publisher) = made.set.iter().find(|(field, _)| *field == "publisher")?;
    publisher.as_ref()?.as_text().map(str::to_owned)
}

/// Takes what the catalogue says about a part number that was entered.
pub(super) fn apply(draft: &mut Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let number = draft.values.text("publisher_part_number").unwrap_or_default().to_owned();
    let Some((_, entry)) = library.called(PART_NUMBERS.path, &number).into_iter().next() else {
        if !number.trim().is_empty() && draft.changes("publisher_part_number") {
            findings.warn(format!(
                "The publisher part number {number} is not in the catalogue: nothing follows from it. Look for a typing error, or add it to \
                 the part numbers."
            ));
        }
        return;
    };
    if draft.changes("publisher_part_number") {
        fill(draft, entry);
        if !draft.enters("software_model") {
            choose_model(draft, entry, library, findings);
        }
    }
    let changes = draft.changes("publisher_part_number") || draft.changes("software_model");
    let model = draft.values.id("software_model").and_then(|id| library.record(MODELS.path, id));
    let agrees = |model: &Values, field: &str| same(model.text(field), entry.text(field));
    if changes && model.is_some_and(|model| !agrees(model, "publisher") || !agrees(model, "product")) {
        findings.warn(format!(
            "The publisher part number {number} isn't associated with the publisher and product for the software model. You can either \
             change the software model, or leave the entitlement as it is."
        ));
    }
}

/// The terms that nobody entered.
fn fill(draft: &mut Draft<'_>, entry: &Values) {
    let open = |draft: &Draft<'_>, field: &str| {
        !draft.entered.contains(&field) && (draft.before.is_none() || draft.values.get(field).is_none())
    };
    if open(draft, "metric_group") && open(draft, "license_metric") {
        for field in ["metric_group", "license_metric"] {
            if let Some(name) = entry.get(field) {
                draft.values.set(field, Some(name.clone()));
            }
        }
    }
    let mut fields = vec!["license_type", "agreement_type"];
    if has_packs(&draft.values) {
        fields.push("rights_per_pack");
    }
    for field in fields {
        if let Some(value) = entry.get(field)
            && open(draft, field)
        {
            draft.values.set(field, Some(value.clone()));
        }
    }
}

fn choose_model(draft: &mut Draft<'_>, entry: &Values, library: &dyn Library, findings: &mut Findings) {
    let Some(title) = Title::of(entry) else { return };
    let found = models_of(library, &title);
    if found.len() > 1 {
        let text = format!("{} software models are of this part number; choose one of them", found.len());
        return findings.error("software_model", text);
    }
    let model = found.first().copied().unwrap_or_else(|| make_model(draft, &title));
    if draft.before.and_then(|before| before.id("software_model")).is_some_and(|before| before != model) {
        findings.warn("The software model is now the one of the publisher part number.");
    }
    draft.values.set("software_model", Some(Value::Ref(model)));
    let missing =
        [components(draft, entry, model, library), downgrades(draft, entry, model, library), next(draft, entry, library)];
    let known = library.pointing(SUITE_COMPONENTS.path, "suite", model).count();
    let many = known.max(titles(entry.text("suite_components").unwrap_or_default()).len()) >= MANY;
    if many && missing.into_iter().any(|missing| missing) {
        findings.warn(MANY_MODELS);
    }
}

/// The components of a suite that are not there yet; whether a model was missing.
fn components(draft: &mut Draft<'_>, entry: &Values, suite: Uuid, library: &dyn Library) -> bool {
    let known: Vec<Uuid> =
        library.pointing(SUITE_COMPONENTS.path, "suite", suite).filter_map(|(_, values)| values.id("component")).collect();
    let titles = titles(entry.text("suite_components").unwrap_or_default());
    let mut missing = false;
    for title in titles {
        let (component, made) = model_of(draft, &title, library);
        missing |= made;
        if component != suite && !known.contains(&component) {
            let set = vec![("suite", Some(Value::Ref(suite))), ("component", Some(Value::Ref(component)))];
            bring(draft, SUITE_COMPONENTS.path, set);
        }
    }
    missing
}

/// The downgrade rights of the model that are not there yet, in their order; whether a model was missing.
fn downgrades(draft: &mut Draft<'_>, entry: &Values, model: Uuid, library: &dyn Library) -> bool {
    let known: Vec<Uuid> = library
        .pointing(DOWNGRADE_RIGHTS.path, "from_model", model)
        .filter_map(|(_, values)| values.id("software_model"))
        .collect();
    let titles = titles(entry.text("downgrade_versions").unwrap_or_default());
    let mut missing = false;
    for (order, title) in (1..).zip(titles) {
        let (earlier, made) = model_of(draft, &title, library);
        missing |= made;
        if earlier != model && !known.contains(&earlier) {
            let owner = ("from_model", Some(Value::Ref(model)));
            let set = vec![owner, ("software_model", Some(Value::Ref(earlier))), ("order", Some(Value::Int(order)))];
            bring(draft, DOWNGRADE_RIGHTS.path, set);
        }
    }
    missing
}

fn next(draft: &mut Draft<'_>, entry: &Values, library: &dyn Library) -> bool {
    let titles = titles(entry.text("next_version").unwrap_or_default());
    titles.first().is_some_and(|title| model_of(draft, title, library).1)
}

/// The model of a title, and whether it is made now. Of several the first will do: nobody can be asked for each component.
fn model_of(draft: &mut Draft<'_>, title: &Title, library: &dyn Library) -> (Uuid, bool) {
    if let Some(id) = models_of(library, title).first() {
        return (*id, false);
    }
    let set = title.set();
    match draft.follows.iter().find(|follow| follow.kind == MODELS.path && follow.set == set) {
        Some(follow) => (follow.id, true),
        None => (make_model(draft, title), true),
    }
}

fn make_model(draft: &mut Draft<'_>, title: &Title) -> Uuid {
    bring(draft, MODELS.path, title.set())
}

fn bring(draft: &mut Draft<'_>, kind: &'static str, set: Vec<(&'static str, Option<Value>)>) -> Uuid {
    let id = (draft.new_id)();
    draft.follows.push(Follow { kind, id, set });
    id
}

/// The models of a title; those for any platform and language before the others.
fn models_of(library: &dyn Library, title: &Title) -> Vec<Uuid> {
    let is_it = |model: &Values| {
        same(model.text("version"), title.version.as_deref())
            && same_edition(&title.publisher, model.text("edition"), title.edition.as_deref())
            && ["version_condition", "edition_condition"].iter().all(|field| model.text(field) != Some("is not"))
    };
    let found: Vec<(Uuid, &Values)> =
        library.models_of(&title.publisher, &title.product).into_iter().filter(|(_, model)| is_it(model)).collect();
    let is_plain = |model: &Values| ["platform", "language", "install_condition"].iter().all(|field| model.get(field).is_none());
    let plain: Vec<Uuid> = found.iter().filter(|(_, model)| is_plain(model)).map(|(id, _)| *id).collect();
    if plain.is_empty() { found.into_iter().map(|(id, _)| id).collect() } else { plain }
}

fn same_edition(publisher: &str, one: Option<&str>, other: Option<&str>) -> bool {
    is_same_edition(publisher, one.unwrap_or_default(), other.unwrap_or_default())
}

fn same(one: Option<&str>, other: Option<&str>) -> bool {
    one.unwrap_or_default().trim().to_lowercase() == other.unwrap_or_default().trim().to_lowercase()
}

impl Title {
    /// As the fields of a new model.
    fn set(&self) -> Vec<(&'static str, Option<Value>)> {
        let mut set = vec![("publisher", text(&*self.publisher)), ("product", text(&*self.product))];
        let conditions = [("version_condition", "version", &self.version), ("edition_condition", "edition", &self.edition)];
        for (condition, field, value) in conditions {
            if let Some(value) = value {
                set.extend([(condition, text("is")), (field, text(&**value))]);
            }
        }
        set
    }
}
