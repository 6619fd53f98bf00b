//! How many connections there are at once, in all and from each address.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts connections and refuses those beyond its limits.
#[derive(Debug)]
pub(super) struct Connections {
    per_address: usize,
    total: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    total: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// A counted connection; it is given back when dropped.
#[derive(Debug)]
pub(super) struct Counted {
    connections: Arc<Connections>,
    address: IpAddr,
}

impl Connections {
    pub(super) fn new(per_address: usize, total: usize) -> Arc<Self> {
        Arc::new(Self { per_address, total, state: Mutex::default() })
    }

    /// Counts a connection from this address; none when it is one too many.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let here = state.by_address.get(&address).copied().unwrap_or_default();
        if state.total >= self.total || here >= self.per_address {
            return None;
        }
        state.total += 1;
        state.by_address.insert(address, here + 1);
        Some(Counted { connections: Arc::clone(self), address })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut state = self.connections.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.total = state.total.saturating_sub(1);
        match state.by_address.get_mut(&self.address) {
            Some(here) if *here > 1 => *here -= 1,
            _ => {
                state.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_and_places_come_back() {
        let connections = Connections::new(2, 3);
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = connections.admit(a);
        let second = connections.admit(a);
        assert!(first.is_some() && second.is_some());
        assert!(connections.admit(a).is_none(), "third of one address");
        let third = connections.admit(b);
        assert!(third.is_some());
        assert!(connections.admit(b).is_none(), "fourth in all");
        drop(first);
        assert!(connections.admit(a).is_some(), "a place came back");
        drop((second, third));
    }
}
