//! The body of a request: from bytes as they came to text, and the text of an answer to bytes as they were asked for.
//!
//! In: bytes and limits. Out: text and the codec it came in. What the header says of the codec is not believed: agents say one thing
//! and send another. A body that would become too large is an error before it is large.

use super::message::Dialect;
use flate2::{
    Compression,
    read::{GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder},
};
use std::io::{self, Read};

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Not at all.
    Plain,
    /// RFC 1950, what almost every agent sends.
    Zlib,
    /// RFC 1952.
    Gzip,
}

/// How large a body may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes after unpacking.
    pub decoded: usize,
    /// Most bytes after unpacking for each byte before it.
    pub ratio: usize,
}

/// A body that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What it says, without a byte order mark.
    pub text: String,
    /// How it was packed; the answer is packed alike.
    pub codec: Codec,
}

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More than the limits allow.
    #[error("the body has more than {0} bytes when it is unpacked; send less at once")]
    TooLarge(usize),
    /// Packed badly, or cut off.
    #[error("the body cannot be unpacked ({codec:?}): {source}")]
    Packed {
        /// What it looked like.
        codec: Codec,
        /// What was wrong with it.
        source: io::Error,
    },
}

impl Body {
    /// Reads a body, whatever its header said. Bytes that are no UTF-8 are read as Windows-1252, which is what agents mean by
    /// ISO-8859-1.
    ///
    /// # Errors
    /// When it is too large by one of the limits, or not packed as it begins.
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, BodyError> {
        let codec = sniff(bytes);
        let most = limits.decoded.min(bytes.len().saturating_mul(limits.ratio));
        let unpacked = match codec {
            Codec::Plain if bytes.len() > limits.decoded => return Err(BodyError::TooLarge(limits.decoded)),
            Codec::Plain => bytes.to_vec(),
            Codec::Zlib => unpack(codec, ZlibDecoder::new(bytes), most)?,
            Codec::Gzip => unpack(codec, GzDecoder::new(bytes), most)?,
        };
        Ok(Self { text: text(unpacked), codec })
    }
}

impl Codec {
    /// Packs the text of an answer. Agents look for the first bytes that this level gives to zlib (`78 9C`).
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        let mut packed = Vec::new();
        let bytes = text.as_bytes();
        let read = match self {
            Self::Plain => return bytes.to_vec(),
            Self::Zlib => ZlibEncoder::new(bytes, Compression::default()).read_to_end(&mut packed),
            Self::Gzip => GzEncoder::new(bytes, Compression::default()).read_to_end(&mut packed),
        };
        // Packing from memory into memory meets no error; half an answer would be worse than none.
        read.map_or_else(|_| Vec::new(), |_| packed)
    }

    /// The `Content-Type` of an answer in this codec. `asked` is the request's: agents of OCS have a word of their own for zlib, and
    /// those of GLPI unpack JSON only by the words they use themselves.
    #[must_use]
    pub fn content_type(self, dialect: Dialect, asked: Option<&str>) -> &'static str {
        let ocs = asked.is_some_and(|asked| asked.trim().eq_ignore_ascii_case("application/x-compress"));
        match (self, dialect) {
            (Self::Plain, Dialect::Xml) => "application/xml",
            (Self::Plain, Dialect::Json) => "application/json",
            (Self::Zlib, Dialect::Xml) if ocs => "application/x-compressed",
            (Self::Zlib, _) => "application/x-compress-zlib",
            (Self::Gzip, _) => "application/x-compress-gzip",
        }
    }
}

fn sniff(bytes: &[u8]) -> Codec {
    match bytes {
        [0x78, ..] => Codec::Zlib,
        [0x1f, 0x8b, ..] => Codec::Gzip,
        _ => Codec::Plain,
    }
}

fn unpack(codec: Codec, packed: impl Read, most: usize) -> Result<Vec<u8>, BodyError> {
    let one_more = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut unpacked = Vec::new();
    packed.take(one_more).read_to_end(&mut unpacked).map_err(|source| BodyError::Packed { codec, source })?;
    if unpacked.len() > most { Err(BodyError::TooLarge(most)) } else { Ok(unpacked) }
}

fn text(bytes: Vec<u8>) -> String {
    let mut text = String::from_utf8(bytes).unwrap_or_else(|error| mixed(error.as_bytes()));
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    text
}

/// What is UTF-8 stays, so that one torn name does not spoil the others.
fn mixed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().copied().map(windows_1252));
    }
    text
}

fn windows_1252(byte: u8) -> char {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“',
        '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let upper = usize::from(byte).checked_sub(0x80).and_then(|place| UPPER.get(place));
    upper.copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { decoded: 8 * 1024 * 1024, ratio: 50 };

    #[test]
    fn bodies_are_read_by_their_first_bytes() {
        let check = |bytes: &[u8], text: &str, codec: Codec| {
            let body = Body::decode(bytes, LIMITS).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((body.text.as_str(), body.codec), (text, codec));
        };
        check(b"", "", Codec::Plain);
        check(b"<A/>", "<A/>", Codec::Plain);
        check(b"\xef\xbb\xbf{}", "{}", Codec::Plain);
        check(&Codec::Zlib.encode("<A/>"), "<A/>", Codec::Zlib);
        check(&Codec::Gzip.encode("{}"), "{}", Codec::Gzip);
        check(b"<A>\xe9t\xe9 \x80</A>", "<A>été €</A>", Codec::Plain);
        check(
            "<A>été ".as_bytes().iter().chain(b"\xe9</A>").copied().collect::<Vec<_>>().as_slice(),
            "<A>été é</A>",
            Codec::Plain,
        );
        check(include_bytes!("testdata/ocs-prolog.raw"), include_str!("testdata/ocs-prolog.xml"), Codec::Zlib);
        check(include_bytes!("testdata/fusion-prolog.raw"), include_str!("testdata/fusion-prolog.xml"), Codec::Zlib);
        check(include_bytes!("testdata/glpi-contact.raw"), include_str!("testdata/glpi-contact.json"), Codec::Zlib);
    }

    #[test]
    fn what_is_too_large_or_torn_is_refused() {
        let bomb = |codec: Codec| codec.encode(&" ".repeat(9_000_000));
        for codec in [Codec::Zlib, Codec::Gzip] {
            let packed = bomb(codec);
            assert!(matches!(Body::decode(&packed, LIMITS), Err(BodyError::TooLarge(most)) if most == packed.len() * 50));
            let no_ratio = Limits { ratio: usize::MAX, ..LIMITS };
            assert!(matches!(Body::decode(&packed, no_ratio), Err(BodyError::TooLarge(most)) if most == LIMITS.decoded));
            let torn = &codec.encode("<REQUEST/>")[..14];
            assert!(matches!(Body::decode(torn, LIMITS), Err(BodyError::Packed { .. })), "{codec:?}");
        }
        assert!(matches!(Body::decode(b"x is no zlib", LIMITS), Err(BodyError::Packed { .. })));
        assert!(matches!(Body::decode(b"12345", Limits { decoded: 4, ratio: 50 }), Err(BodyError::TooLarge(4))));
        assert!(Body::decode(b"1234", Limits { decoded: 4, ratio: 0 }).is_ok(), "what is not packed has no ratio");
    }

    #[test]
    fn answers_begin_as_agents_expect_it() {
        assert!(Codec::Zlib.encode("<REPLY/>").starts_with(&[0x78, 0x9c]));
        assert!(Codec::Gzip.encode("<REPLY/>").starts_with(&[0x1f, 0x8b, 0x08]));
        assert_eq!(Codec::Plain.encode("é"), "é".as_bytes());
        let zlib = "application/x-compress-zlib";
        for (codec, dialect, asked, expected) in [
            (Codec::Plain, Dialect::Xml, Some("application/xml"), "application/xml"),
            (Codec::Plain, Dialect::Json, None, "application/json"),
            (Codec::Zlib, Dialect::Xml, Some("application/x-compress"), "application/x-compressed"),
            (Codec::Zlib, Dialect::Xml, Some(zlib), zlib),
            (Codec::Zlib, Dialect::Json, Some(zlib), zlib),
            (Codec::Zlib, Dialect::Json, Some("application/x-compress"), zlib),
            (Codec::Zlib, Dialect::Xml, None, zlib),
            (Codec::Gzip, Dialect::Xml, None, "application/x-compress-gzip"),
        ] {
            assert_eq!(codec.content_type(dialect, asked), expected, "{codec:?} {dialect:?} {asked:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_within_the_limits(
            start in prop_oneof![Just(vec![]), Just(vec![0x78, 0x9c]), Just(vec![0x1f, 0x8b, 8, 0])],
            rest in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let bytes = [start, rest].concat();
            if let Ok(body) = Body::decode(&bytes, Limits { decoded: 200, ratio: 3 }) {
                prop_assert!(body.text.len() <= 600, "a byte becomes three at most");
            }
        }

        #[test]
        fn what_is_packed_is_unpacked(text in ".{0,300}") {
            for codec in [Codec::Plain, Codec::Zlib, Codec::Gzip] {
                let packed = codec.encode(&text);
                prop_assume!(codec != Codec::Plain || sniff(&packed) == Codec::Plain);
                let body = Body::decode(&packed, Limits { decoded: 4096, ratio: 1000 }).unwrap();
                prop_assert_eq!(&body.text, text.strip_prefix('\u{feff}').unwrap_or(&text));
                prop_assert_eq!(body.codec, codec);
            }
        }
    }
}
