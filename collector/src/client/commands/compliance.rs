//! `compliance ...`

use super::status::sentence;
use crate::client::{
    args::ComplianceCommand,
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer, print},
};
use crate::publish::uncounted;
use muster_domain::asset::InstallStatus;
use muster_runtime::durable;
use reqwest::Method;
use serde_json::Value;
use std::{fmt::Write as _, path::Path};

const RUNS: &str = "/api/v1/compliance/runs";

pub(super) async fn run(command: ComplianceCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        ComplianceCommand::Show { run: Some(run) } => {
            let run = api.get(&format!("{RUNS}/{run}"), &[]).await?;
            printer.told(&run, &run_text(&run))
        }
        ComplianceCommand::Show { run: None } => {
            let license = api.get("/api/v1/license", &[]).await?;
            let compliance = api.get("/api/v1/compliance", &[]).await?;
            let last = api.list(RUNS, &[], 1).await?.into_iter().next();
            let last = last.map_or_else(String::new, |run| format!("\n\n{}", run_text(&run)));
            printer.told(&compliance, &format!("{}{last}", sentence(&license)))
        }
        ComplianceCommand::Run => {
            let run = api.change(Method::POST, RUNS, None).await?;
            if run.is_string() {
                return printer.done("The run goes on; look at muster-collector compliance history.");
            }
            printer.told(&run, &run_text(&run))?;
            match run.get("error").and_then(Value::as_str) {
                Some(error) => Err(ClientError::Failed(format!("the run could not judge: {error}"))),
                None => Ok(()),
            }
        }
        ComplianceCommand::History { limit } => {
            let mut items = api.list(RUNS, &[], limit.unwrap_or(usize::MAX)).await?;
            for item in &mut items {
                let change = item.pointer("/since/asset_count").and_then(Value::as_i64).map(signed);
                if let (Some(change), Some(members)) = (change, item.as_object_mut()) {
                    members.insert("change".to_owned(), Value::String(change));
                }
            }
            let columns = [
                ("RUN", "id", Kind::Number),
                ("DATE", "site_date", Kind::Text),
                ("KIND", "kind", Kind::Text),
                ("ASSETS", "asset_count", Kind::Number),
                ("CHANGE", "change", Kind::Number),
                ("LIMIT", "asset_limit", Kind::Number),
                ("BEFORE", "state_before", Kind::Text),
                ("AFTER", "state_after", Kind::Text),
                ("FINISHED", "finished_at", Kind::Time),
                ("ERROR", "error", Kind::Text),
                ("SERIAL", "license_serial", Kind::Number),
                ("MS", "duration_ms", Kind::Number),
                ("BY", "by", Kind::Text),
            ];
            printer.list(List {
                items,
                columns: &columns,
                empty: "Nothing was counted yet. Count now: muster-collector compliance run",
            })
        }
        ComplianceCommand::Forecast { nights } => {
            let forecast = api.get("/api/v1/compliance/forecast", &[("nights", &nights.to_string())]).await?;
            printer.told(&forecast, &forecast_text(&forecast))
        }
        ComplianceCommand::Report { to } => report(&to, api, printer).await,
    }
}

async fn report(to: &Path, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let text = api.text("/api/v1/compliance/report", &[]).await?;
    if to == Path::new("-") {
        return print(&text);
    }
    let local = |error| ClientError::Local { what: format!("--to {}", to.display()), error };
    durable::write(to, text.as_bytes(), 0o644).map_err(local)?;
    let told = format!("The report is in {}. Its signature is part of it: send the file as it is.", to.display());
    printer.told(&serde_json::json!({"file": to.display().to_string()}), &told)
}

/// A run as people read it: what was counted, by what, what changed.
fn run_text(run: &Value) -> String {
    let text = |path: &str| run.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let number = |path: &str| run.pointer(path).and_then(Value::as_u64);
    let shown = |path: &str| number(path).map_or_else(|| "-".to_owned(), |number| number.to_string());
    let mut page = format!("Run {} ({}) of {}, asked for by {}\n", shown("/id"), text("/kind"), text("/site_date"), text("/by"));
    let mut line = |name: &str, value: String| {
        let _ = writeln!(page, "  {name:<15}{value}");
    };
    line(
        "Counted",
        match number("/asset_limit") {
            Some(limit) => format!("{} of {limit} assets in {} ms", shown("/asset_count"), shown("/duration_ms")),
            None => format!("{} assets in {} ms, without a licence", shown("/asset_count"), shown("/duration_ms")),
        },
    );
    line(
        "Query",
        format!(
            "{} (table {}, null mode {}, licence serial {})",
            text("/query"),
            text("/table"),
            text("/null_mode"),
            shown("/license_serial")
        ),
    );
    line(
        "State",
        match (text("/state_before"), text("/state_after"), text("/reason_after")) {
            (before, after, _) if before == after => after.to_owned(),
            (before, after, "") => format!("{before} -> {after}"),
            (before, after, reason) => format!("{before} -> {after} ({reason})"),
        },
    );
    if let Some(sentence) = number("/uncounted_empty_state").and_then(uncounted) {
        line("Not counted", sentence);
    }
    if !text("/error").is_empty() {
        line("Error", text("/error").to_owned());
    }
    // Of the whole table: what the query leaves out stands here too.
    line("All by state", states(run.get("by_state"), &|count| count.to_string()));
    line("By category", counts(run.get("by_category"), &|count| count.to_string()));
    if let Some(since) = run.get("since").filter(|since| !since.is_null()) {
        let change = since.get("asset_count").and_then(Value::as_i64).unwrap_or_default();
        let night = since.get("site_date").and_then(Value::as_str).unwrap_or_default();
        line("Change", format!("{} since the night of {night}", signed(change)));
        line("  by state", states(since.get("by_state"), &signed));
        line("  by category", counts(since.get("by_category"), &signed));
    }
    page.trim_end().to_owned()
}

/// States by their labels, with their counts on one line.
fn states(states: Option<&Value>, shown: &dyn Fn(i64) -> String) -> String {
    let label = |code: &str| code.parse().ok().and_then(InstallStatus::from_code).map(InstallStatus::label);
    listed(states, shown, |code| label(code).unwrap_or(code).to_owned())
}

/// Names with their counts on one line; the empty name stands for none.
fn counts(counts: Option<&Value>, shown: &dyn Fn(i64) -> String) -> String {
    listed(counts, shown, str::to_owned)
}

fn listed(counts: Option<&Value>, shown: &dyn Fn(i64) -> String, named: impl Fn(&str) -> String) -> String {
    let members = counts.and_then(Value::as_object).into_iter().flatten();
    let parts: Vec<String> = members
        .map(|(name, count)| {
            let name = if name.is_empty() { "(empty)".to_owned() } else { named(name) };
            format!("{name} {}", shown(count.as_i64().unwrap_or_default()))
        })
        .collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

fn signed(change: i64) -> String {
    if change == 0 { "0".to_owned() } else { format!("{change:+}") }
}

fn forecast_text(forecast: &Value) -> String {
    let text = |name: &str| forecast.get(name).and_then(Value::as_str);
    let mut page = text("summary").unwrap_or_default().to_owned();
    if let (Some(from), Some(to)) = (text("from"), text("to")) {
        let nights = forecast.get("nights").and_then(Value::as_u64).unwrap_or_default();
        let _ = write!(page, "\nFrom {nights} nights, {from} to {to}");
        if let (Some(low), Some(high)) = (text("per_day_low"), text("per_day_high")) {
            let _ = write!(page, "; the slope lies between {low} and {high} assets a day, nine times in ten");
        }
        page.push('.');
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_says_what_changed() {
        let run = json!({
            "id": 4, "kind": "nightly", "site_date": "2026-11-22", "by": "collector", "asset_count": 12, "asset_limit": 10,
            "duration_ms": 7, "query": "install_statusNOT IN2,7,10", "table": "alm_hardware", "null_mode": "sql", "license_serial": 2,
            "state_before": "compliant", "state_after": "grace", "reason_after": "over_limit", "uncounted_empty_state": 1, "error": null,
            "by_state": {"": 1, "1": 12}, "by_category": {"Computer": 12},
            "since": {"run": 3, "site_date": "2026-11-21", "asset_count": 3, "by_state": {"1": 3, "6": -1}, "by_category": {"Computer": 3}},
        });
        let page = run_text(&run);
        for part in [
            "Run 4 (nightly) of 2026-11-22",
            "12 of 10 assets in 7 ms",
            "compliant -> grace (over_limit)",
            "All by state   (empty) 1, In use 12",
            "+3 since the night of 2026-11-21",
            "In use +3, In stock -1",
            "licence serial 2",
            "1 asset has an empty state and is not counted.",
        ] {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
        assert!(!run_text(&json!({"id": 1, "since": null})).contains("Change"));
    }
}
