//! Arguments of `privacy ...`.

use clap::Subcommand;

/// `privacy ...`
#[derive(Subcommand, Clone, Debug)]
pub enum PrivacyCommand {
    /// Where something of a person is kept, and what a purge would do there.
    Show {
        /// The login name of the person, as endpoints report it.
        person: String,
    },
    /// Put a random pseudonym in the place of a person's name and clients in the history of use. No count and no peak changes; it
    /// cannot be undone. What goes on, or ended today, stays: purge again tomorrow. Each purge uses new pseudonyms, also of the same
    /// person. Days before today are not counted anew afterwards, also when agents tell late of them.
    Purge {
        /// The login name of the person, as endpoints report it.
        person: String,
        /// Change nothing, and say what would be.
        #[arg(long)]
        dry_run: bool,
    },
}
