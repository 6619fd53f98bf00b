//! Names of people in the history of use.

use super::{
    fixtures::{at, closed_checkout, ending, entry, mark, report, session, uncounted_use},
    reports::append,
};
use crate::store::{
    Stores,
    ports::{Decisions, Mask, UsePlace, UseSpan},
    records::{Change, ClosedCheckout, ClosedSession, UsageKind, UsageRecord},
};
use std::sync::Arc;

fn mask() -> Mask {
    Arc::new(|user: &str, _: &str| (user == "alice").then(|| ("~a".to_owned(), "~c".to_owned())))
}

fn span(from: i64, until: i64) -> UseSpan {
    UseSpan { from: at(from), until: at(until), first: at(from).date_naive(), end: at(until).date_naive() }
}

/// Goes through a place in portions of two; how many rows the mask changed.
async fn through(stores: &Stores, place: UsePlace, span: UseSpan, keep: bool) -> u64 {
    let (mut masked, mut after) = (0, None);
    loop {
        let rows = match keep {
            true => stores.privacy.mask(place, span, after, 2, mask()).await.unwrap(),
            false => stores.privacy.look(place, span, after, 2, mask()).await.unwrap(),
        };
        masked += rows.masked;
        after = rows.next;
        if after.is_none() {
            return masked;
        }
    }
}

pub(crate) async fn a_name_in_the_history_is_replaced_and_no_number_changes(stores: &Stores) {
    const DAY: i64 = 1440;
    let users = ["alice", "bob", "alice", "carol", "alice"];
    let (mut closed, mut over): (Vec<ClosedCheckout>, Vec<ClosedSession>) = Default::default();
    for (number, user) in (0_u32..).zip(users) {
        let end = DAY * i64::from(number) + 60;
        let number = u128::from(number);
        let mut one = session(number + 1, 1);
        one.user = user.to_owned();
        over.push(ClosedSession { session: one, ending: ending(end) });
        let mut one = closed_checkout(number, end - 30, end);
        one.claimant.user = user.to_owned();
        closed.push(one);
        let date = at(end).date_naive();
        let holders = vec![(user.to_owned(), "10.0.0.1".to_owned()), ("zoe".to_owned(), "10.0.0.2".to_owned())];
        let (application, kind) = ("CAD".to_owned(), UsageKind::Total);
        stores.usage.raise(vec![UsageRecord { date, application, kind, peak: 2, peak_at: at(end), holders }]).await.unwrap();
    }
    let mut told = report(1, mark(1, 1), vec![], vec![]);
    if let Change::Report { passed, .. } = &mut told {
        *passed = over;
    }
    append(stores, told).await;
    while stores.reports.fold(100).await.unwrap() > 0 {}
    if let Some(first) = closed.first_mut() {
        first.facts.owner = "user:alice".to_owned();
    }
    stores.checkouts.commit(Decisions { closed, ..Decisions::default() }).await.unwrap();
    let mut uses = [uncounted_use(1, 60), uncounted_use(2, 61)];
    for (used, user) in uses.iter_mut().zip(users) {
        used.user = user.to_owned();
    }
    stores.checkouts.keep_uncounted(uses.to_vec(), 10).await.unwrap();

    // The last day is outside.
    let days = span(0, 4 * DAY);
    for (place, expected) in [(UsePlace::Sessions, 2), (UsePlace::Checkouts, 2), (UsePlace::Peaks, 2), (UsePlace::OfflineUses, 1)]
    {
        assert_eq!(through(stores, place, days, false).await, expected, "{place:?}");
        assert_eq!(through(stores, place, days, false).await, expected, "looking changes nothing: {place:?}");
        assert_eq!(through(stores, place, days, true).await, expected, "{place:?}");
        assert_eq!(through(stores, place, days, true).await, 0, "{place:?}");
    }
    let sessions = stores.usage.ended(at(0), at(9 * DAY)).await.unwrap();
    let names: Vec<&str> = sessions.iter().map(|closed| closed.session.user.as_str()).collect();
    assert_eq!(names, ["~a", "bob", "~a", "carol", "alice"]);
    let checkouts = stores.checkouts.ended(at(0), at(9 * DAY)).await.unwrap();
    let names: Vec<(&str, &str)> =
        checkouts.iter().map(|one| (one.claimant.user.as_str(), one.claimant.client.as_str())).collect();
    assert_eq!(names[0], ("~a", "~c"));
    assert_eq!((names[1].0, names[4].0, checkouts[0].facts.owner.as_str()), ("bob", "alice", "user:~a"));
    let peaks = stores.usage.peaks(None, at(0).date_naive(), at(9 * DAY).date_naive()).await.unwrap();
    assert!(peaks.iter().all(|peak| peak.peak == 2 && peak.holders.len() == 2 && peak.holders.is_sorted()), "{peaks:?}");
    assert!(peaks[0].holders.iter().any(|holder| holder.0 == "~a") && peaks[4].holders[0].0 == "alice");
    let uses = stores.checkouts.uncounted().await.unwrap();
    let names: Vec<&str> = uses.iter().map(|one| one.user.as_str()).collect();
    assert_eq!(names, ["~a", "bob"]);

    let marks = async || (stores.privacy.masked_until().await.unwrap(), stores.privacy.masked_before().await.unwrap());
    assert_eq!(marks().await, (None, None));
    let day = |number| at(DAY * number).date_naive();
    stores.privacy.set_masked_before(day(2), Some(entry("privacy.purge"))).await.unwrap();
    assert_eq!(stores.audit.page(None, 1).await.unwrap()[0].entry, entry("privacy.purge"));
    stores.privacy.set_masked_before(day(1), None).await.unwrap();
    assert_eq!(marks().await, (None, Some(day(2))), "it never goes back");
    let until = days.end;
    stores.privacy.set_masked_until(until, entry("privacy.pseudonymise")).await.unwrap();
    assert_eq!(marks().await, (Some(until), Some(until)));
    assert_eq!(stores.audit.page(None, 1).await.unwrap()[0].entry, entry("privacy.pseudonymise"));
}
