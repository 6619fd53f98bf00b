//! Products that license the same machines, one by what runs on a server and the other by the server itself: which of the two costs
//! less in a place (domain 5.8, 5.10 and 6.7).
//!
//! In: the rights that a place needs of either. Out: which to use first there. Prices are those that publishers ask for one right in
//! parts of the other, as editable figures, so that what was bought cheaply once changes no choice.

use super::amount::Amount;
use super::factor::{Factor, Factors};

/// Two products of one metric.
#[derive(Debug)]
pub struct EditionChoice {
    /// The metric group.
    pub group: &'static str,
    /// The metric.
    pub metric: &'static str,
    /// What is counted by the machines on a server.
    pub by_machine: &'static str,
    /// What licenses a whole server, or every server of a cluster.
    pub by_server: &'static str,
    costs: fn(&Factors) -> Costs,
}

/// What rights cost, in parts of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Costs {
    by_machine: Factor,
    by_server: Factor,
    /// What Software Assurance makes of either.
    assurance: Factor,
}

/// Every such pair.
pub const EDITION_CHOICES: [EditionChoice; 3] = [
    EditionChoice {
        group: "Microsoft",
        metric: "Per Core (with CAL)",
        by_machine: "Standard",
        by_server: "Datacenter",
        costs: |factors| Costs::of(Factor::ONE_RIGHT, factors.microsoft.datacenter_cost.value, Factor::ONE_RIGHT),
    },
    EditionChoice {
        group: "Microsoft",
        metric: "Per Core",
        by_machine: "Standard",
        by_server: "Enterprise",
        costs: |factors| {
            let microsoft = &factors.microsoft;
            Costs::of(microsoft.sql_standard_cost.value, Factor::ONE_RIGHT, microsoft.sql_assurance_cost.value)
        },
    },
    EditionChoice {
        group: "Red Hat",
        metric: "Per Socket-pair",
        by_machine: "RHEL Server",
        by_server: "RHEL for Virtual Datacenters",
        costs: |factors| Costs::of(Factor::ONE_RIGHT, factors.red_hat.density_threshold.value, Factor::ONE_RIGHT),
    },
];

impl Costs {
    const fn of(by_machine: Factor, by_server: Factor, assurance: Factor) -> Self {
        Self { by_machine, by_server, assurance }
    }
}

impl EditionChoice {
    /// The choice that a metric leaves, if it leaves one.
    #[must_use]
    pub fn of(group: &str, metric: &str) -> Option<&'static Self> {
        EDITION_CHOICES.iter().find(|choice| choice.group == group && choice.metric == metric)
    }

    /// Whether it is the same choice.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.group, self.metric) == (other.group, other.metric)
    }

    /// What so many rights cost, compared with those of the other product; none where that is too large.
    #[must_use]
    pub fn cost(&self, by_server: bool, assured: bool, rights: u64, factors: &Factors) -> Option<Amount> {
        let costs = (self.costs)(factors);
        let each = if by_server { costs.by_server } else { costs.by_machine };
        let cost = Amount::whole(rights).times(each.amount())?;
        if assured { cost.times(costs.assurance.amount()) } else { Some(cost) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::red_hat::density;

    #[test]
    fn rights_cost_what_the_publishers_ask() {
        // Whether a server's own licence is the cheaper one, or as cheap.
        let check = |metric: &str, (rights, assured): (u64, bool), (of_server, server_assured): (u64, bool), expected: bool| {
            let choice = EDITION_CHOICES.iter().find(|choice| choice.metric == metric).unwrap();
            let cost = |by_server, assured, rights| choice.cost(by_server, assured, rights, &Factors::default()).unwrap();
            let found = cost(true, server_assured, of_server) <= cost(false, assured, rights);
            assert_eq!(found, expected, "{metric}: {rights} against {of_server}");
        };
        // Windows Server: 16 cores, and the machines by two.
        check("Per Core (with CAL)", (16 * 4, false), (16, false), false);
        check("Per Core (with CAL)", (16 * 5, false), (16, false), true);
        check("Per Core (with CAL)", (16, false), (0, false), true);
        // SQL Server: four machines of Standard for one of Enterprise, fewer where only they have Software Assurance.
        check("Per Core", (124, true), (32, true), false);
        check("Per Core", (128, true), (32, true), true);
        check("Per Core", (103, true), (32, false), true);
        check("Per Core", (102, true), (32, false), false);
        // Red Hat's density says the same as the question about it alone.
        let threshold = Factors::default().red_hat.density_threshold.value;
        for (server, datacenter) in [(47, 15), (48, 15), (49, 15), (1, 0), (20, 15)] {
            check("Per Socket-pair", (server, false), (datacenter, false), density(server, datacenter, threshold).high);
        }
    }
}
