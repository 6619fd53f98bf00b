//! An encoded query on a page: what is wrong with it and where, and queries that people begin with.

use crate::console::pager::address;
use muster_domain::{asset::InstallStatus, query::QueryError};

/// What is wrong with a query, to be shown under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) text: String,
    /// The query with a line under it that has a caret where it is wrong.
    pub(super) shown: String,
    /// At which character, from 1.
    pub(super) at: usize,
}

/// Longest part of a query on either side of the caret, in characters.
const AROUND: usize = 60;

impl Wrong {
    pub(super) fn of(query: &str, error: &QueryError) -> Self {
        let before = query.get(..error.position).unwrap_or(query);
        let at = before.chars().count();
        let skipped = at.saturating_sub(AROUND);
        let visible = |c: char| if c.is_control() { ' ' } else { c };
        let part: String = query.chars().skip(skipped).take(2 * AROUND).map(visible).collect();
        let left = if skipped > 0 { "…" } else { "" };
        let right = if query.chars().count() > skipped + 2 * AROUND { "…" } else { "" };
        let blank = " ".repeat(at - skipped + left.chars().count());
        Self { text: error.kind.to_string(), shown: format!("{left}{part}{right}\n{blank}^"), at: at + 1 }
    }
}

/// Links to queries that people begin with: what it says, and where it leads.
pub(super) fn beginnings() -> Vec<(&'static str, String)> {
    let find = |query: &str| address("/assets", &[("sysparm_query", query)]);
    let states = [InstallStatus::InUse, InstallStatus::InStock, InstallStatus::Retired, InstallStatus::Missing];
    let mut all = vec![("All", "/assets".to_owned())];
    all.extend(states.map(|state| (state.label(), find(&format!("install_status={}", state.code())))));
    all.push(("Without a state", find("install_statusISEMPTY")));
    all.push(("Changed today", find("sys_updated_onONToday@javascript:gs.beginningOfToday()@javascript:gs.endOfToday()")));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use muster_domain::{
        asset::{AssetCatalogue, References},
        calendar::SiteZone,
        query::{Context, compile},
    };

    fn error(query: &str) -> Option<QueryError> {
        let references = References::seeded();
        let context = Context::new(DateTime::UNIX_EPOCH, "UTC".parse::<SiteZone>().unwrap());
        compile(query, &AssetCatalogue::new(&references), &context).err()
    }

    #[test]
    fn the_caret_stands_where_it_is_wrong() {
        for (query, expected) in
            [("nonsense=1", "nonsense=1\n^"), ("asset_tag=ä^nonsense=1", "asset_tag=ä^nonsense=1\n            ^")]
        {
            let wrong = Wrong::of(query, &error(query).unwrap());
            assert_eq!(wrong.shown, expected);
        }
        let long = format!("asset_tag={}^nonsense=1", "x".repeat(200));
        let wrong = Wrong::of(&long, &error(&long).unwrap());
        let (line, caret) = wrong.shown.split_once('\n').unwrap();
        assert_eq!(line.chars().nth(caret.chars().count() - 1), Some('n'), "{line}");
        assert_eq!(wrong.at, 212);
    }

    #[test]
    fn beginnings_can_be_read() {
        for (name, link) in beginnings() {
            let url = reqwest::Url::parse("http://console").unwrap().join(&link).unwrap();
            assert_eq!(url.path(), "/assets", "{name}");
            let query = url.query_pairs().find(|(key, _)| key == "sysparm_query").map(|(_, query)| query.into_owned());
            assert_eq!(query.is_none(), name == "All");
            assert_eq!(error(&query.unwrap_or_default()), None, "{name}");
        }
    }
}
