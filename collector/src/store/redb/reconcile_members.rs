//! The rows behind positions, a chunk of them in each row of the table.

use super::{codec, fault::Fault, tables::POSITION_MEMBERS};
use crate::store::{
    ports::{MEMBERS_AT_ONCE, MemberChunk},
    records::{MemberRecord, MembersRecord},
};
use redb::{ReadTransaction, ReadableTable, WriteTransaction};

pub(super) fn add(txn: &WriteTransaction, run: u64, chunks: &[MemberChunk]) -> Result<(), Fault> {
    let mut table = txn.open_table(POSITION_MEMBERS)?;
    for MemberChunk { position, chunk, rows } in chunks {
        codec::put(&mut table, (run, *position, *chunk), &MembersRecord { rows: rows.clone() })?;
    }
    Ok(())
}

pub(super) fn page(
    txn: &ReadTransaction,
    (run, position): (u64, u32),
    from: u64,
    limit: usize,
) -> Result<Vec<MemberRecord>, Fault> {
    let table = txn.open_table(POSITION_MEMBERS)?;
    let size = MEMBERS_AT_ONCE as u64;
    let Ok(first) = u32::try_from(from / size) else { return Ok(Vec::new()) };
    let mut skip = usize::try_from(from % size).unwrap_or_default();
    let mut found = Vec::new();
    for row in table.range((run, position, first)..=(run, position, u32::MAX))? {
        if found.len() >= limit {
            break;
        }
        let MembersRecord { rows } = codec::decode(row?.1.value())?;
        found.extend(rows.into_iter().skip(skip).take(limit - found.len()));
        skip = 0;
    }
    Ok(found)
}

/// The runs that rows are kept of, each found by one look behind the one before.
pub(super) fn runs(txn: &ReadTransaction) -> Result<Vec<u64>, Fault> {
    let table = txn.open_table(POSITION_MEMBERS)?;
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(row) = table.range((from, 0, 0)..)?.next() {
        let run = row?.0.value().0;
        found.push(run);
        let Some(next) = run.checked_add(1) else { break };
        from = next;
    }
    Ok(found)
}

pub(super) fn forget(txn: &WriteTransaction, run: u64, positions: &[u32], limit: usize) -> Result<usize, Fault> {
    let mut table = txn.open_table(POSITION_MEMBERS)?;
    let mut keys = Vec::new();
    for position in positions {
        let left = limit.saturating_sub(keys.len());
        if left == 0 {
            break;
        }
        for row in table.range((run, *position, 0)..=(run, *position, u32::MAX))?.take(left) {
            keys.push(row?.0.value());
        }
    }
    for key in &keys {
        table.remove(*key)?;
    }
    Ok(keys.len())
}
