//! The rows of the page about subscription units, in the words that people read.

use super::render::{When, number};
use crate::{
    publish::url_encoded,
    store::records::{UnitChoiceRecord, UnitReportRecord},
    units::{Behind, Effect, Site, Standing},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use muster_domain::units::{Application, Availability, Choice, Colour, ResourceCategory, Rounding, Row};

/// A number, and where the assets behind it are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    /// The number.
    pub(super) text: String,
    /// The list; none where there is nothing to see, or too much for a query.
    pub(super) link: Option<String>,
}

/// Everything in a few words.
pub(super) struct Summary {
    pub(super) headline: String,
    pub(super) tone: &'static str,
    /// What the tone says, in words.
    pub(super) level: Option<&'static str>,
    pub(super) consumed: String,
    pub(super) entitled: String,
    pub(super) rounding: &'static str,
    pub(super) versions: String,
    /// Value, highest value, where it is much and where it is too much, for a meter.
    pub(super) meter: Option<(u64, u64, u64, u64)>,
}

/// A resource category.
pub(super) struct CategoryRow {
    pub(super) name: String,
    pub(super) application: Option<&'static str>,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) chosen: Option<(When, String)>,
    pub(super) count: Figure,
    pub(super) ratio: String,
    pub(super) raw: String,
    pub(super) units: String,
    pub(super) waiting: Figure,
    /// What opting in would add, where it can be opted in.
    pub(super) cost: Option<String>,
    pub(super) excluded: Figure,
    pub(super) may_opt_in: bool,
    pub(super) may_opt_out: bool,
}

/// A weekly report.
pub(super) struct ReportRow {
    pub(super) date: String,
    pub(super) assets: String,
    pub(super) units: String,
    pub(super) entitled: String,
    pub(super) tone: &'static str,
    pub(super) level: Option<&'static str>,
    pub(super) by_category: String,
}

/// An act of opting in or out.
pub(super) struct ActRow {
    pub(super) at: When,
    pub(super) what: &'static str,
    pub(super) category: String,
    pub(super) by: String,
    pub(super) units: String,
    pub(super) assets: String,
}

impl Figure {
    /// A number of assets with the query that finds them.
    pub(super) fn of(count: u64, query: Option<String>) -> Self {
        let link = query.filter(|_| count > 0).map(|query| format!("/assets?sysparm_query={}", url_encoded(&query)));
        Self { text: number(count), link }
    }
}

impl Summary {
    /// Of a report.
    pub(super) fn of(standing: &Standing) -> Self {
        let report = &standing.report;
        let terms = standing.site.licensing.terms();
        let consumed = number(report.consumed);
        let (tone, _) = tone(report.colour);
        let much = |entitled: u64| entitled / 10 * 9 + entitled % 10 * 9 / 10;
        Self {
            headline: match report.entitled {
                Some(entitled) => format!("{consumed} of {} subscription units", number(entitled)),
                None => format!("{consumed} subscription units"),
            },
            tone,
            level: report.colour.map(|colour| match colour {
                Colour::Green => "Green: less than 90 % is used",
                Colour::Yellow => "Yellow: 90 % or more is used",
                Colour::Red => "Red: all is used, or more",
            }),
            entitled: report.entitled.map_or_else(|| "not said by the licence key".to_owned(), number),
            consumed,
            rounding: match standing.site.rounding {
                Rounding::Up => "up, for each resource category",
                Rounding::Nearest => "to the nearest, for each resource category",
                Rounding::Down => "down, for each resource category",
                Rounding::UpSum => "up, the sum only",
            },
            versions: format!("{}, licence version {}", terms.ham_version, terms.license_version),
            meter: report.entitled.map(|entitled| {
                let most = entitled.max(1);
                (report.consumed.min(most), most, much(most), (most - 1).max(much(most)))
            }),
        }
    }
}

impl CategoryRow {
    /// Of a row of the report; `effects` are those of opting in.
    pub(super) fn of(
        category: &ResourceCategory,
        row: &Row,
        site: &Site,
        effects: &[Effect],
        (now, zone): (DateTime<Utc>, Tz),
    ) -> Self {
        let (state, tone) = state(category, row);
        let can = row.availability == Availability::Available;
        let effect = effects.iter().find(|effect| effect.category == category.name);
        Self {
            name: category.name.clone(),
            application: row.application.map(Application::code),
            state,
            tone,
            chosen: site.last_act(&category.name).map(|act| (When::of(act.at, now, zone), act.by.clone())),
            count: Figure::of(row.quotient.count, site.query(row.place)),
            ratio: format!("{}:1", row.quotient.ratio),
            raw: row.quotient.to_string(),
            units: row.units.map_or_else(|| "–".to_owned(), number),
            waiting: Figure::of(row.waiting, site.query(row.place)),
            cost: effect.map(|effect| {
                let more = effect.after.units.saturating_sub(effect.before.units);
                format!("+{} {}", number(more), if more == 1 { "unit" } else { "units" })
            }),
            excluded: Figure::of(row.excluded, site.query_of(Behind::Excluded(row.place))),
            may_opt_in: can && row.choice != Some(Choice::OptedIn),
            may_opt_out: row.choice == Some(Choice::OptedIn),
        }
    }
}

impl ReportRow {
    /// Of a kept report.
    pub(super) fn of(report: &UnitReportRecord) -> Self {
        let (tone, level) = tone(report.entitled.map(|entitled| Colour::of(report.consumed, entitled)));
        let parts = report.rows.iter().filter(|row| row.count > 0).map(|row| {
            let units = row.units.map_or_else(String::new, |units| format!(", {} units", number(units)));
            format!("{}: {} at {}:1{units}", row.category, number(row.count), row.ratio)
        });
        Self {
            date: report.site_date.to_string(),
            assets: number(report.rows.iter().map(|row| row.count).sum()),
            units: number(report.consumed),
            entitled: report.entitled.map_or_else(|| "–".to_owned(), number),
            tone,
            level,
            by_category: parts.collect::<Vec<_>>().join("; "),
        }
    }
}

impl ActRow {
    /// Of a recorded act.
    pub(super) fn of(act: &UnitChoiceRecord, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            at: When::of(act.at, now, zone),
            what: match act.choice {
                Choice::OptedIn => "opted in",
                Choice::OptedOut => "opted out",
            },
            category: act.category.clone(),
            by: act.by.clone(),
            units: format!("{} → {}", number(act.units.0), number(act.units.1)),
            assets: format!("{} → {}", number(act.assets.0), number(act.assets.1)),
        }
    }
}

/// A colour as a tone and as a word.
const fn tone(colour: Option<Colour>) -> (&'static str, Option<&'static str>) {
    match colour {
        Some(Colour::Green) => ("good", Some("green")),
        Some(Colour::Yellow) => ("warn", Some("yellow")),
        Some(Colour::Red) => ("bad", Some("red")),
        None => ("calm", None),
    }
}

/// What is true of a resource category, and its tone.
fn state(category: &ResourceCategory, row: &Row) -> (String, &'static str) {
    let lacks = |what: String| match row.choice {
        Some(Choice::OptedIn) => (format!("opted in, but {what}"), "bad"),
        _ => (what, "calm"),
    };
    match row.availability {
        Availability::Available if row.in_force => ("opted in".to_owned(), "good"),
        Availability::Available if row.choice == Some(Choice::OptedOut) => ("opted out".to_owned(), "warn"),
        Availability::Available => ("not opted in".to_owned(), "warn"),
        Availability::NotInVersion => lacks("needs no licence in this version".to_owned()),
        Availability::NoEntitlement => lacks(format!("lacks {}", category.entitlement.as_deref().unwrap_or("its entitlement"))),
        Availability::NoApplication => {
            let codes: Vec<&str> = category.applications.iter().map(|application| application.code()).collect();
            lacks(format!("needs {}", codes.join(" or ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_to_its_assets() {
        let check = |count, query: Option<&str>, expected: Option<&str>| {
            assert_eq!(Figure::of(count, query.map(str::to_owned)).link.as_deref(), expected, "{count} {query:?}");
        };
        check(3, Some("a=1^b!=ä"), Some("/assets?sysparm_query=a%3D1%5Eb%21%3D%C3%A4"));
        check(0, Some("a=1"), None);
        check(3, None, None);
    }
}
