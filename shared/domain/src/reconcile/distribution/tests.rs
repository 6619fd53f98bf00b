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
        rights in 0_u64..6, unlimited in prop_oneof![9 => Just(false), 1 => Just(true)], maintenance: bool,
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
            rights, unlimited, maintenance, version,
            rules: rules.into_iter().map(rule).collect(), unrestricted,
            downgrades: downgrades.into_iter().map(|(order, version)| (order, format!("v{version}"))).collect(),
        }
    }
}

prop_compose! {
    fn demand()(company in proptest::option::of(0_u8..3), department in proptest::option::of(0_u8..3), version in version(), count in 0_u64..4) -> Demand {
        (of(company, department), version, count)
    }
}

/// Where it belongs, its version, and how many rights it wants.
type Demand = (Organisation, Option<String>, u64);

/// What each demand has, and what is used of each entitlement.
fn given(entitled: &[Entitled], demands: &[Demand]) -> (Vec<u64>, Vec<u64>) {
    let kinds: Vec<_> = demands.iter().map(|(organisation, version, _)| (organisation.clone(), version.clone())).collect();
    let wanted: Vec<(usize, u64)> = demands.iter().enumerate().map(|(place, (_, _, count))| (place, *count)).collect();
    let (mut have, mut used) = (vec![0; demands.len()], vec![0; entitled.len()]);
    for one in distribute(entitled, &kinds, &wanted, false) {
        have[one.demand] += one.rights;
        used[one.entitled] += one.rights;
    }
    (have, used)
}

fn licensed(entitled: &[Entitled], demands: &[Demand]) -> u64 {
    given(entitled, demands).0.iter().sum()
}

/// As many rights as any way of giving them can give: tried one by one, by the plainest search.
fn most(entitled: &[Entitled], demands: &[Demand]) -> u64 {
    let buckets = buckets::buckets(entitled);
    let (classes, of) =
        buckets::classes(demands.iter().map(|(organisation, version, _)| (organisation, version)), entitled, &buckets);
    let single: Vec<usize> = demands.iter().zip(of).flat_map(|((_, _, count), class)| (0..*count).map(move |_| class)).collect();
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
        let (have, used) = given(&entitled, &demands);
        prop_assert_eq!(have.iter().sum::<u64>(), most(&entitled, &demands));
        prop_assert_eq!(have.iter().sum::<u64>(), used.iter().sum::<u64>());
        for ((_, _, wanted), have) in demands.iter().zip(have) {
            prop_assert!(have <= *wanted, "each is licensed once");
        }
        for (one, used) in entitled.iter().zip(used) {
            prop_assert!(one.unlimited || used <= one.rights);
        }
    }

    #[test]
    fn pools_say_what_was_taken_from_them(entitled in prop::collection::vec(entitled(), 0..5), demands in prop::collection::vec(demand(), 0..9)) {
        let kinds: Vec<_> = demands.iter().map(|(organisation, version, _)| (organisation.clone(), version.clone())).collect();
        let wanted: Vec<(usize, u64)> = demands.iter().enumerate().map(|(place, (_, _, count))| (place, *count)).collect();
        let mut left = entitled.clone();
        for one in distribute(&entitled, &kinds, &wanted, false) {
            let Some(rule) = one.pool else { continue };
            let pool = left[one.entitled].rules[rule].pool.as_mut().unwrap();
            prop_assert!(*pool >= one.rights);
            *pool -= one.rights;
        }
    }

    #[test]
    fn the_order_does_not_matter(
        entitled in prop::collection::vec(entitled(), 0..5),
        (demands, other) in prop::collection::vec(demand(), 0..9).prop_flat_map(|demands| (Just(demands.clone()), Just(demands).prop_shuffle())),
    ) {
        prop_assert_eq!(licensed(&entitled, &demands), licensed(&entitled, &other));
    }

    #[test]
    fn more_rights_never_need_more_and_fewer_demands_never_use_more(
        entitled in prop::collection::vec(entitled(), 1..5), demands in prop::collection::vec(demand(), 1..9), place: prop::sample::Index, more in 1_u64..5,
    ) {
        let before = licensed(&entitled, &demands);
        let mut richer = entitled.clone();
        place.get_mut(&mut richer).rights += more;
        prop_assert!(licensed(&richer, &demands) >= before);
        let mut fewer = demands;
        fewer.remove(place.index(fewer.len()));
        prop_assert!(licensed(&entitled, &fewer) <= before);
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
            (organisation, version, *count)
        }).collect();
        prop_assert_eq!(parts.iter().sum::<u64>(), licensed(&entitled, &numbers));
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
    let install = |version: &str, count| (Organisation::default(), Some(version.to_owned()), count);
    // The older version comes first in the list, and waits all the same.
    assert_eq!(given(&entitled, &[install("2013", 2), install("2016", 2)]).0, [1, 2]);
}
