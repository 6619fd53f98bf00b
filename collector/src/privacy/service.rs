//! Finding a person, purging them, and replacing names that are old enough.

use super::{
    person::{Found, Person},
    pseudonym::{Pseudonyms, is_nobody, is_pseudonym, one},
};
use crate::{
    assets::ReferenceTables,
    compliance::Compliance,
    sessions::Sessions,
    settings::Settings,
    store::{
        StoreError, Stores,
        ports::{Mask, UsePlace, UseSpan},
        records::{AuditEntry, KEYED_HOURS},
    },
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use muster_domain::{
    asset::{Directory as _, Table},
    session::fold_user,
};
use serde_json::json;
use std::sync::Arc;

/// Rows of one unit of work.
const AT_ONCE: usize = 2_000;
/// Audit entries that are read at once.
const ENTRIES: usize = 1_000;
/// Days that are gone through again every night: agents tell late of what happened while they could not be heard.
const AGAIN: Days = Days::new(35);
/// Longest name of a person, in characters.
const LONGEST: usize = 256;

/// Where names are replaced.
const PLACES: [(UsePlace, &str, &str, &str); 4] = [
    (
        UsePlace::Sessions,
        "sessions",
        "Sessions that are over",
        "User and client are replaced; application, machine and times stay.",
    ),
    (
        UsePlace::Checkouts,
        "checkouts",
        "Check-outs that are over",
        "User and client are replaced; application, machine and times stay.",
    ),
    (UsePlace::Peaks, "peaks", "Holders at the highest use of a day", "The name is replaced; the number of the peak stays."),
    (
        UsePlace::OfflineUses,
        "offline_uses",
        "Uses that were told of afterwards and count nowhere",
        "User and client are replaced until an administrator dismisses the row.",
    ),
];

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// The name cannot be one.
    #[error("person must have 1 to 256 characters, without control characters, and be no pseudonym and no dash")]
    Name,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the service is made of.
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// Live sessions and check-outs.
    pub sessions: Arc<Sessions>,
    /// The names of users that records point to.
    pub references: Arc<ReferenceTables>,
    /// Believed time and the nights that were judged.
    pub compliance: Arc<Compliance>,
    /// How long names are kept.
    pub settings: Arc<Settings>,
    /// The site's pseudonyms.
    pub pseudonyms: Pseudonyms,
}

/// Personal data.
pub struct Privacy {
    parts: Parts,
    /// One purge or night at a time: each goes through the history from its beginning.
    alone: tokio::sync::Mutex<()>,
}

impl Privacy {
    /// Over these stages.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, alone: tokio::sync::Mutex::default() }
    }

    /// Where something of a person is kept, and what a purge would do there.
    ///
    /// # Errors
    /// When the name cannot be one, or the store cannot be read.
    pub async fn look(&self, person: &str) -> Result<Person, PrivacyError> {
        let person = checked(person)?;
        self.parts.sessions.settle_history().await?;
        let realms = self.realms();
        let mask = one(person, &realms);
        let mut places = Vec::new();
        for (place, word, title, what) in PLACES {
            let rows = self.through(place, self.history(), &mask, false).await?;
            places.push(Found { place: word, title, rows, purged: true, what });
        }
        places.extend(self.others(person, &realms).await?);
        Ok(Person { person: person.to_owned(), places })
    }

    /// Puts a random pseudonym in the place of a person's name in the history of use; another one every time. What was found before it.
    ///
    /// # Errors
    /// When the name cannot be one, or the store refuses: what was replaced until then is, and the rest can be purged again.
    pub async fn purge(&self, person: &str, actor: &str) -> Result<Person, PrivacyError> {
        let _alone = self.alone.lock().await;
        let person = checked(person)?;
        self.parts.sessions.keep_peaks().await?;
        let mut found = self.look(person).await?;
        let (mask, span) = (one(person, &self.realms()), self.history());
        // The entries prove that a person was purged, and do not bring the name back.
        let pseudonym = mask(person, "").map(|(user, _)| user).unwrap_or_default();
        let entry = |detail| self.entry(actor, "privacy.purge", &pseudonym, detail);
        if found.purgeable() > 0 {
            self.mark(span.end, Some(entry(json!({ "state": "begun" })))).await?;
            for ((place, word, ..), found) in PLACES.into_iter().zip(&mut found.places) {
                found.rows = self.through(place, span, &mask, true).await?;
                debug_assert_eq!(word, found.place);
            }
        }
        let rows: serde_json::Map<_, _> =
            found.places.iter().filter(|place| place.purged).map(|place| (place.place.to_owned(), place.rows.into())).collect();
        self.parts.stores.audit.append(entry(json!({ "state": "done", "rows": rows }))).await?;
        tracing::info!(rows = found.purgeable(), "a person was purged");
        Ok(found)
    }

    /// Replaces the names that are older than the setting keeps them, once a site date. How many rows, if it did.
    ///
    /// # Errors
    /// When the store refuses; the next look goes on.
    pub async fn pseudonymise_if_due(&self) -> Result<Option<u64>, PrivacyError> {
        let days = self.parts.settings.values().pseudonymise_after_days;
        if days == 0 {
            return Ok(None);
        }
        // By the nights that were judged: one wrong clock must not replace everybody's name.
        let Some(end) = self.parts.compliance.kept_from(days).await? else { return Ok(None) };
        let done = self.parts.stores.privacy.masked_until().await?;
        if done.is_some_and(|done| done >= end) {
            return Ok(None);
        }
        let _alone = self.alone.lock().await;
        let first = done.and_then(|done| done.checked_sub_days(AGAIN)).unwrap_or(NaiveDate::MIN);
        let mask = self.parts.pseudonyms.everybody(&self.realms());
        self.parts.sessions.settle_history().await?;
        self.mark(end, None).await?;
        let mut rows = 0;
        for (place, ..) in PLACES {
            rows += self.through(place, self.span(first, end), &mask, true).await?;
        }
        let detail = json!({"before": end, "rows": rows});
        let audit = self.entry("collector", "privacy.pseudonymise", "history of use", detail);
        self.parts.stores.privacy.set_masked_until(end, audit).await?;
        Ok(Some(rows))
    }

    /// From here on days before this one are not counted anew. Nobody is counting them while it is marked.
    async fn mark(&self, end: NaiveDate, audit: Option<AuditEntry>) -> Result<(), StoreError> {
        let _counted = self.parts.sessions.counted().await?;
        self.parts.stores.privacy.set_masked_before(end, audit).await
    }

    /// Forgets the answers to requests with an idempotency key that nobody may send again: they can name people. How many.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn forget_answers(&self) -> Result<usize, PrivacyError> {
        let since = self.parts.compliance.time() - TimeDelta::hours(KEYED_HOURS);
        let mut forgotten = 0;
        loop {
            match self.parts.stores.idempotency.forget(since).await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }

    /// Goes through a place in units of work of a bounded size; how many rows the mask changes.
    async fn through(&self, place: UsePlace, span: UseSpan, mask: &Mask, keep: bool) -> Result<u64, StoreError> {
        let (store, mut masked, mut after) = (&self.parts.stores.privacy, 0, None);
        loop {
            let rows = match keep {
                true => store.mask(place, span, after, AT_ONCE, Arc::clone(mask)).await?,
                false => store.look(place, span, after, AT_ONCE, Arc::clone(mask)).await?,
            };
            masked += rows.masked;
            after = rows.next;
            if after.is_none() {
                return Ok(masked);
            }
        }
    }

    /// What is over: everything before today. What is of today is in use still, for today's peaks are counted from it.
    fn history(&self) -> UseSpan {
        let today = self.parts.compliance.zone().site_date(self.parts.compliance.time());
        self.span(NaiveDate::MIN, today)
    }

    fn span(&self, first: NaiveDate, end: NaiveDate) -> UseSpan {
        let zone = self.parts.compliance.zone();
        let from = if first == NaiveDate::MIN { DateTime::<Utc>::MIN_UTC } else { zone.day_start(first) };
        UseSpan { from, until: zone.day_start(end), first, end }
    }

    /// Places that a purge leaves alone.
    async fn others(&self, person: &str, realms: &[String]) -> Result<Vec<Found>, PrivacyError> {
        let key = fold_user(person, realms);
        let is = |name: &str| fold_user(name, realms) == key;
        let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        let stays = |place, title, rows: usize, what| Found { place, title, rows: count(rows), purged: false, what };
        let Parts { stores, sessions, references, .. } = &self.parts;
        let today = self.history().until;
        let live = sessions.list().iter().filter(|view| is(&view.record.user)).count();
        let live = live + sessions.checkouts(None, None).iter().filter(|view| is(&view.claimant.user)).count();
        let ended = stores.usage.ended(today, DateTime::<Utc>::MAX_UTC).await?.into_iter().filter(|one| is(&one.session.user));
        let returned = stores.checkouts.ended(today, DateTime::<Utc>::MAX_UTC).await?;
        let of_today = ended.count() + returned.iter().filter(|one| is(&one.claimant.user)).count();
        let groups = stores.groups.all().await?.iter().filter(|group| group.members.iter().any(|name| is(name))).count();
        let named = stores.applications.all().await?;
        let named = named.iter().map(|record| &record.application).filter(|application| {
            let lists = [&application.named_users, &application.used_by.users, &application.idle_timeout_except];
            let access = [&application.access.include.users, &application.access.exclude.users];
            let timeouts = application.idle_timeout_users.iter().any(|timeout| is(&timeout.user));
            timeouts || lists.into_iter().chain(access).flatten().any(|name| is(name))
        });
        let named = named.count();
        let known = references.snapshot().find(Table::User, person).is_some();
        let account = stores.people.users().await?.iter().filter(|user| user.name.eq_ignore_ascii_case(person)).count();
        let audited = self.audited(person).await?;
        Ok(vec![
            stays(
                "live",
                "Sessions and check-outs that go on",
                live,
                "They count for licences now. End them first, and purge again on the day after.",
            ),
            stays(
                "today",
                "Sessions and check-outs that ended today",
                of_today,
                "Today's highest use is counted from them. Purge again tomorrow.",
            ),
            stays(
                "applications",
                "Applications that name the user",
                named,
                "Named users and access rules decide who gets seats: take the name out there.",
            ),
            stays("groups", "Groups that have the user", groups, "They decide who gets seats: take the name out there."),
            stays(
                "users",
                "The user as a record",
                usize::from(known),
                "Assets, allocations and access records can point to it, and their histories name it: what is owned is counted by \
                 them. Change or delete these records first, then the user.",
            ),
            stays("accounts", "An account to log in here", account, "Delete the account where it is no longer needed."),
            stays(
                "audit",
                "Entries of the audit log",
                audited,
                "They stay: the log proves who did what, and each entry is bound to the one before, so that none can be changed. It \
                 names administrators by what they did, accounts of single sign-on with their issuer and subject, and users only \
                 where an administrator named them.",
            ),
        ])
    }

    /// Entries of the audit log with the name: as who did it, as what it was done to, or as a text of their detail.
    async fn audited(&self, person: &str) -> Result<usize, StoreError> {
        let (mut count, mut after) = (0, 0);
        let actor = format!("user:{person}");
        loop {
            let portion = self.parts.stores.audit.after(after, ENTRIES).await?;
            let Some(last) = portion.last() else { return Ok(count) };
            after = last.number;
            let named = portion.iter().map(|record| &record.entry);
            count += named
                .filter(|entry| {
                    entry.actor.eq_ignore_ascii_case(&actor)
                        || entry.subject.eq_ignore_ascii_case(person)
                        || mentions(&entry.detail, person)
                })
                .count();
        }
    }

    fn realms(&self) -> Vec<String> {
        self.parts.settings.values().realms.clone()
    }

    fn entry(&self, actor: &str, action: &str, subject: &str, detail: serde_json::Value) -> AuditEntry {
        let text = str::to_owned;
        AuditEntry { at: self.parts.compliance.time(), actor: text(actor), action: text(action), subject: text(subject), detail }
    }
}

fn checked(person: &str) -> Result<&str, PrivacyError> {
    let person = person.trim();
    let wrong = person.is_empty() || person.chars().count() > LONGEST || person.chars().any(char::is_control);
    if wrong || is_nobody(person) || is_pseudonym(person) { Err(PrivacyError::Name) } else { Ok(person) }
}

/// Whether a text of a value is the name.
fn mentions(value: &serde_json::Value, person: &str) -> bool {
    use serde_json::Value;
    match value {
        Value::String(text) => text.eq_ignore_ascii_case(person),
        Value::Array(items) => items.iter().any(|item| mentions(item, person)),
        Value::Object(members) => members.values().any(|item| mentions(item, person)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
