//! The assets behind the numbers of a run, as queries of the page of assets.

use crate::{
    console::{pager::address, render::number},
    store::records::RunRecord,
};
use muster_domain::{
    asset::{Directory as _, InstallStatus, References, Table},
    query::add_filter,
};
use uuid::Uuid;

/// A number with what it is of, how it changed, and the way to its assets.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) count: String,
    /// More or less than in the nightly run before; empty where nothing changed.
    pub(super) since: String,
    pub(super) link: Option<String>,
}

/// The assets that the run counted, if it could count: as they are now, by its query.
pub(super) fn counted(run: &RunRecord) -> Option<String> {
    find(&of_table(run, run.query.as_deref()?)?)
}

/// All assets of the table by state.
pub(super) fn by_state(run: &RunRecord) -> Vec<Part> {
    let since = run.since.as_ref().map(|since| &since.by_state);
    let one = |(code, count): (&String, &u64)| {
        let status = code.parse().ok().and_then(InstallStatus::from_code);
        let filter = if code.is_empty() { "install_statusISEMPTY".to_owned() } else { format!("install_status={code}") };
        Part {
            name: match status {
                Some(status) => status.label().to_owned(),
                None if code.is_empty() => "no state".to_owned(),
                None => format!("state {code}"),
            },
            count: number(*count),
            since: since.and_then(|since| since.get(code)).map(|change| signed(*change)).unwrap_or_default(),
            link: of_table(run, &filter).as_deref().and_then(find),
        }
    };
    run.by_state.iter().map(one).collect()
}

/// Counted assets by model category, the most first.
pub(super) fn by_category(run: &RunRecord, references: &References) -> Vec<Part> {
    let since = run.since.as_ref().map(|since| &since.by_category);
    let mut all: Vec<(&String, &u64)> = run.by_category.iter().collect();
    all.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    let one = |(name, count): (&String, &u64)| {
        let id = Uuid::try_parse(name).ok().or_else(|| references.find(Table::ModelCategory, name));
        let filter = match (name.is_empty(), id) {
            (true, _) => Some("model_categoryISEMPTY".to_owned()),
            (false, id) => id.map(|id| format!("model_category={id}")),
        };
        let query = filter.zip(run.query.as_deref()).and_then(|(filter, query)| add_filter(query, &filter).ok());
        Part {
            name: if name.is_empty() { "no category".to_owned() } else { name.clone() },
            count: number(*count),
            since: since.and_then(|since| since.get(name)).map(|change| signed(*change)).unwrap_or_default(),
            link: query.and_then(|query| of_table(run, &query)).as_deref().and_then(find),
        }
    };
    all.into_iter().map(one).collect()
}

/// A change, with its sign.
pub(super) fn signed(change: i64) -> String {
    let size = number(change.unsigned_abs());
    if change < 0 { format!("−{size}") } else { format!("+{size}") }
}

/// The query over the table of the run only.
fn of_table(run: &RunRecord, query: &str) -> Option<String> {
    if run.table.is_empty() {
        return None;
    }
    add_filter(query, &format!("sys_class_nameINSTANCEOF{}", run.table)).ok()
}

fn find(query: &str) -> Option<String> {
    Some(address("/assets", &[("sysparm_query", query)]))
}
