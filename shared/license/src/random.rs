//! Randomness for new keys and for sealing, drawn from the operating system before anything is computed with it.
//!
//! Out: 32 random bytes, or an error; and a generator over them for the HPKE crate, which cannot report an error itself.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness: {0}")]
pub struct RandomError(getrandom::Error);

/// Draws 32 bytes.
pub(crate) fn secret() -> Result<Zeroizing<[u8; 32]>, RandomError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(RandomError)?;
    Ok(bytes)
}

/// A generator that expands one seed: block n is SHA-256("muster-seal-rng-v1" || seed || LE64(n)).
pub(crate) struct Expanded {
    seed: Zeroizing<[u8; 32]>,
    counter: u64,
}

impl Expanded {
    pub(crate) fn new(seed: Zeroizing<[u8; 32]>) -> Self {
        Self { seed, counter: 0 }
    }

    fn block(&mut self) -> Zeroizing<[u8; 32]> {
        let mut hash = Sha256::new();
        hash.update(b"muster-seal-rng-v1");
        hash.update(self.seed.as_slice());
        hash.update(self.counter.to_le_bytes());
        self.counter = self.counter.wrapping_add(1);
        Zeroizing::new(hash.finalize().into())
    }
}

impl TryRng for Expanded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for chunk in dst.chunks_mut(32) {
            let block = self.block();
            for (to, from) in chunk.iter_mut().zip(block.iter()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Expanded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        assert_ne!(secret().unwrap(), secret().unwrap());
        let mut rng = Expanded::new(Zeroizing::new([1; 32]));
        let mut long = [0; 100];
        rng.try_fill_bytes(&mut long).unwrap();
        assert_ne!(long[..32], long[32..64]);
        assert_ne!(rng.try_next_u64(), rng.try_next_u64());
        assert_ne!(rng.try_next_u32(), rng.try_next_u32());
    }
}
