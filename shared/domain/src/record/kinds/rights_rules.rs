//! The rules of downgrade rights, of upgrades and of maintenance that is linked to what it maintains.
//!
//! In: what was entered and the entitlements around it. Out: changes that follow, errors that name the field, and warnings.

use chrono::NaiveDate;
use uuid::Uuid;

use super::checks::{called, dates_in_order, joins, text};
use super::entitlement::ENTITLEMENTS;
use super::entitlement_rules::{active_rights, copy_downgrade, has_downgrade_rights, license_type, rights_before_upgrades};
use super::model::MODELS;
use super::model_rules::are_same;
use super::rights::{DOWNGRADE_RIGHTS, RELATED_ENTITLEMENTS, UPGRADED_ENTITLEMENTS};
use crate::asset::Value;
use crate::entitlement::LicenseType;
use crate::record::{Draft, Findings, Follow, Library, Rules, Values};

/// The rules of downgrade rights.
pub(super) const DOWNGRADE_RIGHT: Rules = Rules { check: check_downgrade, ..Rules::NONE };
/// The rules of upgraded entitlements.
pub(super) const UPGRADED_ENTITLEMENT: Rules = Rules { check: check_upgrade, ..Rules::NONE };
/// The rules of related entitlements.
pub(super) const RELATED_ENTITLEMENT: Rules = Rules { check: check_related, derive: derive_related };

fn check_downgrade(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    dates_in_order(draft, ("start_date", "end_date"), findings);
    let (field, owner) = match (draft.values.id("from_model"), draft.values.id("software_entitlement")) {
        (Some(model), None) => ("from_model", model),
        (None, Some(entitlement)) => ("software_entitlement", entitlement),
        (None, None) => {
            return findings.error(
                "from_model",
                "enter the model, or the software entitlement, whose rights may be used for the earlier version",
            );
        }
        (Some(_), Some(_)) => {
            return findings
                .error("software_entitlement", "a downgrade right is of a model or of an entitlement; leave one of them empty");
        }
    };
    let entitlement = library.record(ENTITLEMENTS.path, owner).filter(|_| field == "software_entitlement");
    let model = if field == "from_model" { Some(owner) } else { entitlement.and_then(|values| values.id("software_model")) };
    let earlier = draft.values.id("software_model");
    if earlier.is_some() && earlier == model {
        findings.error("software_model", "it is the model itself; choose an earlier version");
    }
    // One that is switched off may stay: it cannot be deleted.
    if let Some(entitlement) = entitlement.filter(|entitlement| draft.values.is("active") && !has_downgrade_rights(entitlement)) {
        let metric = entitlement.text("license_metric").unwrap_or_default();
        findings.error(
            "software_entitlement",
            format!("rights of the metric {metric} have no downgrade rights; choose another entitlement"),
        );
    }
    duplicate(draft, (field, owner), library, findings);
    if let Some(earlier) = earlier.filter(|_| field == "from_model") {
        pass_on(draft, (owner, earlier), library);
    }
}

/// No owner has two rights for the same installs, whatever their models are called (domain 6.6).
fn duplicate(draft: &Draft<'_>, (field, owner): (&str, Uuid), library: &dyn Library, findings: &mut Findings) {
    let target = |values: &Values| values.id("software_model").and_then(|id| library.record(MODELS.path, id));
    let Some(own) = target(&draft.values).filter(|_| draft.changes("software_model") || draft.changes(field)) else { return };
    let mut others = library.pointing(DOWNGRADE_RIGHTS.path, field, owner).filter(|(id, _)| *id != draft.id);
    if let Some((id, _)) = others.find(|(_, other)| target(other).is_some_and(|other| are_same(other, own))) {
        findings.error("software_model", format!("downgrade right {id} is for the same installs already; change that one"));
    }
}

/// A right of a model switches those of its entitlements on and off with it; a new one goes to those whose agreement is not Generic.
fn pass_on(draft: &mut Draft<'_>, (model, earlier): (Uuid, Uuid), library: &dyn Library) {
    let Some(active) = draft.values.get("active").cloned().filter(|_| draft.changes("active") || draft.changes("software_model"))
    else {
        return;
    };
    for (id, entitlement) in library.pointing(ENTITLEMENTS.path, "software_model", model) {
        let mut own = library.pointing(DOWNGRADE_RIGHTS.path, "software_entitlement", id);
        match own.find(|(_, right)| right.id("software_model") == Some(earlier)) {
            Some((right, values)) if values.get("active") != Some(&active) => {
                let set = vec![("active", Some(active.clone()))];
                draft.follows.push(Follow { kind: DOWNGRADE_RIGHTS.path, id: right, set });
            }
            Some(_) => {}
            None if draft.before.is_none()
                && active == Value::Bool(true)
                && entitlement.text("agreement_type").is_some_and(|agreement| agreement != "Generic")
                && has_downgrade_rights(entitlement) =>
            {
                let right = (draft.new_id)();
                let set = copy_downgrade(&draft.values, id);
                draft.follows.push(Follow { kind: DOWNGRADE_RIGHTS.path, id: right, set });
            }
            None => {}
        }
    }
}

/// From which types rights may move to a type (domain 6.6).
fn sources(kind: LicenseType) -> Option<Vec<LicenseType>> {
    match kind {
        LicenseType::StepUp => Some(vec![
            LicenseType::Subscription,
            LicenseType::Perpetual,
            LicenseType::PerpetualSoftwareAssurance,
            LicenseType::StepUp,
        ]),
        LicenseType::SubscriptionStepUp => Some(vec![LicenseType::Subscription]),
        LicenseType::Upgrade => Some(LicenseType::ALL.into_iter().filter(|kind| kind.gives_rights()).collect()),
        _ => None,
    }
}

fn check_upgrade(draft: &mut Draft<'_>, library: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    let rights = draft.values.count("number_of_rights");
    if rights == Some(0) {
        findings.error("number_of_rights", "at least one right moves; enter 1 or more");
    }
    let (Some(to), Some(from)) = (draft.values.id("software_entitlement"), draft.values.id("from_entitlement")) else { return };
    if to == from {
        return findings.error("from_entitlement", "rights move from one entitlement to another; choose another entitlement");
    }
    if joins(library, (UPGRADED_ENTITLEMENTS.path, "from_entitlement", "software_entitlement"), to, from)
        && (draft.changes("software_entitlement") || draft.changes("from_entitlement"))
    {
        return findings
            .error("from_entitlement", "rights would move in a circle: some of its rights come from the new entitlement");
    }
    let records = (library.record(ENTITLEMENTS.path, to), library.record(ENTITLEMENTS.path, from));
    let (Some(target), Some(source)) = records else { return };
    if let (Some(kind), Some(source)) = (license_type(target), license_type(source))
        && (draft.changes("software_entitlement") || draft.changes("from_entitlement"))
    {
        match sources(kind) {
            None => findings.error(
                "software_entitlement",
                format!("its license type is {}; rights move to Step-up, Subscription Step-up and Upgrade only", kind.name()),
            ),
            Some(allowed) if !allowed.contains(&source) => {
                let allowed: Vec<&str> = allowed.into_iter().map(LicenseType::name).collect();
                let (kind, source) = (kind.name(), source.name());
                let text = format!("its license type is {source}; rights move to {kind} from {} only", allowed.join(", "));
                findings.error("from_entitlement", text);
            }
            Some(_) => {}
        }
    }
    let name = called(library, ENTITLEMENTS.path, from);
    if let Some(rights) = rights.filter(|_| draft.changes("number_of_rights") || draft.changes("from_entitlement")) {
        let left = left(draft.id, (from, source), library);
        if rights > left && !source.is("unlimited_license") {
            findings.error("number_of_rights", format!("the entitlement {name} has {left} rights left; enter at most as many"));
        }
        if active_rights(from, source, library, today) == 0 {
            findings.warn(format!("The entitlement {name} has no active rights today."));
        }
    }
}

/// The rights of an entitlement that no other upgrade takes.
fn left(upgrade: Uuid, (from, source): (Uuid, &Values), library: &dyn Library) -> u64 {
    let others = library.pointing(UPGRADED_ENTITLEMENTS.path, "from_entitlement", from).filter(|(id, _)| *id != upgrade);
    let taken = others.map(|(_, values)| values.count("number_of_rights").unwrap_or_default());
    rights_before_upgrades(from, source, library).saturating_sub(taken.fold(0, u64::saturating_add))
}

fn check_related(draft: &mut Draft<'_>, library: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    let (Some(base), Some(related)) = (draft.values.id("software_entitlement"), draft.values.id("related_entitlement")) else {
        return;
    };
    if base == related {
        return findings.error("related_entitlement", "an entitlement is not related to itself; choose another entitlement");
    }
    let records = (library.record(ENTITLEMENTS.path, base), library.record(ENTITLEMENTS.path, related));
    let (Some(maintained), Some(linked)) = records else { return };
    if draft.changes("software_entitlement") || draft.changes("related_entitlement") {
        types(maintained, linked, findings);
        one_unlimited(draft.id, (base, maintained), linked, library, findings);
    }
    let granted = draft.values.count("active_rights").unwrap_or_default();
    let name = called(library, ENTITLEMENTS.path, base);
    let most = active_rights(base, maintained, library, today);
    if granted > most && draft.changes("active_rights") && !maintained.is("unlimited_license") {
        findings.error("active_rights", format!("the entitlement {name} has {most} active rights; enter at most as many"));
    }
    let with_others = |field: &str, of: Uuid| {
        let others = library.pointing(RELATED_ENTITLEMENTS.path, field, of).filter(|(id, _)| *id != draft.id);
        others.fold(granted, |sum, (_, values)| sum.saturating_add(values.count("active_rights").unwrap_or_default()))
    };
    let unlimited = linked.is("unlimited_license") || maintained.is("unlimited_license");
    if granted == 0 && !unlimited {
        findings.warn("The link is for 0 rights: nothing is granted by it. Enter how many rights it is for.");
    }
    let on_base = with_others("software_entitlement", base);
    if on_base > most && granted <= most && !unlimited && license_type(linked) != Some(LicenseType::AddOn) {
        findings.warn(format!("More rights of the entitlement {name} are maintained than it has: {on_base} of {most}."));
    }
    let all = with_others("related_entitlement", related);
    let own = active_rights(related, linked, library, today);
    if all > own && !linked.is("unlimited_license") {
        let name = called(library, ENTITLEMENTS.path, related);
        findings.warn(format!("The entitlement {name} maintains more rights than it has: {all} of {own}."));
    }
}

/// Maintenance belongs to rights without an end; what is added on belongs to rights.
fn types(maintained: &Values, linked: &Values, findings: &mut Findings) {
    let (Some(base), Some(kind)) = (license_type(maintained), license_type(linked)) else { return };
    let is_perpetual = matches!(
        base,
        LicenseType::Perpetual
            | LicenseType::PerpetualSoftwareAssurance
            | LicenseType::PerpetualMaintenance
            | LicenseType::StepUp
            | LicenseType::Upgrade
    );
    match kind {
        LicenseType::SoftwareAssurance | LicenseType::Maintenance if !is_perpetual => findings.error(
            "software_entitlement",
            format!(
                "its license type is {}; {} maintains perpetual rights only, choose their entitlement",
                base.name(),
                kind.name()
            ),
        ),
        LicenseType::SoftwareAssurance | LicenseType::Maintenance => {}
        LicenseType::AddOn if base.gives_rights() => {}
        LicenseType::AddOn => {
            findings.error("software_entitlement", format!("{} gives no rights that could be added to", base.name()))
        }
        _ => findings.error(
            "related_entitlement",
            format!(
                "its license type is {}; Software Assurance, Maintenance and Add-on are linked to other entitlements",
                kind.name()
            ),
        ),
    }
}

/// An unlimited perpetual license has one unlimited maintenance (domain 5.14).
fn one_unlimited(
    link: Uuid,
    (base, maintained): (Uuid, &Values),
    linked: &Values,
    library: &dyn Library,
    findings: &mut Findings,
) {
    if !linked.is("unlimited_license") {
        return;
    }
    if !maintained.is("unlimited_license") {
        return findings
            .error("software_entitlement", "unlimited maintenance belongs to an unlimited license; choose its entitlement");
    }
    let mut others = library.pointing(RELATED_ENTITLEMENTS.path, "software_entitlement", base).filter(|(id, _)| *id != link);
    let is_unlimited = |values: &Values| {
        let other = values.id("related_entitlement").and_then(|id| library.record(ENTITLEMENTS.path, id));
        other.is_some_and(|other| other.is("unlimited_license"))
    };
    if others.any(|(_, values)| is_unlimited(values)) {
        findings.error(
            "software_entitlement",
            "it has unlimited maintenance already, and there is one for each; remove that link first",
        );
    }
}

fn derive_related(_: Uuid, values: &Values, library: &dyn Library, _: NaiveDate) -> Vec<(&'static str, Option<Value>)> {
    let related = values.id("related_entitlement").and_then(|id| library.record(ENTITLEMENTS.path, id));
    vec![("license_type", related.and_then(|related| related.text("license_type")).and_then(text))]
}
