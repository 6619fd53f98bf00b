//! Enrolment, agents and join tokens.

use super::fixtures::{agent, agent_id, asset_id, at, enrollment, entry, layer, token};
use crate::store::{
    StoreError, Stores,
    ports::{Enrollment, Issued, StatusChange, TokenRefusal},
    records::{AgentRecord, AgentStatus, Approval, TokenRecord},
};
use muster_domain::{asset::field::Field, ids::AgentId};

async fn enrolled(stores: &Stores, enrollment: Enrollment) -> AgentRecord {
    match stores.agents.enroll(enrollment).await.unwrap() {
        Issued::New(agent) => agent,
        other => panic!("{other:?}"),
    }
}

fn change(agent: AgentId, to: AgentStatus) -> StatusChange {
    const ANY: &[AgentStatus] = &[AgentStatus::Pending, AgentStatus::Active, AgentStatus::Quarantined, AgentStatus::Revoked];
    StatusChange { agent, from: ANY, to, supersedes: None, audit: entry("agent.status") }
}

async fn with_token(stores: &Stores, token: TokenRecord) {
    stores.tokens.create(token, entry("token.create")).await.unwrap();
}

pub(crate) async fn enrolment_takes_one_use_and_makes_the_asset(stores: &Stores) {
    with_token(stores, token("t", 2)).await;
    let stored = enrolled(stores, enrollment("t", 1)).await;
    let asset = stores.assets.get(stored.asset.unwrap()).await.unwrap().unwrap();
    assert_eq!(asset.agent(), Some(stored.id));
    assert_eq!(asset.observed(), &layer("SN1"));
    let expected = AgentRecord { asset: stored.asset, token: Some("t".to_owned()), group: Some("lab".to_owned()), ..agent(1) };
    assert_eq!(stored, expected);
    assert_eq!(stores.agents.get(stored.id).await.unwrap(), Some(expected.clone()));
    assert_eq!(stores.agents.all().await.unwrap(), [expected]);
    assert_eq!(stores.tokens.get("t").await.unwrap().unwrap().used_by, [[1; 32]]);
    assert_eq!(stores.audit.page(None, 1).await.unwrap()[0].entry.action, "agent.enroll");
}

pub(crate) async fn enrolment_is_refused_with_the_reason(stores: &Stores) {
    with_token(stores, token("good", 1)).await;
    with_token(stores, token("spent", 0)).await;
    with_token(stores, TokenRecord { revoked: true, ..token("revoked", 1) }).await;
    let wrong = Enrollment { secret_hash: [8; 32], ..enrollment("good", 1) };
    let late = Enrollment { now: at(60), ..enrollment("good", 1) };
    let nobody = Enrollment { secret_hash: [0; 32], ..enrollment("nobody", 1) };
    for (case, expected) in [
        (nobody, TokenRefusal::Unknown),
        (wrong, TokenRefusal::Unknown),
        (late, TokenRefusal::Expired),
        (enrollment("spent", 1), TokenRefusal::UsedUp),
        (enrollment("revoked", 1), TokenRefusal::Revoked),
    ] {
        assert_eq!(stores.agents.enroll(case).await.unwrap(), Issued::Refused(expected));
    }
    assert_eq!(stores.agents.all().await.unwrap(), []);
    assert_eq!(stores.assets.page(None, 10).await.unwrap(), []);
    assert_eq!(stores.tokens.get("good").await.unwrap().unwrap().used_by.len(), 0);
}

pub(crate) async fn a_repeated_enrolment_gives_the_same_answer(stores: &Stores) {
    with_token(stores, token("t", 1)).await;
    let first = enrolled(stores, enrollment("t", 1)).await;
    let again = Enrollment { agent: AgentRecord { key_hash: [1; 32], ..agent(2) }, now: at(10_000), ..enrollment("t", 2) };
    assert_eq!(stores.agents.enroll(again).await.unwrap(), Issued::Repeated(first));
    assert_eq!(stores.agents.enroll(enrollment("t", 3)).await.unwrap(), Issued::Refused(TokenRefusal::UsedUp));
    assert_eq!(stores.agents.all().await.unwrap().len(), 1);
    assert_eq!(stores.assets.page(None, 10).await.unwrap().len(), 1);
}

pub(crate) async fn one_use_is_given_to_one_of_many_at_once(stores: &Stores) {
    with_token(stores, token("t", 3)).await;
    let all = (1..=20).map(|number| stores.agents.enroll(enrollment("t", number)));
    let answers = futures_util::future::join_all(all).await;
    let taken = answers.iter().filter(|answer| matches!(answer, Ok(Issued::New(_)))).count();
    let refused = answers.iter().filter(|answer| matches!(answer, Ok(Issued::Refused(TokenRefusal::UsedUp)))).count();
    assert_eq!((taken, refused), (3, 17));
    assert_eq!(stores.assets.page(None, 100).await.unwrap().len(), 3);
}

pub(crate) async fn a_held_or_manual_enrolment_waits_without_an_asset(stores: &Stores) {
    with_token(stores, token("t", 9)).await;
    with_token(stores, TokenRecord { approval: Approval::Manual, ..token("manual", 9) }).await;
    let held = enrolled(stores, Enrollment { hold: true, ..enrollment("t", 1) }).await;
    let manual = enrolled(stores, enrollment("manual", 2)).await;
    for agent in [held, manual] {
        assert_eq!((agent.status, agent.asset), (AgentStatus::Pending, None));
    }
    assert_eq!(stores.assets.page(None, 10).await.unwrap(), []);
}

pub(crate) async fn a_successor_takes_over_the_asset(stores: &Stores) {
    with_token(stores, token("t", 9)).await;
    let old = enrolled(stores, enrollment("t", 1)).await;
    let new = enrolled(stores, Enrollment { supersedes: Some(old.id), ..enrollment("t", 2) }).await;
    assert_eq!(new.asset, old.asset);
    let asset = stores.assets.get(new.asset.unwrap()).await.unwrap().unwrap();
    assert_eq!(asset.agent(), Some(new.id));
    assert_eq!(asset.get(Field::SerialNumber), layer("SN2").get(Field::SerialNumber));
    let old = stores.agents.get(old.id).await.unwrap().unwrap();
    assert_eq!((old.status, old.superseded_by, old.asset), (AgentStatus::Revoked, Some(new.id), None));
    assert_eq!(stores.assets.page(None, 10).await.unwrap().len(), 1);
    let third = Enrollment { supersedes: Some(old.id), ..enrollment("t", 3) };
    assert!(matches!(stores.agents.enroll(third).await, Err(StoreError::Conflict(_))));
    assert_eq!(stores.tokens.get("t").await.unwrap().unwrap().used_by.len(), 2);
    let nobody = Enrollment { supersedes: Some(agent_id(77)), ..enrollment("t", 4) };
    assert!(matches!(stores.agents.enroll(nobody).await, Err(StoreError::NotFound { .. })));
}

pub(crate) async fn activating_makes_the_asset_once(stores: &Stores) {
    with_token(stores, token("t", 9)).await;
    let id = enrolled(stores, Enrollment { hold: true, ..enrollment("t", 1) }).await.id;
    let set = |to| stores.agents.set_status(change(id, to));
    let active = set(AgentStatus::Active).await.unwrap();
    assert_eq!(active.status, AgentStatus::Active);
    assert!(active.asset.is_some());
    let revoked = set(AgentStatus::Revoked).await.unwrap();
    assert_eq!(revoked.asset, active.asset);
    let back = set(AgentStatus::Active).await.unwrap();
    assert_eq!(back, active);
    assert_eq!(stores.agents.get(id).await.unwrap(), Some(back));
    assert_eq!(stores.assets.page(None, 10).await.unwrap().len(), 1);
    let missing = stores.agents.set_status(change(agent_id(9), AgentStatus::Revoked)).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "agent", .. })));
    assert_eq!(stores.agents.get(agent_id(9)).await.unwrap(), None);
    assert_eq!(stores.assets.get(asset_id(9)).await.unwrap(), None);
}

pub(crate) async fn a_replaced_agent_does_not_come_back(stores: &Stores) {
    with_token(stores, token("t", 9)).await;
    let old = enrolled(stores, enrollment("t", 1)).await.id;
    enrolled(stores, Enrollment { supersedes: Some(old), ..enrollment("t", 2) }).await;
    let back = stores.agents.set_status(change(old, AgentStatus::Active)).await;
    assert!(matches!(back, Err(StoreError::Conflict(_))), "{back:?}");
    assert_eq!(stores.assets.page(None, 10).await.unwrap().len(), 1);
}

pub(crate) async fn an_approved_successor_takes_over_the_asset(stores: &Stores) {
    with_token(stores, token("t", 9)).await;
    let old = enrolled(stores, enrollment("t", 1)).await;
    let id = enrolled(stores, Enrollment { hold: true, ..enrollment("t", 2) }).await.id;
    let approve = StatusChange { supersedes: Some(old.id), ..change(id, AgentStatus::Active) };
    let new = stores.agents.set_status(approve.clone()).await.unwrap();
    assert_eq!((new.status, new.asset), (AgentStatus::Active, old.asset));
    let asset = stores.assets.get(new.asset.unwrap()).await.unwrap().unwrap();
    assert_eq!(asset.agent(), Some(id));
    assert_eq!(asset.get(Field::SerialNumber), layer("SN2").get(Field::SerialNumber));
    let old = stores.agents.get(old.id).await.unwrap().unwrap();
    assert_eq!((old.status, old.superseded_by, old.asset), (AgentStatus::Revoked, Some(id), None));
    assert_eq!(stores.assets.page(None, 10).await.unwrap().len(), 1);
    let third = enrolled(stores, Enrollment { hold: true, ..enrollment("t", 3) }).await.id;
    let late = stores.agents.set_status(StatusChange { agent: third, ..approve }).await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
    assert_eq!(stores.agents.get(third).await.unwrap().unwrap().status, AgentStatus::Pending);
}

pub(crate) async fn a_status_changes_from_what_it_is(stores: &Stores) {
    with_token(stores, token("t", 9)).await;
    let id = enrolled(stores, enrollment("t", 1)).await.id;
    stores.agents.set_status(change(id, AgentStatus::Revoked)).await.unwrap();
    let before = stores.audit.page(None, 10).await.unwrap().len();
    for to in [AgentStatus::Quarantined, AgentStatus::Active] {
        let late = StatusChange { from: &[AgentStatus::Pending, AgentStatus::Active], ..change(id, to) };
        assert!(matches!(stores.agents.set_status(late).await, Err(StoreError::Conflict(_))), "{to:?}");
    }
    assert_eq!(stores.agents.get(id).await.unwrap().unwrap().status, AgentStatus::Revoked);
    assert_eq!(stores.audit.page(None, 10).await.unwrap().len(), before);
}

pub(crate) async fn a_renewed_certificate_is_kept(stores: &Stores) {
    with_token(stores, token("t", 1)).await;
    let id = enrolled(stores, enrollment("t", 1)).await.id;
    stores.agents.renewed(id, "NEW".to_owned(), at(500)).await.unwrap();
    let stored = stores.agents.get(id).await.unwrap().unwrap();
    assert_eq!((stored.certificate.as_str(), stored.certificate_until), ("NEW", at(500)));
    let missing = stores.agents.renewed(agent_id(9), String::new(), at(0)).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "agent", .. })));
}

pub(crate) async fn tokens_are_listed_newest_first_and_taken_back(stores: &Stores) {
    for (id, minutes) in [("b", 2), ("a", 1), ("c", 3)] {
        with_token(stores, TokenRecord { created_at: at(minutes), ..token(id, 1) }).await;
    }
    let ids: Vec<String> = stores.tokens.all().await.unwrap().into_iter().map(|token| token.id).collect();
    assert_eq!(ids, ["c", "b", "a"]);
    let twice = stores.tokens.create(token("a", 5), entry("token.create")).await;
    assert!(matches!(twice, Err(StoreError::Conflict(_))));
    assert_eq!(stores.tokens.get("a").await.unwrap().unwrap().max_uses, 1);
    stores.tokens.revoke("a", entry("token.revoke")).await.unwrap();
    assert!(stores.tokens.get("a").await.unwrap().unwrap().revoked);
    assert_eq!(stores.audit.page(None, 1).await.unwrap()[0].entry.action, "token.revoke");
    let missing = stores.tokens.revoke("x", entry("token.revoke")).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "join token", .. })));
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(4));
}
