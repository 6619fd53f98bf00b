//! Rights given to somebody by name against what is in use (domain 5.1 and 6.6).

use std::collections::{BTreeMap, BTreeSet};

/// Allocations of a metric that needs one right for each device or user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Allocated to somebody who uses it.
    pub allocated_in_use: u64,
    /// Allocated and not used.
    pub allocated_not_in_use: u64,
    /// Used without an allocation.
    pub not_allocated_in_use: u64,
}

impl Breakdown {
    /// Rights used, as the form counts them: whatever is allocated is used up.
    #[must_use]
    pub const fn used(self) -> u64 {
        self.used_in_report().saturating_add(self.allocated_not_in_use)
    }

    /// Rights used, as the position report counts them: in use only.
    #[must_use]
    pub const fn used_in_report(self) -> u64 {
        self.allocated_in_use.saturating_add(self.not_allocated_in_use)
    }
}

/// Counts allocations, each with its quantity, against those who use the product. One right of an allocation is in use.
#[must_use]
pub fn breakdown<'a>(allocations: impl IntoIterator<Item = (&'a str, u64)>, users: &BTreeSet<&str>) -> Breakdown {
    let mut by_holder: BTreeMap<&str, u64> = BTreeMap::new();
    for (holder, quantity) in allocations {
        let sum = by_holder.entry(holder).or_default();
        *sum = sum.saturating_add(quantity);
    }
    let mut counted = Breakdown::default();
    for (holder, quantity) in &by_holder {
        let in_use = u64::from(users.contains(holder)).min(*quantity);
        counted.allocated_in_use += in_use;
        counted.allocated_not_in_use = counted.allocated_not_in_use.saturating_add(*quantity - in_use);
    }
    counted.not_allocated_in_use =
        users.iter().filter(|user| by_holder.get(*user).is_none_or(|quantity| *quantity == 0)).map(|_| 1_u64).sum();
    counted
}

/// What rights by cores are allocated to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A machine whose cores count.
    Machine,
    /// A cluster, or a machine that the metric does not count: nothing there is in use by the allocation.
    Uncounted,
}

impl Target {
    /// What an allocation to a `host`, a `vm` or a `cluster` is for a metric group; `None` for anything else. Rights are for hosts and
    /// machines, never for a cluster, and those of Oracle for hosts only (domain 6.6).
    #[must_use]
    pub fn of(group: &str, kind: &str) -> Option<Self> {
        match kind {
            "host" => Some(Self::Machine),
            "vm" => Some(if group.eq_ignore_ascii_case("Oracle") { Self::Uncounted } else { Self::Machine }),
            "cluster" => Some(Self::Uncounted),
            _ => None,
        }
    }
}

/// An allocation of rights by cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreTarget {
    /// What it is.
    pub target: Target,
    /// Rights that it needs.
    pub required: u64,
    /// Rights allocated to it.
    pub allocated: u64,
}

/// Rights by cores that are allocated and in use, and allocated and not in use. Fewer than are needed count as what is needed; more
/// are used up all the same (domain 6.6).
#[must_use]
pub fn core_allocation(targets: &[CoreTarget]) -> (u64, u64) {
    targets.iter().filter(|target| target.allocated > 0).fold((0, 0), |(in_use, not_in_use): (u64, u64), target| {
        let (used, rest) = match target.target {
            Target::Machine => (target.required, target.allocated.saturating_sub(target.required)),
            Target::Uncounted => (0, target.allocated),
        };
        (in_use.saturating_add(used), not_in_use.saturating_add(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_are_in_use_or_not() {
        let check = |allocations: &[(&str, u64)], users: &[&str], expected: (u64, u64, u64), used: u64, report: u64| {
            let found = breakdown(allocations.iter().copied(), &users.iter().copied().collect());
            assert_eq!((found.allocated_in_use, found.allocated_not_in_use, found.not_allocated_in_use), expected);
            assert_eq!((found.used(), found.used_in_report()), (used, report));
        };
        check(&[("d1", 1), ("d2", 1)], &["d2", "d3"], (1, 1, 1), 3, 2);
        check(&[("d1", 1), ("d1", 2)], &["d1"], (1, 2, 0), 3, 1);
        check(&[("d1", 0)], &["d1"], (0, 0, 1), 1, 1);
        check(&[], &[], (0, 0, 0), 0, 0);
    }

    #[test]
    fn rights_are_for_machines() {
        assert_eq!(Target::of("Microsoft", "vm"), Some(Target::Machine));
        assert_eq!(Target::of("Oracle", "vm"), Some(Target::Uncounted));
        assert_eq!(Target::of("Oracle", "host"), Some(Target::Machine));
        assert_eq!(Target::of("Microsoft", "cluster"), Some(Target::Uncounted));
        assert_eq!(Target::of("Microsoft", "rack"), None);
    }

    #[test]
    fn cores_count_as_they_are() {
        let check = |target, required, allocated, expected| {
            assert_eq!(core_allocation(&[CoreTarget { target, required, allocated }]), expected);
        };
        check(Target::Machine, 16, 1, (16, 0));
        check(Target::Machine, 4, 6, (4, 2));
        check(Target::Machine, 4, 0, (0, 0));
        check(Target::Uncounted, 16, 16, (0, 16));
    }
}
