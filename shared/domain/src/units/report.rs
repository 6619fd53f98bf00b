//! The report on subscription units: per resource category the assets, the ratio, the exact quotient and the units.
//!
//! In: a census and the verdicts. Out: rows and sums. The same census gives the report before and after an opt-in, so that its
//! effect is known before it is done.

use serde::{Deserialize, Serialize};

use super::catalogue::Place;
use super::choice::Choice;
use super::counted::{CategoryCount, Census};
use super::licensing::{Licensing, Verdict};
use super::quotient::{Quotient, Rounding, sum};
use super::solution::Application;
use super::terms::Availability;

/// How much of what was bought is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Less than 90 per cent.
    Green,
    /// From 90 per cent on.
    Yellow,
    /// Everything, or more.
    Red,
}

/// One resource category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place in the catalogue.
    pub place: Place,
    /// The application that it is licensed under.
    pub application: Option<Application>,
    /// Whether it can be opted in.
    pub availability: Availability,
    /// What was chosen.
    pub choice: Option<Choice>,
    /// Whether its assets count and its features work.
    pub in_force: bool,
    /// Assets that count, by ratio; none where it is not in force.
    pub quotient: Quotient,
    /// Units; none where only the sum is rounded.
    pub units: Option<u64>,
    /// Assets that would count if it were in force.
    pub waiting: u64,
    /// Assets of it that an administrator left out.
    pub excluded: u64,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One row for every resource category, in the catalogue's order.
    pub rows: Vec<Row>,
    /// Units of all of them.
    pub consumed: u64,
    /// Units that were bought; none: not known.
    pub entitled: Option<u64>,
    /// How the two compare; none without units that were bought.
    pub colour: Option<Colour>,
    /// Assets that can be used and do not count.
    pub free: u64,
    /// Assets that cannot be used, because no resource category decides for them.
    pub without_category: u64,
}

impl Report {
    /// Over every asset of a census.
    #[must_use]
    pub fn new(census: &Census, licensing: &Licensing, rounding: Rounding, entitled: Option<u64>) -> Self {
        let mut rows: Vec<Row> = licensing.catalogue().rows().map(|(place, _)| Row::empty(place, licensing)).collect();
        let (mut free, mut without_category) = (0, 0);
        for (category, count) in census.categories() {
            let verdict = licensing.verdict(category);
            match verdict.decided_by().and_then(|place| rows.get_mut(place.index())) {
                Some(row) => row.add(verdict, count),
                None if verdict.has_access() => free += count.counting,
                None => without_category += count.counting,
            }
        }
        for row in &mut rows {
            row.units = row.quotient.units(rounding);
        }
        let quotients: Vec<Quotient> = rows.iter().map(|row| row.quotient).collect();
        let consumed = sum(&quotients, rounding, licensing.catalogue().denominator());
        let colour = entitled.map(|entitled| Colour::of(consumed, entitled));
        Self { rows, consumed, entitled, colour, free, without_category }
    }

    /// This report as it would be if a resource category came into force, and so many assets counted under it.
    #[must_use]
    pub fn with_in_force(&self, place: Place, assets: u64, rounding: Rounding, licensing: &Licensing) -> Self {
        let mut rows = self.rows.clone();
        if let Some(row) = rows.get_mut(place.index()) {
            row.quotient.count = assets;
            row.units = row.quotient.units(rounding);
        }
        let quotients: Vec<Quotient> = rows.iter().map(|row| row.quotient).collect();
        let consumed = sum(&quotients, rounding, licensing.catalogue().denominator());
        let colour = self.entitled.map(|entitled| Colour::of(consumed, entitled));
        Self { rows, consumed, colour, ..*self }
    }

    /// The row of a resource category.
    #[must_use]
    pub fn row(&self, place: Place) -> Option<&Row> {
        self.rows.get(place.index())
    }

    /// Assets that count.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.rows.iter().map(|row| row.quotient.count).sum()
    }
}

impl Row {
    fn empty(place: Place, licensing: &Licensing) -> Self {
        let row = licensing.catalogue().get(place);
        Self {
            place,
            application: row.and_then(|row| licensing.terms().application(row)),
            availability: licensing.availability(place),
            choice: licensing.choices().get(place),
            in_force: licensing.is_in_force(place),
            quotient: Quotient { count: 0, ratio: row.map_or(std::num::NonZeroU32::MIN, |row| row.ratio) },
            units: None,
            waiting: 0,
            excluded: 0,
        }
    }

    fn add(&mut self, verdict: Verdict, count: CategoryCount) {
        let counting = if verdict.has_access() { &mut self.quotient.count } else { &mut self.waiting };
        *counting += count.counting;
        self.excluded += count.excluded;
    }
}

impl Colour {
    /// The colour of so many units of so many that were bought (domain 3.7); exactly 90 per cent is yellow.
    #[must_use]
    pub fn of(consumed: u64, entitled: u64) -> Self {
        let (consumed, entitled) = (u128::from(consumed), u128::from(entitled));
        if consumed == 0 {
            Self::Green
        } else if consumed >= entitled {
            Self::Red
        } else if consumed * 10 >= entitled * 9 {
            Self::Yellow
        } else {
            Self::Green
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_at_ninety_and_a_hundred_per_cent() {
        let check = |consumed, entitled, expected| assert_eq!(Colour::of(consumed, entitled), expected, "{consumed}/{entitled}");
        check(0, 150, Colour::Green);
        check(134, 150, Colour::Green);
        check(135, 150, Colour::Yellow);
        check(149, 150, Colour::Yellow);
        check(150, 150, Colour::Red);
        check(151, 150, Colour::Red);
        check(0, 0, Colour::Green);
        check(1, 0, Colour::Red);
        check(u64::MAX - 1, u64::MAX, Colour::Yellow);
    }
}
