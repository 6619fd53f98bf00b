//! The rules put together as the collector does it, without its store and sockets.
//!
//! In: readings of the wall clock and of boot time, counts, keys. Out: what shows, and which nights were judged. What survives a
//! restart goes through JSON at each one, as it goes through the store.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use muster_domain::calendar::SiteZone;
use muster_domain::compliance::{
    Assessment, Facts, KeyRefused, Mark, Standing, Terms, View, apply_key, assess, confirm, derive, judge, key_issued, view,
};
use serde::{Deserialize, Serialize};

/// What is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    standing: Standing,
    covered: Option<Standing>,
    terms: Option<Terms>,
    issued_at: Option<DateTime<Utc>>,
    mark: Option<Mark>,
    /// Records of their own, which are only added to.
    #[serde(skip)]
    nights: BTreeSet<NaiveDate>,
}

/// The clocks of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks {
    pub(crate) wall: DateTime<Utc>,
    /// Seconds since the machine started.
    pub(crate) boot: u64,
}

/// A site, as long as its program runs.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    zone: SiteZone,
    at: NaiveTime,
    stored: Stored,
    mark: Mark,
    made_at: u64,
}

impl Site {
    pub(crate) fn start(zone: SiteZone, at: NaiveTime, stored: Stored, clocks: Clocks) -> Self {
        let mark = assess(stored.mark.as_ref(), clocks.wall, None).mark;
        let mut site = Self { zone, at, stored, mark, made_at: clocks.boot };
        site.tick(clocks);
        site
    }

    /// The program ended and starts again with what was stored.
    pub(crate) fn restarted(&self, clocks: Clocks) -> Self {
        let bytes = serde_json::to_vec(&self.stored).unwrap();
        let stored: Stored = serde_json::from_slice(&bytes).unwrap();
        let stored = Stored { nights: self.stored.nights.clone(), ..stored };
        assert_eq!(stored, self.stored, "what was stored comes back");
        Self::start(self.zone, self.at, stored, clocks)
    }

    pub(crate) fn assess(&self, clocks: Clocks) -> Assessment {
        assess(Some(&self.mark), clocks.wall, Some(Duration::from_secs(clocks.boot - self.made_at)))
    }

    pub(crate) fn licence_date(&self, clocks: Clocks) -> NaiveDate {
        self.zone.site_date(self.assess(clocks).licence_time)
    }

    fn standing(&self, clocks: Clocks) -> Standing {
        match &self.stored.terms {
            None => Standing::Unlicensed,
            Some(_) if self.assess(clocks).frozen => self.stored.standing,
            Some(terms) => derive(&self.stored.standing.beneath_expiry(self.stored.covered), terms, self.licence_date(clocks)),
        }
    }

    pub(crate) fn shown(&self, clocks: Clocks, assets: u64) -> (Standing, Option<View>) {
        let standing = self.standing(clocks);
        let today = self.licence_date(clocks);
        (standing, self.stored.terms.map(|terms| view(&standing, &terms, today, assets)))
    }

    pub(crate) fn stored(&self) -> &Stored {
        &self.stored
    }

    fn keep(&mut self, standing: Standing) {
        if standing != self.stored.standing {
            self.stored.covered = self.stored.standing.covered_by(self.stored.covered, standing);
            self.stored.standing = standing;
        }
    }

    fn believe(&mut self, mark: Mark, clocks: Clocks) {
        (self.mark, self.made_at, self.stored.mark) = (mark, clocks.boot, Some(mark));
    }

    /// What time alone changes.
    pub(crate) fn tick(&mut self, clocks: Clocks) {
        self.keep(self.standing(clocks));
        self.believe(self.assess(clocks).mark, clocks);
    }

    /// The night that is due; the second value is false where it could not be judged.
    pub(crate) fn night(&mut self, clocks: Clocks, facts: Option<Facts>) -> Option<(NaiveDate, bool)> {
        let assessment = self.assess(clocks);
        let today = self.zone.site_date(assessment.time);
        let last = self.stored.nights.range(..=today).next_back().copied();
        let due = self.zone.run_due(last, assessment.time, self.at)?;
        let (Some(facts), false) = (facts, assessment.frozen) else { return Some((due, false)) };
        if let Some(terms) = self.stored.terms {
            let (next, _) = judge(&self.standing(clocks), &terms, facts, self.zone.site_date(assessment.licence_time));
            self.keep(next);
        }
        self.believe(assessment.mark, clocks);
        assert!(self.stored.nights.insert(due), "{due} had its night already");
        Some((due, true))
    }

    pub(crate) fn confirm(&mut self, clocks: Clocks) {
        self.believe(confirm(clocks.wall), clocks);
        self.tick(clocks);
    }

    /// A key of the vendor's.
    pub(crate) fn apply(
        &mut self,
        terms: Terms,
        issued_at: DateTime<Utc>,
        facts: Facts,
        clocks: Clocks,
    ) -> Result<(), KeyRefused> {
        let newer = self.stored.issued_at.is_none_or(|last| issued_at > last);
        let (found, ends_at) = (self.assess(clocks), self.zone.day_start(terms.expires));
        let told = (newer && found.anomaly.is_some()).then(|| key_issued(issued_at, ends_at, clocks.wall, &found));
        let now = told.map_or(self.assess(clocks).time, |mark| mark.time);
        let (next, _) = apply_key(&self.standing(clocks), &terms, facts, self.zone.site_date(now))?;
        if let Some(mark) = told {
            self.believe(mark, clocks);
        }
        self.stored.issued_at = self.stored.issued_at.max(Some(issued_at));
        self.stored.terms = Some(terms);
        self.keep(next);
        Ok(())
    }
}
