//! Random bytes for keys and tokens, random delays against herds.
//!
//! Comes in: the operating system's generator. Goes out: bytes and durations. Rules never call it: what they decide must
//! be repeatable.

use std::time::Duration;

/// `N` bytes that nobody can guess, from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give. A program that goes on without it makes keys that can be
/// guessed.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::panic, reason = "a key made without randomness is worse than no program")]
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no random bytes: {error}");
    }
    bytes
}

/// A delay between zero and `max`, both included, each as likely as the other (to the nanosecond).
#[must_use]
pub fn jitter(max: Duration) -> Duration {
    scale(u64::from_le_bytes(bytes()), max)
}

/// Spreads the range of `random` evenly over `0..=max`.
fn scale(random: u64, max: Duration) -> Duration {
    let max = u64::try_from(max.as_nanos()).unwrap_or(u64::MAX);
    let scaled = (u128::from(random) * (u128::from(max) + 1)) >> 64;
    Duration::from_nanos(u64::try_from(scaled).unwrap_or(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_differ_each_time() {
        assert_ne!(bytes::<32>(), bytes::<32>());
        assert!(bytes::<0>().is_empty());
    }

    #[test]
    fn jitter_spreads_over_the_whole_range() {
        let check = |random: u64, max: Duration, expected: Duration| assert_eq!(scale(random, max), expected);
        let second = Duration::from_secs(1);
        check(0, second, Duration::ZERO);
        check(u64::MAX, second, second);
        check(u64::MAX / 2, second, second / 2);
        check(u64::MAX, Duration::ZERO, Duration::ZERO);
        check(u64::MAX, Duration::MAX, Duration::from_nanos(u64::MAX));
        for _ in 0..1000 {
            assert!(jitter(second) <= second);
        }
        let small = Duration::from_nanos(1);
        assert!((0..200).any(|_| jitter(small) == small) && (0..200).any(|_| jitter(small).is_zero()));
    }
}
