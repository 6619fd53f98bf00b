//! An administrator at a browser. In: a running site, addresses of pages, what is typed. Out: what they read, and a failure for every
//! page that does not fit a phone or complains.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::axe;
use crate::browser::Browser;
use crate::office::Office;

/// The password that the first owner chooses.
const PASSWORD: &str = "a password of my own";

/// A browser in which the first owner is logged in.
#[derive(Debug)]
pub struct Desk {
    /// The browser.
    pub browser: Browser,
    url: String,
    pictures: String,
}

impl Desk {
    /// A browser in which nobody is logged in. Pictures of pages are called after `pictures`.
    ///
    /// # Errors
    /// There is no browser.
    pub async fn locked(office: &Office, pictures: &str) -> Result<Self> {
        let browser = Browser::start(&office.site.path("")).await?;
        Ok(Self { browser, url: office.http().url().to_owned(), pictures: pictures.to_owned() })
    }

    /// Logs in, which asks for a password of one's own. Pictures of pages are called after `pictures`.
    ///
    /// # Errors
    /// There is no browser, or it cannot log in.
    pub async fn at(office: &Office, pictures: &str) -> Result<Self> {
        let desk = Self::locked(office, pictures).await?;
        desk.open("/login?next=/records").await?;
        desk.fill("[name=name]", &office.secrets.admin_user).await?;
        desk.fill("[name=password]", &office.secrets.admin_password).await?;
        desk.follow("button").await?;
        desk.fill("[name=old]", &office.secrets.admin_password).await?;
        desk.fill("[name=new]", PASSWORD).await?;
        desk.fill("[name=repeated]", PASSWORD).await?;
        desk.follow("button").await?;
        Ok(desk)
    }

    /// Opens a page of the console.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn open(&self, path: &str) -> Result<()> {
        self.browser.open(&format!("{}{path}", self.url)).await
    }

    /// Types over what stands in a control.
    ///
    /// # Errors
    /// There is no such control.
    pub async fn fill(&self, selector: &str, typed: &str) -> Result<()> {
        self.browser.fill(selector, typed).await
    }

    /// Clicks what opens another page.
    ///
    /// # Errors
    /// Nothing to click there, or no other page comes.
    pub async fn follow(&self, selector: &str) -> Result<()> {
        self.browser.follow(selector).await
    }

    /// Says that an element reads so.
    ///
    /// # Errors
    /// There is no such element, or it reads otherwise.
    pub async fn expect(&self, selector: &str, part: &str) -> Result<()> {
        let text = self.browser.text(selector).await?;
        ensure!(text.contains(part), "{selector} at {}: {text:?} has no {part:?}", self.browser.address().await?);
        Ok(())
    }

    /// The page must fit every screen, be accessible light and dark, load nothing from elsewhere, and the browser must have nothing to
    /// complain about; pictures of the page are left with what the build makes.
    ///
    /// # Errors
    /// It does not fit, is not accessible, or the browser complains.
    pub async fn look(&self, name: &str, pictures: &Path) -> Result<()> {
        for (screen, width, dark) in [("narrow", 320, false), ("dark", 1280, true), ("light", 1280, false)] {
            self.browser.screen(width, dark).await?;
            self.browser.picture(&pictures.join(format!("{}-{name}-{screen}.png", self.pictures))).await?;
            let wide = self.browser.overflow().await?;
            ensure!(wide <= 0, "{name} at {width} pixels is {wide} pixels wider than the screen");
            if width > 320 {
                self.judge(&format!("{name}, {screen}")).await?;
            }
        }
        self.at_home(name).await
    }

    /// The page as it is shown now must be accessible.
    ///
    /// # Errors
    /// It is not; what is wrong is in the error.
    pub async fn judge(&self, name: &str) -> Result<()> {
        let found = axe::findings(&self.browser).await?;
        ensure!(found.is_empty(), "{name} at {}:\n{}", self.browser.address().await?, found.join("\n"));
        Ok(())
    }

    /// The page must have loaded nothing from another host, the browser must have asked nobody but the collector, have nothing to
    /// complain about, and not have run what a name or a cell brought.
    ///
    /// # Errors
    /// It has.
    pub async fn at_home(&self, name: &str) -> Result<()> {
        let home = format!("{}/", self.url);
        let elsewhere: Vec<String> = self.browser.loaded().await?.into_iter().filter(|from| !from.starts_with(&home)).collect();
        ensure!(elsewhere.is_empty(), "{name} loads {elsewhere:?}");
        let complaints = self.browser.complaints().await?;
        ensure!(complaints.is_empty(), "{name}: {complaints:?}");
        let foreign: Vec<String> =
            self.browser.requests().await?.into_iter().filter(|address| !address.starts_with(&home)).collect();
        ensure!(foreign.is_empty(), "{name} asks others than {home}: {foreign:?}");
        let ran = self.browser.value("window.pwned === undefined ? 'nothing' : 'a hostile script'").await?;
        ensure!(ran == "nothing", "{name} ran {ran}");
        Ok(())
    }
}
