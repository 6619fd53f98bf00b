//! Which metrics count the same, so that their rights may be added.
//!
//! In: the models of a product with their metric results. Out: whether rights of unlike things would be added; money is added whatever
//! the rights are for.

use std::collections::BTreeSet;

use super::result::ModelResult;

/// What a right of a metric is for, as far as rights of several metrics are alike.
fn unit(metric: &str) -> String {
    let name = metric.strip_prefix("Per ").unwrap_or(metric);
    let name = name.strip_prefix("Named ").unwrap_or(name);
    let name = name.split(" (").next().unwrap_or(name);
    // A subscription is a user's.
    name.strip_suffix(" Subscription").unwrap_or(name).to_lowercase()
}

/// Whether the rights of a product's metrics are for unlike things, such as users and cores.
pub(super) fn is_mixed(models: &[ModelResult]) -> bool {
    let metrics = models.iter().flat_map(|model| &model.metrics);
    let counted = metrics.filter(|one| one.figures.owned > 0 || one.figures.used() > 0 || one.figures.needed > 0);
    counted.map(|one| unit(&one.metric)).collect::<BTreeSet<_>>().len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_one_thing_are_alike() {
        for (one, other, expected) in [
            ("Per User", "Per Named User", true),
            ("Per User", "User Subscription", true),
            ("Per Device", "Per Named Device", true),
            ("Per Core", "Per Core (with CAL)", true),
            ("Per User", "Per Core", false),
            ("User CAL", "Device CAL", false),
            ("Per Processor", "Processor Value Unit", false),
        ] {
            assert_eq!(unit(one) == unit(other), expected, "{one} {other}");
        }
    }
}
