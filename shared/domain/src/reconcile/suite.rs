//! Suite inference: whether what is installed on a device amounts to a suite (domain 6.4).

use std::collections::BTreeSet;

use crate::decimal::Decimal;

/// How much a component matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mandatory {
    /// It counts towards the number.
    Optional,
    /// No suite without it.
    Always,
    /// No suite without at least one of these.
    Group,
}

/// A component of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its product.
    pub name: String,
    /// How much it matters.
    pub mandatory: Mandatory,
}

/// How many components make the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inference {
    /// At least so many.
    Number(u64),
    /// At least this part of a hundred. The sources differ between "at least" and "more than"; at least is used.
    Percent(Decimal),
}

/// Whether the components that are installed on a device are taken for the suite. Without an inference all must be there.
#[must_use]
pub fn is_inferred(components: &[Component], inference: Option<Inference>, installed: &BTreeSet<&str>) -> bool {
    let has = |component: &&Component| installed.contains(component.name.as_str());
    let of = |kind: Mandatory| components.iter().filter(move |component| component.mandatory == kind);
    let there = i128::try_from(components.iter().filter(has).count()).unwrap_or(i128::MAX);
    let all = i128::try_from(components.len()).unwrap_or(i128::MAX);
    let enough = match inference {
        Some(Inference::Number(number)) => there >= i128::from(number),
        Some(Inference::Percent(percent)) => there * 100 * 10_000 >= i128::from(percent.ten_thousandths()) * all,
        None => there == all,
    };
    let group = of(Mandatory::Group).next().is_none() || of(Mandatory::Group).any(|component| has(&component));
    there > 0 && enough && group && of(Mandatory::Always).all(|component| has(&component))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_need_their_number_and_what_is_mandatory() {
        let component = |name: &str, mandatory| Component { name: name.to_owned(), mandatory };
        let office = [
            component("Word", Mandatory::Optional),
            component("Excel", Mandatory::Optional),
            component("PowerPoint", Mandatory::Optional),
            component("Outlook", Mandatory::Optional),
            component("Access", Mandatory::Always),
        ];
        let percent = |percent: &str| Some(Inference::Percent(percent.parse().unwrap()));
        let check = |components: &[Component], inference, installed: &[&str], expected: bool| {
            assert_eq!(is_inferred(components, inference, &installed.iter().copied().collect()), expected, "{installed:?}");
        };
        check(&office, percent("75"), &["Access", "Excel", "PowerPoint", "Word"], true);
        check(&office, percent("75"), &["Outlook", "Excel", "PowerPoint", "Word"], false);
        check(&office, percent("75"), &["Access", "Excel", "PowerPoint"], false);
        check(&office, percent("60"), &["Access", "Excel", "PowerPoint"], true);
        check(&office, Some(Inference::Number(2)), &["Access", "Excel"], true);
        check(&office, Some(Inference::Number(0)), &[], false);
        check(&office, None, &["Access", "Excel", "PowerPoint", "Word", "Outlook", "Paint"], true);
        check(&office, None, &["Access", "Excel", "PowerPoint", "Word"], false);
        let either = [component("A", Mandatory::Group), component("B", Mandatory::Group), component("C", Mandatory::Optional)];
        check(&either, Some(Inference::Number(1)), &["C"], false);
        check(&either, Some(Inference::Number(1)), &["B"], true);
        check(&[], None, &["A"], false);
    }
}
