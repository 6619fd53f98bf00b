//! What is wrong with the assets, by what it is, each group with the way to retire its assets; and the ones that would bring the site
//! under its limit.
//!
//! In: the findings of the API's hygiene. Out: a page. It changes nothing: that does the page of bulk changes, after its preview.

use super::cells::text;
use crate::{
    admin::{
        AdminContext, Answer, Ctx,
        api::assets::looked,
        auth::{Caller, Principal},
    },
    assets::Hygiene,
    console::{
        frame::{Frame, shown},
        pager::address,
        render::{When, number, page},
    },
};
use askama::Template;
use axum::{extract::State, response::Response};
use muster_domain::asset::{
    Field, References, Value,
    hygiene::{Candidate, Class, Finding},
};

/// The address.
const HERE: &str = "/assets/hygiene";
/// Assets of a group that the page has, and that one change by ids can be about: more would be too long a query.
const ROWS: usize = 150;

#[derive(Template)]
#[template(path = "assets_hygiene.html")]
struct HygienePage {
    frame: Frame,
    may_change: bool,
    /// How many assets are over the limit by the last count.
    over: Option<String>,
    proposal: Option<Group>,
    groups: Vec<Group>,
}

struct Group {
    name: &'static str,
    title: String,
    count: String,
    why: &'static str,
    rows: Vec<Row>,
    /// Assets that are not among the rows.
    more: Option<String>,
    /// The list of these assets, and the form that changes all of them.
    list: String,
    change: String,
}

struct Row {
    link: String,
    title: String,
    state: String,
    serial: String,
    heard: Option<When>,
    /// The record to keep, for a duplicate.
    keep: Option<(String, String)>,
    counted: bool,
    class: &'static str,
}

/// `GET /assets/hygiene`.
pub async fn hygiene_page(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    shown(show(&context, &caller).await)
}

async fn show(context: &AdminContext, caller: &Principal) -> Answer<Response> {
    let (over_by, found) = looked(context).await?;
    let frame = Frame::of(context, caller, HERE);
    let directory = context.references.snapshot();
    let group = |name, title: &str, why, findings: Vec<&Finding>| Group {
        name,
        title: title.to_owned(),
        count: counted(findings.len()),
        why,
        rows: findings.iter().take(ROWS).map(|finding| Row::of(finding, &found, context, &directory)).collect(),
        more: findings.len().checked_sub(ROWS).filter(|more| *more > 0).map(counted),
        list: address("/assets", &[("sysparm_query", &query(name, &findings))]),
        change: address("/assets/change", &[("sysparm_query", &query(name, &findings))]),
    };
    let of_class = |class: Class| {
        let findings: Vec<&Finding> = found.findings.iter().filter(|finding| finding.class == class).collect();
        let (title, why) = words(class);
        (!findings.is_empty()).then(|| group(class.name(), title, why, findings))
    };
    let proposal = (over_by > 0).then(|| {
        let why = "Assets that are counted though they need not be, surest first. Look at them before you retire them.";
        group("proposal", "To get under the limit", why, found.proposal.iter().collect())
    });
    page(&HygienePage {
        may_change: frame.may_post("/assets/change"),
        frame,
        over: (over_by > 0).then(|| number(over_by)),
        proposal,
        groups: Class::ALL.into_iter().filter_map(of_class).collect(),
    })
}

/// Which assets the group has, as far as a query can say so.
fn query(name: &str, findings: &[&Finding]) -> String {
    if name == Class::EmptyState.name() {
        return "install_statusISEMPTY".to_owned();
    }
    let ids: Vec<String> = findings.iter().take(ROWS).map(|finding| finding.asset.to_string()).collect();
    format!("sys_idIN{}", ids.join(","))
}

/// What a class is called, and why its assets may need not be counted.
const fn words(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::DuplicateSerial => {
            ("Same serial number", "Another record has the same serial number; the one that was heard last is kept.")
        }
        Class::DuplicateTag => ("Same asset tag", "Another record has the same asset tag; the one that was heard last is kept."),
        Class::DuplicateHost => {
            ("Same model and host name", "Another record has the same model and host name; the one that was heard last is kept.")
        }
        Class::Silent90 => ("Silent for 90 days", "The agent was not heard for 90 days: the machine may be gone."),
        Class::Silent30 => ("Silent for 30 days", "The agent was not heard for 30 days."),
        Class::NeverAssigned => ("Never assigned", "In use, and nobody was ever named as the user."),
        Class::EmptyState => ("Without a state", "The licence does not count them; give them a state."),
    }
}

impl Row {
    fn of(finding: &Finding, found: &Hygiene, context: &AdminContext, directory: &References) -> Self {
        let candidate = found.candidates.get(&finding.asset);
        let called = |id| found.candidates.get(&id).map_or_else(String::new, called);
        let keep = finding.keep.map(|keep| (format!("/assets/{keep}"), called(keep)));
        let status = candidate.and_then(|candidate| candidate.status);
        Self {
            link: format!("/assets/{}", finding.asset),
            title: called(finding.asset),
            state: status.map(|status| text(Field::InstallStatus, &Value::Int(status.code()), directory)).unwrap_or_default(),
            serial: candidate.and_then(|candidate| candidate.serial.clone()).unwrap_or_default(),
            heard: candidate.and_then(|candidate| candidate.heard).map(|heard| When::of(heard, context.now(), context.tz())),
            keep,
            counted: candidate.is_some_and(|candidate| candidate.counted),
            class: words(finding.class).0,
        }
    }
}

/// What an asset is called: by its tag, the machine it is, its serial number, or its id.
fn called(candidate: &Candidate) -> String {
    let host = || candidate.host.as_ref().map(|(_, host)| host.clone());
    let name = candidate.tag.clone().or_else(host).or_else(|| candidate.serial.clone());
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| candidate.id.to_string())
}

fn counted(count: usize) -> String {
    u64::try_from(count).map_or_else(|_| count.to_string(), number)
}
