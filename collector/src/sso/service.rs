//! The way of a login through the provider, from the button to a person.
//!
//! What the provider says about itself is kept in memory and asked for again every hour and when somebody begins a login, so that a
//! provider that does not answer is an alert and a sentence on the login page, and not an empty window.

use super::{
    attempts::{Attempt, Attempts},
    claims::{self, Person},
    discovery::{self, Provider},
    error::{SsoError, chain},
    exchange::{Exchange, Redeemed, word},
    id_token::{self, Expected, TokenError},
};
use crate::{
    config::OidcConfig,
    publish::{Alerts, Severity},
};
use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::Jwk;
use muster_runtime::{clock::SharedClock, shutdown::Shutdown};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, Notify};

/// Where the provider sends browsers back to.
const CALLBACK: &str = "/login/oidc/callback";
/// How often the provider is looked at while nobody logs in.
const EVERY: Duration = Duration::from_secs(3600);
/// How often while it cannot be used.
const AGAIN: Duration = Duration::from_secs(60);
/// For so long what was found is taken as it is, whoever asks and however often.
const FRESH: Duration = Duration::from_secs(2);
/// The longest code that is shown to the provider, in bytes.
const LONGEST_CODE: usize = 4096;
/// The provider cannot be used.
const PROVIDER_ALERT: &str = "sso-provider";
/// It answers, but nobody can log in.
const LOGIN_ALERT: &str = "sso-login";

/// Logs people in through the provider of the configuration.
pub struct SingleSignOn {
    config: OidcConfig,
    scheme: &'static str,
    known: ArcSwapOption<Known>,
    asked: Mutex<Option<(Duration, Result<(), SsoError>)>>,
    look: Notify,
    attempts: Attempts,
    alerts: Arc<Alerts>,
    clock: SharedClock,
}

struct Known {
    provider: Provider,
    keys: Vec<Jwk>,
}

/// A login that has begun.
pub struct Begun {
    /// Where the browser has to go.
    pub location: String,
    /// What it has to keep as a cookie.
    pub cookie: String,
}

/// What a browser brings back.
#[derive(Clone, Default)]
pub struct Callback {
    /// The state of the attempt.
    pub state: String,
    /// A code, if the provider let the person in.
    pub code: Option<String>,
    /// Else why not.
    pub error: Option<String>,
    /// The provider's own name.
    pub issuer: Option<String>,
}

impl Callback {
    /// The code, if it can be one.
    fn code(&self) -> Option<&str> {
        self.code.as_deref().filter(|code| !code.is_empty() && code.len() <= LONGEST_CODE)
    }
}

/// A login that has come to its end.
#[derive(Debug)]
pub struct Arrival {
    /// Who it is.
    pub person: Person,
    /// Where the browser wants to go; empty when it did not say, or said more than is kept.
    pub next: String,
    /// The digest of the session with which the browser came.
    pub before: Option<[u8; 32]>,
}

impl SingleSignOn {
    /// Of this provider. `tls`: people reach the console over TLS.
    #[must_use]
    pub fn new(config: OidcConfig, tls: bool, alerts: Arc<Alerts>, clock: SharedClock) -> Self {
        Self {
            config,
            scheme: if tls { "https" } else { "http" },
            known: ArcSwapOption::empty(),
            asked: Mutex::new(None),
            look: Notify::new(),
            attempts: Attempts::default(),
            alerts,
            clock,
        }
    }

    /// What the provider is called on the login page.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.config.label
    }

    /// Begins a login that ends at this `Host`, which was checked, and then goes to `next`. `before` is the digest of the
    /// browser's session.
    ///
    /// # Errors
    /// When the provider cannot be used.
    pub async fn begin(&self, host: &str, next: &str, before: Option<[u8; 32]>) -> Result<Begun, SsoError> {
        let known = self.look().await?;
        let redirect = format!("{}://{host}{CALLBACK}", self.scheme);
        let attempt = Attempt::new(redirect, next, before);
        let mut location = known.provider.authorization.clone();
        location
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &attempt.redirect)
            .append_pair("scope", &self.config.scopes.join(" "))
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        let cookie = self.attempts.begin(attempt, self.clock.boottime());
        Ok(Begun { location: location.into(), cookie })
    }

    /// Ends a login with what the browser brought back; `cookie` is what it kept.
    ///
    /// # Errors
    /// When it is not the login that this browser began, or the provider does not vouch for the person.
    pub async fn finish(&self, callback: &Callback, cookie: Option<&str>) -> Result<Arrival, SsoError> {
        let attempt = cookie.and_then(|cookie| self.attempts.take(cookie, &callback.state, self.clock.boottime()));
        let attempt = attempt.ok_or(SsoError::Stale)?;
        let result = self.person(callback, &attempt).await;
        match &result {
            Ok(_) => self.alerts.clear(LOGIN_ALERT),
            Err(error @ (SsoError::Provider(_) | SsoError::File { .. })) => {
                let text = format!("nobody can log in through {}: {error}", self.label());
                self.alerts.raise(LOGIN_ALERT, Severity::Warning, text, self.clock.now());
            }
            Err(SsoError::Unreachable(_)) => self.look.notify_one(),
            Err(SsoError::Stale | SsoError::Refused(_) | SsoError::Token(_)) => {}
        }
        let Attempt { next, before, .. } = attempt;
        result.map(|person| Arrival { person, next, before })
    }

    /// Looks at the provider until shutdown.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        loop {
            let wait = if self.ask().await.is_ok() { EVERY } else { AGAIN };
            let waited = shutdown.run_until(async {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = self.look.notified() => {}
                }
            });
            if waited.await.is_none() {
                return;
            }
        }
    }

    async fn person(&self, callback: &Callback, attempt: &Attempt) -> Result<Person, SsoError> {
        let mut known = self.known.load_full().ok_or(SsoError::Stale)?;
        let named = callback.issuer.as_deref();
        if named.is_some_and(|named| named != self.config.issuer) || known.provider.names_itself && named.is_none() {
            return Err(SsoError::Token("the answer is of another provider".to_owned()));
        }
        if let Some(error) = &callback.error {
            return Err(SsoError::Refused(word(error)));
        }
        let code = callback.code().ok_or_else(|| SsoError::Refused("no_code".to_owned()))?;
        let exchange = Exchange::open(&self.config).await?;
        let Redeemed { id_token, access_token } = exchange.redeem(&known.provider, attempt, code).await?;
        let expected = Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: &attempt.nonce,
            now: self.clock.now(),
        };
        let mut verified = id_token::verify(&id_token, &known.keys, expected);
        if verified == Err(TokenError::UnknownKey) {
            // Once for each code that the provider has taken: nobody else makes it work.
            self.ask().await?;
            known = self.known.load_full().ok_or(SsoError::Stale)?;
            verified = id_token::verify(&id_token, &known.keys, expected);
        }
        let mut claims = verified.map_err(|error| SsoError::Token(error.to_string()))?;
        if let (false, Some(url), Some(token)) =
            (claims::are_enough(&claims, &self.config), &known.provider.userinfo, access_token)
        {
            let more = exchange.userinfo(url, &token).await?;
            if more.get("sub") != claims.get("sub") {
                return Err(SsoError::Token("userinfo is about somebody else".to_owned()));
            }
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(claims::person(&claims, &self.config))
    }

    /// The provider as it was found just now.
    async fn look(&self) -> Result<Arc<Known>, SsoError> {
        let mut asked = self.asked.lock().await;
        let now = self.clock.boottime();
        let fresh = asked.as_ref().filter(|(at, _)| now.saturating_sub(*at) < FRESH);
        let result = match fresh {
            Some((_, result)) => result.clone(),
            None => {
                let result = self.fetch().await;
                *asked = Some((self.clock.boottime(), result.clone()));
                result
            }
        };
        result?;
        self.known.load_full().ok_or(SsoError::Stale)
    }

    /// Looks at the provider now.
    async fn ask(&self) -> Result<(), SsoError> {
        let mut asked = self.asked.lock().await;
        let result = self.fetch().await;
        *asked = Some((self.clock.boottime(), result.clone()));
        result
    }

    async fn fetch(&self) -> Result<(), SsoError> {
        let result = self.found().await;
        match &result {
            Ok(_) => self.alerts.clear(PROVIDER_ALERT),
            Err(error) => {
                let text = format!("{} cannot be used to log in, passwords can: {error}", self.label());
                self.alerts.raise(PROVIDER_ALERT, Severity::Warning, text, self.clock.now());
            }
        }
        self.known.store(Some(Arc::new(result?)));
        Ok(())
    }

    async fn found(&self) -> Result<Known, SsoError> {
        let exchange = Exchange::open(&self.config).await?;
        let document = exchange.document(&discovery::place(&self.config.issuer)?).await?;
        let document = serde_json::from_value(document).map_err(|error| {
            SsoError::Provider(format!("the document of {} is not one of OpenID Connect: {}", self.config.issuer, chain(&error)))
        })?;
        let provider = discovery::check(document, &self.config.issuer)?;
        let keys = id_token::keys(&exchange.document(&provider.keys).await?);
        if keys.is_empty() {
            return Err(SsoError::Provider(format!("{} has no key of a known kind", provider.keys)));
        }
        Ok(Known { provider, keys })
    }
}
