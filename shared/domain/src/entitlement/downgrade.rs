//! Which rights may be used for another version (domain 6.6).

/// Whether downgrade rights are available for a metric; names are compared without case.
#[must_use]
pub fn may_be_downgraded(group: &str, metric: &str) -> bool {
    let is = |text: &str, known: &str| text.trim().eq_ignore_ascii_case(known);
    let any = |names: &[&str]| names.iter().any(|known| is(metric, known));
    let never = match group.trim() {
        group if is(group, "SAP") => any(&["Engine Measurement", "Named User"]),
        group if is(group, "Consumption") => any(&["SaaS Consumption"]),
        group if is(group, "Concurrent Licenses") => any(&["Floating", "Token", "Network"]),
        _ => false,
    };
    !never && !is(metric, "User Subscription")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_by_use_has_no_downgrade_rights() {
        let check = |group: &str, metric: &str, expected: bool| {
            assert_eq!(may_be_downgraded(group, metric), expected, "{group} {metric}");
        };
        check("Common", "Per Device", true);
        check("Microsoft", "Per Core", true);
        check("SAP", "Named User", false);
        check("sap", " engine measurement ", false);
        check("Consumption", "SaaS Consumption", false);
        for metric in ["Floating", "Token", "Network"] {
            check("Concurrent Licenses", metric, false);
        }
        for group in ["Adobe", "Microsoft", "Subscription"] {
            check(group, "User Subscription", false);
        }
        check("IBM", "Token", true);
    }
}
