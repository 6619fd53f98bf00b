//! A small collector for the tests of the agent: real TLS, real HTTP, scripted answers.
//!
//! It signs what enrols and remembers every request. It knows no rule of the collector: what it answers is the test's.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use muster_agent::identity::{CertificateFacts, Identity, JoinToken, StateDir};
use muster_runtime::{
    clock::{SharedClock, SystemClock},
    tls,
};
use muster_wire::{
    enroll::{EnrollRequest, EnrollResponse, RenewRequest, RenewResponse},
    problem::{Code, Problem},
    report::{Need, Policy, Report, ReportResponse},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, PublicKeyData as _,
};
use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use std::{
    collections::VecDeque,
    convert::Infallible,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

pub(crate) const AGENT: Uuid = Uuid::from_u128(0xa);
pub(crate) const COLLECTOR: Uuid = Uuid::from_u128(0xc);

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) date: Option<String>,
    pub(crate) encoding: Option<String>,
    pub(crate) client: bool,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn report(&self) -> Report {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// This status, `Retry-After` and body.
    Say(u16, Option<u64>, String),
    /// The request is done, the answer gets lost.
    Lose,
}

pub(crate) fn problem(code: Code) -> Reply {
    Reply::Say(code.status(), None, serde_json::to_string(&Problem::new(code, "said by the test").with("epoch", 2)).unwrap())
}

pub(crate) fn taken(acked_seq: u64, need: Vec<Need>, verdict: Option<String>) -> Reply {
    let response = ReportResponse {
        acked_seq,
        need,
        next_report_in: 300,
        policy: Policy::default(),
        verdict,
        receipt: Some(format!("receipt-{acked_seq}")),
    };
    Reply::Say(200, None, serde_json::to_string(&response).unwrap())
}

/// The authorities of a collector; they outlive its process.
pub(crate) struct Site {
    root: CertifiedIssuer<'static, KeyPair>,
    pub(crate) signing: ed25519_dalek::SigningKey,
}

impl Site {
    pub(crate) fn new() -> Arc<Self> {
        tls::install_default();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test root");
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Arc::new(Self { root, signing: ed25519_dalek::SigningKey::from_bytes(&[5; 32]) })
    }

    pub(crate) fn pin(&self) -> [u8; 32] {
        CertificateFacts::of_der(self.root.der()).unwrap().pin()
    }

    pub(crate) fn token(&self) -> JoinToken {
        token(self.pin())
    }

    fn sign(&self, csr: &str) -> String {
        let csr = CertificateSigningRequestParams::from_pem(csr).unwrap();
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.distinguished_name.push(DnType::CommonName, AGENT.to_string());
        params.signed_by(&csr.public_key, &self.root).unwrap().pem()
    }

    fn server(&self, names: &[&str]) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.root).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).unwrap();
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), tls::provider())
            .allow_unauthenticated()
            .build()
            .unwrap();
        let mut config = ServerConfig::builder_with_provider(tls::provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(
                vec![leaf.der().clone(), self.root.der().clone()],
                tls::key_from_pem(key.serialize_pem().as_bytes()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// Starts a collector on loopback with a certificate for these names.
    pub(crate) async fn serve(self: &Arc<Self>, names: &[&str]) -> Collector {
        self.serve_at(names, ([127, 0, 0, 1], 0).into()).await
    }

    pub(crate) async fn serve_at(self: &Arc<Self>, names: &[&str], at: SocketAddr) -> Collector {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(self.server(names));
        let shared = Arc::new(Shared { site: Arc::clone(self), asked: Mutex::default(), replies: Mutex::default() });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&serving));
                connections.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let client = stream.get_ref().1.peer_certificates().is_some();
                    let service = service_fn(|request| shared.answer(request, client));
                    // A lost answer ends the connection with an error, as it is meant to.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Collector { address, shared, task }
    }
}

struct Shared {
    site: Arc<Site>,
    asked: Mutex<Vec<Asked>>,
    replies: Mutex<VecDeque<Reply>>,
}

#[derive(Debug, thiserror::Error)]
#[error("lost on purpose")]
struct Lost;

impl Shared {
    async fn answer(&self, request: Request<Incoming>, client: bool) -> Result<Response<Full<hyper::body::Bytes>>, Lost> {
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (path, date, encoding) = (request.uri().path().to_owned(), header("date"), header("content-encoding"));
        let body = request.into_body().collect().await.map_err(|_| Lost)?.to_bytes().to_vec();
        let body = if encoding.as_deref() == Some("zstd") { zstd::bulk::decompress(&body, 8 << 20).unwrap() } else { body };
        let asked = Asked { path, date, encoding, client, body };
        let scripted = self.replies.lock().unwrap().pop_front();
        let reply = scripted.unwrap_or_else(|| self.usual(&asked));
        self.asked.lock().unwrap().push(asked);
        let Reply::Say(status, retry_after, body) = reply else { return Err(Lost) };
        let mut response = Response::builder().status(status);
        if let Some(seconds) = retry_after {
            response = response.header("retry-after", seconds);
        }
        Ok(response.body(Full::from(body)).unwrap())
    }

    fn usual(&self, asked: &Asked) -> Reply {
        let ca = self.site.root.pem();
        match asked.path.as_str() {
            "/agent/v1/enroll" => {
                let request: EnrollRequest = serde_json::from_slice(&asked.body).unwrap();
                let response = EnrollResponse {
                    agent_id: AGENT,
                    certificate: self.site.sign(&request.csr),
                    ca,
                    collector_id: COLLECTOR,
                    verify_key: STANDARD.encode(self.site.signing.verifying_key().to_bytes()),
                    next_report_in: 3,
                };
                Reply::Say(201, None, serde_json::to_string(&response).unwrap())
            }
            "/agent/v1/renew" => {
                let request: RenewRequest = serde_json::from_slice(&asked.body).unwrap();
                let response = RenewResponse { certificate: self.site.sign(&request.csr), ca };
                Reply::Say(200, None, serde_json::to_string(&response).unwrap())
            }
            _ => taken(asked.report().seq, vec![], None),
        }
    }
}

/// A running collector; it stops when it is dropped.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<Infallible>,
}

impl Collector {
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// What is answered next, instead of the usual.
    pub(crate) fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.replies.lock().unwrap().extend(replies);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub(crate) fn reports(&self) -> Vec<Report> {
        self.asked().iter().filter(|asked| asked.path == "/agent/v1/report").map(Asked::report).collect()
    }

    /// Stops it and closes its connections.
    pub(crate) async fn stop(self) -> SocketAddr {
        self.task.abort();
        let _ = self.task.await;
        self.address
    }
}

pub(crate) fn token(pin: [u8; 32]) -> JoinToken {
    let base32 = |bytes: &[u8]| data_encoding::BASE32_NOPAD.encode(bytes).to_ascii_lowercase();
    JoinToken::parse(&format!("mst1_testtokn_{}_{}", base32(&[7; 32]), base32(&pin))).unwrap()
}

pub(crate) fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

/// Enrols in `dir` at this collector.
pub(crate) async fn enrolled(dir: &Path, site: &Site, url: &str) -> (StateDir, Identity) {
    let state = StateDir::open(dir).unwrap();
    let enrolled = enroll(&state, url, &site.token()).await.unwrap();
    (state, enrolled)
}

pub(crate) async fn enroll(
    state: &StateDir,
    url: &str,
    token: &JoinToken,
) -> Result<Identity, muster_agent::identity::EnrollError> {
    let collectors = [url.to_owned()];
    let enrollment = muster_agent::identity::Enrollment { state, collectors: &collectors, token, proxy: "", clock: clock() };
    Ok(enrollment.run(|_| muster_wire::hardware::Hardware::default()).await?.identity)
}

/// The public key in a CSR.
pub(crate) fn csr_key(csr: &str) -> Vec<u8> {
    CertificateSigningRequestParams::from_pem(csr).unwrap().public_key.subject_public_key_info()
}
