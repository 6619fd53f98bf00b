//! Somebody at a browser: a licensed site, a login, pages that need no script.

use super::super::testing::{Reply, Site, csrf};
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

    /// Sends the form of a page: what it shows, with some fields changed.
    pub(super) async fn send(&self, path: &str, changes: &[(&str, &str)]) -> Reply {
        let page = self.site.page(path, Some(&self.cookie)).await;
        let mut fields = vec![("csrf", csrf(&page))];
        fields.extend(controls(&page.text).into_iter().filter(|(name, _)| name != "csrf").map(|(name, value)| {
            let changed = changes.iter().find(|(changed, _)| *changed == name).map(|(_, value)| (*value).to_owned());
            (leaked(name), changed.unwrap_or(value))
        }));
        for (name, value) in changes.iter().filter(|(name, _)| !fields.iter().any(|(known, _)| known == name)).collect::<Vec<_>>()
        {
            let ticked = format!("<input type=\"checkbox\" name=\"{name}\" value=\"{value}\"");
            assert!(page.text.contains(&ticked), "{path} has no control {name}");
            fields.push((name, (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.site.form(path, Some(&self.cookie), &fields).await
    }
}

fn leaked(text: String) -> &'static str {
    text.leak()
}

/// Name and value of every control of the last form that has a revision or a field, as a browser would send them.
pub(super) fn controls(page: &str) -> Vec<(String, String)> {
    let form = page.split_once("class=\"card record\"").unwrap_or_else(|| panic!("no form: {page}")).1;
    let form = form.split_once("</form>").unwrap().0;
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split_once(&format!(" {name}=\""))?.1;
        rest.split_once('"').map(|(value, _)| unescaped(value))
    };
    let mut found = Vec::new();
    for piece in form.split('<') {
        let tag = piece.split('>').next().unwrap();
        match tag.split_whitespace().next().unwrap_or_default() {
            // Nobody has ticked it.
            "input" if tag.contains(" type=\"checkbox\"") && !tag.ends_with(" checked") => {}
            "input" => found.push((attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap())),
            "select" => found.push((attribute(tag, "name").unwrap(), String::new())),
            "textarea" => {
                let text = piece.split_once('>').unwrap().1;
                found.push((attribute(tag, "name").unwrap(), unescaped(text.strip_prefix('\n').unwrap_or(text))));
            }
            "option" if tag.ends_with(" selected") => found.last_mut().unwrap().1 = attribute(tag, "value").unwrap(),
            _ => {}
        }
    }
    found
}

fn unescaped(text: &str) -> String {
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&")
}
