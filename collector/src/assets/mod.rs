//! Assets as records: what their reference fields point to.
//!
//! In: the reference records of the store. Out: snapshots of them in memory, one for each operation. The rules are the
//! domain's; this stage keeps what everybody looks up and is told of every change after its commit.

mod directory;

pub use directory::ReferenceTables;
