//! What happens on which day. In: a day, counted from the first one. Out: how many machines there are, and what is done that day.
//! Nothing here does anything.

/// Days that the story takes, with some quiet ones at its end.
pub const FEWEST_DAYS: u32 = 80;

/// Assets of the first licence, and of the one that ends the trouble.
pub(super) const ASSETS: [u32; 2] = [40, 60];
/// Machines of the first day.
const FIRST: usize = 33;
/// Machines once the site has grown.
const LAST: usize = 46;
/// The first machines stop to report: they stand in a cupboard.
const FORGOTTEN: std::ops::Range<usize> = 0..4;
/// The day from which on nobody uses them.
const FORGOTTEN_FROM: u32 = 58;
/// The day on which they are retired and the larger licence is applied.
const RECOVERY: u32 = 78;

/// Something that is done on a day, beside everybody's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A licence for so many assets is applied.
    License(u32),
    /// The pools, and what was bought before.
    Begin,
    /// A machine is copied with its identity, and both report.
    Copy(usize),
    /// The copy is told apart.
    Resolve(usize),
    /// Another design program comes to all designers, and nobody bought it.
    Deploy,
    /// The pool of CAD gets so many seats.
    Seats(u32),
    /// The machines that nobody uses are retired.
    Retire,
}

/// A story of so many days.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    days: u32,
}

impl Story {
    /// At least [`FEWEST_DAYS`].
    #[must_use]
    pub fn of(days: u32) -> Self {
        Self { days: days.max(FEWEST_DAYS) }
    }

    /// How many days there are before today.
    #[must_use]
    pub fn days(self) -> u32 {
        self.days
    }

    /// Machines that are enrolled on this day.
    #[must_use]
    pub fn machines(self, day: u32) -> usize {
        // A new one every day but the weekend's, and nobody new while the product is disabled.
        let days = usize::try_from(day).unwrap_or(usize::MAX);
        FIRST.saturating_add(days.saturating_sub(days / 7 * 2)).min(LAST)
    }

    /// Whether a machine is used at all.
    #[must_use]
    pub fn is_used(self, machine: usize, day: u32) -> bool {
        day < FORGOTTEN_FROM || !FORGOTTEN.contains(&machine)
    }

    /// The machines that nobody uses any more.
    #[must_use]
    pub fn forgotten(self) -> std::ops::Range<usize> {
        FORGOTTEN
    }

    /// What is done on this day.
    #[must_use]
    pub fn deeds(self, day: u32) -> Vec<Deed> {
        let [first, second] = ASSETS;
        match day {
            0 => vec![Deed::License(first), Deed::Begin],
            12 => vec![Deed::Deploy],
            30 => vec![Deed::Copy(7)],
            31 => vec![Deed::Resolve(7)],
            40 => vec![Deed::Seats(10)],
            RECOVERY => vec![Deed::Retire, Deed::License(second)],
            // Left for whoever looks at the pages.
            day if day == self.days => vec![Deed::Copy(9)],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_outgrows_its_licence_in_time_for_a_whole_grace_and_a_recovery() {
        let story = Story::of(90);
        let over = (0..90).find(|day| story.machines(*day) > 40).unwrap();
        // Sixty dates of grace, and the product is disabled before the larger licence comes.
        assert!(over + 1 + 60 < RECOVERY, "{over}");
        assert!(RECOVERY < FEWEST_DAYS && Story::of(1).days() == FEWEST_DAYS);
        assert_eq!(story.machines(400), LAST);
        assert!(story.machines(over) < story.machines(over + 20));
        let used = |day| (0..LAST).filter(|machine| story.is_used(*machine, day)).count();
        assert_eq!((used(0), used(FORGOTTEN_FROM)), (LAST, LAST - FORGOTTEN.len()));
        assert!(story.deeds(RECOVERY).contains(&Deed::Retire) && story.deeds(2).is_empty());
    }
}
