//! The compact records of these cases, and the records of the rules that they stand for.

use muster_domain::asset::InstallStatus;
use muster_domain::decimal::Decimal;
use muster_domain::entitlement::{LicenseType, is_always_compliant};
use muster_domain::reconcile::{Demand, Entitled, Organisation, Owned, Rule, Unit};
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

#[derive(Debug, Deserialize)]
pub(super) struct Entitlement {
    #[serde(default)]
    pub(super) id: String,
    #[serde(default, deserialize_with = "whole")]
    pub(super) rights: u64,
    #[serde(default)]
    unlimited: bool,
    #[serde(flatten)]
    owner: Place,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    license_type: Option<String>,
    #[serde(default)]
    agreement_type: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    base: Option<String>,
    #[serde(default)]
    pub(super) unit_cost: Option<Money>,
    #[serde(default)]
    rules: Vec<OneRule>,
    #[serde(default)]
    unrestricted: bool,
    #[serde(default)]
    downgrades: Vec<Downgrade>,
    #[serde(default)]
    upgrades: Vec<Upgrade>,
}

#[derive(Debug, Deserialize)]
struct OneRule {
    #[serde(flatten)]
    place: Place,
    #[serde(default, deserialize_with = "whole_or_null")]
    pool: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Downgrade {
    version: String,
    #[serde(default = "first")]
    order: u32,
}

#[derive(Debug, Deserialize)]
struct Upgrade {
    from: String,
    #[serde(deserialize_with = "whole")]
    rights: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Install {
    #[serde(default)]
    pub(super) device: Option<String>,
    #[serde(default)]
    version: Option<String>,
    #[serde(flatten)]
    place: Place,
    #[serde(default = "one", deserialize_with = "whole")]
    install_count: u64,
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

impl Install {
    pub(super) fn demand(&self) -> Demand {
        Demand {
            device: self.device.clone(),
            count: self.install_count,
            organisation: self.place.organisation(),
            version: self.version.clone(),
        }
    }
}

impl OneRule {
    fn rule(&self) -> Result<Rule, CaseError> {
        let organisation = self.place.organisation();
        let mut units = organisation.units();
        match (units.next(), units.next()) {
            (Some(unit), None) => {
                let value = organisation.get(unit).unwrap_or_default().to_owned();
                Ok(Rule { unit, value, below: Vec::new(), pool: self.pool, and: Vec::new() })
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

/// The records of the rules; links between them lead by id.
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
            rights: Entitled {
                rights: entitlement.rights,
                unlimited: entitlement.unlimited,
                maintenance: false,
                owner: entitlement.owner.organisation(),
                version: entitlement.version.clone(),
                rules: entitlement.rules.iter().map(OneRule::rule).collect::<Result<_, _>>()?,
                unrestricted: entitlement.unrestricted,
                downgrades: entitlement.downgrades.iter().map(|right| (right.order, right.version.clone())).collect(),
                unit_cost: entitlement.unit_cost.map(|Money(cost)| cost),
                always_compliant: entitlement.agreement_type.as_deref().is_some_and(is_always_compliant),
            },
        })
    };
    entitlements.iter().map(one).collect()
}
