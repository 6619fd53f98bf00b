//! Limits of an application that the licence key sets, where they hold in the place of those that were entered.

use crate::console::render::number;

/// Which limit holds and why, for each kind of seat where it is not the one that was entered. Pairs are named, then floating.
pub(super) fn caps(name: &str, entered: (Option<u64>, Option<u64>), granted: (Option<u64>, Option<u64>)) -> Vec<String> {
    let one = |what: &str, entered: Option<u64>, granted: Option<u64>| {
        let granted = granted?;
        let instead = match entered {
            None => "though no limit is entered here".to_owned(),
            Some(entered) if entered > granted => format!("not the {} entered here", number(entered)),
            Some(_) => return None,
        };
        let seats = if granted == 1 { "seat" } else { "seats" };
        Some(format!("The licence key grants {name} {} {what} {seats}: that limit holds, {instead}.", number(granted)))
    };
    [one("named", entered.0, granted.0), one("floating", entered.1, granted.1)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_key_grants_holds_where_it_is_less() {
        let check = |entered, granted, expected: &[&str]| assert_eq!(caps("CAD", entered, granted), expected);
        check((Some(5), Some(10)), (None, None), &[]);
        check((Some(5), Some(3)), (Some(5), Some(3)), &[]);
        check(
            (None, Some(10)),
            (Some(1), Some(3)),
            &[
                "The licence key grants CAD 1 named seat: that limit holds, though no limit is entered here.",
                "The licence key grants CAD 3 floating seats: that limit holds, not the 10 entered here.",
            ],
        );
    }
}
