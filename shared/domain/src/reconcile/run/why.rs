//! Sentences that explain numbers.

use std::fmt::Write;

use super::money::Price;
use super::result::{Figures, Money};

/// Why a metric's numbers are what they are.
pub(super) fn metric(
    sentences: &[&str],
    figures: &Figures,
    unlimited: bool,
    price: Option<&<Price as IntoIterator>::Item>,
) -> String {
    let mut text = sentences.join("; ");
    if text.is_empty() {
        text.push_str("Nothing is counted");
    }
    let text_so_far = text.trim_end_matches('.').to_owned();
    let mut text = text_so_far;
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
    if figures.nontransferable > 0 {
        _ = write!(text, "; {} of the used ones are too few for what is left, and license nothing", figures.nontransferable);
    }
    if figures.allocations_needed > 0 {
        _ = write!(text, "; {} more need an allocation", figures.allocations_needed);
    }
    if figures.needed > 0 {
        _ = write!(text, "; {} more are needed", figures.needed);
        let each = price.and_then(|(currency, average)| Some((currency, average.price().ok()?)));
        match (each, words(&figures.true_up)) {
            (_, None) => text.push_str(", and no price is known"),
            (Some((currency, each)), Some(cost)) => {
                _ = write!(text, ", for {cost} (the average price of a right is {each} {currency}");
                text = text.trim_end().to_owned();
                text.push(')');
            }
            (None, Some(cost)) => _ = write!(text, ", for {cost}"),
        }
    }
    text.push('.');
    text
}

/// Why a model needs what it does.
pub(super) fn model(figures: &Figures, chosen: &[String], without_rights: bool) -> String {
    if figures.needed == 0 && figures.unlicensed == 0 {
        return "Everything that is in use is licensed.".to_owned();
    }
    let mut text = format!("{} are not licensed", figures.unlicensed);
    if without_rights {
        text.push_str(", and no rights are owned");
    }
    if !chosen.is_empty() {
        _ = write!(text, "; the cheapest way is to buy {}", chosen.join(" and "));
    }
    text.push('.');
    text
}

fn words(money: &Money) -> Option<String> {
    let parts: Vec<String> =
        money.iter().map(|(currency, amount)| format!("{amount} {currency}").trim_end().to_owned()).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}
