//! Arguments of `checkout ...`, `offline-use ...` and `group ...`.

use clap::{Args, Subcommand};

/// `checkout ...`
#[derive(Subcommand, Clone, Debug)]
pub enum CheckoutCommand {
    /// Take a seat of an application; exit 3 when none is free, 75 while it waits for one.
    Create(CheckoutFields),
    /// What a check-out has; while it waits, this keeps its place.
    Show {
        /// The check-out's id.
        id: String,
        /// Wait so many seconds for a seat.
        #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=30))]
        wait: u32,
    },
    /// Renew the lease of a check-out.
    Heartbeat {
        /// The check-out's id.
        id: String,
    },
    /// Give a seat or a place back; an operator may end anybody's.
    Release {
        /// The check-out's id.
        id: String,
    },
    /// Check-outs that have a seat or wait for one.
    List {
        /// Only those of this application.
        #[arg(long, value_name = "NAME")]
        application: Option<String>,
    },
}

/// What a check-out is for.
#[derive(Args, Clone, Debug)]
pub struct CheckoutFields {
    /// Of which application.
    #[arg(long, value_name = "NAME")]
    pub application: String,
    /// Login user.
    #[arg(long)]
    pub user: String,
    /// Where the user sits: an address or a host name.
    #[arg(long, value_name = "ADDRESS")]
    pub client_ip: String,
    /// The kind of client.
    #[arg(long, default_value = "cli", value_name = "KIND")]
    pub client: String,
    /// The machine that the program runs on.
    #[arg(long)]
    pub host: Option<String>,
    /// The terminal or display.
    #[arg(long)]
    pub display: Option<String>,
    /// Wait so many seconds for a seat, where the application queues.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=30))]
    pub wait: u32,
    /// Borrow the seat for so many hours: it needs no heartbeat until then.
    #[arg(long, value_name = "HOURS", default_value_t = 0)]
    pub borrow_hours: u32,
}

/// `offline-use ...`
#[derive(Subcommand, Clone, Debug)]
pub enum OfflineUseCommand {
    /// Uses that agents told of afterwards and that count nowhere, with the reason.
    List,
    /// You have seen them: they leave the list, and the alert ends with the last one.
    Dismiss {
        /// Their ids.
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

/// `group ...`
#[derive(Subcommand, Clone, Debug)]
pub enum GroupCommand {
    /// Groups: the administrators' and those that agents report.
    List,
    /// Make or replace a group.
    Set {
        /// Its name.
        name: String,
        /// Its members; nobody when absent.
        members: Vec<String>,
    },
    /// Delete a group.
    Delete {
        /// Its name.
        name: String,
    },
}
