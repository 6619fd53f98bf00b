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
    /// Do a refused line now, in one of its ways out, or say whether somebody saw to it.
    SetLine {
        /// The import's id.
        id: String,
        /// The number of the line.
        line: u64,
        /// What becomes of it. again does the line as it stands; create-contract makes the contract that it names, skip-contract takes
        /// it without; create-duplicate takes an entitlement that looks like one that is there. fixed and needs-review only mark it.
        #[arg(value_parser = ["again", "create-contract", "skip-contract", "create-duplicate", "fixed", "needs-review"])]
        state: String,
    },
}
