//! Laws of coverage, beside the worked cases: whatever the order, as many devices as possible are licensed.

use proptest::prelude::*;

use super::*;
use crate::reconcile::{Organisation, Unit};

fn of(company: Option<u8>, department: Option<u8>) -> Organisation {
    let name = |number: u8| format!("o{number}");
    Organisation::default().with(Unit::Company, company.map(name)).with(Unit::Department, department.map(name))
}

fn version() -> impl Strategy<Value = Option<String>> {
    proptest::option::of((0_u8..3).prop_map(|number| format!("v{number}")))
}

prop_compose! {
    fn entitled()(
        rights in 0_u64..6, unlimited in prop_oneof![9 => Just(false), 1 => Just(true)], maintenance: bool, owner in proptest::option::of(0_u8..3),
        version in version(), rules in prop::collection::vec((any::<bool>(), 0_u8..3, proptest::option::of(0_u64..4)), 0..3),
        unrestricted: bool, downgrades in prop::collection::vec((0_u32..3, 0_u8..3), 0..3),
    ) -> Entitled {
        let rule = |(company, value, pool): (bool, u8, Option<u64>)| Rule {
            unit: if company { Unit::Company } else { Unit::Department },
            value: format!("o{value}"),
            below: Vec::new(),
            pool,
            and: Vec::new(),
        };
        Entitled {
            rights, unlimited, maintenance, owner: of(owner, None), version,
            rules: rules.into_iter().map(rule).collect(), unrestricted,
            downgrades: downgrades.into_iter().map(|(order, version)| (order, format!("v{version}"))).collect(),
            unit_cost: None, always_compliant: false,
        }
    }
}

prop_compose! {
    fn demand()(company in proptest::option::of(0_u8..3), department in proptest::option::of(0_u8..3), version in version(),
                device in proptest::option::of(0_u8..12), count in 0_u64..4) -> Demand {
        Demand { device: device.map(|number| format!("d{number}")), count, organisation: of(company, department), version }
    }
}

#[test]
fn a_credit_is_no_price_of_what_is_missing() {
    let one = |cost: &str| Entitled { rights: 1, unit_cost: cost.parse().ok(), ..Entitled::default() };
    let installs = [Demand { count: 3, ..Demand::default() }];
    for (costs, expected) in [(["10", "20"], Some("15")), (["10", "-20"], Some("10")), (["-1", "-20"], None)] {
        let found = cover(&costs.map(one), &installs, &[], None).true_up().unwrap();
        assert_eq!(found, expected.map(|cost| cost.parse().unwrap()), "{costs:?}");
    }
}

/// As many devices as any way of giving rights can license: tried device by device, by the plainest search.
fn most(entitled: &[Entitled], demands: &[Demand]) -> u64 {
    let demands = input::devices(demands);
    let buckets = buckets::buckets(entitled);
    let (classes, of) = buckets::classes(demands.iter().map(|one| (&one.organisation, &one.version)), entitled, &buckets);
    let single: Vec<usize> = demands.iter().zip(of).flat_map(|(demand, class)| (0..demand.count).map(move |_| class)).collect();
    let seats: Vec<usize> = buckets
        .iter()
        .enumerate()
        .flat_map(|(place, bucket)| (0..bucket.rights.unwrap_or(u64::MAX).min(single.len() as u64)).map(move |_| place))
        .collect();
    let mut taken: Vec<Option<usize>> = vec![None; seats.len()];
    fn find(
        one: usize,
        single: &[usize],
        classes: &[buckets::Class],
        seats: &[usize],
        taken: &mut [Option<usize>],
        seen: &mut [bool],
    ) -> bool {
        for seat in 0..seats.len() {
            if seen[seat] || !classes[single[one]].ways.iter().any(|way| way.bucket == seats[seat]) {
                continue;
            }
            seen[seat] = true;
            if taken[seat].is_none_or(|other| find(other, single, classes, seats, taken, seen)) {
                taken[seat] = Some(one);
                return true;
            }
        }
        false
    }
    (0..single.len()).filter(|one| find(*one, &single, &classes, &seats, &mut taken, &mut vec![false; seats.len()])).count()
        as u64
}

proptest! {
    #[test]
    fn as_many_as_possible_are_licensed(entitled in prop::collection::vec(entitled(), 0..5), demands in prop::collection::vec(demand(), 0..9)) {
        let found = cover(&entitled, &demands, &[], None);
        prop_assert_eq!(found.licensed, most(&entitled, &demands));
        let all: u64 = input::devices(&demands).iter().map(|demand| demand.count).sum();
        prop_assert_eq!(found.licensed + found.unlicensed, all);
        prop_assert_eq!(found.rights_used, found.licensed);
        for (one, used) in entitled.iter().zip(&found.used) {
            prop_assert!(one.unlimited || *used <= one.rights);
        }
        let served: u64 = found.served.iter().map(|served| served.devices).sum();
        prop_assert_eq!(served, found.licensed, "every total opens to its rows");
    }

    #[test]
    fn order_and_duplicates_do_not_matter(
        entitled in prop::collection::vec(entitled(), 0..5),
        (demands, other) in prop::collection::vec(demand(), 0..9).prop_flat_map(|demands| (Just(demands.clone()), Just(demands).prop_shuffle())),
    ) {
        let twice: Vec<Demand> = other.iter().cloned().chain(other.iter().filter(|demand| demand.device.is_some()).cloned()).collect();
        // The first place of a device says where it belongs: that must be the same.
        let mut homes = std::collections::BTreeMap::new();
        for demand in &demands {
            if let Some(device) = &demand.device {
                let home = homes.entry(device.clone()).or_insert_with(|| demand.organisation.clone());
                prop_assume!(*home == demand.organisation);
            }
        }
        prop_assert_eq!(cover(&entitled, &demands, &[], None).licensed, cover(&entitled, &twice, &[], None).licensed);
    }

    #[test]
    fn more_rights_never_need_more_and_fewer_devices_never_use_more(
        entitled in prop::collection::vec(entitled(), 1..5), demands in prop::collection::vec(demand(), 1..9), place: prop::sample::Index, more in 1_u64..5,
    ) {
        let before = cover(&entitled, &demands, &[], None);
        let mut richer = entitled.clone();
        place.get_mut(&mut richer).rights += more;
        prop_assert!(cover(&richer, &demands, &[], None).unlicensed <= before.unlicensed);
        // A device goes with everything that is installed on it.
        let gone = place.get(&demands).clone();
        let mut fewer = demands;
        match gone.device {
            Some(_) => fewer.retain(|demand| demand.device != gone.device),
            None => drop(fewer.remove(place.index(fewer.len()))),
        }
        prop_assert!(cover(&entitled, &fewer, &[], None).rights_used <= before.rights_used);
    }

    #[test]
    fn an_install_is_licensed_once(
        entitled in prop::collection::vec(entitled(), 0..5), demands in prop::collection::vec(demand(), 0..9),
        allocations in prop::collection::vec((0_u8..12, 0_u64..3), 0..5),
    ) {
        let allocations: Vec<(String, u64)> = allocations.into_iter().map(|(device, quantity)| (format!("d{device}"), quantity)).collect();
        let found = cover(&entitled, &demands, &allocations, Some(Unit::Company));
        let all: u64 = input::devices(&demands).iter().map(|demand| demand.count).sum();
        prop_assert_eq!(found.licensed + found.unlicensed, all);
        prop_assert_eq!(found.served.iter().map(|served| served.devices).sum::<u64>(), found.licensed);
        let groups = found.groups.unwrap();
        prop_assert_eq!(groups.values().map(|group| group.licensed).sum::<u64>(), found.licensed);
        prop_assert_eq!(groups.values().map(|group| group.unlicensed).sum::<u64>(), found.unlicensed);
    }
}

proptest! {
    #[test]
    fn whole_demands_have_all_or_nothing(
        entitled in prop::collection::vec(entitled(), 0..5),
        kinds in prop::collection::vec((proptest::option::of(0_u8..3), version()), 1..4),
        demands in prop::collection::vec((any::<prop::sample::Index>(), 0_u64..5), 0..9),
    ) {
        let kinds: Vec<_> = kinds.into_iter().map(|(company, version)| (of(company, None), version)).collect();
        let demands: Vec<(usize, u64)> = demands.into_iter().map(|(kind, wanted)| (kind.index(kinds.len()), wanted)).collect();
        let found = |whole| {
            let assigned = distribute(&entitled, &kinds, &demands, whole);
            let mut have = vec![0; demands.len()];
            let mut used = vec![0; entitled.len()];
            for one in assigned {
                have[one.demand] += one.rights;
                used[one.entitled] += one.rights;
            }
            (have, used)
        };
        let ((whole, of_whole), (parts, of_parts)) = (found(true), found(false));
        for ((_, wanted), (whole, part)) in demands.iter().zip(whole.iter().zip(&parts)) {
            prop_assert!(*whole == 0 || whole == wanted);
            prop_assert!(part <= wanted);
        }
        for (one, (whole, parts)) in entitled.iter().zip(of_whole.iter().zip(&of_parts)) {
            prop_assert!(one.unlimited || *whole <= one.rights && *parts <= one.rights);
        }
        let numbers: Vec<Demand> = demands.iter().map(|(kind, count)| {
            let (organisation, version) = kinds[*kind].clone();
            Demand { device: None, count: *count, organisation, version }
        }).collect();
        prop_assert_eq!(parts.iter().sum::<u64>(), cover(&entitled, &numbers, &[], None).licensed);
        prop_assert!(whole.iter().sum::<u64>() <= parts.iter().sum::<u64>());
    }
}

#[test]
fn own_versions_come_before_downgrade_rights() {
    let entitled = [Entitled {
        rights: 3,
        version: Some("2016".to_owned()),
        downgrades: vec![(1, "2013".to_owned())],
        ..Entitled::default()
    }];
    let install = |version: &str, count| Demand { version: Some(version.to_owned()), count, ..Demand::default() };
    // The older version comes first in the list, and waits all the same.
    let found = cover(&entitled, &[install("2013", 2), install("2016", 2)], &[], None);
    let of = |version: &str| found.versions[version];
    assert_eq!(of("2016"), VersionUse { own: 2, downgrade: 0, unlicensed: 0 });
    assert_eq!(of("2013"), VersionUse { own: 0, downgrade: 1, unlicensed: 1 });
}
