//! In which order machines are licensed where hosts and machines may be, so that rights go far (domain 5.8).

use std::collections::BTreeMap;

use super::demand::Demand;

/// Demands in an order in which rights go far: with Software Assurance first hosts with many machines, which are all licensed with them;
/// without it first hosts on which no machine needs more (domain 5.8: the cheapest mix).
pub(super) fn most_for_a_right(list: Vec<Demand>, assured: bool) -> Vec<Demand> {
    let mut further = vec![0_usize; list.len()];
    for base in list.iter().filter_map(|demand| demand.after) {
        if let Some(count) = further.get_mut(base) {
            *count += 1;
        }
    }
    let key = |place: usize, demand: &Demand| {
        let base = demand.after.unwrap_or(place);
        let rank = if assured { usize::MAX - demand.uses.len() } else { further.get(base).copied().unwrap_or_default() };
        (rank, base, demand.after.is_some(), place)
    };
    let mut order: Vec<_> = list.into_iter().enumerate().map(|(place, demand)| (key(place, &demand), demand)).collect();
    order.sort_by_key(|(key, _)| *key);
    let mut moved: BTreeMap<usize, usize> = BTreeMap::new();
    for (now, ((_, _, _, before), _)) in order.iter().enumerate() {
        moved.insert(*before, now);
    }
    let moved = |demand: Demand| Demand { after: demand.after.and_then(|after| moved.get(&after).copied()), ..demand };
    order.into_iter().map(|(_, demand)| moved(demand)).collect()
}
