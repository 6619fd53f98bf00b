//! Enrolment against a real TLS server: what is believed, what is refused, what is kept.

#![allow(clippy::unwrap_used, reason = "a test ends where something fails")]

mod support;

use muster_agent::identity::{EnrollError, Identity, MeetError, StateDir};
use muster_runtime::exit::Exit;
use muster_wire::{enroll::EnrollRequest, problem::Code};
use support::{Reply, Site, enroll, enrolled, problem, token};

fn state(dir: &tempfile::TempDir) -> StateDir {
    StateDir::open(&dir.path().join("state")).unwrap()
}

#[tokio::test]
async fn enrols_by_address_and_by_name() {
    for (names, host) in [(["127.0.0.1"], "127.0.0.1"), (["localhost"], "localhost")] {
        let dir = tempfile::tempdir().unwrap();
        let site = Site::new();
        let collector = site.serve(&names).await;
        let state = state(&dir);
        let url = format!("https://{host}:{}", collector.address.port());
        let identity = enroll(&state, &url, &site.token()).await.unwrap();
        assert_eq!((identity.record.agent_id, identity.record.epoch), (support::AGENT, 1));
        let stored = Identity::load(state.path()).unwrap().unwrap();
        assert_eq!(stored.record, identity.record);
        let asked = collector.asked();
        let request: EnrollRequest = serde_json::from_slice(&asked[0].body).unwrap();
        assert_eq!(request.token, site.token().text());
        assert!(!asked[0].client && asked[0].date.is_some());
    }
}

#[tokio::test]
async fn a_server_that_is_not_the_token_s_collector_learns_nothing() {
    let site = Site::new();
    let other = Site::new();
    for (names, token, expected) in [
        (["127.0.0.1"], token(other.pin()), MeetError::Pin),
        (["127.0.0.2"], site.token(), MeetError::Name),
        (["other.example"], site.token(), MeetError::Name),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let collector = site.serve(&names).await;
        let state = state(&dir);
        let error = enroll(&state, &collector.url(), &token).await.unwrap_err();
        assert!(matches!(&error, EnrollError::Meet { reason, .. } if *reason == expected), "{error}");
        assert_eq!(error.exit(), Exit::Failed);
        assert!(collector.asked().is_empty(), "the token was not sent");
        assert!(Identity::load(state.path()).unwrap().is_none());
    }
}

#[tokio::test]
async fn refusals_are_told_plainly_and_change_nothing() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let dir = tempfile::tempdir().unwrap();
    let state = state(&dir);
    for (reply, exit, text) in [
        (problem(Code::JoinTokenInvalid), Exit::Failed, "said by the test"),
        (problem(Code::LicenseDisabled), Exit::Forbidden, "said by the test"),
        (problem(Code::TooMany), Exit::TryAgain, "later"),
        (Reply::Say(502, None, "<html>".to_owned()), Exit::TryAgain, "502"),
        (Reply::Say(201, None, "{}".to_owned()), Exit::Failed, "cannot be used"),
    ] {
        collector.script([reply]);
        let error = enroll(&state, &collector.url(), &site.token()).await.unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.exit(), exit, "{error}");
        assert!(Identity::load(state.path()).unwrap().is_none());
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let dir = tempfile::tempdir().unwrap();
    collector.script([Reply::Lose]);
    let error = enroll(&state(&dir), &collector.url(), &site.token()).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Unreachable, "{error}");
    enroll(&state(&dir), &collector.url(), &site.token()).await.unwrap();
    let keys: Vec<_> = collector
        .asked()
        .iter()
        .map(|asked| support::csr_key(&serde_json::from_slice::<EnrollRequest>(&asked.body).unwrap().csr))
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn an_enrolled_machine_is_not_enrolled_again() {
    let site = Site::new();
    let collector = site.serve(&["127.0.0.1"]).await;
    let dir = tempfile::tempdir().unwrap();
    let (state, identity) = enrolled(dir.path(), &site, &collector.url()).await;
    let error = enroll(&state, &collector.url(), &site.token()).await.unwrap_err();
    assert!(matches!(error, EnrollError::Already { .. }));
    assert_eq!(Identity::load(dir.path()).unwrap().unwrap().certificate, identity.certificate);
    assert_eq!(collector.asked().len(), 1);
}

#[tokio::test]
async fn nobody_at_the_address() {
    let site = Site::new();
    let address = site.serve(&["127.0.0.1"]).await.stop().await;
    let dir = tempfile::tempdir().unwrap();
    let error = enroll(&state(&dir), &format!("https://{address}"), &site.token()).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Unreachable);
    assert!(error.to_string().contains("refused"), "{error}");
}
