//! Arguments of `import ...`.

use clap::Subcommand;

/// `import ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ImportCommand {
    /// The last imports of records, newest first, and what came of them.
    List,
    /// One import with the lines that it refused; as CSV a file of those lines, to be mended and imported.
    Show {
        /// The import's id.
        id: String,
    },
    /// Say of a refused line whether somebody saw to it.
    SetLine {
        /// The import's id.
        id: String,
        /// The number of the line.
        line: u64,
        /// needs-review or fixed.
        #[arg(value_parser = ["needs-review", "fixed"])]
        state: String,
    },
}
