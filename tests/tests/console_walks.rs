//! Ways through the console in a real browser: the first login and the first key, a file of assets with errors, and all of it without
//! scripts. On every page the browser has nothing to complain about and asks nobody but the collector.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use muster_e2e::desk::Desk;
use muster_e2e::files::put;
use muster_e2e::office::Office;
use muster_e2e::wait;

/// The password that the first owner chooses.
const PASSWORD: &str = "a password of my own";
/// A file of assets: one good line, one that wants to be more than text, and two that cannot be taken.
const FILE: &str = "asset_tag,model_category,install_status,comments\r\n\
    N1,Computer,1,=1+1\r\n\
    <script>window.pwned=1</script>,Computer,1,<img src=x onerror=window.pwned=1>\r\n\
    N3,Toaster,1,\r\n\
    N4,Computer,99,\r\n";

#[tokio::test]
async fn from_the_first_login_to_a_licence() {
    let office = Office::unlicensed().await.unwrap();
    let desk = Desk::locked(&office, "first").await.unwrap();
    let walked = async {
        first_login(&office, &desk, true).await?;
        first_key(&office, &desk, true).await?;
        import(&office, &desk, true).await
    };
    let walked = walked.await;
    desk.browser.quit().await.unwrap();
    walked.unwrap();
}

#[tokio::test]
async fn the_console_needs_no_script() {
    let office = Office::unlicensed().await.unwrap();
    let desk = Desk::locked(&office, "plain").await.unwrap();
    let walked = async {
        desk.browser.scripts(false).await?;
        first_login(&office, &desk, false).await?;
        first_key(&office, &desk, false).await?;
        import(&office, &desk, false).await?;
        every_page(&desk).await
    };
    let walked = walked.await;
    desk.browser.quit().await.unwrap();
    walked.unwrap();
}

#[tokio::test]
async fn a_page_that_is_left_open_says_what_holds_now() {
    let office = Office::licensed().await.unwrap();
    let desk = Desk::at(&office, "open").await.unwrap();
    let walked = left_open(&office, &desk).await;
    desk.browser.quit().await.unwrap();
    walked.unwrap();
}

async fn left_open(office: &Office, desk: &Desk) -> Result<()> {
    office.site.admin(office.http(), &["application", "set", "CAD", "--floating-limit", "2"]).await?.expect(0)?;
    desk.open("/applications/CAD").await?;
    desk.expect("main", "0 of 2").await?;
    let take = ["checkout", "create", "--application", "CAD", "--user", "bob", "--client-ip", "10.0.0.8"];
    office.site.admin(office.http(), &take).await?.expect(0)?;
    let renewed = async || {
        let text = desk.browser.script("return document.querySelector('main').innerText").await?;
        Ok(text.as_str().is_some_and(|text| text.contains("1 of 2") && text.contains("bob")).then_some(()))
    };
    wait::until("the page that says so by itself", renewed).await?;
    desk.at_home("an application that is left open").await?;
    // From the number to the rule behind it, and to who holds the seat, without the manual.
    desk.follow("a[href$='.floating_in_use']").await?;
    desk.expect("h1", "Why applications.CAD.floating_in_use is 1").await?;
    desk.follow("a[href='/applications/CAD#checkouts']").await?;
    desk.follow("#checkouts a").await?;
    desk.follow("form button.danger").await?;
    desk.expect("[role=status]", "it holds no seat of CAD any more").await?;
    desk.expect("main", "0 of 2").await
}

/// Looks at the page as it is; who judges whether it is accessible needs scripts, also on a page that was opened without.
async fn look(desk: &Desk, name: &str, scripts: bool) -> Result<()> {
    desk.browser.scripts(true).await?;
    desk.look(name, Path::new(env!("CARGO_TARGET_TMPDIR"))).await?;
    desk.browser.scripts(scripts).await
}

/// The password that `init` printed opens one page only: the one that asks for another.
async fn first_login(office: &Office, desk: &Desk, scripts: bool) -> Result<()> {
    desk.open("/status").await?;
    look(desk, "login", scripts).await?;
    desk.fill("[name=name]", &office.secrets.admin_user).await?;
    desk.fill("[name=password]", &office.secrets.admin_password).await?;
    desk.follow("button").await?;
    desk.open("/assets").await?;
    ensure!(desk.browser.address().await?.ends_with("/password"), "the one-time password opens no other page");
    look(desk, "password", scripts).await?;
    desk.fill("[name=old]", &office.secrets.admin_password).await?;
    desk.fill("[name=new]", PASSWORD).await?;
    desk.fill("[name=repeated]", "another one altogether").await?;
    desk.follow("main button").await?;
    ensure!(desk.browser.address().await?.ends_with("/password"), "two different passwords are not one");
    desk.fill("[name=old]", &office.secrets.admin_password).await?;
    desk.fill("[name=new]", PASSWORD).await?;
    desk.fill("[name=repeated]", PASSWORD).await?;
    desk.follow("main button").await?;
    desk.open("/status").await?;
    desk.expect("h1", "No licence").await?;
    desk.expect("#attention", "Get a key").await?;
    look(desk, "overview-unlicensed", scripts).await
}

/// From the overview to a key: what it would do is seen before it is applied.
async fn first_key(office: &Office, desk: &Desk, scripts: bool) -> Result<()> {
    desk.follow(".hero a.button").await?;
    desk.expect("#renewal", &office.secrets.machine_key_id).await?;
    look(desk, "license-none", scripts).await?;
    let request = office.site.admin(office.http(), &["license", "request"]).await?.expect(0)?;
    put(&office.site.path("request"), request.stdout.as_bytes())?;
    let key = office.site.issue("request", &["--customer", "Acme", "--expires", "2098-01-01", "--assets", "3"]).await?;
    desk.fill("textarea[name=key]", "no key").await?;
    desk.follow("#apply button").await?;
    desk.expect("[role=alert]", "The key was not applied").await?;
    look(desk, "license-refused", scripts).await?;
    desk.browser.choose("#apply [name=file]", &key).await?;
    desk.follow("#apply button").await?;
    desk.expect("[role=status]", "Nothing is changed yet").await?;
    desk.expect("[role=status] tbody", "unlicensed compliant").await?;
    desk.expect("[role=status] tbody", "0 of 3").await?;
    look(desk, "license-preview", scripts).await?;
    desk.follow("button[value=apply]").await?;
    desk.expect("[role=status]", "is in force. Compliant: 0 of 3 assets").await?;
    desk.expect("#renewal", "Send the request by 2097-12-02").await?;
    look(desk, "license", scripts).await
}

/// A file with errors is looked at, its good lines are taken, and what was hostile in it is text.
async fn import(office: &Office, desk: &Desk, scripts: bool) -> Result<()> {
    let file: PathBuf = office.site.path("assets.csv");
    put(&file, FILE.as_bytes())?;
    desk.open("/assets").await?;
    desk.follow(".bar a.button").await?;
    desk.browser.choose("[name=file]", &file).await?;
    desk.follow("button[value=check]").await?;
    desk.expect("[role=status]", "Nothing is changed yet").await?;
    desk.expect("[role=status] tbody", "4 model_category nothing is known").await?;
    desk.expect("[role=status] tbody", "Toaster").await?;
    look(desk, "import-preview", scripts).await?;
    desk.follow("button[value=import]").await?;
    desk.expect("[role=status]", "What was done").await?;
    desk.expect("[role=status] dl", "Made\n2").await?;
    look(desk, "import-done", scripts).await?;
    desk.follow("[role=status] a[href='/assets']").await?;
    desk.expect("tbody", "<script>window.pwned=1</script>").await?;
    if scripts {
        desk.fill("#query", "install_sta").await?;
        let offered = "[...document.querySelectorAll('#completions option')].some((one) => one.value === 'install_status')";
        wait::until("continuations of the query", async || Ok((desk.browser.value(offered).await? == true).then_some(())))
            .await?;
    }
    look(desk, "assets", scripts).await?;
    desk.open("/assets?sysparm_query=asset_tagLIKEscript").await?;
    desk.follow("tbody th a").await?;
    desk.expect("h1", "<script>window.pwned=1</script>").await?;
    desk.expect("main", "<img src=x onerror=window.pwned=1>").await?;
    look(desk, "asset", scripts).await
}

/// Every page that the navigation leads to.
async fn every_page(desk: &Desk) -> Result<()> {
    for path in [
        "/status",
        "/compliance",
        "/agents",
        "/agents/tokens",
        "/assets",
        "/sessions",
        "/applications",
        "/software",
        "/records",
        "/units",
        "/notifications",
        "/console/license",
        "/audit",
        "/settings",
    ] {
        desk.open(path).await?;
        desk.expect("nav", "Overview").await?;
        desk.at_home(path).await?;
    }
    desk.open("/agents/tokens").await?;
    desk.follow("form.filter button").await?;
    desk.expect("[role=status] code", "muster-agent enroll --collector https://").await
}
