//! Software on machines, and rights to it. In: a running site with a model called "Acme draw". Out: machines that report what they have,
//! and fewer rights than they need.

use anyhow::Result;
use serde_json::Value;

use crate::agent::Agent;
use crate::json::text;
use crate::office::Office;
use crate::{files, scene};

/// Two machines with Draw, one of them with something that nobody knows.
///
/// # Errors
/// They cannot enrol or report.
pub async fn machines(office: &Office) -> Result<()> {
    for (name, packages) in [("ws-1", &["draw", "riddle"][..]), ("ws-2", &["draw"])] {
        let agent = scene::enrolled(&office.site, &office.collector, name).await?;
        install(&agent, packages)?;
        agent.once().await?.expect(0)?;
    }
    Ok(())
}

/// Rights for one Draw.
///
/// # Errors
/// The collector refuses.
pub async fn rights(office: &Office) -> Result<()> {
    let rights = [
        "entitlement",
        "create",
        "software_model=Acme draw",
        "metric_group=Common",
        "license_metric=Per Device",
        "purchased_rights=1",
        "unit_cost=EUR;1299.50",
    ];
    let made = done(office, &rights).await?;
    done(office, &["entitlement", "publish", text(&made, "/id")?]).await.map(drop)
}

/// A command of the owner that must succeed, with its answer.
///
/// # Errors
/// It does not.
pub async fn done(office: &Office, args: &[&str]) -> Result<Value> {
    let args = [args, &["--output", "json"]].concat();
    office.site.admin(office.http(), &args).await?.expect(0)?.json()
}

fn install(agent: &Agent<'_>, packages: &[&str]) -> Result<()> {
    let dir = agent.root().join("var/lib/dpkg");
    std::fs::create_dir_all(&dir)?;
    let package = |name: &&str| format!("Package: {name}\nStatus: install ok installed\nMaintainer: Acme\nVersion: 2.0\n\n");
    let status: String = packages.iter().map(package).collect();
    files::put(&dir.join("status"), status.as_bytes())
}
