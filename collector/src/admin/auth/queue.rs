//! Who waits for a password to be verified: so few from one address, and so few in all, that a flood of logins slows nobody else.
//!
//! In: the address a login comes from. Out: a place, which is free again when it is dropped; or a refusal at once, before anything
//! is verified. It knows nothing of names: how often one may be tried is counted by the lock-out.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Logins from one address that are verified or wait. Many people may stand behind one address, and each of them waits for a
/// moment only.
pub(super) const FROM_ONE: usize = 8;
/// Logins in all that are verified or wait: those who wait longest do so for about a second.
pub(super) const IN_ALL: usize = 64;

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Too many from this address.
    Address,
    /// Too many.
    All,
}

/// The places.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    taken: Arc<Mutex<HashMap<Option<IpAddr>, usize>>>,
}

/// A place in the queue, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    queue: Queue,
    of: Option<IpAddr>,
}

impl Queue {
    /// Takes a place; whose address is not known stands with all others of whom that is so.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn enter(&self, from: Option<IpAddr>) -> Result<Place, Full> {
        let of = from.map(household);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.get(&of).is_some_and(|own| *own >= FROM_ONE) {
            return Err(Full::Address);
        }
        if taken.values().sum::<usize>() >= IN_ALL {
            return Err(Full::All);
        }
        *taken.entry(of).or_default() += 1;
        Ok(Place { queue: self.clone(), of })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.queue.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.of) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

/// Whoever has one address of the new kind has all 2^64 of its network.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn an_address_has_few_places_and_gives_them_back() {
        let queue = Queue::default();
        let check = |one: &str, other: &str, shared: bool| {
            let mut places: Vec<Place> = (0..FROM_ONE).map(|_| queue.enter(address(one)).unwrap()).collect();
            assert_eq!(queue.enter(address(one)).unwrap_err(), Full::Address);
            assert_eq!(queue.enter(address(other)).is_err(), shared, "{one} and {other}");
            assert!(queue.enter(None).is_ok());
            places.pop();
            assert!(queue.enter(address(one)).is_ok());
        };
        check("192.0.2.1", "192.0.2.2", false);
        check("192.0.2.1", "::ffff:192.0.2.1", true);
        check("2001:db8::1", "2001:db8::ffff:0:0:1", true);
        check("2001:db8::1", "2001:db8:0:1::1", false);
        assert!(queue.taken.lock().unwrap().is_empty(), "nobody is remembered");
    }

    #[test]
    fn there_are_few_places_in_all() {
        let queue = Queue::default();
        let from = |number: usize| address(&format!("192.0.2.{number}"));
        let mut places: Vec<Place> = (0..IN_ALL).map(|number| queue.enter(from(number)).unwrap()).collect();
        assert_eq!(queue.enter(from(IN_ALL)).unwrap_err(), Full::All);
        places.clear();
        assert!(queue.enter(from(IN_ALL)).is_ok());
    }
}
