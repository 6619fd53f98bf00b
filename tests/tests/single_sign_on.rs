//! Single sign-on at a real provider: who gets in, as what, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use anyhow::{Context, Result, ensure};
use muster_e2e::browser::Browser;
use muster_e2e::files::put;
use muster_e2e::office::Office;
use muster_e2e::provider::Provider;
use muster_e2e::site::Site;
use muster_e2e::wait::until;
use muster_e2e::walker::{Seen, Walker};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const CALLBACK: &str = "/login/oidc/callback";

/// A collector whose people log in at a provider.
struct Company {
    office: Office,
    provider: Provider,
}

impl Company {
    async fn new() -> Result<Self> {
        let site = Site::new()?;
        let secrets = site.init().await?;
        let provider = Provider::start(&site).await?;
        let config = site.path("collector.toml");
        let text = format!(
            "[oidc]\nissuer = {:?}\nclient_id = \"muster\"\nclient_secret_file = {:?}\nca_file = {:?}\nlabel = \"Acme\"\n\
             scopes = [\"profile\", \"email\", \"groups\"]\n[oidc.roles]\nowner = [\"muster-owners\"]\n\
             operator = [\"helpdesk\"]\nviewer = [\"staff\"]\n",
            provider.issuer(),
            provider.secret(),
            provider.certificate(),
        );
        put(&config, text.as_bytes())?;
        let collector = site.collector().arg("--config").arg(config.to_str().context("a UTF-8 path")?).start().await?;
        let company = Self { office: Office { collector, secrets, site }, provider };
        company.people().await?;
        Ok(company)
    }

    /// Everybody the provider knows.
    async fn people(&self) -> Result<()> {
        let people = json!({
            "1": {"preferred_username": "ida", "email": "ida@acme.example", "email_verified": true, "groups": ["staff", "muster-owners"]},
            "2": {"preferred_username": "max", "groups": ["helpdesk"]},
            "3": {"preferred_username": "Zoë Lang", "email": "zoe@acme.example", "email_verified": true, "groups": "staff"},
            "4": {"preferred_username": "guest", "groups": ["guests"]},
            "5": {"preferred_username": "Admin", "groups": ["muster-owners"]},
        });
        self.provider.control(&json!({"redirects": [format!("{}{CALLBACK}", self.url())], "people": people})).await
    }

    /// What the provider says of somebody from now on.
    async fn regroup(&self, who: &str, name: &str, groups: Value) -> Result<()> {
        let mut people = json!({});
        people[who] = json!({"preferred_username": name, "groups": groups});
        self.provider.control(&json!({ "people": people })).await
    }

    fn url(&self) -> &str {
        self.office.http().url()
    }

    fn server(&self) -> &str {
        self.url().trim_start_matches("https://")
    }

    fn walker(&self) -> Result<Walker> {
        let ca = std::fs::read(self.office.site.data_dir().join("ca.pem"))?;
        Walker::new(&[&ca, &std::fs::read(self.provider.certificate())?])
    }

    /// To the provider and back, as far as the address to which it sends the walker, which is not visited.
    async fn almost(&self, walker: &mut Walker, who: &str) -> Result<String> {
        let back = format!("{}{CALLBACK}", self.url());
        let seen = walker.step(&format!("{}/login/oidc?next=/audit", self.url()), None).await?;
        let mut seen = walker.follow(seen, Some(&back)).await?;
        if seen.url.path().starts_with("/interaction/") {
            seen = walker.step(seen.url.as_str(), Some(&[("who", who)])).await?;
            seen = walker.follow(seen, Some(&back)).await?;
        }
        seen.location.map(String::from).with_context(|| format!("the way back: {} {}", seen.status, seen.text))
    }

    /// The whole way in, in a browser of its own.
    async fn enter(&self, who: &str) -> Result<(Walker, Seen)> {
        let mut walker = self.walker()?;
        let back = self.almost(&mut walker, who).await?;
        let seen = walker.step(&back, None).await?;
        Ok((walker, seen))
    }

    /// Who tries is told why not, and no session is made.
    async fn refused(&self, who: &str, status: StatusCode, part: &str) -> Result<()> {
        let (walker, seen) = self.enter(who).await?;
        self.check_refused(&walker, &seen, status, part)
    }

    fn check_refused(&self, walker: &Walker, seen: &Seen, status: StatusCode, part: &str) -> Result<()> {
        ensure!(seen.status == status && seen.text.contains(part), "{} without {part:?}: {}", seen.status, seen.text);
        ensure!(walker.cookie(self.server(), "__Host-muster").is_none(), "a session of a login that was refused");
        Ok(())
    }

    async fn users(&self) -> Result<Vec<(String, String, String)>> {
        let listed = self.office.get("/api/v1/users").await?;
        let text = |user: &Value, name: &str| user[name].as_str().unwrap_or_default().to_owned();
        let users = listed["items"].as_array().context("users")?;
        Ok(users.iter().map(|user| (text(user, "name"), text(user, "source"), text(user, "role"))).collect())
    }

    async fn change(&self, method: Method, path: &str, body: &Value) -> Result<(StatusCode, Value)> {
        self.office.http().send(method, path, body).await
    }
}

fn user(name: &str, source: &str, role: &str) -> (String, String, String) {
    (name.to_owned(), source.to_owned(), role.to_owned())
}

#[tokio::test]
async fn people_get_the_role_of_their_groups_and_nobody_elses_account() -> Result<()> {
    let company = Company::new().await?;
    let admin = user("admin", "local", "owner");

    let (mut ida, seen) = company.enter("1").await?;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert!(seen.text.contains("http-equiv=\"refresh\" content=\"0;url=/audit\""), "{}", seen.text);
    let session = seen.cookies.iter().find(|cookie| cookie.starts_with("__Host-muster=")).context("a session")?;
    assert!(["HttpOnly", "Secure", "SameSite=Strict", "Path=/"].iter().all(|flag| session.contains(flag)), "{session}");
    assert_eq!(ida.cookie(company.server(), "__Host-muster-oidc"), None, "the attempt is over");
    let page = ida.walk(&format!("{}/audit", company.url())).await?;
    assert!(page.text.contains("single sign-on") && page.text.contains("user.create"), "{}", page.text);
    assert_eq!(company.users().await?, [admin.clone(), user("ida", "sso", "owner")]);

    // Claims that stand not in the token are asked for.
    company.provider.control(&json!({"in_token": false})).await?;
    assert_eq!(company.enter("2").await?.1.status, StatusCode::OK);
    company.provider.control(&json!({"in_token": true})).await?;
    assert_eq!(company.enter("3").await?.1.status, StatusCode::OK);
    let all =
        [admin.clone(), user("ida", "sso", "owner"), user("max", "sso", "operator"), user("zoe@acme.example", "sso", "viewer")];
    assert_eq!(company.users().await?, all);
    let table = company.office.site.admin(company.office.http(), &["user", "list", "--output", "csv"]).await?.expect(0)?;
    assert!(table.stdout.contains("max,sso,operator"), "{}", table.stdout);

    // No role, and a name that is another's: refused, and nothing is made.
    company.refused("4", StatusCode::FORBIDDEN, "none of your groups has a role here").await?;
    company.refused("5", StatusCode::FORBIDDEN, "there is an account called admin already").await?;
    assert_eq!(company.users().await?, all);

    // The groups decide again at each login; what the person is called does not.
    let (mut max, _) = company.enter("2").await?;
    company.regroup("2", "maximilian", json!(["staff"])).await?;
    assert_eq!(company.enter("2").await?.1.status, StatusCode::OK);
    assert_eq!(company.users().await?[2], user("max", "sso", "viewer"));
    let there = max.step(&format!("{}/audit", company.url()), None).await?;
    assert_eq!(there.status, StatusCode::SEE_OTHER, "what was logged in with the old role is not any more");
    company.regroup("2", "max", json!([])).await?;
    company.refused("2", StatusCode::FORBIDDEN, "none of your groups").await?;

    // What the provider decides is not decided here; whether somebody comes in at all is.
    let path = "/api/v1/users/ida";
    let (status, problem) = company.change(Method::POST, &format!("{path}/reset-password"), &Value::Null).await?;
    assert!(status == StatusCode::CONFLICT && problem["detail"].to_string().contains("no password here"), "{problem}");
    let (status, problem) = company.change(Method::PATCH, path, &json!({"role": "viewer"})).await?;
    assert!(status == StatusCode::CONFLICT && problem["detail"].to_string().contains("oidc.roles"), "{problem}");
    let (status, _) = company.change(Method::PATCH, path, &json!({"enabled": false})).await?;
    assert_eq!(status, StatusCode::OK);
    company.people().await?;
    company.refused("1", StatusCode::FORBIDDEN, "your account is disabled").await?;
    assert_eq!(ida.step(&format!("{}/audit", company.url()), None).await?.status, StatusCode::SEE_OTHER);
    // Nor does an empty password open an account that has none.
    for password in ["", "x"] {
        let form = [("name", "max"), ("password", password)];
        let seen = company.walker()?.step(&format!("{}/login", company.url()), Some(&form)).await?;
        assert_eq!(seen.status, StatusCode::UNAUTHORIZED);
    }
    company.change(Method::PATCH, path, &json!({"enabled": true})).await?;
    assert_eq!(company.enter("1").await?.1.status, StatusCode::OK);
    let verified = company.office.get("/api/v1/audit/verify").await?;
    assert_eq!(verified["intact"], true, "{verified}");
    Ok(())
}

#[tokio::test]
async fn an_owner_with_a_password_is_left_whatever_the_groups_say() -> Result<()> {
    let company = Company::new().await?;
    company.enter("1").await?;
    let (status, problem) = company.change(Method::PATCH, "/api/v1/users/admin", &json!({"enabled": false})).await?;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert!(problem["detail"].to_string().contains("admin is the last enabled owner with a password"), "{problem}");
    company.regroup("1", "ida", json!(["staff"])).await?;
    assert_eq!(company.enter("1").await?.1.status, StatusCode::OK);
    assert_eq!(company.users().await?[1], user("ida", "sso", "viewer"));
    Ok(())
}

#[tokio::test]
async fn nothing_is_believed_that_was_not_asked_for() -> Result<()> {
    let company = Company::new().await?;
    let stale = "was not begun in this browser";

    // Another state; the right one is not used up by it. Then once, and not again.
    let mut walker = company.walker()?;
    let back = company.almost(&mut walker, "1").await?;
    let (before, after) = back.split_once("state=").context("a state")?;
    let (state, rest) = after.split_once('&').unwrap_or((after, ""));
    let wrong = format!("{before}state={}&{rest}", state.chars().rev().collect::<String>());
    for address in [wrong.as_str(), before, &format!("{}{CALLBACK}", company.url())] {
        let seen = walker.step(address, None).await?;
        company.check_refused(&walker, &seen, StatusCode::BAD_REQUEST, stale)?;
    }
    // A browser that did not begin it: what login CSRF would be.
    let mut other = company.walker()?;
    let seen = other.step(&back, None).await?;
    company.check_refused(&other, &seen, StatusCode::BAD_REQUEST, stale)?;
    company.almost(&mut other, "2").await?;
    let seen = other.step(&back, None).await?;
    company.check_refused(&other, &seen, StatusCode::BAD_REQUEST, stale)?;
    let (jar, first) = (walker.clone(), walker.step(&back, None).await?);
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let mut replay = jar;
    let seen = replay.step(&back, None).await?;
    company.check_refused(&replay, &seen, StatusCode::BAD_REQUEST, stale)?;

    // A used code in a login of one's own, and an answer that is of another provider.
    let code = |address: &str| {
        let (_, code) = address.split_once("code=")?;
        code.split('&').next().map(str::to_owned)
    };
    let used = code(&back).context("a code")?;
    let mut thief = company.walker()?;
    let own = company.almost(&mut thief, "2").await?;
    let stolen = own.replace(&code(&own).context("a code")?, &used);
    let seen = thief.step(&stolen, None).await?;
    company.check_refused(&thief, &seen, StatusCode::FORBIDDEN, "invalid_grant")?;
    for change in ["&iss=", "&iss=https://evil.example"] {
        let mut mixed = company.walker()?;
        let own = company.almost(&mut mixed, "2").await?;
        let (start, _) = own.split_once("&iss=").context("the provider names itself")?;
        let seen = mixed.step(&format!("{start}{change}"), None).await?;
        company.check_refused(&mixed, &seen, StatusCode::FORBIDDEN, "cannot be trusted")?;
    }
    // A code that cannot be one is not shown to the provider, and one that it never gave does not say that nobody can log in.
    let long = "x".repeat(4097);
    for (junk, said) in [("", "no_code"), (long.as_str(), "no_code"), ("junk", "invalid_grant")] {
        let mut walker = company.walker()?;
        let own = company.almost(&mut walker, "2").await?;
        let seen = walker.step(&own.replace(&code(&own).context("a code")?, junk), None).await?;
        company.check_refused(&walker, &seen, StatusCode::FORBIDDEN, said)?;
    }
    let alerts = company.office.get("/status").await?["alerts"].to_string();
    assert!(!alerts.contains("nobody can log in"), "{alerts}");
    // A provider's words are shown only as far as they are a code.
    let mut told = company.walker()?;
    let own = company.almost(&mut told, "2").await?;
    let (_, query) = own.split_once('?').context("a query")?;
    let keep: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("code=")).collect();
    let address = format!("{}{CALLBACK}?{}&error=<b>no", company.url(), keep.join("&"));
    let seen = told.step(&address, None).await?;
    company.check_refused(&told, &seen, StatusCode::FORBIDDEN, "refused the login (bno)")?;

    // Tokens that are not what they should be, each from a provider that was asked properly.
    let users = company.users().await?;
    for mischief in ["tampered", "unsigned", "expired", "nonce", "audience", "issuer", "key"] {
        company.provider.control(&json!({ "mischief": mischief })).await?;
        company.refused("2", StatusCode::FORBIDDEN, "cannot be trusted").await.context(mischief)?;
    }
    assert_eq!(company.users().await?, users, "nobody came in");
    for said in ["its signature is wrong", "it has expired", "(nonce)", "another client", "another issuer", "does not publish"] {
        assert!(company.office.collector.log().contains(said), "{said}");
    }
    // A new key is fetched when it is met.
    company.provider.control(&json!({"mischief": null, "rotate": "second"})).await?;
    assert_eq!(company.enter("2").await?.1.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_down_is_said_and_passwords_work() -> Result<()> {
    let mut company = Company::new().await?;
    let start = format!("{}/login/oidc", company.url());
    let alert = async |company: &Company| -> Result<bool> {
        Ok(company.office.get("/status").await?["alerts"].to_string().contains("Acme cannot be used to log in"))
    };
    assert!(!alert(&company).await?);
    company.provider.stop().await?;
    let seen = until("the login page says so", async || {
        let seen = company.walker()?.step(&start, None).await?;
        Ok((seen.status == StatusCode::SERVICE_UNAVAILABLE).then_some(seen))
    });
    let seen = seen.await?;
    assert!(seen.text.contains("Acme cannot be used now; log in with a password") && seen.text.contains("name=\"password\""));
    assert!(!seen.text.contains("127.0.0.1"), "what is behind it is not everybody's: {}", seen.text);
    assert!(alert(&company).await?);
    let form = [("name", "admin"), ("password", company.office.secrets.admin_password.as_str())];
    let seen = company.walker()?.step(&format!("{}/login", company.url()), Some(&form)).await?;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);

    company.provider.again().await?;
    company.people().await?;
    until("it is used again", async || {
        Ok((company.walker()?.step(&start, None).await?.status == StatusCode::SEE_OTHER).then_some(()))
    })
    .await?;
    assert_eq!(company.enter("1").await?.1.status, StatusCode::OK);
    assert!(!alert(&company).await?);
    Ok(())
}

#[tokio::test]
async fn somebody_logs_in_and_out_with_a_real_browser() -> Result<()> {
    let company = Company::new().await?;
    let browser = Browser::start(&company.office.site.path("")).await?;
    browser.open(&format!("{}/audit", company.url())).await?;
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR"));
    browser.picture(&pictures.join("login-single-sign-on.png")).await?;
    assert_eq!(browser.text("a.button").await?, "Log in with Acme");
    // A way on to another site is none.
    browser.open(&format!("{}/login?next=//evil.example/", company.url())).await?;
    assert!(browser.property("a.button", "href").await?.to_string().ends_with("?next=%2Fstatus\""));
    browser.open(&format!("{}/audit", company.url())).await?;
    browser.follow("a.button").await?;
    assert!(browser.address().await?.starts_with(&company.provider.issuer()));
    browser.fill("[name=who]", "1").await?;
    browser.click("button").await?;
    let here = async |path: &str| {
        let wanted = format!("{}{path}", company.url());
        until(&wanted, async || Ok((browser.address().await? == wanted).then_some(()))).await
    };
    here("/audit").await.context("back where the way began, with a session that the browser brings along")?;
    until("the page says who it is", async || Ok(browser.text(".account").await?.contains("ida").then_some(()))).await?;
    browser.open(&format!("{}/password", company.url())).await?;
    assert!(browser.text("form").await?.contains("the password is changed at the provider"));
    assert!(browser.text("[name=old]").await.is_err(), "there is nothing to change here");
    browser.open(&format!("{}/audit", company.url())).await?;
    let complaints = browser.complaints().await?;
    assert!(complaints.is_empty(), "{complaints:?}");

    browser.follow("form[action='/logout'] button").await?;
    here("/login").await?;
    browser.open(&format!("{}/audit", company.url())).await?;
    assert!(browser.address().await?.contains("/login"), "logged out");
    // Who goes away at the provider comes back to passwords; whoever is still logged in there comes straight in.
    browser.click("a.button").await?;
    here("/audit").await?;
    browser.quit().await
}
