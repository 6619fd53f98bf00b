//! The framing of one record, and the reading of a file of them.
//!
//! In: bytes. Out: records, and what was found damaged or torn. A record is a header of 24 bytes (magic, body length,
//! sequence number, CRC-32 of the body, CRC-32 of the header so far; little endian) and its body. The header has its own
//! checksum because a flipped bit in a length must not look like an append that a crash cut short. No files here.

use chrono::{DateTime, Utc};

/// Bytes of a record's header.
pub(super) const HEADER_BYTES: usize = 24;
/// Longest body that is believed: a whole decoded report and some room.
const BODY_BYTES: usize = muster_wire::limits::REPORT_DECODED_BYTES + 64 * 1024;
const MAGIC: [u8; 4] = *b"MSr1";
/// Fixed part of the body: time of the append and `reported`.
const META_BYTES: usize = 16;

/// One report as it lies in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Its sequence number.
    pub(super) seq: u64,
    /// When it was appended, by the wall clock.
    pub(super) at: DateTime<Utc>,
    /// How many lost reports its payload tells the collector about.
    pub(super) reported: u64,
    /// The caller's bytes.
    pub(super) payload: Vec<u8>,
}

/// A record and where it lies in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// Byte offset of the header.
    pub(super) offset: u64,
    /// Bytes of header and body.
    pub(super) len: u64,
    /// The record.
    pub(super) record: Record,
}

/// What a file of records holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Whole records in the order of the file.
    pub(super) records: Vec<Placed>,
    /// Sequence numbers of complete records with a wrong checksum; `None` where the header itself was hit.
    pub(super) damaged: Vec<Option<u64>>,
    /// Where an append was cut short by a crash; everything from there on was never acknowledged to anyone.
    pub(super) torn_at: Option<u64>,
}

/// Header and body of a record.
pub(super) fn encode(record: &Record) -> Vec<u8> {
    let mut body = Vec::with_capacity(META_BYTES + record.payload.len());
    body.extend_from_slice(&record.at.timestamp_millis().to_le_bytes());
    body.extend_from_slice(&record.reported.to_le_bytes());
    body.extend_from_slice(&record.payload);
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&record.seq.to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
    let header = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&header.to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// Reads one record at the start of `bytes`; `None` when it is not whole or its checksum is wrong.
pub(super) fn decode(bytes: &[u8]) -> Option<Record> {
    let header = Header::read(bytes)?;
    let body = bytes.get(HEADER_BYTES..HEADER_BYTES.checked_add(header.len)?)?;
    (crc32fast::hash(body) == header.crc).then(|| read_body(header.seq, body))?
}

/// Reads a whole file.
pub(super) fn scan(bytes: &[u8]) -> Scan {
    let mut out = Scan::default();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(header) = Header::read(rest) else {
            // Power loss can leave a file longer than what was written into it; those zeros are a torn append, too.
            let torn = rest.len() < HEADER_BYTES || rest.iter().all(|byte| *byte == 0);
            match next_header(rest) {
                Some(skip) => {
                    out.damaged.push(None);
                    at += skip;
                    continue;
                }
                None if torn => out.torn_at = Some(at as u64),
                None => out.damaged.push(None),
            }
            break;
        };
        let len = HEADER_BYTES + header.len;
        let Some(body) = rest.get(HEADER_BYTES..len) else {
            out.torn_at = Some(at as u64);
            break;
        };
        match read_body(header.seq, body).filter(|_| crc32fast::hash(body) == header.crc) {
            Some(record) => out.records.push(Placed { offset: at as u64, len: len as u64, record }),
            None => out.damaged.push(Some(header.seq)),
        }
        at += len;
    }
    out
}

struct Header {
    len: usize,
    seq: u64,
    crc: u32,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER_BYTES>()?;
        let (fields, checksum) = header.split_last_chunk::<4>()?;
        if !header.starts_with(&MAGIC) || crc32fast::hash(fields) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let (_, fields) = fields.split_first_chunk::<4>()?;
        let (len, fields) = fields.split_first_chunk::<4>()?;
        let (seq, crc) = fields.split_first_chunk::<8>()?;
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        (META_BYTES..=BODY_BYTES).contains(&len).then_some(Self {
            len,
            seq: u64::from_le_bytes(*seq),
            crc: u32::from_le_bytes(*crc.first_chunk::<4>()?),
        })
    }
}

/// The next offset above zero at which a valid header begins.
fn next_header(bytes: &[u8]) -> Option<usize> {
    (1..bytes.len()).find(|at| bytes.get(*at..).and_then(Header::read).is_some())
}

fn read_body(seq: u64, body: &[u8]) -> Option<Record> {
    let (at, rest) = body.split_first_chunk::<8>()?;
    let (reported, payload) = rest.split_first_chunk::<8>()?;
    Some(Record {
        seq,
        at: DateTime::from_timestamp_millis(i64::from_le_bytes(*at))?,
        reported: u64::from_le_bytes(*reported),
        payload: payload.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64, payload: &[u8]) -> Record {
        Record { seq, at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(), reported: 2, payload: payload.to_vec() }
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let records = [record(1, b""), record(2, b"abc"), record(7, &[0xff; 5000])];
        let file: Vec<u8> = records.iter().flat_map(encode).collect();
        let scan = scan(&file);
        assert_eq!(scan.records.iter().map(|placed| placed.record.clone()).collect::<Vec<_>>(), records);
        assert_eq!((scan.damaged, scan.torn_at), (vec![], None));
        for placed in &scan.records {
            let start = usize::try_from(placed.offset).unwrap();
            assert_eq!(decode(&file[start..]).as_ref(), Some(&placed.record));
        }
    }

    #[test]
    fn a_cut_at_any_byte_is_torn_and_keeps_what_came_before() {
        let first = encode(&record(1, b"first"));
        let file = [first.clone(), encode(&record(2, b"second"))].concat();
        for cut in first.len() + 1..file.len() {
            let scan = scan(&file[..cut]);
            assert_eq!(scan.records.len(), 1, "{cut}");
            assert_eq!(scan.damaged, vec![], "{cut}");
            assert_eq!(scan.torn_at, Some(first.len() as u64), "{cut}");
        }
    }

    #[test]
    fn every_flipped_bit_is_damage_and_never_a_wrong_record() {
        let records = [record(1, b"first"), record(2, b"second"), record(3, b"third")];
        let file: Vec<u8> = records.iter().flat_map(encode).collect();
        for bit in 0..file.len() * 8 {
            let mut hit = file.clone();
            hit[bit / 8] ^= 1 << (bit % 8);
            let scan = scan(&hit);
            assert_eq!((scan.records.len(), scan.damaged.len(), scan.torn_at), (2, 1, None), "bit {bit}");
            assert!(scan.records.iter().all(|placed| records.contains(&placed.record)), "bit {bit}");
        }
    }

    #[test]
    fn zeros_after_the_last_record_are_a_torn_append() {
        let mut file = encode(&record(1, b"first"));
        let keep = file.len() as u64;
        file.extend_from_slice(&[0; 4096]);
        let scan = scan(&file);
        assert_eq!((scan.records.len(), scan.damaged, scan.torn_at), (1, vec![], Some(keep)));
    }
}
