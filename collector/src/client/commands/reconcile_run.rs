//! `reconcile run`: begins a run and shows how far it is until it is over.

use super::reconcile::RUNS;
use crate::client::{
    error::ClientError,
    http::Api,
    show::{Printer, amounts, counted},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

const LOOK_EVERY: Duration = Duration::from_millis(300);

pub(super) async fn run(publisher: Option<String>, detach: bool, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let path = format!("{RUNS}?wait=false");
    let begun = api.change(Method::POST, &path, Some(&json!({ "publisher": publisher }))).await?;
    let Some(address) = begun.as_str().map(str::to_owned) else {
        return Err(ClientError::Failed("the collector did not say which run it began".to_owned()));
    };
    if detach {
        let number = address.rsplit('/').next().unwrap_or_default();
        let text = format!("Reconciliation {number} goes on; look at muster-collector reconcile runs.");
        return printer.told(&json!({ "id": number.parse::<u64>().ok(), "location": address }), &text);
    }
    let mut bar = Bar::default();
    bar.tell(&Value::Null);
    let run = loop {
        let run = api.get(&address, &[]).await?;
        bar.tell(run.get("progress").unwrap_or(&Value::Null));
        if run.get("state").and_then(Value::as_str) != Some("running") {
            break run;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    bar.end();
    printer.told(&run, &told(&run))?;
    match run.get("error").and_then(Value::as_str) {
        Some(error) => Err(ClientError::Failed(format!("the reconciliation failed: {error}"))),
        None => Ok(()),
    }
}

/// A run as people read it.
fn told(run: &Value) -> String {
    let number = |name: &str| run.get(name).and_then(Value::as_u64).unwrap_or_default();
    let mut page = format!(
        "Reconciliation {}: {}, {} not compliant, {} not reconciled; {}.",
        number("id"),
        counted(number("products"), "product"),
        number("not_compliant"),
        number("not_reconciled"),
        counted(number("candidates"), "removal candidate"),
    );
    if let Some(cost) = run.get("true_up").and_then(amounts).filter(|cost| !cost.is_empty()) {
        let _ = write!(page, "\nTrue-up cost: {cost}");
    }
    let _ = write!(
        page,
        "\nIt looked at {} on {} and at {}.",
        counted(number("installs"), "install"),
        counted(number("devices"), "machine"),
        counted(number("entitlements"), "entitlement"),
    );
    for warning in run.get("warnings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let _ = write!(page, "\nWarning: {warning}");
    }
    let next = if number("products") == 0 {
        "No software model has an install or an entitlement yet: muster-collector model create publisher=... product=..."
    } else {
        "Look at the results: muster-collector reconcile show"
    };
    let _ = write!(page, "\n{next}");
    page
}

/// How far it is, on a terminal.
#[derive(Default)]
struct Bar {
    shown: bool,
}

impl Bar {
    fn tell(&mut self, progress: &Value) {
        let mut out = std::io::stderr().lock();
        if !out.is_terminal() {
            return;
        }
        self.shown = true;
        let _ = write!(out, "\r{:<78}", bar(progress));
        let _ = out.flush();
    }

    /// Takes the bar away.
    fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr().lock(), "\r{:<78}\r", "");
        }
    }
}

fn bar(progress: &Value) -> String {
    let number = |name: &str| progress.get(name).and_then(Value::as_u64).unwrap_or_default();
    let text = |name: &str| progress.get(name).and_then(Value::as_str).unwrap_or_default();
    let percent = number("done").saturating_mul(100).checked_div(number("total")).unwrap_or_default().min(100);
    let full = usize::try_from(percent / 4).unwrap_or_default();
    let product: String = muster_runtime::output::printable(text("product")).chars().take(30).collect();
    format!("[{:<25}] {percent:>3} %  {} {product}", "#".repeat(full), text("phase"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_a_line_and_a_run_says_what_is_next() {
        let progress = json!({"phase": "counting", "product": "x".repeat(99), "done": 1, "total": 4});
        let line = bar(&progress);
        assert!(line.starts_with("[######                   ]  25 %  counting xxx") && line.len() < 78, "{line}");
        assert!(bar(&Value::Null).contains("  0 %"));
        let run = json!({"id": 3, "products": 2, "not_compliant": 1, "true_up": {"EUR": "5.25"}, "warnings": ["odd"]});
        let text = told(&run);
        assert!(
            text.starts_with("Reconciliation 3: 2 products, 1 not compliant") && text.contains("True-up cost: 5.25 EUR"),
            "{text}"
        );
        assert!(told(&json!({"products": 1})).starts_with("Reconciliation 0: 1 product,"));
        assert!(text.contains("Warning: odd") && text.ends_with("reconcile show"), "{text}");
        assert!(told(&json!({"products": 0})).contains("model create"));
    }
}
