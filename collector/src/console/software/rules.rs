//! The rules of normalisation: all of them in the order in which they are tried, what they make of a title, and a switch for each.

use super::rule_rows::{RuleRow, StepRow, record_of};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::{Pager, address, paged},
        render::page,
    },
    reconcile::{self, normalization_rules},
    records::{Order, Put},
    store::records::RecordCause,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use muster_domain::{record::kinds::rule::NORMALIZATION_RULES, software::Software};
use serde::Deserialize;

/// The page.
const HERE: &str = "/software/rules";
/// The longest text that is tested, in characters.
const MAX_CHARS: usize = 1_000;
/// What a form may be told to offer as sources.
const SOURCES: [&str; 6] = ["windows", "macos", "dpkg", "rpm", "flatpak", "snap"];

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    frame: Frame,
    note: Option<Note>,
    asked: Asking,
    sources: Vec<(&'static str, bool)>,
    tested: Option<Tested>,
    rows: Vec<Listed>,
    pager: Pager,
    built_in: usize,
    own: usize,
    wrong: Vec<String>,
    may_switch: bool,
}

/// A rule with the form that changes it.
struct Listed {
    rule: RuleRow,
    edit: String,
}

/// What the rules make of a title.
struct Tested {
    rows: Vec<(&'static str, String)>,
    steps: Vec<StepRow>,
    tried: usize,
    new_rule: Option<String>,
}

/// Which rules, and what is tested.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    search: String,
    /// `built-in` or `site`.
    origin: String,
    page: usize,
    name: String,
    version: String,
    publisher: String,
    source: String,
}

/// The form.
#[derive(Deserialize)]
pub struct SwitchForm {
    rule: String,
    active: bool,
    #[serde(default)]
    search: String,
}

/// `GET /software/rules`.
pub async fn rules_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, asked, &headers).await)
}

/// `POST /software/rules`: switches a rule on or off. A built-in one gets a record in its place.
pub async fn switch_rule(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<SwitchForm>) -> Response {
    shown(switch(&context, &caller, form).await)
}

async fn show(context: &AdminContext, caller: &Principal, asked: Asking, headers: &HeaderMap) -> Answer<Response> {
    let shelf = context.records.snapshot();
    let (rules, wrong) = normalization_rules(&shelf);
    let own = rules.iter().filter(|known| !known.built_in).count();
    let built_in = rules.len() - own;
    let search = asked.search.trim().to_lowercase();
    let mut listed = Vec::new();
    for known in &rules {
        let rule = RuleRow::of(known);
        let of_origin = match asked.origin.as_str() {
            "built-in" => known.built_in,
            "site" => !known.built_in,
            _ => true,
        };
        if of_origin && (search.is_empty() || rule.has(&search)) {
            let edit = match context.records.get(&NORMALIZATION_RULES, &rule.name) {
                Ok(seen) => format!("/records/normalization-rules/{}", seen.id),
                Err(_) => {
                    let fields = record_of(&known.rule);
                    let asked: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    address("/records/normalization-rules/new", &asked)
                }
            };
            listed.push(Listed { rule, edit });
        }
    }
    let (rows, pager) = paged(listed, asked.page, HERE, &[("search", &asked.search), ("origin", &asked.origin)]);
    let tested = if asked.name.trim().is_empty() { None } else { Some(tested(context, &asked)?) };
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let source = if asked.source.is_empty() { "windows" } else { &asked.source };
    let response = page(&RulesPage {
        may_switch: frame.may_post(HERE),
        frame,
        note,
        sources: SOURCES.map(|known| (known, known == source)).to_vec(),
        tested,
        rows,
        pager,
        built_in,
        own,
        wrong,
        asked,
    })?;
    Ok(shown_once.on(response))
}

/// What the rules make of the title that is asked about.
fn tested(context: &AdminContext, asked: &Asking) -> Answer<Tested> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let texts = [&asked.name, &asked.version, &asked.publisher, &asked.source];
    if texts.iter().any(|text| text.chars().count() > MAX_CHARS) {
        return Err(Failure::invalid(format!("a text that is tested is longer than {MAX_CHARS} characters")));
    }
    let software = Software {
        name: asked.name.trim().to_owned(),
        version: some(&asked.version),
        publisher: some(&asked.publisher),
        source: some(&asked.source).unwrap_or_else(|| "windows".to_owned()),
        architecture: None,
    };
    let (is, steps) = reconcile::explain(&context.records.snapshot(), &software);
    let mut rows = vec![
        ("Publisher", is.publisher.unwrap_or_default()),
        ("Product", is.product.clone()),
        ("Version", is.version.unwrap_or_default()),
        ("Edition", is.edition.unwrap_or_default()),
        ("Product type", is.product_type.to_string()),
        ("Platform", is.platform.unwrap_or_default()),
        ("Language", is.language.unwrap_or_default()),
        ("By the rule", is.rule.clone().unwrap_or_else(|| "none: no rule is about it".to_owned())),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    let fresh = [
        ("name", software.name.as_str()),
        ("name_operator", "equals"),
        ("name_pattern", &software.name),
        ("publisher", software.publisher.as_deref().unwrap_or_default()),
        ("product", &is.product),
    ];
    let new_rule = is.rule.is_none().then(|| address("/records/normalization-rules/new", &fresh));
    let tried = steps.len();
    let begin = tried.saturating_sub(10);
    Ok(Tested { rows, steps: steps.into_iter().skip(begin).map(StepRow::of).collect(), tried, new_rule })
}

async fn switch(context: &AdminContext, caller: &Principal, form: SwitchForm) -> Answer<Response> {
    let SwitchForm { rule: name, active, search } = form;
    let set = vec![("active".to_owned(), active.to_string())];
    let known = context.records.get(&NORMALIZATION_RULES, &name).ok();
    let put = match known {
        Some(seen) => Put { id: Some(seen.id), set, ..Put::default() },
        None => {
            let (rules, _) = normalization_rules(&context.records.snapshot());
            let known = rules.into_iter().find(|known| known.rule.id == name);
            let known = known.ok_or_else(|| Failure::not_found("normalisation rule", &name))?;
            let fields = record_of(&known.rule).into_iter().filter(|(name, value)| *name != "active" && !value.is_empty());
            Put { set: fields.map(|(name, value)| (name.to_owned(), value)).chain(set).collect(), ..Put::default() }
        }
    };
    let cause = if put.id.is_some() { RecordCause::Edited } else { RecordCause::Created };
    let order = Order { by: caller.actor(), at: context.now(), cause, dry_run: false };
    let kept = context.records.put(&NORMALIZATION_RULES, put, order).await?;
    let text = format!("The rule {name} is switched {}. The next reconciliation goes by it.", if active { "on" } else { "off" });
    let response = Redirect::to(&address(HERE, &[("search", &search)])).into_response();
    Ok(Note { at: HERE.to_owned(), text, warnings: kept.warnings }.put(response, context.tls))
}
