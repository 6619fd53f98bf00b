//! Pre-authentication encoding, as in PASETO: a list of byte strings in which no byte can move from one to its neighbour.
//!
//! In: pieces, or bytes from outside. Out: the encoding, or the pieces it starts with. Every number is a little-endian 64-bit
//! integer whose top bit is clear. Nothing is interpreted here.

/// The most pieces an encoding from outside may announce.
const MAX_PIECES: u64 = 16;

/// Encodes pieces: their count, then the length and the bytes of each.
#[must_use]
pub fn encode(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + pieces.iter().map(|piece| 8 + piece.len()).sum::<usize>());
    put_number(&mut out, pieces.len());
    for piece in pieces {
        put_number(&mut out, piece.len());
        out.extend_from_slice(piece);
    }
    out
}

/// Why bytes do not start with an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaeError {
    /// The bytes end before the piece that was announced.
    #[error("the bytes end before the part that was announced")]
    Truncated,
    /// The number of pieces is none that this format has.
    #[error("the number of parts is impossible")]
    Count,
}

/// Splits bytes into the pieces of the encoding they start with and what follows it.
///
/// # Errors
/// When the bytes end too early or announce an impossible number of pieces.
pub fn decode(bytes: &[u8]) -> Result<(Vec<&[u8]>, &[u8]), PaeError> {
    let (count, mut rest) = take_number(bytes)?;
    if count > MAX_PIECES {
        return Err(PaeError::Count);
    }
    let mut pieces = Vec::new();
    for _ in 0..count {
        let (length, after) = take_number(rest)?;
        let length = usize::try_from(length).map_err(|_| PaeError::Truncated)?;
        let (piece, after) = after.split_at_checked(length).ok_or(PaeError::Truncated)?;
        pieces.push(piece);
        rest = after;
    }
    Ok((pieces, rest))
}

fn put_number(out: &mut Vec<u8>, number: usize) {
    // The top bit is cleared so that languages with signed integers read the same number.
    out.extend_from_slice(&(number as u64 & (u64::MAX >> 1)).to_le_bytes());
}

fn take_number(bytes: &[u8]) -> Result<(u64, &[u8]), PaeError> {
    let (number, rest) = bytes.split_first_chunk::<8>().ok_or(PaeError::Truncated)?;
    Ok((u64::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodes_the_examples_of_the_paseto_specification() {
        for (pieces, expected) in [
            (&[][..], &b"\0\0\0\0\0\0\0\0"[..]),
            (&[&b""[..]][..], &b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"[..]),
            (&[&b"test"[..]][..], &b"\x01\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0test"[..]),
        ] {
            assert_eq!(encode(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn refuses_what_ends_early_or_announces_too_much() {
        let whole = encode(&[b"ab", b"c"]);
        for length in 0..whole.len() {
            assert_eq!(decode(&whole[..length]), Err(PaeError::Truncated), "{length}");
        }
        assert_eq!(decode(&17u64.to_le_bytes()), Err(PaeError::Count));
        assert_eq!(decode(b"\x01\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), Err(PaeError::Truncated));
    }

    proptest! {
        #[test]
        fn decoding_gives_back_the_pieces(pieces in proptest::collection::vec(any::<Vec<u8>>(), 0..=16), tail: Vec<u8>) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let mut bytes = encode(&pieces);
            bytes.extend_from_slice(&tail);
            prop_assert_eq!(decode(&bytes), Ok((pieces, &tail[..])));
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
