//! Rights by cores that are given by name against what is needed there (domain 6.6).

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

    /// What is in use of an allocation where so many rights are needed, and what is not.
    pub(in crate::reconcile) const fn given(self, required: u64, allocated: u64) -> (u64, u64) {
        match self {
            Self::Machine => (required, allocated.saturating_sub(required)),
            Self::Uncounted => (0, allocated),
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
        let (used, rest) = target.target.given(target.required, target.allocated);
        (in_use.saturating_add(used), not_in_use.saturating_add(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
