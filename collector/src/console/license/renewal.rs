//! When to ask for the next licence key, and what to do with it: dates out of the end of the one in force. Pure.

use chrono::{Days, NaiveDate};

/// Days before the end by which the request should be with the vendor.
const AHEAD: u64 = 30;
/// Days before the end from which it is urgent.
const URGENT: i64 = 7;

/// What an administrator has to do until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Renewal {
    pub(super) tone: &'static str,
    pub(super) text: String,
}

/// For a licence that ends on a site date, so many days from now.
pub(super) fn renewal(ends: NaiveDate, days_left: i64) -> Renewal {
    let send = ends.checked_sub_days(Days::new(AHEAD)).unwrap_or(ends);
    let left = match days_left {
        1 => "1 day is left".to_owned(),
        days => format!("{days} days are left"),
    };
    let (tone, text) = match days_left {
        ..=0 => ("bad", format!("The licence ended on {ends}. Send the request now and apply the key that comes back.")),
        1..=URGENT => ("bad", format!("The licence ends on {ends}: {left}. Send the request today.")),
        _ if days_left <= i64::try_from(AHEAD).unwrap_or(i64::MAX) => {
            ("warn", format!("The licence ends on {ends}: {left}. Send the request now, so that the key is here in time."))
        }
        _ => ("calm", format!("The licence ends on {ends}: {left}. Send the request by {send}.")),
    };
    Renewal { tone, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gets_urgent_before_the_end() {
        let ends: NaiveDate = "2027-03-31".parse().unwrap();
        for (days, tone, part) in [
            (200, "calm", "by 2027-03-01"),
            (31, "calm", "31 days are left"),
            (30, "warn", "Send the request now"),
            (7, "bad", "7 days are left"),
            (1, "bad", "1 day is left"),
            (0, "bad", "ended on 2027-03-31"),
            (-3, "bad", "ended on"),
        ] {
            let found = renewal(ends, days);
            assert_eq!(found.tone, tone, "{days}");
            assert!(found.text.contains(part), "{}", found.text);
        }
        assert_eq!(renewal(NaiveDate::MIN, 400).tone, "calm");
    }
}
