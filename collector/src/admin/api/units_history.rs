//! `/api/v1/units/history`: weekly reports on subscription units, and acts of opting in and out.

use super::openapi::Problems;
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    store::records::{UnitChoiceRecord, UnitReportRecord, UnitRow},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::units::Choice;
use serde::Serialize;
use utoipa::ToSchema;

/// Most entries of the history.
const HISTORY: usize = 10_000;

/// An entry of the history: a weekly report, or an act of opting in or out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnitsHistoryView {
    /// When.
    pub at: DateTime<Utc>,
    /// `report`, `opted_in` or `opted_out`.
    pub kind: &'static str,
    /// The Sunday of a report.
    pub site_date: Option<NaiveDate>,
    /// The resource category of an act.
    pub category: Option<String>,
    /// By whom an act was done.
    pub by: Option<String>,
    /// Assets that counted; after an act.
    pub assets: u64,
    /// Units; after an act.
    pub units: u64,
    /// Units before an act.
    pub units_before: Option<u64>,
    /// Units that were bought, of a report.
    pub entitled: Option<u64>,
    /// The resource categories of a report.
    pub rows: Vec<HistoryRowView>,
}

/// A resource category of a report.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HistoryRowView {
    /// Its name.
    pub category: String,
    /// The application that it was licensed under.
    pub application: Option<String>,
    /// Assets.
    pub count: u64,
    /// Assets for one unit.
    pub ratio: u32,
    /// Units.
    pub subscription_units: Option<u64>,
}

/// Weekly reports, and acts of opting in and out, newest first.
#[utoipa::path(get, path = "/api/v1/units/history", tag = "units", params(Paging),
    responses((status = 200, description = "what was", body = Page<UnitsHistoryView>), Problems))]
pub async fn history(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let reports = context.units.reports(HISTORY).await?.into_iter().map(report);
    let acts = context.units.site().await?.acts.clone().into_iter().rev().map(act);
    let mut items: Vec<UnitsHistoryView> = acts.chain(reports).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.at));
    let key = |item: &UnitsHistoryView| format!("{}/{}/{:?}", item.at.timestamp_micros(), item.kind, item.category);
    let page = Page::of(items, &paging, key)?;
    let columns = ["at", "kind", "site_date", "category", "by", "assets", "units", "units_before", "entitled"];
    Ok(page.answer(&listing, &columns))
}

fn report(record: UnitReportRecord) -> UnitsHistoryView {
    let row = |row: UnitRow| HistoryRowView {
        category: row.category,
        application: row.application,
        count: row.count,
        ratio: row.ratio,
        subscription_units: row.units,
    };
    UnitsHistoryView {
        at: record.at,
        kind: "report",
        site_date: Some(record.site_date),
        category: None,
        by: None,
        assets: record.rows.iter().map(|row| row.count).sum(),
        units: record.consumed,
        units_before: None,
        entitled: record.entitled,
        rows: record.rows.into_iter().map(row).collect(),
    }
}

fn act(record: UnitChoiceRecord) -> UnitsHistoryView {
    UnitsHistoryView {
        at: record.at,
        kind: match record.choice {
            Choice::OptedIn => "opted_in",
            Choice::OptedOut => "opted_out",
        },
        site_date: None,
        category: Some(record.category),
        by: Some(record.by),
        assets: record.assets.1,
        units: record.units.1,
        units_before: Some(record.units.0),
        entitled: None,
        rows: Vec::new(),
    }
}
