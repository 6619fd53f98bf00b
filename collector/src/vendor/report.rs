//! `verify-report`: whether an audit pack is genuine and whether what it tells is in order.
//!
//! In: the file, the vendor's public keys, perhaps the ledger of issued keys. Out: findings that a person can read, or a table,
//! JSON or CSV of them. It needs no collector; what is wrong in a report is found in [`super::findings`].

use std::path::PathBuf;

use clap::Args;
use muster_license::Report;
use muster_runtime::{
    exit::Exit,
    output::{self, Format},
};

use super::{
    cli::Answer,
    error::VendorError,
    files,
    findings::{self, Finding, Weight},
    ledger::Ledger,
};

/// The options of `verify-report`.
#[derive(Debug, Args)]
pub struct VerifyReport {
    /// The report that `muster-collector compliance report` wrote; - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Public keys that may have signed the licence keys; may be given several times.
    #[arg(long, value_name = "VENDOR.PUB")]
    vendor_key: Vec<PathBuf>,
    /// The ledger of issued keys: what was sold is then compared with what the report says.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

pub(super) fn run(args: &VerifyReport, format: Format) -> Result<Answer, VendorError> {
    let text = files::read_report(&args.file)?;
    let report = Report::read(&text).map_err(|source| VendorError::Report { path: args.file.clone(), source })?;
    let mut vendors = Vec::new();
    for path in &args.vendor_key {
        vendors.extend(files::vendor_publics(path)?);
    }
    let ledger = match &args.ledger {
        Some(path) if !path.exists() => return Err(VendorError::NoFile { path: path.clone() }),
        Some(path) => Some(Ledger::open(path.clone())?),
        None => None,
    };
    let found = findings::of(&report, &vendors, ledger.as_ref());
    let wrong = found.iter().filter(|finding| finding.weight == Weight::Wrong).count();
    let text = print(&report, &found, wrong, format)?;
    Ok(Answer { text, exit: if wrong == 0 { Exit::Done } else { Exit::Failed } })
}

fn print(report: &Report, found: &[Finding], wrong: usize, format: Format) -> Result<String, VendorError> {
    let rows = || -> Vec<Vec<String>> {
        found
            .iter()
            .map(|finding| {
                let date = finding.date.map_or_else(String::new, |date| date.to_string());
                vec![finding.weight.word().to_owned(), date, finding.text.clone()]
            })
            .collect()
    };
    match format {
        Format::Csv => Ok(output::csv(&["weight", "date", "finding"], &rows())),
        Format::Json => {
            let items: Vec<serde_json::Value> = found
                .iter()
                .map(|finding| serde_json::json!({"weight": finding.weight.word(), "date": finding.date, "text": finding.text}))
                .collect();
            let document = serde_json::json!({
                "machine_key_id": report.mkid.to_string(), "collector_id": report.facts.collector_id,
                "created_at": report.facts.created_at, "state": report.facts.state, "runs": report.facts.runs.len(),
                "signature": "valid", "in_order": wrong == 0, "findings": items,
            });
            output::json(&document).map_err(|error| VendorError::Output(error.into()))
        }
        Format::Table => Ok(format!("{}\n{}", summary(report, wrong), output::table(&["WEIGHT", "DATE", "FINDING"], &rows()))),
    }
}

fn summary(report: &Report, wrong: usize) -> String {
    let facts = &report.facts;
    let nights = facts.runs.iter().filter(|run| run.kind == "nightly").count();
    let verdict = match wrong {
        0 => "Nothing is wrong in it.".to_owned(),
        1 => "1 thing is wrong in it.".to_owned(),
        more => format!("{more} things are wrong in it."),
    };
    let span = match (facts.runs.first(), facts.runs.last()) {
        (Some(first), Some(last)) => {
            format!("{} runs, {nights} of them nightly, {} to {}", facts.runs.len(), first.site_date, last.site_date)
        }
        _ => "no runs".to_owned(),
    };
    format!(
        "Report of machine {}, written {} (version {}). The signature is valid.\n{span}; the state is {}. {verdict}\n",
        report.mkid,
        facts.created_at.format("%Y-%m-%d %H:%M UTC"),
        output::printable(&facts.version),
        output::printable(&facts.state),
    )
}
