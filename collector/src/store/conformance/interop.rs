//! Credentials of agents of another make.

use super::fixtures::{agent, at, entry};
use crate::store::{
    StoreError, Stores,
    ports::{Admission, Admitted},
    records::{AgentRecord, AgentStatus, ForeignDevice, InteropCredentialRecord, InteropKind},
};
use muster_domain::ids::AgentId;

pub(crate) fn credential(id: &str, minutes: i64) -> InteropCredentialRecord {
    InteropCredentialRecord {
        id: id.to_owned(),
        kind: InteropKind::Inventory,
        secret_hash: [7; 32],
        group: Some("lab".to_owned()),
        max_new_per_hour: 20,
        created_by: "user:root".to_owned(),
        created_at: at(minutes),
        let_in: Vec::new(),
        revoked: false,
    }
}

pub(crate) async fn credentials_are_bounded_and_those_taken_back_make_room(stores: &Stores) {
    let create = async |id: &str, minutes: i64| stores.interop.create(credential(id, minutes), 3, entry("create")).await;
    let ids = async || stores.interop.all().await.unwrap().into_iter().map(|kept| kept.id).collect::<Vec<_>>();
    for (id, minutes) in [("b", 2), ("a", 1), ("c", 3)] {
        create(id, minutes).await.unwrap();
    }
    assert_eq!(ids().await, ["c", "b", "a"]);
    assert!(matches!(create("a", 9).await, Err(StoreError::Conflict(_))), "an id is one credential");
    assert!(matches!(create("d", 4).await, Err(StoreError::Conflict(_))), "three are the most");
    for id in ["b", "c", "b"] {
        let revoked = stores.interop.revoke(id, entry("revoke")).await.unwrap();
        assert_eq!((revoked.id.as_str(), revoked.revoked), (id, true));
    }
    create("d", 4).await.unwrap();
    assert_eq!(ids().await, ["d", "c", "a"], "the oldest that was taken back made room");
    assert!(stores.interop.all().await.unwrap()[1].revoked);
    let missing = stores.interop.revoke("x", entry("revoke")).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "interop credential", .. })));
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(7), "what was refused is no entry");
}

/// A device by its number that comes with a credential at a minute.
fn admission(credential: &str, number: u8, minutes: i64) -> Admission {
    let foreign =
        ForeignDevice { credential: credential.to_owned(), device_id: format!("ws-{number}"), program: "GLPI-Agent".to_owned() };
    Admission {
        credential: credential.to_owned(),
        now: at(minutes),
        agent: AgentRecord { foreign: Some(foreign), ..agent(number) },
        supersedes: None,
        hold: false,
        audit: entry("agent.enroll"),
    }
}

async fn admitted(stores: &Stores, admission: Admission) -> AgentRecord {
    match stores.interop.admit(admission).await.unwrap() {
        Admitted::New(agent) => agent,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn devices_beyond_the_most_of_an_hour_wait(stores: &Stores) {
    let two = InteropCredentialRecord { max_new_per_hour: 2, ..credential("c", 0) };
    stores.interop.create(two, 9, entry("create")).await.unwrap();
    for (number, minutes, expected) in [
        (1, 0, AgentStatus::Active),
        (2, 30, AgentStatus::Active),
        (3, 59, AgentStatus::Pending),
        (4, 60, AgentStatus::Active),
        (5, 61, AgentStatus::Pending),
        (6, 91, AgentStatus::Active),
    ] {
        let agent = admitted(stores, admission("c", number, minutes)).await;
        assert_eq!((agent.status, agent.asset.is_some()), (expected, expected == AgentStatus::Active), "{number}");
        assert_eq!((agent.group.as_deref(), agent.token.as_deref()), (Some("lab"), None));
        assert_eq!(stores.agents.get(agent.id).await.unwrap(), Some(agent));
    }
    assert_eq!(stores.assets.page(None, 100).await.unwrap().len(), 4);
    let held = Admission { hold: true, ..admission("c", 7, 500) };
    assert_eq!(admitted(stores, held).await.status, AgentStatus::Pending);
    assert_eq!(admitted(stores, admission("c", 8, 501)).await.status, AgentStatus::Active, "who waits takes no place");
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(9));
}

pub(crate) async fn a_device_is_one_agent_whichever_credential_brings_it(stores: &Stores) {
    for id in ["c", "d"] {
        stores.interop.create(credential(id, 0), 9, entry("create")).await.unwrap();
    }
    let first = admitted(stores, admission("c", 1, 0)).await;
    let again = Admission { agent: AgentRecord { id: AgentId(uuid::Uuid::from_u128(99)), ..agent(1) }, ..admission("d", 1, 1) };
    assert_eq!(stores.interop.admit(again).await.unwrap(), Admitted::Known(first.clone()));
    let many = (0..8).map(|_| stores.interop.admit(admission("c", 2, 2)));
    let answers = futures_util::future::join_all(many).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Admitted::New(_)))).count(), 1, "{answers:?}");
    // A device that takes the place of another has its asset, and a credential that was taken back brings nobody.
    let successor = admitted(stores, Admission { supersedes: Some(first.id), ..admission("d", 3, 3) }).await;
    assert_eq!(successor.asset, first.asset);
    stores.interop.revoke("c", entry("revoke")).await.unwrap();
    for gone in ["c", "x"] {
        assert_eq!(stores.interop.admit(admission(gone, 4, 4)).await.unwrap(), Admitted::Refused);
    }
    assert_eq!(stores.assets.page(None, 100).await.unwrap().len(), 2);
}
