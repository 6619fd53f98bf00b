//! One life: 400 days of one seed. In: the seed. Out: what was seen, or a panic at the first step that breaks a promise.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use muster_domain::calendar::SiteZone;
use muster_domain::compliance::{Assessment, DisabledReason, Facts, Standing, State, Terms, View};

use crate::model::{Model, Shown};
use crate::operations::{self, DAY, Grant, HOUR, Operation};
use crate::random::Random;
use crate::site::{Clocks, Site, Stored};

const DAYS: i64 = 400;
const ZONES: [Tz; 3] = [Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe];

/// What happened in a life.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) disablements: u64,
    pub(crate) freezes: u64,
}

pub(crate) struct Life {
    random: Random,
    told: bool,
    /// Seconds since the beginning, truly.
    true_seconds: i64,
    began: DateTime<Utc>,
    /// Seconds the wall clock is off the true time.
    off: i64,
    facts: Facts,
    broken: bool,
    site: Site,
    model: Model,
    seen: Seen,
    was: Standing,
    /// When the grace truly began.
    grace_began: i64,
    /// Whether something since then may truly shorten it: a clock that was believed over a restart, or that an owner confirmed.
    excused: bool,
}

impl Life {
    pub(crate) fn new(seed: u64, told: bool) -> Self {
        let mut random = Random::new(seed);
        let zone = random.pick(&ZONES);
        // Often in the hours that daylight saving leaves out or doubles.
        let minute = if random.once_in(2) { random.between(60, 210) } else { random.between(0, 24 * 60 - 1) };
        let at = NaiveTime::MIN + TimeDelta::minutes(minute);
        let began = DateTime::from_timestamp(1_790_000_000 + random.between(0, 365 * DAY), 0).expect("a time");
        let clocks = Clocks { wall: began, boot: 0 };
        if told {
            println!("{zone}, every night at {at}, from {began}");
        }
        Self {
            told,
            true_seconds: 0,
            began,
            off: 0,
            facts: Facts { count: 100, user_count: 5 },
            broken: false,
            site: Site::start(SiteZone::from(zone), at, Stored::default(), clocks),
            model: Model::new(zone, at),
            seen: Seen::default(),
            was: Standing::Unlicensed,
            grace_began: 0,
            excused: false,
            random,
        }
    }

    pub(crate) fn live(mut self) -> Seen {
        let first = operations::grant(&mut self.random);
        self.happens(Operation::Key(Grant { expires: 300, ..first }));
        while self.true_seconds < DAYS * DAY {
            match operations::next(&mut self.random) {
                Operation::Nothing => {}
                operation => self.happens(operation),
            }
            let seconds =
                if self.random.once_in(6) { self.random.between(1, HOUR) } else { self.random.between(HOUR, 14 * HOUR) };
            self.passes(seconds);
        }
        self.seen
    }

    fn clocks(&self) -> Clocks {
        let wall = self.began + TimeDelta::seconds(self.true_seconds + self.off);
        Clocks { wall, boot: u64::try_from(self.true_seconds).expect("time goes on") }
    }

    fn true_time(&self) -> DateTime<Utc> {
        self.began + TimeDelta::seconds(self.true_seconds)
    }

    fn happens(&mut self, operation: Operation) {
        if self.told && operation != Operation::Nothing {
            println!("{} {operation:?}", self.true_time());
        }
        let judges_nothing = matches!(operation, Operation::Broken { .. } | Operation::Counts { .. });
        let stored = judges_nothing.then(|| self.site.stored().clone());
        self.excused |= match operation {
            Operation::RestartTurned { .. } | Operation::Confirm => true,
            Operation::Restart { .. } => self.site.assess(self.clocks()).anomaly.is_some(),
            _ => false,
        };
        match operation {
            Operation::Nothing => {}
            Operation::Counts { assets, users } => self.facts = Facts { count: assets, user_count: users },
            Operation::Key(grant) => self.key(grant),
            Operation::Restart { down } => {
                self.true_seconds += down;
                self.site = self.site.restarted(self.clocks());
            }
            Operation::RestartTurned { down, by } => {
                self.true_seconds += down;
                self.off = by;
                self.site = self.site.restarted(self.clocks());
            }
            Operation::Turn { by } => {
                let before = self.site.assess(self.clocks());
                self.off = by;
                let turned = self.site.assess(self.clocks());
                // The wall clock alone moves nothing by more than a day and a half.
                assert!(turned.licence_time <= before.time + TimeDelta::hours(37), "{before:?} became {turned:?}");
                assert!(turned.licence_time >= before.licence_time - TimeDelta::hours(1), "{before:?} became {turned:?}");
                self.site.tick(self.clocks());
            }
            Operation::Drift { to } => self.off = if self.off.abs() < HOUR { to } else { self.off },
            Operation::Right => self.off = 0,
            Operation::Confirm => self.site.confirm(self.clocks()),
            Operation::Broken { broken } => self.broken = broken,
        }
        if let Some(stored) = stored {
            assert_eq!(*self.site.stored(), stored, "nothing was judged");
        }
        self.check();
    }

    fn terms(&self, grant: Grant) -> (Terms, i64) {
        let today = self.model.day(self.true_time());
        let date = |days: i64| NaiveDate::from_num_days_from_ce_opt(i32::try_from(today + days).expect("a day")).expect("a date");
        let terms = Terms {
            asset_limit: grant.assets,
            grace_days: grant.grace_days,
            grace_until: grant.grace_until.map(date),
            expires: date(grant.expires),
            user_limit: grant.users,
            enforce_users: grant.enforce_users,
            reinstate_by_count: grant.reinstate_by_count,
        };
        (terms, today)
    }

    fn key(&mut self, grant: Grant) {
        let (terms, today) = self.terms(grant);
        let before = self.site.stored().clone();
        let (now, wall) = (self.site.assess(self.clocks()), self.clocks().wall);
        // Where the clock is wrong the key tells the time: the wall clock is only taken for up to 400 days after it was issued, and
        // where it was not believed only if the key has not ended by then.
        let told = self.true_time();
        let near = |time| time >= told && time <= told + TimeDelta::days(400);
        let time = match now.anomaly {
            Some(_) if near(wall) && (!now.frozen || self.model.day(wall) < today + grant.expires) => wall,
            Some(_) if now.frozen && near(now.time) => now.time,
            Some(_) => told,
            None => now.time,
        };
        let taken = self.site.apply(terms, told, self.facts, self.clocks());
        if let Err(refused) = taken {
            assert_eq!(*self.site.stored(), before, "{refused}");
        }
        let day = self.model.day(time);
        let (assets, users) = (self.facts.count, self.facts.user_count);
        assert_eq!(self.model.applied(grant, today, day, assets, users), taken.is_ok(), "{grant:?} gave {taken:?}");
        if taken.is_ok() {
            self.was = Standing::Unlicensed;
        }
    }

    /// Time passes, and the program looks at its clock.
    fn passes(&mut self, seconds: i64) {
        self.true_seconds += seconds;
        let clocks = self.clocks();
        let before = self.site.shown(clocks, self.facts.count).0;
        self.site.tick(clocks);
        self.check();
        let now = self.site.assess(clocks);
        let due = self.model.due(now.time);
        let facts = (!self.broken).then_some(self.facts);
        let ran = self.site.night(clocks, facts);
        assert_eq!(ran.is_some(), due.is_some(), "due: {due:?}, done: {ran:?} at {}", now.time);
        match ran {
            Some((date, true)) => {
                let day = i64::from(date.num_days_from_ce());
                assert_eq!(Some(day), due);
                assert!(self.model.nights.insert(day), "{date} had its night already");
                self.model.judged(self.model.day(now.licence_time), self.facts.count, self.facts.user_count);
                assert_eq!(self.site.night(clocks, facts), None, "a night is not repeated");
                assert_eq!(self.model.due(now.time), None, "missed nights are caught up at once");
            }
            Some((_, false)) => {
                assert_eq!(self.site.shown(clocks, self.facts.count).0, before, "an error or a frozen clock keeps the state");
            }
            None => {}
        }
        self.check();
        if self.random.once_in(64) {
            self.a_valid_key_recovers();
        }
    }

    /// What the rules show is what the reference shows.
    fn check(&mut self) {
        let clocks = self.clocks();
        let now = self.site.assess(clocks);
        let day = self.model.day(now.licence_time);
        let (standing, view) = self.site.shown(clocks, self.facts.count);
        let start_of = |date: NaiveDate| i64::from(date.num_days_from_ce());
        let shown = match (standing, view) {
            (Standing::Unlicensed, _) => Shown::Unlicensed,
            (Standing::Compliant, _) => Shown::Compliant,
            (Standing::Grace { start }, Some(view)) => Shown::Grace {
                start: start_of(start),
                end: start_of(view.grace_end.expect("an end")),
                left: i64::try_from(view.days_left.expect("days")).expect("days"),
            },
            (Standing::Disabled { reason: DisabledReason::GraceElapsed { start } }, _) => {
                Shown::Elapsed { start: start_of(start) }
            }
            (Standing::Disabled { reason: DisabledReason::Expired }, _) => Shown::Expired,
            other => panic!("{other:?}"),
        };
        let expected = self.model.shown(day, now.frozen);
        if self.told && standing != self.was {
            println!("{} {standing:?}, believed: {}, frozen: {}", self.true_time(), now.time, now.frozen);
        }
        assert_eq!(shown, expected, "at {} (truly {}), frozen: {}", now.time, self.true_time(), now.frozen);
        assert_eq!(standing.is_off(), view.is_none_or(|view| matches!(view.state, State::Unlicensed | State::Disabled)));
        self.grace_was_whole(standing, view, &now);
        self.seen.freezes += u64::from(now.frozen);
        self.was = standing;
    }

    /// Nobody is disabled for an elapsed grace before it has elapsed, by the true time as well, whatever the wall clock shows.
    fn grace_was_whole(&mut self, standing: Standing, view: Option<View>, now: &Assessment) {
        match standing {
            Standing::Grace { start } if !matches!(self.was, Standing::Grace { start: earlier } if earlier == start) => {
                self.grace_began = self.true_seconds;
                self.excused = now.anomaly.is_some() || self.was == Standing::Disabled { reason: DisabledReason::Expired };
            }
            Standing::Disabled { reason: DisabledReason::GraceElapsed { start } } if standing != self.was => {
                let Standing::Grace { start: earlier } = self.was else {
                    // Out of an expiry that a wrong clock had made: it had elapsed before.
                    assert_eq!(self.was, Standing::Disabled { reason: DisabledReason::Expired });
                    return;
                };
                assert_eq!(start, earlier, "a grace that elapses is the one that began");
                let days = (view.and_then(|view| view.grace_end).expect("an end") - start).num_days();
                let truly = self.true_seconds - self.grace_began;
                // The clock may be ahead by 36 hours, and a grace begins with the date of its first night.
                assert!(self.excused || truly >= (days - 3) * DAY, "{days} days of grace took {truly} seconds");
                self.seen.disablements += 1;
            }
            _ => {}
        }
    }

    /// Whatever happened, and whatever the clock shows: a key that is valid makes the product run, at any count.
    fn a_valid_key_recovers(&self) {
        for assets in [1_000, 0] {
            let mut site = self.site.clone();
            let terms = Terms { asset_limit: assets, ..Terms::new(assets, NaiveDate::MAX - Days::new(1)) };
            let issued_at = self.true_time() + TimeDelta::seconds(1);
            site.apply(terms, issued_at, self.facts, self.clocks()).expect("a valid key is taken");
            let (standing, _) = site.shown(self.clocks(), self.facts.count);
            let expected = if self.facts.count > assets { State::Grace } else { State::Compliant };
            let state = if let Standing::Grace { .. } = standing { State::Grace } else { State::Compliant };
            assert!(!standing.is_off() && state == expected, "{standing:?}");
            if let Standing::Grace { start } = standing {
                let day = self.model.day(site.assess(self.clocks()).time);
                // A wall clock that is a little behind the key is believed afterwards, and may show the day before.
                let start = i64::from(start.num_days_from_ce());
                assert!(start == day || start == day + 1, "a whole new grace: {start}, not {day}");
            }
        }
    }
}
