//! Sentences that explain numbers.

use std::fmt::Write;

use super::demand::Told;
use super::money::Price;
use super::result::{Figures, Money};
use crate::currency::{priced, written};
use crate::decimal::Decimal;

/// What a metric result counted, for its sentence.
pub(super) struct Counted<'a> {
    /// How its channels count.
    pub(super) told: Vec<&'a Told>,
    /// Who has rights in use or needs some.
    pub(super) holders: u64,
    pub(super) figures: &'a Figures,
    pub(super) unlimited: bool,
    pub(super) price: &'a Price,
    /// What a right to buy costs, where an administrator set it.
    pub(super) set: Option<Decimal>,
    /// Rights that are left and count towards what is missing.
    pub(super) set_by: u64,
    /// Rights that are left of packs and can license no other machine.
    pub(super) rest: u64,
    /// Whether other results have rights for the same.
    pub(super) parted: bool,
    /// Whether nobody may use it, so that it is not to be bought.
    pub(super) restricted: bool,
}

/// Why a metric's numbers are what they are.
pub(super) fn metric(counted: &Counted<'_>) -> String {
    let Counted { figures, unlimited, set_by, .. } = *counted;
    let mut text = needed(counted);
    if unlimited {
        _ = write!(text, ". Rights have no limit; {} are in use.", figures.used());
        return text;
    }
    _ = write!(
        text,
        ". Of {} rights owned, {} are used ({} allocated and in use, {} allocated and not in use, {} in use without an allocation) and {} are available",
        figures.owned,
        figures.used(),
        figures.allocated_in_use,
        figures.allocated_not_in_use,
        figures.not_allocated_in_use,
        figures.available(),
    );
    if set_by > 0 {
        _ = write!(text, ", of which {set_by} are too few for what is left, and count towards it");
        if figures.needed == 0 {
            text.push_str("; what is missing beyond them is told with other rights");
        }
    }
    if counted.rest > 0 && set_by == 0 {
        _ = write!(text, ", of which {} are the rest of packs and too few for another machine", counted.rest);
    }
    if figures.allocations_needed > 0 {
        _ = write!(text, "; {} more need an allocation", figures.allocations_needed);
    }
    if figures.needed > 0 {
        _ = write!(text, "; {}{} more are needed", if figures.unsure { "at least " } else { "" }, figures.needed);
        if counted.restricted {
            text.push_str(", which are not to be bought: it is restricted software");
        } else {
            cost(&mut text, counted);
        }
    }
    text.push('.');
    text
}

/// Who needs how many rights of this result, and by which rule.
fn needed(counted: &Counted<'_>) -> String {
    let figures = counted.figures;
    let short = if figures.needed > 0 { figures.needed.saturating_add(counted.set_by) } else { 0 };
    let missing = short.max(figures.allocations_needed);
    let rights = figures.used_in_report().saturating_add(missing);
    let mut whats: Vec<&str> = counted.told.iter().map(|told| told.what.as_str()).filter(|what| !what.is_empty()).collect();
    whats.dedup();
    let mut rules: Vec<&str> =
        counted.told.iter().map(|told| told.rule.trim_end_matches('.')).filter(|rule| !rule.is_empty()).collect();
    rules.dedup();
    let rules = rules.join("; ");
    let of_others = if counted.parted && rights > 0 { " of these, beside those of other results" } else { "" };
    let mut text = match (whats.is_empty(), counted.told.is_empty()) {
        (_, true) => return "Nothing is counted".to_owned(),
        _ if rights == 0 && counted.set_by > 0 => "What is not licensed needs more rights than these".to_owned(),
        (true, _) if figures.unsure => return rules,
        (true, _) => format!("It needs {rights} rights{of_others}"),
        (false, _) => format!("{} {} need {rights} rights{of_others}", counted.holders, whats.join(" and ")),
    };
    if figures.unsure {
        text.push_str(", and what others need is not known");
    }
    if !rules.is_empty() {
        _ = write!(text, ": {rules}");
    }
    text
}

fn cost(text: &mut String, counted: &Counted<'_>) {
    let average = counted.price.as_ref().and_then(|(currency, average)| Some((currency, average.price().ok()?)));
    let Some((currency, _)) = counted.figures.true_up.first_key_value() else {
        text.push_str(", and no price is known");
        return;
    };
    _ = write!(text, ", for {}", words(&counted.figures.true_up).unwrap_or_default());
    let each = match (counted.set, average) {
        (Some(set), _) => format!(" ({} {currency}", priced(set, currency)),
        (None, Some((currency, each))) => {
            format!(" (the average price of a right is {} {currency}", priced(each, currency))
        }
        (None, None) => return,
    };
    text.push_str(each.trim_end());
    text.push_str(if counted.set.is_some() { " for a right, as it was set)" } else { ")" });
}

/// Why a model needs what it does.
pub(super) fn model(figures: &Figures, chosen: &[String], without_rights: bool, restricted: bool) -> String {
    let unknown = if figures.unsure { "What is needed is not known: the warnings say what to do. " } else { "" };
    if figures.needed == 0 && figures.unlicensed == 0 && figures.allocations_needed == 0 {
        return if figures.unsure { unknown.trim_end().to_owned() } else { "Everything that is in use is licensed.".to_owned() };
    }
    let mut text = format!("{unknown}{} are not licensed", figures.unlicensed);
    if without_rights {
        text.push_str(", and no rights are owned");
    }
    if restricted {
        text.push_str("; it is restricted software, which is to be removed and not to be bought");
    } else if !chosen.is_empty() {
        let least = if figures.unsure { "at least " } else { "" };
        _ = write!(text, "; the cheapest way is to buy {least}{}", chosen.join(" and "));
    }
    text.push('.');
    text
}

fn words(money: &Money) -> Option<String> {
    let parts: Vec<String> = money
        .iter()
        .map(|(currency, amount)| format!("{} {currency}", written(*amount, currency)).trim_end().to_owned())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}
