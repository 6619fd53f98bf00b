//! A whole admin listener for tests: the real store, authority, licence service and router in a directory of its own.

use super::{
    AdminContext, Ctx, Hosts, InFlight, Readiness,
    auth::{Directory, Logins, NewApiToken, hash_password, new_api_token},
    router,
};
use crate::{
    assets::ReferenceTables,
    backup::Backups,
    compliance::{self, Compliance, TrustedVendors},
    ingest::Fleet,
    notify::{self, Notifications},
    privacy::{self, Privacy, Pseudonyms},
    publish::{AgentCounts, Alerts, ApplicationStatus, Board, LicenseFacts, Metrics, SessionCounts, StatusSource},
    reconcile::{self, Reconciliations},
    records::{self, Records},
    sessions::{self, Sessions},
    settings::Settings,
    site::ToldSite,
    store::{
        self, Stores,
        records::{AccountSource, AuditEntry, ReferenceRecord, Role, UserRecord},
    },
    trust::{Authority, interop::InteropCredentials, keys::KeyFiles},
    units::{self, Units},
};
use axum::{Router, body::Body};
use chrono::{DateTime, NaiveTime, Utc};
use http::{HeaderMap, Method, Request, StatusCode, header};
use muster_domain::calendar::SiteZone;
use muster_license::{Claims, MachineKey, VendorKey, seal};
use muster_runtime::{
    clock::{Clock as _, SharedClock, TestClock},
    shutdown::Shutdown,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};
use tower::ServiceExt;
use uuid::Uuid;

/// Where the tests' listener is.
pub(super) const HOST: &str = "localhost:8444";
/// The password of every account of the tests.
pub(super) const PASSWORD: &str = "a long enough password";

static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| hash_password(PASSWORD).unwrap());

/// A site with a token for every role and the account `anna`, an owner.
pub(super) struct Site {
    pub(super) context: Ctx,
    pub(super) router: Router,
    pub(super) clock: Arc<TestClock>,
    pub(super) stores: Stores,
    tokens: BTreeMap<Role, String>,
    machine: Arc<MachineKey>,
    vendor: VendorKey,
    _dir: tempfile::TempDir,
}

struct Source(Arc<Compliance>, Arc<Sessions>);

impl StatusSource for Source {
    fn license(&self) -> LicenseFacts {
        self.0.facts()
    }

    fn agents(&self) -> AgentCounts {
        AgentCounts::default()
    }

    fn sessions(&self) -> SessionCounts {
        SessionCounts { active: self.1.active() }
    }

    fn applications(&self) -> Vec<ApplicationStatus> {
        self.1.applications()
    }
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The code of a problem document, which this must be.
    pub(super) fn problem(&self) -> String {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{self:?}");
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        assert!(!document["detail"].as_str().unwrap().is_empty());
        document["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Site {
    pub(super) async fn new() -> Self {
        Self::with_tls(false).await
    }

    pub(super) async fn with_tls(tls: bool) -> Self {
        let start: DateTime<Utc> = "2026-11-21T20:00:00Z".parse().unwrap();
        let clock = TestClock::at(start);
        let shared: SharedClock = Arc::<TestClock>::clone(&clock);
        let dir = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(dir.path());
        files.create_dir().unwrap();
        let collector_id = Uuid::from_u128(7);
        Authority::create(&files, collector_id, start).unwrap();
        let vendor = VendorKey::generate().unwrap();
        TrustedVendors::create(&files, &[vendor.public().to_pem()]).unwrap();
        let machine = Arc::new(MachineKey::generate().unwrap());
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        stores.system.set_collector_id(collector_id).await.unwrap();

        let audit = |action: &str| AuditEntry {
            at: start,
            actor: "collector".to_owned(),
            action: action.to_owned(),
            subject: "test".to_owned(),
            detail: Value::Null,
        };
        let user = UserRecord {
            name: "anna".to_owned(),
            source: AccountSource::Local,
            password_hash: PASSWORD_HASH.clone(),
            must_change: false,
            role: Role::Owner,
            enabled: true,
            withheld: false,
            failures: 0,
            locked_until: None,
            created_at: start,
        };
        stores.people.put_user(user, Some(audit("user.create"))).await.unwrap();
        let mut tokens = BTreeMap::new();
        for role in [Role::Application, Role::Viewer, Role::Operator, Role::LicenseAdmin, Role::Owner] {
            let new = NewApiToken { label: "test".to_owned(), role, applications: Vec::new(), expires_at: None };
            let (record, text) = new_api_token(new, start);
            stores.people.put_api_token(record, audit("api-token.create")).await.unwrap();
            tokens.insert(role, text);
        }

        let alerts = Arc::new(Alerts::default());
        stores.references.add(ReferenceRecord::seeds(start), audit("collector.init")).await.unwrap();
        let references = Arc::new(ReferenceTables::load(Arc::clone(&stores.references)).await.unwrap());
        let zone: SiteZone = "Europe/Berlin".parse().unwrap();
        let settings = Arc::new(Settings::load(Arc::clone(&stores.system)).await.unwrap());
        let parts = compliance::Parts {
            stores: stores.clone(),
            references: Arc::clone(&references),
            machine: Arc::clone(&machine),
            vendors: TrustedVendors::load(&files).unwrap(),
            collector_id,
            zone,
            nightly_at: NaiveTime::from_hms_opt(2, 0, 0).unwrap(),
            alerts: Arc::clone(&alerts),
            settings: Arc::clone(&settings),
        };
        let compliance = Arc::new(Compliance::load(parts, Arc::clone(&shared)).await.unwrap());
        let live = stores.reports.load().await.unwrap();
        let silent = Duration::from_secs(900);
        let fleet =
            Arc::new(Fleet::load(stores.clone(), live.progress, Arc::clone(&shared), silent, Arc::clone(&alerts)).await.unwrap());
        let (gate, caps, hosts) = (Arc::clone(&compliance), Arc::clone(&compliance), Arc::clone(&fleet));
        let sessions = Sessions::load(sessions::Parts {
            stores: stores.clone(),
            live: live.sessions,
            zone,
            clock: compliance.clock(),
            open_since: Arc::new(move || gate.open_since()),
            caps: Arc::new(move |application: &str| caps.seats(application)),
            hosts: Arc::new(move |agent| hosts.get(agent).map(|agent| agent.record.hostname.clone())),
            settings: Arc::clone(&settings),
        });
        let sessions = Arc::new(sessions.await.unwrap());
        let board =
            Board::new(collector_id, machine.id().to_string(), zone.to_string(), Arc::clone(&shared), Arc::clone(&alerts));
        board.connect(Arc::new(Source(Arc::clone(&compliance), Arc::clone(&sessions))));
        let for_today = Arc::clone(&compliance);
        let records = records::Parts {
            stores: stores.clone(),
            references: Arc::clone(&references),
            today: Arc::new(move || zone.site_date(for_today.time())),
        };
        let records = Arc::new(Records::load(records).await.unwrap());
        let units = Arc::new(Units::new(units::Parts {
            stores: stores.clone(),
            references: Arc::clone(&references),
            settings: Arc::clone(&settings),
            compliance: Arc::clone(&compliance),
        }));
        let site = reconcile::Site {
            stores: stores.clone(),
            references: Arc::clone(&references),
            records: Arc::clone(&records),
            compliance: Arc::clone(&compliance),
        };
        let reconciliations = Arc::new(Reconciliations::new(reconcile::Parts {
            stores: stores.clone(),
            compliance: Arc::clone(&compliance),
            records: Arc::clone(&records),
            settings: Arc::clone(&settings),
            gather: Arc::new(site),
            holder: "test".to_owned(),
        }));
        let notifications = notify::Parts {
            stores: stores.clone(),
            settings: Arc::clone(&settings),
            site: Arc::new(ToldSite {
                compliance: Arc::clone(&compliance),
                sessions: Arc::clone(&sessions),
                fleet: Arc::clone(&fleet),
                records: Arc::clone(&records),
                clock: Arc::clone(&shared),
                heard_from: Duration::ZERO,
            }),
            post: notify::Post::new(
                None,
                None,
                notify::Signer::new(&machine.secret_for_hkdf()),
                format!("https://{HOST}"),
                (collector_id, chrono_tz::Tz::Europe__Berlin),
            ),
            alerts: Arc::clone(&alerts),
            clock: Arc::clone(&shared),
            holder: "test".to_owned(),
        };
        notify::begin(&stores, start).await.unwrap();
        let notifications = Arc::new(Notifications::load(notifications).await.unwrap());
        let privacy = Arc::new(Privacy::new(privacy::Parts {
            stores: stores.clone(),
            sessions: Arc::clone(&sessions),
            references: Arc::clone(&references),
            compliance: Arc::clone(&compliance),
            settings: Arc::clone(&settings),
            pseudonyms: Pseudonyms::new(&machine.secret_for_hkdf()),
        }));
        let directory = Arc::new(Directory::open(Arc::clone(&stores.people)).await.unwrap());
        let context = Arc::new(AdminContext {
            board: Arc::new(board),
            metrics: Arc::new(Metrics::default()),
            stores: stores.clone(),
            references: Arc::clone(&references),
            compliance,
            fleet,
            sessions,
            records: Arc::clone(&records),
            reconciliations,
            units,
            notifications,
            privacy,
            record_imports: records::Imports::new(Arc::clone(&records), Arc::clone(&shared)),
            imports: crate::assets::Importer::new(stores.clone(), Arc::clone(&references), Arc::clone(&shared)),
            settings,
            authority: Arc::new(Authority::load(&files, collector_id).unwrap()),
            interop: Arc::new(InteropCredentials::open(Arc::clone(&stores.interop)).await.unwrap()),
            logins: Logins::new(Arc::clone(&directory), Arc::clone(&shared)),
            directory,
            sso: None,
            in_flight: InFlight::default(),
            backups: Arc::new(Backups::new(&stores, dir.path(), collector_id, &machine.id(), &shared)),
            readiness: Readiness::new(
                Arc::clone(&stores.system),
                Box::new(|| Ok(())),
                Box::new(|| Ok(())),
                Shutdown::new(),
                Arc::clone(&shared),
            ),
            hosts: Hosts::new("127.0.0.1:8444".parse().unwrap(), []),
            agents_on: "0.0.0.0:8443".parse().unwrap(),
            interop_on: None,
            tls,
            zone,
            clock: shared,
            started: Duration::ZERO,
        });
        Self { router: router(Arc::clone(&context)), context, clock, stores, tokens, machine, vendor, _dir: dir }
    }

    /// A key of this vendor for this machine.
    pub(super) fn key(&self, serial: u64, assets: u64, expires: &str) -> String {
        let claims: Claims = serde_json::from_value(json!({
            "v": 1, "lic_id": Uuid::from_u128(u128::from(serial)), "serial": serial, "customer": "ACME", "mkid": self.machine.id(),
            "issued_at": "2026-11-21T19:00:00Z", "expires": expires, "assets": assets
        }))
        .unwrap();
        seal(&claims, &self.machine.public(), &self.vendor).unwrap()
    }

    pub(super) fn token(&self, role: Role) -> &str {
        &self.tokens[&role]
    }

    /// A request as it is.
    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        // A backup is no text.
        Reply { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A request of the API with the token of a role and perhaps a JSON body.
    pub(super) async fn call(&self, role: Role, method: &str, path: &str, body: Option<Value>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token(role)));
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// `GET` as an owner.
    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call(Role::Owner, "GET", path, None).await
    }

    /// Applies a licence for so many assets.
    pub(super) async fn license(&self, serial: u64, assets: u64) -> Reply {
        self.put_key(&self.key(serial, assets, "2027-12-31"), "").await
    }

    pub(super) async fn put_key(&self, text: &str, query: &str) -> Reply {
        let request = Request::builder()
            .method(Method::PUT)
            .uri(format!("/api/v1/license{query}"))
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token(Role::LicenseAdmin)))
            .header(header::CONTENT_TYPE, "text/plain");
        self.send(request.body(Body::from(text.to_owned())).unwrap()).await
    }

    /// A form from a browser, perhaps with a session cookie.
    pub(super) async fn form(&self, path: &str, cookie: Option<&str>, fields: &[(&str, &str)]) -> Reply {
        let body = encoded(fields);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, HOST)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A page for a browser.
    pub(super) async fn page(&self, path: &str, cookie: Option<&str>) -> Reply {
        let mut request = Request::builder().uri(path).header(header::HOST, HOST).header(header::ACCEPT, "text/html,*/*;q=0.8");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Makes an account with the password of the tests.
    pub(super) async fn account(&self, name: &str, role: Role, must_change: bool) {
        let (password_hash, created_at) = (PASSWORD_HASH.clone(), self.context.now());
        let (name, action) = (name.to_owned(), "user.create".to_owned());
        let actor = "test".to_owned();
        let audit = AuditEntry { at: created_at, actor, action, subject: name.clone(), detail: Value::Null };
        let (enabled, failures, locked_until) = (true, 0, None);
        let source = AccountSource::Local;
        let user = UserRecord {
            name,
            source,
            password_hash,
            must_change,
            role,
            enabled,
            withheld: false,
            failures,
            locked_until,
            created_at,
        };
        self.context.directory.add_user(user, audit).await.unwrap();
    }

    /// A new session of an account, as its cookie and its CSRF token.
    pub(super) fn session(&self, name: &str) -> (String, String) {
        let (sessions, at) = (self.context.logins.sessions(), self.clock.boottime());
        let id = sessions.open(name, Duration::from_secs(3600), at);
        let csrf = sessions.find(&id, at).unwrap().csrf;
        (format!("muster={id}"), csrf)
    }

    /// Changes the account `anna` behind everybody's back; somebody else is an owner beside her, so that she need not be one.
    pub(super) async fn change_account(&self, change: impl FnOnce(&mut UserRecord) + Send) {
        self.account("otto", Role::Owner, false).await;
        let change = |user: &mut UserRecord| {
            change(user);
            Ok(())
        };
        self.context.directory.change_user("anna", change, |_, _| None).await.unwrap();
    }

    /// Logs in and returns the cookie.
    pub(super) async fn log_in(&self) -> String {
        let reply = self.form("/login", None, &[("name", "anna"), ("password", PASSWORD)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{reply:?}");
        cookie(&reply)
    }
}

/// The cookie that a reply sets, as a browser sends it.
pub(super) fn cookie(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// The CSRF token in a page.
pub(super) fn csrf(page: &Reply) -> String {
    let (_, rest) = page.text.split_once("name=\"csrf\" value=\"").expect("a page with a form");
    rest.split('"').next().unwrap().to_owned()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}
