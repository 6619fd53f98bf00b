//! Somebody at a browser: a licensed site, a login, pages that need no script.

use super::super::testing::{Reply, Site};
use http::StatusCode;

/// What adds to a page, and no page needs.
pub(super) const OWN_SCRIPT: &str = "<script src=\"/assets-static/muster.js\" defer></script>";

pub(super) struct Desk {
    pub(super) site: Site,
    pub(super) cookie: String,
}

impl Desk {
    pub(super) async fn new() -> Self {
        let site = Site::new().await;
        site.license(1, 100).await;
        let cookie = site.log_in().await;
        Self { site, cookie }
    }

    pub(super) async fn page(&self, path: &str) -> String {
        let reply = self.site.page(path, Some(&self.cookie)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text);
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
        let text = reply.text;
        assert!(
            !text.replace(OWN_SCRIPT, "").contains("<script") && !text.contains("style=\"") && !text.contains(" onclick="),
            "{path} needs no script"
        );
        text
    }

    /// The page that a form that was sent leads to, with its note.
    pub(super) async fn follow(&self, reply: &Reply) -> String {
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
        let note = reply.header("set-cookie").split(';').next().unwrap().to_owned();
        let cookies = format!("{}; {note}", self.cookie);
        let page = self.site.page(reply.header("location"), Some(&cookies)).await;
        assert!(page.header("set-cookie").contains("Max-Age=0"), "a note is said once");
        page.text
    }
}
