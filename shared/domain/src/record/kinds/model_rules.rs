//! The rules of software models and of the suites that they are part of.
//!
//! In: what was entered and the records around it. Out: the display name, errors that name the field, and warnings.

use chrono::NaiveDate;

use super::checks::{condition, joins, text};
use super::entitlement::ENTITLEMENTS;
use super::model::{MODELS, SUITE_COMPONENTS};
use crate::asset::Value;
use crate::record::{Draft, Findings, Library, Rules, Values};

/// The rules of software models.
pub(super) const MODEL: Rules = Rules { check, ..Rules::NONE };
/// The rules of suite components.
pub(super) const SUITE_COMPONENT: Rules = Rules { check: check_component, ..Rules::NONE };

/// What tells models apart (domain 6.6): two that agree in all of these are for the same installs.
const IDENTITY: [&str; 10] = [
    "publisher",
    "product",
    "version_condition",
    "version",
    "edition_condition",
    "edition",
    "platform",
    "language",
    "install_condition",
    "named_user_type",
];

/// Whether two models are for the same installs.
pub(super) fn are_same(one: &Values, other: &Values) -> bool {
    let fold = |value: Option<&Value>| value.map(|value| value.to_string().trim().to_lowercase());
    IDENTITY.iter().all(|field| fold(one.get(field)) == fold(other.get(field)))
}

fn check(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    compared(draft, ("version_condition", "version"), findings);
    compared(draft, ("edition_condition", "edition"), findings);
    condition(draft, "install_condition", findings);
    inference(draft, findings);
    let name = display_name(&draft.values);
    draft.values.set("display_name", text(name.clone()));
    let twins = library.called(MODELS.path, &name).into_iter();
    let twins = twins.filter(|(id, other)| *id != draft.id && are_same(other, &draft.values)).count();
    if twins > 0 {
        findings.warn(format!("{twins} other software models are for the same installs; one of them is enough."));
    }
    let reconciled = |values: &Values| {
        values.is("active") && values.is("license_under_management") && values.text("product_type") == Some("Licensable")
    };
    if !reconciled(&draft.values) {
        let count = library.pointing(ENTITLEMENTS.path, "software_model", draft.id).count();
        if count > 0 {
            findings.warn(format!(
                "{count} entitlements give rights for this model; only models that are active, licensable and under management are reconciled."
            ));
        }
    }
}

/// A condition and what it compares with. Who enters a value alone means that it is the value.
fn compared(draft: &mut Draft<'_>, (condition, field): (&'static str, &'static str), findings: &mut Findings) {
    let is_anything = draft.values.text(condition).is_none_or(|condition| condition == "is anything");
    match draft.values.get(field) {
        Some(_) if is_anything && draft.enters(condition) && draft.enters(field) => {
            findings
                .error(field, format!("nothing is compared with it; leave it empty, or choose another {condition} such as is"));
        }
        Some(_) if is_anything && draft.enters(field) => draft.values.set(condition, text("is")),
        Some(_) if is_anything => draft.values.set(field, None),
        None if !is_anything => {
            let condition = draft.values.text(condition).unwrap_or_default();
            findings.error(field, format!("the condition {condition:?} needs it; enter it, or choose the condition is anything"));
        }
        _ => {}
    }
}

/// A suite is inferred by a number or by a part of its components; which follows from what was entered.
fn inference(draft: &mut Draft<'_>, findings: &mut Findings) {
    let is = |draft: &Draft<'_>, field: &str| draft.values.get(field).is_some();
    let (number, percent) = (is(draft, "inference_number"), is(draft, "inference_percent"));
    match (draft.values.text("inference_option"), number, percent) {
        (None, true, true) => {
            findings.error("inference_option", "say whether the number or the percent decides, and empty the other");
        }
        (None, true, false) => draft.values.set("inference_option", text("Number")),
        (None, false, true) => draft.values.set("inference_option", text("Percent")),
        (Some("Number"), false, _) => {
            findings.error("inference_number", "say how many components must be installed, such as 2");
        }
        (Some("Percent"), _, false) => {
            findings.error("inference_percent", "say which part of the components must be installed, from 1 to 100");
        }
        (Some("Number"), true, true) => unused(draft, "inference_percent", findings),
        (Some("Percent"), true, true) => unused(draft, "inference_number", findings),
        _ => {}
    }
}

fn unused(draft: &mut Draft<'_>, field: &'static str, findings: &mut Findings) {
    super::checks::no_place_for(draft, field, "the inference option says otherwise", findings);
}

/// Publisher, unless the product begins with it, product, version, edition, platform and language.
fn display_name(values: &Values) -> String {
    let product = values.text("product").unwrap_or_default();
    let publisher = values.text("publisher").filter(|publisher| !product.to_lowercase().starts_with(&publisher.to_lowercase()));
    let compared = |condition: &str, field: &str| {
        let value = values.text(field)?;
        Some(match values.text(condition)? {
            "is anything" => return None,
            "is" => value.to_owned(),
            other => format!("({field} {other} {value})"),
        })
    };
    let parts = [
        publisher.map(str::to_owned),
        Some(product.to_owned()),
        compared("version_condition", "version"),
        compared("edition_condition", "edition"),
        values.text("platform").map(str::to_owned),
        values.text("language").map(str::to_owned),
    ];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn check_component(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    let (Some(suite), Some(component)) = (draft.values.id("suite"), draft.values.id("component")) else { return };
    if suite == component {
        findings.error("component", "a suite is no component of itself; choose another model");
    } else if joins(library, (SUITE_COMPONENTS.path, "suite", "component"), component, suite) {
        findings.error(
            "component",
            "the suite is part of this component already, so that each would hold the other; choose another model",
        );
    }
    for field in ["suite", "component"] {
        let model = draft.values.id(field).and_then(|id| library.record(MODELS.path, id));
        if let Some(kind) = model.and_then(|model| model.text("product_type")).filter(|kind| *kind != "Licensable")
            && draft.changes(field)
        {
            findings.error(
                field,
                format!("the model is {kind}; only licensable models make a suite; set its product type to Licensable first"),
            );
        }
    }
    let mut others = library.pointing(SUITE_COMPONENTS.path, "suite", suite).filter(|(id, _)| *id != draft.id);
    let has_inference = library.record(MODELS.path, suite).is_some_and(|suite| suite.get("inference_option").is_some());
    if !has_inference && others.next().is_none() {
        findings.warn("The suite has no inference option: only its own installs count as the suite until it says how many components make it.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_by_what_tells_it_apart() {
        let check = |fields: &[(&str, &str)], expected: &str| {
            let values =
                fields.iter().fold(Values::new(), |values, (name, text)| values.with(name, Value::Text((*text).to_owned())));
            assert_eq!(display_name(&values), expected);
        };
        let server = [("publisher", "Microsoft"), ("product", "SQL Server")];
        check(&server, "Microsoft SQL Server");
        check(&[("publisher", "Microsoft"), ("product", "Microsoft Office")], "Microsoft Office");
        let whole = [
            ("version_condition", "is"),
            ("version", "2019"),
            ("edition_condition", "starts with"),
            ("edition", "Ent"),
            ("platform", "Windows"),
            ("language", "German"),
        ];
        check(&[server.as_slice(), &whole].concat(), "Microsoft SQL Server 2019 (edition starts with Ent) Windows German");
    }
}
