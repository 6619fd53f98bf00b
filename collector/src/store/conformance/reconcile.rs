//! What reconciliation runs found.

use super::fixtures::{at, date, entry};
use crate::store::{
    StoreError, Stores,
    ports::{CandidateWish, MEMBERS_AT_ONCE, MemberChunk},
    records::{
        CandidateRecord, MemberRecord, PositionRecord, ReconciliationCounts, ReconciliationRecord, ReconciliationState,
        RemedyRecord, StepRecord, Tier,
    },
};
use muster_domain::reconcile::run::{
    CandidateState, Disposition, Figures, Justification, Money, RemedyKind, RemedyState, Status,
};
use uuid::Uuid;

pub(crate) fn reconciliation(publisher: Option<&str>) -> ReconciliationRecord {
    ReconciliationRecord {
        id: 0,
        by: "user:root".to_owned(),
        week: Some(date(22)),
        publisher: publisher.map(str::to_owned),
        site_date: date(22),
        started_at: at(1),
        ended_at: Some(at(2)),
        state: ReconciliationState::Done,
        counts: ReconciliationCounts { products: 3, not_compliant: 1, ..ReconciliationCounts::default() },
        true_up: money("EUR", "1299.99"),
        warnings: vec!["a note".to_owned()],
        error: None,
    }
}

fn money(currency: &str, amount: &str) -> Money {
    Money::from([(currency.to_owned(), amount.parse().unwrap())])
}

pub(crate) fn position(run: u64, number: u32, tier: Tier, product: &str) -> PositionRecord {
    PositionRecord {
        run,
        number,
        parent: (tier != Tier::Product).then_some(0),
        last: number,
        at: at(1),
        tier,
        publisher: "Microsoft".to_owned(),
        product: product.to_owned(),
        grouping: vec!["Berlin".to_owned()],
        model: (tier != Tier::Product).then_some(Uuid::from_u128(7)),
        model_name: (tier != Tier::Product).then(|| "Visio 2021".to_owned()),
        metric_group: Some("Common".to_owned()),
        metric: Some("Per Device".to_owned()),
        maintenance: true,
        unlimited: false,
        status: Status::NotCompliant,
        figures: Figures { owned: 5, needed: 2, not_allocated: -1, true_up: money("EUR", "10.5"), ..Figures::default() },
        average_price: Some(("EUR".to_owned(), "5.25".parse().unwrap())),
        spend: Money::new(),
        why: "because".to_owned(),
        warnings: vec!["odd".to_owned()],
        entitlements: vec![Uuid::from_u128(8)],
        members: 2,
        all_members: 2,
    }
}

pub(crate) fn member(number: u64) -> MemberRecord {
    MemberRecord {
        device: Some(Uuid::from_u128(1)),
        user: None,
        model: Uuid::from_u128(7),
        disposition: Disposition::Own,
        entitlement: Some(Uuid::from_u128(8)),
        rights: number,
        count: 1,
    }
}

pub(crate) fn candidate(id: u128) -> CandidateRecord {
    CandidateRecord {
        id: Uuid::from_u128(id),
        revision: 1,
        device: Some(Uuid::from_u128(1)),
        user: None,
        model: Uuid::from_u128(7),
        model_name: "Visio 2021".to_owned(),
        publisher: "Microsoft".to_owned(),
        product: "Visio".to_owned(),
        justification: Justification::Unlicensed,
        rights: 1,
        state: CandidateState::AwaitingRevocation,
        run: 1,
        gone: false,
        found_at: at(1),
        steps: vec![StepRecord { at: at(1), by: "collector".to_owned(), to: CandidateState::AwaitingRevocation }],
    }
}

pub(crate) fn remedy(id: u128) -> RemedyRecord {
    RemedyRecord {
        id: Uuid::from_u128(id),
        revision: 1,
        model: Uuid::from_u128(7),
        publisher: "Microsoft".to_owned(),
        product: "Visio".to_owned(),
        grouping: Vec::new(),
        kind: RemedyKind::PurchaseRights,
        metric_group: "Common".to_owned(),
        metric: "Per Device".to_owned(),
        maintenance: false,
        count: 2,
        cost: money("EUR", "10.5"),
        state: RemedyState::New,
        run: 1,
        gone: false,
        steps: vec![StepRecord { at: at(1), by: "collector".to_owned(), to: RemedyState::New }],
    }
}

pub(crate) async fn reconciliations_are_numbered_and_listed(stores: &Stores) {
    let store = &stores.reconcile;
    let (one, two) = (reconciliation(None), reconciliation(Some("Oracle")));
    assert_eq!(store.begin(one.clone()).await.unwrap(), 1);
    assert_eq!(store.begin(two.clone()).await.unwrap(), 2);
    let (one, two) = (ReconciliationRecord { id: 1, ..one }, ReconciliationRecord { id: 2, ..two });
    assert_eq!(store.runs(None, 10).await.unwrap(), [two.clone(), one.clone()]);
    assert_eq!(store.runs(Some(2), 10).await.unwrap(), [one]);
    assert_eq!(store.runs(None, 1).await.unwrap(), std::slice::from_ref(&two));
    let failed = ReconciliationRecord { state: ReconciliationState::Failed, ..two };
    store.put_run(failed.clone(), Some(entry("reconcile.run"))).await.unwrap();
    assert_eq!(store.run(2).await.unwrap(), Some(failed.clone()));
    assert_eq!(store.run(3).await.unwrap(), None);
    let unknown = store.put_run(ReconciliationRecord { id: 9, ..failed }, Some(entry("reconcile.run"))).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));
}

pub(crate) async fn positions_are_found_by_run_and_product(stores: &Stores) {
    let store = &stores.reconcile;
    for run in [1, 2] {
        assert_eq!(store.begin(reconciliation(None)).await.unwrap(), run);
        let (visio, word) = (position(run, 0, Tier::Product, "Visio"), position(run, 2, Tier::Product, "Word"));
        store.add_positions(vec![visio, position(run, 1, Tier::Model, "Visio"), word]).await.unwrap();
    }
    let numbers = |found: Vec<PositionRecord>| found.iter().map(|one| (one.run, one.number)).collect::<Vec<_>>();
    assert_eq!(numbers(store.positions(1, 0, u32::MAX).await.unwrap()), [(1, 0), (1, 1), (1, 2)]);
    assert_eq!(numbers(store.positions(2, 1, 1).await.unwrap()), [(2, 1)]);
    assert_eq!(numbers(store.positions(2, 2, 1).await.unwrap()), []);
    assert_eq!(store.position(2, 1).await.unwrap(), Some(position(2, 1, Tier::Model, "Visio")));
    assert_eq!(store.position(2, 9).await.unwrap(), None);
    assert_eq!(numbers(store.product_history("vISIO ").await.unwrap()), [(1, 0), (2, 0)]);
    let refused = store.forget_run(1).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(store.forget_positions(1, 2).await.unwrap(), 2);
    assert_eq!(store.forget_positions(1, 2).await.unwrap(), 1);
    store.forget_run(1).await.unwrap();
    assert_eq!(store.run(1).await.unwrap(), None);
    assert_eq!(numbers(store.product_history("visio").await.unwrap()), [(2, 0)]);
    assert_eq!(store.begin(reconciliation(None)).await.unwrap(), 3, "an id is not given twice");
}

pub(crate) async fn rows_behind_positions_are_paged(stores: &Stores) {
    let store = &stores.reconcile;
    let size = MEMBERS_AT_ONCE as u64;
    let rows = |range: std::ops::Range<u64>| range.map(member).collect::<Vec<_>>();
    let chunk = |position, chunk, rows| MemberChunk { position, chunk, rows };
    store.add_members(1, vec![chunk(4, 0, rows(0..size)), chunk(4, 1, rows(size..size + 5))]).await.unwrap();
    store.add_members(1, vec![chunk(5, 0, rows(7..8))]).await.unwrap();
    store.add_members(3, vec![chunk(4, 0, rows(9..10))]).await.unwrap();
    assert_eq!(store.members(1, 4, size - 2, 4).await.unwrap(), rows(size - 2..size + 2));
    assert_eq!(store.members(1, 4, size + 4, 10).await.unwrap(), rows(size + 4..size + 5));
    assert_eq!(store.members(1, 4, size + 5, 10).await.unwrap(), []);
    assert_eq!(store.members(1, 5, 0, 10).await.unwrap(), rows(7..8));
    assert_eq!(store.members(2, 4, 0, 10).await.unwrap(), []);
    assert_eq!(store.runs_with_members().await.unwrap(), [1, 3]);
    assert_eq!(store.forget_members(1, vec![4, 5], 1).await.unwrap(), 1);
    assert_eq!(store.forget_members(1, vec![4, 5], 5).await.unwrap(), 2);
    assert_eq!(store.runs_with_members().await.unwrap(), [3]);
    assert_eq!(store.members(3, 4, 0, 10).await.unwrap(), rows(9..10));
}

pub(crate) async fn removal_candidates_follow_their_revisions(stores: &Stores) {
    let store = &stores.reconcile;
    let other = CandidateRecord { product: "Word".to_owned(), run: 2, ..candidate(3) };
    let closed = CandidateRecord { state: CandidateState::ClosedSkipped, ..candidate(2) };
    store.put_candidates(vec![other.clone(), candidate(1), closed.clone()], None).await.unwrap();
    let all = store.candidates(CandidateWish::default(), None, 10).await.unwrap();
    assert_eq!(all, [candidate(1), closed.clone(), other.clone()]);
    let check = async |wish: CandidateWish, after: Option<u128>, limit, expected: &[u128]| {
        let found = store.candidates(wish, after.map(Uuid::from_u128), limit).await.unwrap();
        assert_eq!(found.iter().map(|one| one.id.as_u128()).collect::<Vec<_>>(), expected);
    };
    let wish = CandidateWish::default;
    check(wish(), Some(1), 1, &[2]).await;
    check(CandidateWish { product: Some("word".to_owned()), ..wish() }, None, 10, &[3]).await;
    check(CandidateWish { publisher: Some("Oracle".to_owned()), ..wish() }, None, 10, &[]).await;
    check(CandidateWish { open: Some(true), ..wish() }, None, 10, &[1, 3]).await;
    check(CandidateWish { state: Some(CandidateState::ClosedSkipped), ..wish() }, None, 10, &[2]).await;
    check(CandidateWish { missing_in: Some(2), ..wish() }, None, 10, &[1, 2]).await;
    check(CandidateWish { of_run: Some(2), ..wish() }, None, 10, &[3]).await;
    check(CandidateWish { device: Some(Uuid::from_u128(2)), ..wish() }, None, 10, &[]).await;
    check(CandidateWish { model: Some(Uuid::from_u128(7)), ..wish() }, None, 2, &[1, 2]).await;
    check(CandidateWish { justification: Some(Justification::LowUsage), ..wish() }, None, 2, &[]).await;
    let known = store.known_candidates([3, 9, 1, 3].map(Uuid::from_u128).to_vec()).await.unwrap();
    assert_eq!(known, [candidate(1), other.clone()]);
    let next = CandidateRecord { revision: 2, rights: 5, ..candidate(1) };
    let refused = store.put_candidates(vec![next.clone(), other], Some(entry("removal_candidate.edit"))).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(store.known_candidates(vec![Uuid::from_u128(1)]).await.unwrap(), [candidate(1)], "all or none");
    store.put_candidates(vec![next.clone()], Some(entry("removal_candidate.edit"))).await.unwrap();
    assert_eq!(store.known_candidates(vec![Uuid::from_u128(1)]).await.unwrap(), [next]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));
}

pub(crate) async fn remedies_follow_their_revisions(stores: &Stores) {
    let store = &stores.reconcile;
    store.put_remedies(vec![remedy(2), remedy(1)], None).await.unwrap();
    assert_eq!(store.remedies().await.unwrap(), [remedy(1), remedy(2)]);
    let refused = store.put_remedies(vec![remedy(3), remedy(1)], Some(entry("remedy.edit"))).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(store.remedies().await.unwrap().len(), 2, "all or none");
    let next = RemedyRecord { revision: 2, state: RemedyState::InProgress, ..remedy(1) };
    store.put_remedies(vec![next.clone()], Some(entry("remedy.edit"))).await.unwrap();
    assert_eq!(store.remedies().await.unwrap(), [next, remedy(2)]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));
}
