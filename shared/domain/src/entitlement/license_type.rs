//! License types: whether rights come with one, and whether maintenance does (seed 004, domain 6.2 and 6.6).

/// What kind of rights were bought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LicenseType {
    /// Rights without an end.
    #[default]
    Perpetual,
    /// Rights without an end, with Software Assurance until a date.
    PerpetualSoftwareAssurance,
    /// Rights without an end, with maintenance until a date.
    PerpetualMaintenance,
    /// Software Assurance for rights of another entitlement.
    SoftwareAssurance,
    /// Maintenance for rights of another entitlement.
    Maintenance,
    /// Rights until a date.
    Subscription,
    /// Rights of a higher edition for rights of another entitlement.
    StepUp,
    /// The same, until a date.
    SubscriptionStepUp,
    /// Rights of a newer version for rights of another entitlement.
    Upgrade,
    /// Rights beside those of another entitlement.
    AddOn,
    /// Rights until a date, for who has or had Software Assurance of perpetual ones.
    FromSa,
}

impl LicenseType {
    /// Every type.
    pub const ALL: [Self; 11] = [
        Self::Perpetual,
        Self::PerpetualSoftwareAssurance,
        Self::PerpetualMaintenance,
        Self::SoftwareAssurance,
        Self::Maintenance,
        Self::Subscription,
        Self::StepUp,
        Self::SubscriptionStepUp,
        Self::Upgrade,
        Self::AddOn,
        Self::FromSa,
    ];

    /// The name that people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Perpetual => "Perpetual",
            Self::PerpetualSoftwareAssurance => "Perpetual + Software Assurance",
            Self::PerpetualMaintenance => "Perpetual + Maintenance",
            Self::SoftwareAssurance => "Software Assurance",
            Self::Maintenance => "Maintenance",
            Self::Subscription => "Subscription",
            Self::StepUp => "Step-up",
            Self::SubscriptionStepUp => "Subscription Step-up",
            Self::Upgrade => "Upgrade",
            Self::AddOn => "Add-on",
            Self::FromSa => "From SA",
        }
    }

    /// The type of a name, compared without case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Whether it gives rights of its own. Maintenance alone does not: it belongs to a base entitlement (domain 6.2).
    #[must_use]
    pub const fn gives_rights(self) -> bool {
        !matches!(self, Self::SoftwareAssurance | Self::Maintenance)
    }

    /// Whether its rights have active maintenance while it runs (domain 6.6).
    #[must_use]
    pub const fn maintains(self) -> bool {
        matches!(
            self,
            Self::PerpetualSoftwareAssurance
                | Self::PerpetualMaintenance
                | Self::SoftwareAssurance
                | Self::Maintenance
                | Self::Subscription
                | Self::SubscriptionStepUp
                | Self::FromSa
        )
    }

    /// Whether it has a start and an end (seed 004).
    #[must_use]
    pub const fn has_dates(self) -> bool {
        !matches!(self, Self::Perpetual | Self::Upgrade | Self::AddOn)
    }

    /// Whether it is paid by periods (seed 004).
    #[must_use]
    pub const fn has_periods(self) -> bool {
        matches!(self, Self::Subscription | Self::SubscriptionStepUp | Self::FromSa)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_known_by_its_name() {
        for known in LicenseType::ALL {
            assert_eq!(LicenseType::from_name(&known.name().to_uppercase()), Some(known));
        }
        assert_eq!(LicenseType::from_name("Freeware"), None);
    }

    #[test]
    fn what_a_type_brings() {
        let check = |kind: LicenseType, rights: bool, maintains: bool, dates: bool, periods: bool| {
            let found = (kind.gives_rights(), kind.maintains(), kind.has_dates(), kind.has_periods());
            assert_eq!(found, (rights, maintains, dates, periods), "{}", kind.name());
        };
        check(LicenseType::Perpetual, true, false, false, false);
        check(LicenseType::PerpetualSoftwareAssurance, true, true, true, false);
        check(LicenseType::PerpetualMaintenance, true, true, true, false);
        check(LicenseType::SoftwareAssurance, false, true, true, false);
        check(LicenseType::Maintenance, false, true, true, false);
        check(LicenseType::Subscription, true, true, true, true);
        check(LicenseType::StepUp, true, false, true, false);
        check(LicenseType::SubscriptionStepUp, true, true, true, true);
        check(LicenseType::Upgrade, true, false, false, false);
        check(LicenseType::AddOn, true, false, false, false);
        check(LicenseType::FromSa, true, true, true, true);
    }
}
