//! The API document held against a running collector by schemathesis. In: a site, whose token speaks, and how long to go on. Out: nothing
//! when every answer is one that the document has, else what schemathesis says about those that are not.
//!
//! The document is the collector's own, as it serves it. Which checks are on, and why some are not, stands in
//! `tests/python/schemathesis.toml`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::files;
use crate::office::Office;

/// Kinds of records that stand for all of them where time is short: the operations of every kind are made of the same code.
const KINDS: [&str; 2] = ["models", "allocations"];

/// How thorough to be.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Whose API token speaks.
    pub token: String,
    /// What the run is called in the site's directory.
    pub name: String,
    /// Requests that are made up for each operation, beside those that follow from its schema.
    pub examples: u64,
    /// Where chance begins.
    pub seed: u64,
    /// Every kind of record, and operations in the order in which they follow from each other.
    pub whole: bool,
    /// Only the requests that are made up, without those that follow from the schema.
    pub made_up: bool,
    /// How long it may take.
    pub patience: Duration,
}

/// Holds the document against the collector.
///
/// # Errors
/// There is no schemathesis, or an answer that is not in the document, or a server error.
pub async fn examine(office: &Office, how: &Examination) -> Result<()> {
    let program = schemathesis()?;
    let directory = office.site.path(&how.name);
    std::fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    let document = office.get("/api/v1/openapi.json").await?;
    files::put(&directory.join("openapi.json"), document.to_string().as_bytes())?;
    files::put(&directory.join("schemathesis.toml"), settings(office, &document).await?.as_bytes())?;
    let mut command = Command::new(program);
    command.current_dir(&directory).args(["--config-file", "schemathesis.toml", "run", "openapi.json", "--checks", "all"]);
    command.args(["--url", office.http().url(), "--header", &format!("Authorization: Bearer {}", how.token)]);
    command.arg("--tls-verify").arg(office.site.data_dir().join("ca.pem"));
    command.args(["--seed", &how.seed.to_string(), "--max-examples", &how.examples.to_string()]);
    command.args(["--workers", "1", "--no-shrink", "--generation-database", "none", "--request-timeout", "60"]);
    command.args(["--continue-on-failure", "--warnings", "off", "--no-color", "--suppress-health-check", "all"]);
    command.args(["--phases", if how.made_up { "fuzzing" } else { "coverage,fuzzing,stateful" }]);
    if !how.whole {
        command.args(["--exclude-path-regex", &other_kinds(&document)?]);
    }
    let output = tokio::time::timeout(how.patience, command.kill_on_drop(true).output())
        .await
        .with_context(|| format!("schemathesis is not over after {:?}", how.patience))?
        .context("start schemathesis")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{}, {}:\n{said}{}", how.name, output.status, String::from_utf8_lossy(&output.stderr));
    }
    // One that found nothing to look at is no success.
    ensure!(said.contains("Tested: "), "{}: schemathesis tested nothing:\n{said}", how.name);
    Ok(())
}

/// The settings, and behind them the ids of what the site has, for each path that needs one.
async fn settings(office: &Office, document: &Value) -> Result<String> {
    let mut text = std::fs::read_to_string(python().join("schemathesis.toml")).context("the settings of schemathesis")?;
    let paths = document.get("paths").and_then(Value::as_object).context("the paths of the document")?;
    for (number, path) in paths.keys().filter(|path| path.matches('{').count() == 1).enumerate() {
        let Some((list, rest)) = path.split_once("/{") else { continue };
        let Some((parameter, below)) = rest.split_once('}') else { continue };
        let known = ["id", "name"].contains(&parameter) && paths.get(list).is_some_and(|item| item.get("get").is_some());
        if !known {
            continue;
        }
        let answer = office.get(list).await?;
        let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
        let ids = items.filter_map(|item| item.get(parameter).filter(|id| id.is_string() || id.is_number()).cloned());
        let ids: Vec<Value> = ids.take(20).collect();
        if !ids.is_empty() {
            let path = format!("{list}/{{{parameter}}}{below}");
            text += &format!(
                "\n[dictionaries.d{number}]\nvalues = {}\n\n[[operations]]\ninclude-path = {}\nparameters.\"path.{parameter}\" = {{ dictionary = \"d{number}\", probability = 0.6 }}\n",
                Value::Array(ids),
                json!(path)
            );
        }
    }
    Ok(text)
}

/// The paths of the kinds of records that others stand for.
fn other_kinds(document: &Value) -> Result<String> {
    let paths = document.get("paths").and_then(Value::as_object).context("the paths of the document")?;
    let kinds = paths.keys().filter_map(|path| path.strip_prefix("/api/v1/")?.strip_suffix("/template"));
    let others: Vec<&str> = kinds.filter(|name| !KINDS.contains(name)).collect();
    ensure!(others.len() > 10, "kinds of records with a template: {others:?}");
    Ok(format!("^/api/v1/({})(/|$)", others.join("|")))
}

/// Where `cargo xtask test` has put it.
fn schemathesis() -> Result<PathBuf> {
    let test = std::env::current_exe().context("path of the running test")?;
    let target = test.ancestors().find(|directory| directory.join("CACHEDIR.TAG").exists());
    let program = target.context("a target directory of cargo")?.join("python/bin/schemathesis");
    let list = python().join("requirements.txt");
    ensure!(
        program.is_file(),
        "there is no {0}; run cargo xtask test, which makes it, or: python3 -m venv {1} && {1}/bin/pip install --require-hashes -r {2}",
        program.display(),
        target.unwrap_or(Path::new("target")).join("python").display(),
        list.display()
    );
    Ok(program)
}

fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}
