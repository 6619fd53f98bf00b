//! Agreement types that keep a position compliant whatever is installed (seed 004).

/// Agreements under which everything counts as licensed; what is unlicensed is still shown.
pub const ALWAYS_COMPLIANT: [&str; 8] = [
    "Enterprise Agreement",
    "Enterprise Enrollment",
    "Enterprise Subscription Agreement",
    "Enterprise Subscription Enrollment",
    "Enterprise License Agreement (ELA)",
    "Enterprise Term License Agreement (ETLA)",
    "Server and Cloud Enrollment (SCE)",
    "Unlimited License Agreement (ULA)",
];

/// Whether an agreement type is one of [`ALWAYS_COMPLIANT`], compared without case; its abbreviation in brackets may be left out.
#[must_use]
pub fn is_always_compliant(agreement: &str) -> bool {
    let agreement = agreement.trim();
    ALWAYS_COMPLIANT.iter().any(|known| {
        let short = known.split_once(" (").map_or(*known, |(name, _)| name);
        known.eq_ignore_ascii_case(agreement) || short.eq_ignore_ascii_case(agreement)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_agreements_are_always_compliant() {
        let check = |agreement: &str, expected: bool| assert_eq!(is_always_compliant(agreement), expected, "{agreement}");
        check("Enterprise License Agreement (ELA)", true);
        check("enterprise license agreement", true);
        check(" Unlimited License Agreement (ULA) ", true);
        check("Generic", false);
        check("ELA", false);
        check("", false);
    }
}
