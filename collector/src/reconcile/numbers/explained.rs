//! Explanations of numbers: the rule, the inputs with their values, what the run said, and how to see the rows.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::id::{Number, Of};
use super::rules::{Above, Rule, Shown};
use crate::publish::{Explanation, Input, Rows, Source, shell_quoted, url_encoded};
use crate::reconcile::{PositionId, ReconcileError, Reconciliations};
use crate::store::records::{CandidateRecord, PositionRecord, ReconciliationRecord, RemedyRecord, Tier};
use muster_domain::reconcile::run::{Justification, Money, RemedyKind};

impl Reconciliations {
    /// Why a number is what it is.
    ///
    /// # Errors
    /// When there is no such number, position, candidate, remedy or run.
    pub async fn explain(&self, number: &Number) -> Result<Explanation, ReconcileError> {
        let not_found = || ReconcileError::NotFound { what: "number to explain called", id: number.to_string() };
        let rule = number.of.rules().iter().find(|rule| rule.field == number.field).ok_or_else(not_found)?;
        let known = match number.of {
            Of::Position(id) => {
                let position = self.position(id).await?;
                let mut parts = self.parts_of(&position).await?;
                parts.retain(|part| part.parent == Some(position.number));
                return Ok(of_position(number, rule, &position, &parts));
            }
            Of::Candidate(id) => candidate(&self.candidate(id).await?),
            Of::Remedy(id) => {
                let known = self.parts.stores.reconcile.remedies().await?.into_iter().find(|one| one.id == id);
                let known = known.ok_or_else(|| ReconcileError::NotFound { what: "remedy", id: id.to_string() })?;
                remedy(&known)
            }
            Of::Run(id) => run(&self.run(id).await?),
        };
        Ok(explained(number, rule, known))
    }
}

/// What an explanation is made of, where it has no parts.
struct Known {
    document: Map<String, Value>,
    run: u64,
    why: Option<String>,
    rows: Vec<Rows>,
}

fn explained(number: &Number, rule: &Rule, known: Known) -> Explanation {
    let Known { document, run, why, rows } = known;
    let own = |field: &str| document.get(field).cloned().unwrap_or_default();
    let input = |field: &&str| Input { name: name(number.of, field), value: own(field) };
    Explanation {
        id: number.to_string(),
        value: own(rule.field),
        rule: rule.rule,
        why,
        inputs: rule.inputs.iter().map(input).collect(),
        source: Source { reconciliation: Some(run), ..Source::default() },
        rows,
    }
}

/// An input by its id where it is a number itself, otherwise by its own name.
fn name(of: Of, field: &str) -> String {
    if of.rules().iter().any(|rule| rule.field == field) { format!("{of}.{field}") } else { field.to_owned() }
}

fn of_position(number: &Number, rule: &Rule, position: &PositionRecord, parts: &[PositionRecord]) -> Explanation {
    let document = figures(position);
    let own = |field: &&str| Input { name: name(number.of, field), value: document.get(*field).cloned().unwrap_or_default() };
    let of_parts = || {
        parts.iter().map(|part| {
            let id = PositionId { run: part.run, number: part.number };
            Input { name: name(Of::Position(id), rule.field), value: figures(part).get(rule.field).cloned().unwrap_or_default() }
        })
    };
    let owns = || rule.inputs.iter().map(own);
    let (text, inputs): (&'static str, Vec<Input>) = match (position.tier, rule.above) {
        (Tier::Metric, _) => (rule.rule, owns().collect()),
        (Tier::Product, _) if rule.field == "unlicensed_users" => (rule.rule, of_parts().collect()),
        (_, Above::Same) if rule.field == "status" => (rule.rule, owns().chain(of_parts()).collect()),
        (_, Above::Same) => (rule.rule, owns().collect()),
        (Tier::Model, Above::Model(text, inputs)) => (text, inputs.iter().map(own).chain(of_parts()).collect()),
        (Tier::Product, Above::Sum | Above::Model(..)) => (
            "The sum over the models of the product; no number of rights where their metrics count unlike things.",
            of_parts().collect(),
        ),
        (Tier::Model, Above::Sum) => {
            ("The sum over the metrics of the model, and what none of them counts.", of_parts().collect())
        }
        (_, Above::None) => ("There is one of each metric; none of a model or a product.", of_parts().collect()),
    };
    Explanation {
        id: number.to_string(),
        value: document.get(rule.field).cloned().unwrap_or_default(),
        rule: text,
        why: Some(position.why.clone()).filter(|why| !why.is_empty()),
        inputs,
        source: Source { reconciliation: Some(position.run), ..Source::default() },
        rows: rows_of_position(rule.shown, position),
    }
}

/// The members of the API's document that rules speak of.
#[must_use]
pub fn figures(one: &PositionRecord) -> Map<String, Value> {
    let figures = &one.figures;
    let price: Money = one.average_price.clone().into_iter().collect();
    let members = json!({
        "status": one.status,
        "owned": figures.alike(figures.owned),
        "used": figures.alike(figures.used()),
        "used_in_report": figures.alike(figures.used_in_report()),
        "allocated_in_use": figures.alike(figures.allocated_in_use),
        "allocated_not_in_use": figures.alike(figures.allocated_not_in_use),
        "not_allocated_in_use": figures.alike(figures.not_allocated_in_use),
        "not_allocated": figures.alike(figures.not_allocated),
        "surplus": figures.sure(figures.alike(figures.available())).flatten(),
        "allocations_needed": figures.allocations_needed,
        "needed": figures.sure(figures.alike(figures.needed)).flatten(),
        "nontransferable": figures.nontransferable,
        "unlicensed": figures.unlicensed,
        "unlicensed_users": figures.unlicensed_users,
        "true_up": figures.sure(money(&figures.true_up)),
        "over_licensed": figures.sure(money(&figures.over_licensed)),
        "potential_savings": figures.sure(money(&figures.potential_savings)),
        "total_cost": money(&figures.total_cost),
        "average_price": money(&price),
        "spend": money(&one.spend),
        "members": one.all_members,
        "entitlements": one.entitlements,
        "unlimited": one.unlimited,
        "maintenance": one.maintenance,
        "warnings": one.warnings,
    });
    object(members)
}

fn rows_of_position(shown: Shown, one: &PositionRecord) -> Vec<Rows> {
    let id = PositionId { run: one.run, number: one.number };
    let path = format!("/api/v1/reconciliations/{}/positions/{id}", one.run);
    let position = rows(format!("reconcile position {id}"), path.clone());
    let product = url_encoded(&one.product);
    let first = match shown {
        Shown::Position => return vec![position],
        Shown::Members => rows(format!("reconcile members {id}"), format!("{path}/members")),
        Shown::Only(how) => {
            rows(format!("reconcile members {id} --disposition {how}"), format!("{path}/members?disposition={how}"))
        }
        Shown::Remedies => rows(format!("reconcile remedies {id}"), format!("{path}/remedies")),
        Shown::Allocations => rows("allocation list".to_owned(), "/api/v1/allocations".to_owned()),
        Shown::Candidates => rows(
            format!("removal-candidates list --product {}", shell_quoted(&one.product)),
            format!("/api/v1/removal-candidates?product={product}"),
        ),
        Shown::Entitlements => {
            let show = |id: &Uuid| rows(format!("entitlement show {id}"), format!("/api/v1/entitlements/{id}"));
            return one.entitlements.iter().map(show).chain([position]).collect();
        }
    };
    vec![first, position]
}

fn candidate(one: &CandidateRecord) -> Known {
    let why = match one.justification {
        Justification::RestrictedSoftware => "Nobody may use it: its model is restricted.",
        Justification::Unlicensed => "No right licenses it.",
        Justification::LowUsage => "It is licensed, and was not used for longer than the setting for low usage says.",
        Justification::Unallocated => "Others have an allocation, and this has none.",
    };
    let path = format!("/api/v1/removal-candidates/{}", one.id);
    Known {
        document: object(json!({
            "rights": one.rights, "state": one.state, "justification": one.justification, "model": one.model_name,
            "device": one.device, "user": one.user, "steps": one.steps,
        })),
        run: one.run,
        why: Some(why.to_owned()),
        rows: vec![rows(format!("removal-candidates list --product {} --all", shell_quoted(&one.product)), path)],
    }
}

fn remedy(one: &RemedyRecord) -> Known {
    let why = match one.kind {
        RemedyKind::PurchaseRights => "Rights are missing: buy them.",
        RemedyKind::RemoveAllocations => "Rights are allocated and not in use: take the allocations back.",
        RemedyKind::CreateAllocations => "Rights are in use without an allocation: allocate them.",
        RemedyKind::RemoveUnallocatedInstalls => "Rights are in use without an allocation: remove what uses them.",
        RemedyKind::RemoveUnlicensedInstalls => "Something is not licensed: remove it.",
    };
    let path = format!("/api/v1/reconciliations/latest/positions?product={}", url_encoded(&one.product));
    Known {
        document: object(json!({
            "count": one.count, "cost": money(&one.cost), "state": one.state, "kind": one.kind, "model": one.model,
            "metric_group": one.metric_group, "metric": one.metric, "maintenance": one.maintenance, "grouping": one.grouping,
            "steps": one.steps,
        })),
        run: one.run,
        why: Some(why.to_owned()),
        rows: vec![rows(format!("reconcile show --product {} --tier model", shell_quoted(&one.product)), path)],
    }
}

fn run(one: &ReconciliationRecord) -> Known {
    let counts = &one.counts;
    let path = format!("/api/v1/reconciliations/{}/positions", one.id);
    Known {
        document: object(json!({
            "products": counts.products, "not_compliant": counts.not_compliant, "not_reconciled": counts.not_reconciled,
            "true_up": money(&one.true_up), "positions": counts.positions, "members": counts.members,
            "candidates": counts.candidates, "devices": counts.devices, "installs": counts.installs,
            "entitlements": counts.entitlements, "publisher": one.publisher, "site_date": one.site_date,
            "warnings": one.warnings,
        })),
        run: one.id,
        why: one.error.clone(),
        rows: vec![rows(format!("reconcile show --run {}", one.id), path)],
    }
}

fn rows(command: String, path: String) -> Rows {
    Rows { command: format!("muster-collector {command}"), path }
}

fn money(money: &Money) -> Value {
    Value::Object(money.iter().map(|(currency, amount)| (currency.clone(), Value::from(amount.to_string()))).collect())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
