//! Oracle's tables: core factors, minimums of Named User Plus, size limits, prices of Java; and which program is licensed how.

use serde::{Deserialize, Serialize};

use super::edition::{among, is_same};
use super::error::MetricError;
use super::factor::{Factor, Figures, ProcessorRow, Table, Tier};
use super::inputs::Inputs;
use crate::decimal::Decimal;

/// What Oracle's metrics are computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Factors {
    /// Licences of a core.
    pub core: Table<ProcessorRow<Factor>>,
    /// Minimums of Named User Plus.
    pub named_user: Figures<NamedUserMinimums>,
    /// How large servers and machines may be.
    pub sizes: Figures<SizeLimits>,
    /// The price of an employee a month, by the number of all employees.
    pub employee: Table<Tier<Decimal>>,
    /// How uncapped partitions count.
    pub uncapped: Figures<Uncapped>,
}

/// Minimums of Named User Plus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedUserMinimums {
    /// Database Enterprise: for each processor, and each virtual processor in a cloud.
    pub enterprise: u64,
    /// Database Standard and Standard One: in all; nothing in a cloud.
    pub standard: u64,
    /// Database Standard 2: for each server, and eight virtual processors in a cloud.
    pub standard_2: u64,
    /// WebLogic: for each occupied socket (Standard) or processor.
    pub web_logic: u64,
}

/// How large a server may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeLimits {
    /// Database Standard: sockets of a server, occupied or not.
    pub standard_sockets: u32,
    /// Database Standard One and Standard 2: the same.
    pub small_sockets: u32,
    /// Database Standard: virtual processors of a machine in a cloud.
    pub standard_vcpus: u64,
    /// Database Standard One and Standard 2: the same.
    pub small_vcpus: u64,
}

/// How uncapped partitions count. The published sentence adds virtual processors and entitled capacity (domain 8, 31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncapped {
    /// Virtual processors and entitled capacity together where that is below the pool, else the pool.
    Literal,
    /// Virtual processors, at most the pool.
    VirtualProcessors,
}

impl Default for Factors {
    fn default() -> Self {
        let core = |words: &[&str], thousandths| ProcessorRow {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            max_sockets: None,
            each: Factor::thousandths(thousandths),
        };
        let cores = vec![
            // Named by Intel, too.
            core(&["itanium"], 1000),
            core(&["intel"], 500),
            core(&["xeon"], 500),
            core(&["amd"], 500),
            core(&["epyc"], 500),
            core(&["opteron"], 500),
            core(&["power*"], 1000),
            core(&["sparc64", "x"], 500),
            core(&["*sparc", "t4"], 500),
            core(&["*sparc", "t5"], 500),
            core(&["*sparc", "m5"], 500),
            core(&["*sparc", "m6"], 500),
            core(&["*sparc", "m7"], 500),
            core(&["*sparc", "m8"], 500),
            core(&["*sparc", "s7"], 500),
            core(&["*sparc", "t3"], 250),
            core(&["*sparc", "t1"], 250),
            core(&["*sparc*"], 750),
            core(&["ampere"], 250),
            core(&[], 1000),
        ];
        let tier = |(up_to, ten_thousandths)| Tier { up_to: Some(up_to), each: Decimal::from_ten_thousandths(ten_thousandths) };
        let prices = [
            (999, 150_000),
            (2999, 120_000),
            (9999, 105_000),
            (19_999, 82_500),
            (29_999, 62_500),
            (39_999, 57_000),
            (49_999, 52_500),
        ];
        let pack = "Oracle publisher pack";
        let uncapped =
            Figures { value: Uncapped::Literal, source: format!("{pack}: hard partitioned environments"), check: true };
        Self {
            core: Table::secondary(cores, "secondary pages; they disagree on SPARC T"),
            named_user: Figures::published(
                NamedUserMinimums { enterprise: 25, standard: 5, standard_2: 10, web_logic: 10 },
                pack,
            ),
            sizes: Figures::published(
                SizeLimits { standard_sockets: 4, small_sockets: 2, standard_vcpus: 16, small_vcpus: 8 },
                pack,
            ),
            employee: Table::published(prices.map(tier).into(), "Oracle price tiers"),
            uncapped,
        }
    }
}

/// Whose editions these are.
const PUBLISHER: &str = "Oracle";

/// An edition of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edition {
    Enterprise,
    Standard,
    StandardOne,
    Standard2,
    /// For one user on one machine.
    Personal,
}

/// The database's editions by the names that Oracle abbreviates them with.
const EDITIONS: [(&[&str], Edition); 5] = [
    (&["EE"], Edition::Enterprise),
    (&["SE2"], Edition::Standard2),
    (&["SE1"], Edition::StandardOne),
    (&["SE"], Edition::Standard),
    (&["PE"], Edition::Personal),
];

/// A program, as far as its licensing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Database(Edition),
    WebLogicStandard,
    /// WebLogic Enterprise and Suite.
    WebLogicEnterprise,
}

impl Edition {
    pub(super) fn read(name: Option<&str>) -> Result<Self, MetricError> {
        let Some(name) = name else { return Ok(Self::Enterprise) };
        let known = || {
            let all = EDITIONS.map(|(names, edition)| (names.first().copied().unwrap_or_default(), edition.name()));
            all.map(|(short, long)| format!("{long} ({short})")).join(", ")
        };
        among(PUBLISHER, name, &EDITIONS).ok_or_else(|| MetricError::unknown("edition", name, &[&known()]))
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Enterprise => "Enterprise Edition",
            Self::Standard => "Standard Edition",
            Self::StandardOne => "Standard Edition One",
            Self::Standard2 => "Standard Edition 2",
            Self::Personal => "Personal Edition",
        }
    }

    /// The most sockets of a server and virtual processors of a machine in a cloud.
    pub(super) const fn limits(self, sizes: SizeLimits) -> Option<(u32, u64)> {
        match self {
            Self::Enterprise | Self::Personal => None,
            Self::Standard => Some((sizes.standard_sockets, sizes.standard_vcpus)),
            Self::StandardOne | Self::Standard2 => Some((sizes.small_sockets, sizes.small_vcpus)),
        }
    }
}

/// Products by what the metrics call them.
#[derive(Debug, Clone, Copy)]
enum Family {
    Database,
    /// Whatever its edition says.
    WebLogic,
    WebLogicStandard,
    WebLogicEnterprise,
}

const PRODUCTS: [(&[&str], Family); 4] = [
    (&["Database"], Family::Database),
    (&["WebLogic", "WebLogic Server"], Family::WebLogic),
    (&["WebLogic Standard"], Family::WebLogicStandard),
    (&["WebLogic Enterprise", "WebLogic Suite"], Family::WebLogicEnterprise),
];

impl Program {
    pub(super) fn read(inputs: &Inputs<'_>) -> Result<Self, MetricError> {
        let product = inputs.terms.product.unwrap_or("Database");
        let edition = inputs.terms.edition;
        let is = |edition: Option<&str>, name: &str| edition.is_some_and(|edition| is_same(PUBLISHER, edition, name));
        match among(PUBLISHER, product, &PRODUCTS) {
            Some(Family::Database) => Edition::read(edition).map(Self::Database),
            Some(Family::WebLogic) if is(edition, "Standard") => Ok(Self::WebLogicStandard),
            Some(Family::WebLogic | Family::WebLogicEnterprise) => Ok(Self::WebLogicEnterprise),
            Some(Family::WebLogicStandard) => Ok(Self::WebLogicStandard),
            None => {
                let known = ["Database", "WebLogic Standard", "WebLogic Enterprise", "WebLogic Suite"];
                Err(MetricError::unknown("product", product, &known))
            }
        }
    }

    /// Whether cores count; else occupied sockets do.
    pub(super) const fn by_core(self) -> bool {
        matches!(self, Self::Database(Edition::Enterprise) | Self::WebLogicEnterprise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_factors_follow_the_processor() {
        let table = Factors::default().core;
        let check = |name: &str, expected: u64| {
            assert_eq!(table.of_processor(name, Some(2)), Some(Factor::thousandths(expected)), "{name}");
        };
        check("Intel(R) Xeon(R) Gold 6230", 500);
        check("AMD EPYC 7763", 500);
        check("IBM POWER9", 1000);
        check("Intel(R) Itanium(R) Processor 9560", 1000);
        check("AMD Opteron(tm) Processor 6174", 500);
        check("SPARC T4", 500);
        check("SPARC-T5", 500);
        check("SPARC-M5", 500);
        check("SPARC-M6", 500);
        check("SPARC M7", 500);
        check("SPARC-M8", 500);
        check("SPARC-S7", 500);
        check("SPARC-T3", 250);
        check("UltraSPARC T1", 250);
        check("UltraSPARC-T1", 250);
        check("UltraSPARC-T2+", 750);
        check("UltraSPARC IV+", 750);
        check("SUNW,UltraSPARC-IIIi", 750);
        check("SPARC64 X", 500);
        check("SPARC64-X+", 500);
        check("SPARC64-VII", 750);
        check("SPARC64 IXfx", 750);
        check("Fujitsu SPARC64 V, PRIMEPOWER 650", 750);
        check("Memory-optimised UltraSPARC III", 750);
        check("SPARC M71", 750);
        check("microSPARC II", 750);
        check("Xeon T1", 500);
        check("Ampere(R) Altra(R) Processor", 250);
        check("Something new", 1000);
    }
}
