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

/// Every agreement type that an entitlement can have: Generic, those of the publishers that people buy under, and the eight above.
pub const AGREEMENT_TYPES: [&str; 20] = [
    "Generic",
    "Academic",
    "Cloud Solution Provider (CSP)",
    "Enterprise Agreement",
    "Enterprise Enrollment",
    "Enterprise License Agreement (ELA)",
    "Enterprise Subscription Agreement",
    "Enterprise Subscription Enrollment",
    "Enterprise Term License Agreement (ETLA)",
    "Microsoft Products and Services Agreement (MPSA)",
    "OEM",
    "Open License",
    "Open Value",
    "Retail",
    "Select Plus",
    "Server and Cloud Enrollment (SCE)",
    "Service Provider License Agreement (SPLA)",
    "Subscription Agreement",
    "Unlimited License Agreement (ULA)",
    "Volume License",
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
        assert!(ALWAYS_COMPLIANT.iter().all(|known| AGREEMENT_TYPES.contains(known)));
        assert_eq!(AGREEMENT_TYPES.iter().filter(|kind| is_always_compliant(kind)).count(), ALWAYS_COMPLIANT.len());
        let check = |agreement: &str, expected: bool| assert_eq!(is_always_compliant(agreement), expected, "{agreement}");
        check("Enterprise License Agreement (ELA)", true);
        check("enterprise license agreement", true);
        check(" Unlimited License Agreement (ULA) ", true);
        check("Generic", false);
        check("ELA", false);
        check("", false);
    }
}
