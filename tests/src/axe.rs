//! The judge of accessibility: axe-core, put into a page that a browser shows. In: a browser. Out: what is seriously wrong for people
//! who do not see, hear or point as others do, each with where it is and what to do.
//!
//! It is brought in over WebDriver, past the page's own policy, which forbids scripts; the packages of `tests/npm` hold it.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::browser::Browser;
use crate::json::list;

/// Looks at the page without asking for its style sheets again, which its policy would forbid.
const RUN: &str = "
const done = arguments[arguments.length - 1];
axe.run(document, { preload: false, resultTypes: ['violations'] }).then(
  (found) => done(found.violations.filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) =>
    one.id + ' (' + one.impact + '): ' + one.help + ': ' +
    one.nodes.slice(0, 4).map((node) => node.target.join(' ') + ' ' + node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | '))),
  (error) => done(['axe: ' + error]));
";

/// What is seriously or critically wrong with the page as it is shown now.
///
/// # Errors
/// axe-core is not there, or the browser does not run it.
pub async fn findings(browser: &Browser) -> Result<Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(file);
    let source = source.context("axe-core is not there; run: npm ci --prefix tests/npm (cargo xtask test does it)")?;
    browser.script(&source).await?;
    let found = browser.script_async(RUN).await?;
    let found = list(&found, "")?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(found)
}
