//! The way of a login through the provider, from the button to a person.
//!
//! What the provider says about itself is kept in memory and asked for again every hour and when somebody begins a login, so that a
//! provider that does not answer is an alert and a sentence on the login page, and not an empty window.

use super::{
    attempts::{Attempt, Attempts},
    claims::{self, Person},
    discovery::{self, Provider},
    error::{SsoError, chain},
    exchange::{Exchange, KeptClient, Redeemed, word},
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
use tokio::sync::{Mutex, Notify, Semaphore, SemaphorePermit};

/// Where the provider sends browsers back to.
const CALLBACK: &str = "/login/oidc/callback";
/// How often the provider is looked at while nobody logs in.
const EVERY: Duration = Duration::from_secs(3600);
/// How often while it cannot be used.
const AGAIN: Duration = Duration::from_secs(60);
/// For so long what was found is taken as it is, whoever asks and however often.
const FRESH: Duration = Duration::from_secs(2);
/// So many codes are shown to the provider at once: anybody can bring one back.
const AT_ONCE: usize = 4;
/// The longest wait for others to be through with theirs.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
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
    client: KeptClient,
    turns: Semaphore,
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
            client: KeptClient::default(),
            turns: Semaphore::new(AT_ONCE),
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
            let wait = if self.look().await.is_ok() { EVERY } else { AGAIN };
            let waited = shutdown.run_until(async {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    // Not at once: the last look may be from before the failure, and logins may fail as often as anybody likes.
                    () = self.look.notified() => tokio::time::sleep(FRESH).await,
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
        let _turn = self.turn().await?;
        let exchange = Exchange::open(&self.config, &self.client).await?;
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

    async fn turn(&self) -> Result<SemaphorePermit<'_>, SsoError> {
        match tokio::time::timeout(LONGEST_WAIT, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(SsoError::Unreachable("too many logins end at once".to_owned())),
        }
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
                self.client.forget();
            }
        }
        self.known.store(Some(Arc::new(result?)));
        Ok(())
    }

    async fn found(&self) -> Result<Known, SsoError> {
        let exchange = Exchange::open(&self.config, &self.client).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OidcRoles;
    use chrono::DateTime;
    use muster_runtime::clock::TestClock;
    use reqwest::Url;
    use serde_json::json;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use tokio::{
        io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
        sync::Barrier,
        task::JoinSet,
    };

    /// A provider that knows no code, and lets as many as may come at once wait for each other.
    struct Unkind {
        issuer: String,
        documents: AtomicUsize,
        codes: AtomicUsize,
        now: AtomicUsize,
        most: AtomicUsize,
        together: Barrier,
    }

    impl Unkind {
        async fn start() -> Arc<Self> {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let unkind = Arc::new(Self {
                issuer: format!("http://{}", listener.local_addr().unwrap()),
                documents: AtomicUsize::new(0),
                codes: AtomicUsize::new(0),
                now: AtomicUsize::new(0),
                most: AtomicUsize::new(0),
                together: Barrier::new(AT_ONCE),
            });
            let provider = Arc::clone(&unkind);
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let provider = Arc::clone(&provider);
                    tokio::spawn(async move { provider.answer(stream).await.unwrap() });
                }
            });
            unkind
        }

        async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
            let (read, mut write) = stream.split();
            let mut read = BufReader::new(read);
            let (mut first, mut length) = (String::new(), 0);
            read.read_line(&mut first).await?;
            loop {
                let mut line = String::new();
                read.read_line(&mut line).await?;
                if line.trim().is_empty() {
                    break;
                }
                if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                }
            }
            read.read_exact(&mut vec![0; length]).await?;
            let issuer = &self.issuer;
            let (status, body) = match first.split(' ').nth(1).unwrap() {
                "/keys" => {
                    // RFC 7517, appendix A.1.
                    let (x, y) = ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
                    ("200 OK", json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "x": x, "y": y}]}))
                }
                "/token" => {
                    self.codes.fetch_add(1, SeqCst);
                    self.most.fetch_max(self.now.fetch_add(1, SeqCst) + 1, SeqCst);
                    self.together.wait().await;
                    self.now.fetch_sub(1, SeqCst);
                    self.together.wait().await;
                    ("400 Bad Request", json!({"error": "invalid_grant"}))
                }
                _ => {
                    self.documents.fetch_add(1, SeqCst);
                    let document = json!({
                        "issuer": issuer,
                        "authorization_endpoint": format!("{issuer}/auth"),
                        "token_endpoint": format!("{issuer}/token"),
                        "jwks_uri": format!("{issuer}/keys"),
                    });
                    ("200 OK", document)
                }
            };
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            write.write_all(format!("{head}{body}").as_bytes()).await
        }
    }

    fn sign_on(issuer: &str) -> Arc<SingleSignOn> {
        muster_runtime::tls::install_default();
        let config = OidcConfig {
            issuer: issuer.to_owned(),
            client_id: "muster".to_owned(),
            client_secret_file: None,
            ca_file: None,
            scopes: vec!["openid".to_owned()],
            label: "Acme".to_owned(),
            roles_claim: "groups".to_owned(),
            roles: OidcRoles::default(),
        };
        Arc::new(SingleSignOn::new(config, false, Arc::default(), TestClock::at(DateTime::UNIX_EPOCH)))
    }

    /// Begins a login; then what its end with this code comes to.
    async fn end(
        sso: &Arc<SingleSignOn>,
        code: Option<String>,
    ) -> impl Future<Output = Option<SsoError>> + Send + 'static + use<> {
        let Begun { location, cookie } = sso.begin("localhost:8444", "/audit", None).await.unwrap();
        let pairs = Url::parse(&location).unwrap();
        let state = pairs.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let sso = Arc::clone(sso);
        async move { sso.finish(&Callback { state, code, ..Callback::default() }, Some(&cookie)).await.err() }
    }

    #[tokio::test]
    async fn strangers_make_the_provider_work_little() {
        let provider = Unkind::start().await;
        let sso = sign_on(&provider.issuer);
        for code in [None, Some(String::new()), Some("x".repeat(LONGEST_CODE + 1))] {
            assert_eq!(end(&sso, code).await.await, Some(SsoError::Refused("no_code".to_owned())));
        }
        assert_eq!(provider.codes.load(SeqCst), 0, "what cannot be a code is not shown to it");
        let mut logins = JoinSet::new();
        for _ in 0..3 * AT_ONCE {
            logins.spawn(end(&sso, Some("x".repeat(LONGEST_CODE))).await);
        }
        for error in logins.join_all().await {
            assert_eq!(error, Some(SsoError::Refused("invalid_grant".to_owned())));
        }
        let (codes, most) = (provider.codes.load(SeqCst), provider.most.load(SeqCst));
        assert_eq!((codes, most), (3 * AT_ONCE, AT_ONCE));
        assert_eq!(provider.documents.load(SeqCst), 1, "the first look was fresh all the time");
    }
}
