//! The compact records of these cases, and the records of the rules that they stand for.

use muster_domain::asset::InstallStatus;
use muster_domain::decimal::Decimal;
use muster_domain::entitlement::LicenseType;
use muster_domain::reconcile::run::ConsumptionRule;
use muster_domain::reconcile::{Entitled, Organisation, Owned, Unit};
use serde::{Deserialize, Deserializer};

use crate::calc::cases::{CaseError, whole, whole_or_null};
use crate::calc::exact::Exact;

/// Money: a number or its text, exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Money(pub(super) Decimal);

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Exact::deserialize(deserializer).map(|Exact(decimal)| Self(decimal))
    }
}

/// Fields of the organisation, where a record has them.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Place {
    company: Option<String>,
    department: Option<String>,
    cost_center: Option<String>,
    country: Option<String>,
    region: Option<String>,
}

impl Place {
    pub(super) fn organisation(&self) -> Organisation {
        Organisation::default()
            .with(Unit::Company, self.company.clone())
            .with(Unit::CostCenter, self.cost_center.clone())
            .with(Unit::Country, self.country.clone())
            .with(Unit::Department, self.department.clone())
            .with(Unit::Region, self.region.clone())
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Entitlement {
    #[serde(default)]
    pub(super) id: String,
    #[serde(default, deserialize_with = "whole")]
    pub(super) rights: u64,
    #[serde(default)]
    pub(super) unlimited: bool,
    #[serde(flatten)]
    pub(super) owner: Place,
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) license_type: Option<String>,
    #[serde(default)]
    pub(super) agreement_type: Option<String>,
    #[serde(default)]
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) base: Option<String>,
    #[serde(default)]
    pub(super) unit_cost: Option<Money>,
    #[serde(default)]
    pub(super) rules: Vec<OneRule>,
    #[serde(default)]
    pub(super) unrestricted: bool,
    #[serde(default)]
    pub(super) downgrades: Vec<Downgrade>,
    #[serde(default)]
    pub(super) upgrades: Vec<Upgrade>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OneRule {
    #[serde(flatten)]
    place: Place,
    #[serde(default, deserialize_with = "whole_or_null")]
    pool: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Downgrade {
    pub(super) version: String,
    #[serde(default = "first")]
    pub(super) order: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Upgrade {
    from: String,
    #[serde(deserialize_with = "whole")]
    rights: u64,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Install {
    #[serde(default)]
    pub(super) device: Option<String>,
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(flatten)]
    pub(super) place: Place,
    #[serde(default = "one", deserialize_with = "whole")]
    pub(super) install_count: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Allocation {
    #[serde(default)]
    device: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    target: Option<String>,
    #[serde(default = "one", deserialize_with = "whole")]
    pub(super) quantity: u64,
}

const fn first() -> u32 {
    1
}

pub(super) const fn one() -> u64 {
    1
}

impl Allocation {
    /// Whom or what it is for.
    pub(super) fn holder(&self) -> Option<&str> {
        self.device.as_deref().or(self.user.as_deref()).or(self.target.as_deref())
    }
}

impl OneRule {
    pub(super) fn rule(&self) -> Result<ConsumptionRule, CaseError> {
        let organisation = self.place.organisation();
        let mut units = organisation.units();
        match (units.next(), units.next()) {
            (Some(unit), None) => {
                let value = organisation.get(unit).unwrap_or_default().to_owned();
                let (pool, and) = (self.pool, Vec::new());
                Ok(ConsumptionRule { unit, value, include_children: false, pool, active: true, and })
            }
            _ => Err(CaseError::Inputs("a rule names one of company, department, cost_center, country and region".to_owned())),
        }
    }
}

pub(super) fn license_type(name: Option<&str>) -> Result<LicenseType, CaseError> {
    let Some(name) = name else { return Ok(LicenseType::default()) };
    LicenseType::from_name(name).ok_or_else(|| CaseError::Inputs(format!("there is no license type {name:?}")))
}

pub(super) fn state(label: Option<&str>) -> Result<InstallStatus, CaseError> {
    let Some(label) = label else { return Ok(InstallStatus::InUse) };
    InstallStatus::from_label(label).ok_or_else(|| CaseError::Inputs(format!("there is no state {label:?}")))
}

/// Entitlements as they count for upgrades and maintenance; links between them lead by id.
pub(super) fn owned(entitlements: &[Entitlement]) -> Result<Vec<Owned>, CaseError> {
    let place = |id: &str| {
        let found = entitlements.iter().position(|entitlement| entitlement.id == id);
        found.ok_or_else(|| CaseError::Inputs(format!("there is no entitlement {id:?}")))
    };
    let one = |entitlement: &Entitlement| {
        Ok(Owned {
            license_type: license_type(entitlement.license_type.as_deref())?,
            state: state(entitlement.state.as_deref())?,
            maintains: entitlement.base.as_deref().map(|base| Ok((place(base)?, u64::MAX))).transpose()?.into_iter().collect(),
            upgrades: entitlement
                .upgrades
                .iter()
                .map(|upgrade| Ok((place(&upgrade.from)?, upgrade.rights)))
                .collect::<Result<_, CaseError>>()?,
            rights: Entitled { rights: entitlement.rights, unlimited: entitlement.unlimited, ..Entitled::default() },
        })
    };
    entitlements.iter().map(one).collect()
}
