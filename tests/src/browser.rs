//! A real browser without a screen, steered over WebDriver. In: addresses, selectors, what is typed. Out: what a person would see.
//!
//! It needs `chromedriver` and Chromium on the path, as the tests of clocks need libfaketime.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::files::put;
use crate::json::text;
use crate::process::Daemon;
use crate::wait::until;

/// The member that names an element (WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// What the driver says when it listens.
const STARTED: &str = "started successfully on port ";

/// A browser with one window. [`Browser::quit`] ends it; the driver ends with it.
#[derive(Debug)]
pub struct Browser {
    client: reqwest::Client,
    session: String,
    _driver: Daemon,
}

impl Browser {
    /// Starts one; its profile and its log are in `directory`. It takes every certificate.
    ///
    /// # Errors
    /// Driver or browser are not installed or do not start.
    pub async fn start(directory: &Path) -> Result<Self> {
        let log = directory.join("chromedriver.log");
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let driver = Daemon::spawn(command, &log).context("install chromedriver and chromium")?;
        let port = until("chromedriver listens", async || {
            let said = driver.log();
            let port = said.split_once(STARTED).and_then(|(_, rest)| rest.split_once('.'));
            port.map(|(port, _)| port.parse::<u16>().context("the port of chromedriver")).transpose()
        })
        .await?;
        // The first caller in a process wins, and all of them install the same provider.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(120)).build()?;
        let profile = format!("--user-data-dir={}", directory.join("profile").display());
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,1000", &profile];
        let wish = json!({"capabilities": {"alwaysMatch": {
            "acceptInsecureCerts": true, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}, "goog:chromeOptions": {"args": arguments}
        }}});
        let base = format!("http://127.0.0.1:{port}/session");
        let made = ask(&client, Method::POST, &base, &wish).await?;
        let session = format!("{base}/{}", text(&made, "/sessionId")?);
        Ok(Self { client, session, _driver: driver })
    }

    /// Opens an address.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn open(&self, address: &str) -> Result<()> {
        self.post("/url", &json!({ "url": address })).await.map(drop)
    }

    /// The address that is open.
    ///
    /// # Errors
    /// The browser does not say.
    pub async fn address(&self) -> Result<String> {
        self.get("/url").await
    }

    /// What a person reads in the first element that a CSS selector finds.
    ///
    /// # Errors
    /// There is none.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let element = self.element(selector).await?;
        self.get(&format!("/element/{element}/text")).await
    }

    /// A property of the first element, such as `value`.
    ///
    /// # Errors
    /// There is none.
    pub async fn property(&self, selector: &str, name: &str) -> Result<Value> {
        let element = self.element(selector).await?;
        ask(&self.client, Method::GET, &format!("{}/element/{element}/property/{name}", self.session), &Value::Null).await
    }

    /// Types over what stands in a control.
    ///
    /// # Errors
    /// There is no such control, or nothing can be typed into it.
    pub async fn fill(&self, selector: &str, typed: &str) -> Result<()> {
        let element = self.element(selector).await?;
        self.post(&format!("/element/{element}/clear"), &json!({})).await?;
        self.post(&format!("/element/{element}/value"), &json!({ "text": typed })).await.map(drop)
    }

    /// Clicks what opens another page, and waits until that has taken the place of this one: the click itself may end before the
    /// browser begins to load, and what is looked for would be found on the old page.
    ///
    /// # Errors
    /// Nothing to click there, or no other page comes.
    pub async fn follow(&self, selector: &str) -> Result<()> {
        let page = self.element("html").await?;
        self.click(selector).await?;
        let what = format!("another page after a click on {selector}");
        until(&what, async || Ok(self.get(&format!("/element/{page}/name")).await.is_err().then_some(()))).await?;
        let script = json!({"script": "return document.readyState === 'complete'", "args": []});
        until(&what, async || Ok((self.post("/execute/sync", &script).await.ok() == Some(Value::Bool(true))).then_some(()))).await
    }

    /// Clicks what stays on the page.
    ///
    /// # Errors
    /// Nothing to click there.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = self.element(selector).await?;
        self.post(&format!("/element/{element}/click"), &json!({})).await.map(drop)
    }

    /// Shows pages as on a screen of this width, light or dark.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn screen(&self, width: u32, dark: bool) -> Result<()> {
        let size = json!({"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false});
        self.tool("Emulation.setDeviceMetricsOverride", &size).await?;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tool("Emulation.setEmulatedMedia", &media).await.map(drop)
    }

    /// Runs a script in the page.
    ///
    /// # Errors
    /// It throws.
    pub async fn script(&self, script: &str) -> Result<Value> {
        self.post("/execute/sync", &json!({"script": script, "args": []})).await
    }

    /// Runs a script in the page that says by its last argument when it is done.
    ///
    /// # Errors
    /// It throws, or is not done in time.
    pub async fn script_async(&self, script: &str) -> Result<Value> {
        self.post("/execute/async", &json!({"script": script, "args": []})).await
    }

    /// Everything the page had the browser load, by address.
    ///
    /// # Errors
    /// The browser does not say.
    pub async fn loaded(&self) -> Result<Vec<String>> {
        let script = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
        let found = self.script(script).await?;
        let all = found.as_array().context("a list of addresses")?;
        Ok(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// How much wider the page is than the screen, in pixels.
    ///
    /// # Errors
    /// The browser does not say.
    pub async fn overflow(&self) -> Result<i64> {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.script(script).await?.as_i64().context("a number of pixels")
    }

    /// Writes a picture of the whole page.
    ///
    /// # Errors
    /// There is none, or it cannot be written.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        let wish = json!({"format": "png", "captureBeyondViewport": true});
        let made = self.tool("Page.captureScreenshot", &wish).await?;
        put(file, &STANDARD.decode(text(&made, "/data")?).context("a picture")?)
    }

    /// Errors and warnings that the browser has about what it was shown, since it was last asked.
    ///
    /// # Errors
    /// The browser does not say.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let said = self.post("/se/log", &json!({"type": "browser"})).await?;
        let is_grave = |entry: &&Value| entry.get("level").is_some_and(|level| level == "SEVERE" || level == "WARNING");
        // A form that is refused is answered so, and says why on its page.
        let refused = |text: &String| ["status of 409", "status of 422"].iter().any(|status| text.contains(status));
        let all = said.as_array().into_iter().flatten().filter(is_grave).map(ToString::to_string);
        Ok(all.filter(|text| !refused(text)).collect())
    }

    /// Addresses that the browser asked for over the network since it was last asked.
    ///
    /// # Errors
    /// The browser does not say.
    pub async fn requests(&self) -> Result<Vec<String>> {
        let said = self.post("/se/log", &json!({"type": "performance"})).await?;
        let mut addresses = Vec::new();
        for entry in said.as_array().into_iter().flatten() {
            let event: Value = serde_json::from_str(text(entry, "/message")?).context("an event of the browser")?;
            let of = |method: &str| event.pointer("/message/method").is_some_and(|name| name == method);
            let address = match () {
                () if of("Network.requestWillBeSent") => event.pointer("/message/params/request/url"),
                () if of("Network.webSocketCreated") => event.pointer("/message/params/url"),
                () => None,
            };
            let networked = |address: &&str| ["http", "ws", "ftp"].iter().any(|scheme| address.starts_with(scheme));
            addresses.extend(address.and_then(Value::as_str).filter(networked).map(str::to_owned));
        }
        Ok(addresses)
    }

    /// Whether pages may run scripts from now on.
    ///
    /// # Errors
    /// The browser refuses.
    pub async fn scripts(&self, allowed: bool) -> Result<()> {
        self.tool("Emulation.setScriptExecutionDisabled", &json!({ "value": !allowed })).await.map(drop)
    }

    /// What an expression is on the page that is open.
    ///
    /// # Errors
    /// It fails there.
    pub async fn value(&self, expression: &str) -> Result<Value> {
        self.post("/execute/sync", &json!({"script": format!("return {expression}"), "args": []})).await
    }

    /// Chooses a file in a control that takes one.
    ///
    /// # Errors
    /// There is no such control.
    pub async fn choose(&self, selector: &str, file: &Path) -> Result<()> {
        let element = self.element(selector).await?;
        let path = file.to_str().context("a UTF-8 path")?;
        self.post(&format!("/element/{element}/value"), &json!({ "text": path })).await.map(drop)
    }

    /// Ends the browser.
    ///
    /// # Errors
    /// It is gone already.
    pub async fn quit(self) -> Result<()> {
        ask(&self.client, Method::DELETE, &self.session, &Value::Null).await.map(drop)
    }

    async fn element(&self, selector: &str) -> Result<String> {
        let found = self.post("/element", &json!({"using": "css selector", "value": selector})).await;
        let found = found.with_context(|| format!("no element {selector}"))?;
        Ok(text(&found, &format!("/{ELEMENT}"))?.to_owned())
    }

    async fn tool(&self, command: &str, parameters: &Value) -> Result<Value> {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await
    }

    async fn get(&self, path: &str) -> Result<String> {
        let value = ask(&self.client, Method::GET, &format!("{}{path}", self.session), &Value::Null).await?;
        value.as_str().map(str::to_owned).with_context(|| format!("{path}: not a text: {value}"))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        ask(&self.client, Method::POST, &format!("{}{path}", self.session), body).await
    }
}

async fn ask(client: &reqwest::Client, method: Method, address: &str, body: &Value) -> Result<Value> {
    let request = client.request(method.clone(), address);
    let request = if method == Method::POST { request.json(body) } else { request };
    let response = request.send().await.with_context(|| format!("{method} {address}"))?;
    let status = response.status();
    let mut answer: Value = response.json().await.with_context(|| format!("{method} {address}: not JSON"))?;
    let Some(value) = answer.get_mut("value") else { bail!("{method} {address}: no value in {answer}") };
    ensure!(status.is_success(), "{method} {address}: {value:#}");
    Ok(value.take())
}
