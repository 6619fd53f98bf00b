//! Arguments of `user ...`.

use clap::{Subcommand, ValueEnum};

/// `user ...`
#[derive(Subcommand, Clone, Debug)]
pub enum UserCommand {
    /// Users, ordered by name.
    List,
    /// One user.
    Show {
        /// The login name.
        name: String,
    },
    /// Make a user. The one-time password is shown once; it must be changed at the first login.
    Create {
        /// The login name: letters, digits and . _ - @
        name: String,
        /// What the user may do.
        #[arg(long, value_enum)]
        role: UserRole,
    },
    /// Give a user another role; whoever is logged in as that user must log in again.
    SetRole {
        /// The login name.
        name: String,
        /// What the user may do.
        #[arg(value_enum)]
        role: UserRole,
    },
    /// Keep a user from logging in, and end what is logged in; a disabled user does not count for the licence.
    Disable {
        /// The login name.
        name: String,
    },
    /// Let a disabled user log in again.
    Enable {
        /// The login name.
        name: String,
    },
    /// Give a user a new one-time password, which is shown once; it ends what is logged in, and a lock after wrong passwords.
    ResetPassword {
        /// The login name.
        name: String,
    },
    /// Delete a user, and end what is logged in; the audit log keeps what the user did.
    Delete {
        /// The login name.
        name: String,
    },
}

/// What a user may do.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[value(rename_all = "snake_case")]
pub enum UserRole {
    /// Reads.
    Viewer,
    /// Works with assets, agents and sessions.
    Operator,
    /// Works with licences, too.
    LicenseAdmin,
    /// May do everything.
    Owner,
}
