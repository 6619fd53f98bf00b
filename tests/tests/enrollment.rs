//! Enrolment over real TLS: who gets an identity, what is in it, and who is refused with which words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::json::{at, find, list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::{Identity, JoinToken, Machine, Peer, anyone, mutual};
use muster_e2e::raw::Raw;
use muster_wire::path;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SanType,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The answer is this problem.
fn check_problem((status, answer): (StatusCode, Value), code: &str, status_expected: u16) {
    assert_eq!(status.as_u16(), status_expected, "{answer:#}");
    assert_eq!(text(&answer, "/type").unwrap(), format!("/problems/{code}"), "{answer:#}");
    assert!(!text(&answer, "/detail").unwrap().is_empty());
}

#[tokio::test]
async fn a_token_is_refused_when_it_is_wrong_used_revoked_or_too_old() {
    let office = Office::licensed().await.unwrap();
    let url = office.collector.agents_url();
    let machine = Machine::named("ws-1");
    let (_, good) = office.join_token(&json!({})).await.unwrap();
    let (_, short) = office.join_token(&json!({"ttl_seconds": 1})).await.unwrap();
    let (revoked_id, revoked) = office.join_token(&json!({})).await.unwrap();
    let (_, used) = office.join_token(&json!({})).await.unwrap();
    Peer::enroll(&url, &used, Machine::named("ws-2")).await.unwrap();
    let path = format!("/api/v1/join-tokens/{revoked_id}");
    assert_eq!(office.http().request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    let expired = async {
        while find(&office.get("/api/v1/join-tokens").await.unwrap(), "/items", "state", "expired").is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), expired).await.unwrap();

    let wrong = JoinToken::read(&good).unwrap().with_secret([7; 32]);
    for (token, word) in
        [(wrong.as_str(), "not one of this collector"), (&short, "expired"), (&revoked, "revoked"), (&used, "used up")]
    {
        let identity = Identity::generate().unwrap();
        let (status, answer) = identity.ask(&url, token, &machine).await.unwrap();
        assert!(text(&answer, "/detail").unwrap().contains(word), "{answer:#}");
        check_problem((status, answer), "join-token-invalid", 403);
    }
    let identity = Identity::generate().unwrap();
    let ca = std::fs::read_to_string(office.site.data_dir().join("ca.pem")).unwrap();
    for garbage in ["", "mst1_", "hello", &good[..good.len() - 3], &format!("{good}_x"), &"x".repeat(5000)] {
        check_problem(identity.ask_over(anyone(&ca).unwrap(), &url, garbage, &machine).await.unwrap(), "join-token-invalid", 403);
    }
    // None of all that cost the good one its use, and nobody else came in.
    Peer::enroll(&url, &good, machine).await.unwrap();
    assert_eq!(list(&office.get("/api/v1/agents").await.unwrap(), "/items").unwrap().len(), 2);
    assert!(!office.collector.log().contains(good.split('_').nth(2).unwrap()), "a token's secret is in the log");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_another_key_gets_none() {
    let office = Office::licensed().await.unwrap();
    let url = office.collector.agents_url();
    let machine = Machine::named("ws-1");
    let (_, token) = office.join_token(&json!({})).await.unwrap();
    let identity = Identity::generate().unwrap();
    let first = identity.enroll(&url, &token, &machine).await.unwrap();
    let again = identity.enroll(&url, &token, &machine).await.unwrap();
    assert_eq!(first.response, again.response);
    let other = Identity::generate().unwrap().ask(&url, &token, &Machine::named("ws-2")).await.unwrap();
    check_problem(other, "join-token-invalid", 403);
    let agents = office.get("/api/v1/agents").await.unwrap();
    assert_eq!(list(&agents, "/items").unwrap().len(), 1);
    assert_eq!(first.response.collector_id.to_string(), office.secrets.collector_id);
}

#[tokio::test]
async fn nobody_enrols_without_a_licence() {
    let office = Office::unlicensed().await.unwrap();
    let (_, token) = office.join_token(&json!({})).await.unwrap();
    let identity = Identity::generate().unwrap();
    let answer = identity.ask(&office.collector.agents_url(), &token, &Machine::named("ws-1")).await.unwrap();
    assert_eq!(answer.1["reason"], "unlicensed");
    check_problem(answer, "license-disabled", 403);
    // The token is still good once there is one.
    office.site.license(office.http(), &muster_e2e::office::TERMS).await.unwrap();
    identity.enroll(&office.collector.agents_url(), &token, &Machine::named("ws-1")).await.unwrap();
}

#[tokio::test]
async fn another_collector_is_recognised_by_both_sides() {
    let (ours, theirs) = tokio::join!(Office::licensed(), Office::licensed());
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    let address = ours.collector.listen().agents;
    let stranger = theirs.peer("ws-1").await.unwrap();

    // An agent that was sent to the wrong collector does not show its token.
    let (_, token) = ours.join_token(&json!({})).await.unwrap();
    let identity = Identity::generate().unwrap();
    let error = identity.ask(&theirs.collector.agents_url(), &token, &Machine::named("ws-2")).await.unwrap_err();
    assert!(format!("{error:#}").contains("UnknownIssuer"), "{error:#}");
    identity.enroll(&ours.collector.agents_url(), &token, &Machine::named("ws-2")).await.unwrap();

    // A certificate of the other collector fails the handshake: no HTTP at all.
    let ca = std::fs::read_to_string(ours.site.data_dir().join("ca.pem")).unwrap();
    let tls = mutual(&ca, &stranger.given().certificate, &stranger.identity().key_pem()).unwrap();
    let mut raw = Raw::connect(address, tls).unwrap();
    let refused = raw.post(path::REPORT, b"{}").and_then(|()| raw.answer().map(drop)).unwrap_err();
    assert!(format!("{refused:#}").contains("alert"), "{refused:#}");

    // So does one that a stranger signed for an agent of ours.
    let known = ours.peer("ws-3").await.unwrap();
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut forged = CertificateParams::new(Vec::new()).unwrap();
    forged.distinguished_name.push(DnType::CommonName, known.id());
    forged.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let forged = forged.self_signed(&key).unwrap().pem();
    let mut raw = Raw::connect(address, mutual(&ca, &forged, &key.serialize_pem()).unwrap()).unwrap();
    let refused = raw.post(path::REPORT, b"{}").and_then(|()| raw.answer().map(drop)).unwrap_err();
    assert!(format!("{refused:#}").contains("alert"), "{refused:#}");
}

#[tokio::test]
async fn without_a_certificate_nothing_but_enrolment_is_heard() {
    let office = Office::licensed().await.unwrap();
    let address = office.collector.listen().agents;
    let ca = std::fs::read_to_string(office.site.data_dir().join("ca.pem")).unwrap();
    for (method, path, expected) in [
        ("POST", path::REPORT, 401),
        ("POST", path::RENEW, 401),
        ("GET", "/status", 401),
        ("GET", "/agent/v1/nothing", 401),
        ("GET", path::REPORT, 405),
    ] {
        let mut raw = Raw::connect(address, anyone(&ca).unwrap()).unwrap();
        // The answer comes although not one byte of the body was sent.
        raw.send(format!("{method} {path} HTTP/1.1\r\nhost: collector\r\ncontent-length: 1000000\r\n\r\n").as_bytes()).unwrap();
        let answer = raw.answer().unwrap();
        assert_eq!(answer.status, expected, "{method} {path}: {answer:?}");
        assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
        assert_eq!(answer.head.contains("allow: post"), expected == 405, "{}", answer.head);
    }
}

/// Everything of an agent's certificate is the collector's choice.
fn check_certificate(chain: &str, identity: &Identity, agent_id: &str, collector_id: &str) {
    let der = muster_runtime::tls::certs_from_pem(chain.as_bytes()).unwrap();
    let (_, leaf) = X509Certificate::from_der(&der[0]).unwrap();
    let basic = leaf.basic_constraints().unwrap().expect("basic constraints");
    assert!(!basic.value.ca && basic.value.path_len_constraint.is_none());
    let usage = leaf.extended_key_usage().unwrap().expect("extended key usage").value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any && !usage.code_signing && usage.other.is_empty());
    let key_usage = leaf.key_usage().unwrap().expect("key usage").value;
    assert!(key_usage.digital_signature() && !key_usage.key_cert_sign() && !key_usage.crl_sign());
    let names: Vec<String> = leaf.subject().iter_attributes().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(names, [agent_id]);
    let san = leaf.subject_alternative_name().unwrap().expect("a name").value;
    let uri = format!("muster://{collector_id}/agent/{agent_id}");
    assert_eq!(san.general_names, [GeneralName::URI(&uri)]);
    let validity = leaf.validity();
    assert!(validity.not_after.timestamp() - validity.not_before.timestamp() <= 7 * 86_400);
    assert_eq!(leaf.public_key().raw, identity.public_key());
    // Those five and the issuer's key: nothing else came along.
    assert_eq!(leaf.extensions().len(), 6, "{:?}", leaf.extensions());
}

fn greedy() -> CertificateParams {
    let mut wishes = CertificateParams::new(vec!["collector.example".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    wishes.subject_alt_names.push(SanType::URI("muster://x/agent/0".try_into().unwrap()));
    wishes.distinguished_name.push(DnType::CommonName, "admin");
    wishes.distinguished_name.push(DnType::OrganizationName, "Root");
    wishes.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wishes.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    wishes.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::CodeSigning,
        ExtendedKeyUsagePurpose::Any,
    ];
    wishes
}

#[tokio::test]
async fn a_request_decides_nothing_but_the_key() {
    let office = Office::licensed().await.unwrap();
    let url = office.collector.agents_url();
    let (_, token) = office.join_token(&json!({"uses": 10, "approval": "auto"})).await.unwrap();

    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let identity = Identity::asking(key, greedy()).unwrap();
    let enrollment = identity.enroll(&url, &token, &Machine::named("ws-1")).await.unwrap();
    let agent_id = enrollment.response.agent_id.to_string();
    check_certificate(&enrollment.response.certificate, &identity, &agent_id, &office.secrets.collector_id);
    let mut peer = Peer::enrolled(&url, enrollment, Machine::named("ws-1")).unwrap();

    // Renewal is as stubborn, and for this key only.
    let renew = |csr: &str| peer.request(Method::POST, path::RENEW).json(&json!({"csr": csr}));
    let (status, renewed) = muster_e2e::http::answer(renew(identity.csr())).await.unwrap();
    assert_eq!(status, 200, "{renewed:#}");
    check_certificate(text(&renewed, "/certificate").unwrap(), &identity, &agent_id, &office.secrets.collector_id);
    let other = Identity::generate().unwrap();
    check_problem(muster_e2e::http::answer(renew(other.csr())).await.unwrap(), "invalid-value", 422);
    let report = peer.next(Vec::new());
    assert_eq!(peer.report(&report).await.unwrap().0, 200);
}

#[tokio::test]
async fn keys_and_requests_of_another_kind_are_refused() {
    let office = Office::licensed().await.unwrap();
    let url = office.collector.agents_url();
    let (_, token) = office.join_token(&json!({})).await.unwrap();
    let good = Identity::generate().unwrap();
    let of = |algorithm| Identity::asking(KeyPair::generate_for(algorithm).unwrap(), greedy()).unwrap();
    let forged = {
        let other = Identity::generate().unwrap();
        let (mut ours, theirs) = (der(good.csr()), der(other.csr()));
        // The signature of one request under another: the last bytes of the two are as long.
        let (ours_len, theirs_len) = (ours.len(), theirs.len());
        ours[ours_len - 32..].copy_from_slice(&theirs[theirs_len - 32..]);
        good.with_csr(pem(&ours))
    };
    let cases = [
        ("P-384", of(&PKCS_ECDSA_P384_SHA384), 422, "invalid-value"),
        ("Ed25519", of(&PKCS_ED25519), 422, "invalid-value"),
        ("RSA", good.with_csr(RSA_REQUEST.to_owned()), 422, "invalid-value"),
        ("forged", forged, 422, "invalid-value"),
        ("empty", good.with_csr(String::new()), 422, "invalid-value"),
        (
            "a certificate",
            good.with_csr(std::fs::read_to_string(office.site.data_dir().join("ca.pem")).unwrap()),
            422,
            "invalid-value",
        ),
        ("garbage", good.with_csr(pem(&[0x30; 300])), 422, "invalid-value"),
        ("half", good.with_csr(good.csr()[..good.csr().len() / 2].to_owned()), 422, "invalid-value"),
        ("1 MB", good.with_csr(pem(&vec![7; 700_000])), 413, "too-large"),
    ];
    for (name, identity, status, code) in cases {
        let answer =
            identity.ask(&url, &token, &Machine::named("ws-1")).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert!(answer.1.pointer("/certificate").is_none(), "{name}");
        check_problem(answer, code, status);
    }
    good.enroll(&url, &token, &Machine::named("ws-1")).await.unwrap();
}

fn der(pem: &str) -> Vec<u8> {
    x509_parser::pem::Pem::read(std::io::Cursor::new(pem.as_bytes())).unwrap().0.contents
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", lines.join("\n"))
}

#[tokio::test]
async fn who_waits_for_approval_is_not_counted_and_then_is() {
    let office = Office::licensed().await.unwrap();
    let (_, token) = office.join_token(&json!({"uses": 5})).await.unwrap();
    let mut peer = Peer::enroll(&office.collector.agents_url(), &token, Machine::named("ws-1")).await.unwrap();
    let report = peer.next(Vec::new());
    check_problem(peer.report(&report).await.unwrap(), "agent-pending", 403);
    let count = async || number(&office.post("/api/v1/compliance/runs").await.unwrap(), "/asset_count").unwrap();
    assert_eq!(count().await, 0);
    assert_eq!(number(&office.get("/status").await.unwrap(), "/agents/pending").unwrap(), 1);
    office.site.admin(office.http(), &["agent", "approve", &peer.id()]).await.unwrap().expect(0).unwrap();
    assert_eq!(peer.report(&report).await.unwrap().0, 200);
    assert_eq!(count().await, 1);
    let status = office.get("/status").await.unwrap();
    assert_eq!((number(&status, "/agents/pending").unwrap(), number(&status, "/agents/online").unwrap()), (0, 1));
    // It does not wait any more.
    let again = office.http().request(Method::POST, &format!("/api/v1/agents/{}/approve", peer.id()));
    check_problem(muster_e2e::http::answer(again).await.unwrap(), "conflict", 409);
}

#[tokio::test]
async fn a_machine_that_is_here_already_waits_for_an_administrator() {
    let office = Office::licensed().await.unwrap();
    let mut first = office.peer("ws-1").await.unwrap();
    let report = first.next_whole(Vec::new());
    assert_eq!(first.report(&report).await.unwrap().0, 200);
    let mut second = office.peer("ws-1").await.unwrap();
    assert_ne!(first.id(), second.id());
    let report = second.next_whole(Vec::new());
    check_problem(second.report(&report).await.unwrap(), "agent-pending", 403);
    assert_eq!(number(&office.post("/api/v1/compliance/runs").await.unwrap(), "/asset_count").unwrap(), 1);
    let agents = office.get("/api/v1/agents").await.unwrap();
    assert_eq!(text(find(&agents, "/items", "id", &second.id()).unwrap(), "/status").unwrap(), "pending");
    // The one that was here goes on.
    let report = first.next(Vec::new());
    assert_eq!(first.report(&report).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_revoked_agent_is_refused_on_the_connection_it_has_open() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let given = peer.given().clone();
    let tls = mutual(&given.ca, &given.certificate, &peer.identity().key_pem()).unwrap();
    let mut raw = Raw::connect(office.collector.listen().agents, tls).unwrap();
    let session = muster_e2e::peer::session("1", "alice", "10.0.0.1", chrono::DateTime::UNIX_EPOCH);
    let report = serde_json::to_vec(&peer.next(vec![session])).unwrap();
    raw.post(path::REPORT, &report).unwrap();
    assert_eq!(raw.answer().unwrap().status, 200);
    let sessions = async || number(&office.get("/status").await.unwrap(), "/sessions/active").unwrap();
    assert_eq!(sessions().await, 1);

    let revoked = office.site.admin(office.http(), &["agent", "revoke", &peer.id(), "--output", "json"]).await.unwrap();
    assert_eq!(text(&revoked.json().unwrap(), "/status").unwrap(), "revoked");
    assert_eq!(sessions().await, 0);
    let report = serde_json::to_vec(&peer.next(Vec::new())).unwrap();
    raw.post(path::REPORT, &report).unwrap();
    let refused = raw.answer().unwrap();
    assert_eq!((refused.status, text(&refused.body, "/type").unwrap()), (403, "/problems/agent-revoked"));
    let agents = office.get("/api/v1/agents").await.unwrap();
    assert_eq!(at(find(&agents, "/items", "id", &peer.id()).unwrap(), "/online").unwrap(), &json!(false));
}

/// A request for an RSA key of 2048 bits; its private key was thrown away.
const RSA_REQUEST: &str = "-----BEGIN CERTIFICATE REQUEST-----\n\
MIICVTCCAT0CAQAwEDEOMAwGA1UEAwwFYWRtaW4wggEiMA0GCSqGSIb3DQEBAQUA\n\
A4IBDwAwggEKAoIBAQCbfRzkhAm4X7RtSw7h3gsqneWInmHXP/Ie2QqKMfC9vM4Y\n\
0IQBvaqsWBriROvakE9DSeAr0THOKIZmzxWafDun15RKrKKNfok5b6dG56PhyBr1\n\
qeFH1/xbX3uOCqKFDcTZmXIvDCI6WBK4uCMhN7wk1qjnuF+8y3WjdFehHcYRnpml\n\
fcycF3Wirhr+UPVEx4WRXMUNwX/QAKlOLhdMtu8m++IgNIJwl7Z7Yga3rhUQIFfB\n\
a3TPGIIWVXjowsRY+5PfEIHAcN07RBu74cHk2TzE1xME5n8A1sdM0crtzv8oySTc\n\
veyKJtl7mMr9caeRJsjd4ttPhuVb/c8u57iQiE3TAgMBAAGgADANBgkqhkiG9w0B\n\
AQsFAAOCAQEAG/I6E+6L6xv3s13U2K5DfLambZ6JHCLTBD7VIoaf3Kdh2aPDroij\n\
BEEoAHf3FSMyxFOU3WBPDDkg4vkpBV91tpyJDWex07kW4Uj46YR+H9htfIE0Vdt/\n\
nRP9GVdQUdRbROU3c4z0sIWnI7RtIsb+IjL3nCH/476rstfWxee2+fYTVEjbwwfO\n\
j7R29Wf/+X4qMvWC5cQbewN8tX0NES/hoD46LpVmu2uD6cGBR9BM7bordhcRzN7c\n\
FdbFKV1FiK65zM6tvof1QYWiXz5hqRdpoou9PBh2Dq7MNEs7mJwzBcGmYzSs1854\n\
Nowl8F55zw+UekkYs1X2V3vj/H2bVKkrLw==\n\
-----END CERTIFICATE REQUEST-----\n";
