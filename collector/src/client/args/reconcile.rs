//! Arguments of `reconcile ...` and `removal-candidates ...`.

use clap::{Subcommand, ValueEnum};

/// `reconcile ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ReconcileCommand {
    /// Reconcile now: what is owned against what is used. It is done every week by itself.
    Run {
        /// Only this publisher's products.
        #[arg(long, value_name = "NAME")]
        publisher: Option<String>,
        /// Do not wait for the end; `reconcile runs` says how far it is.
        #[arg(long)]
        detach: bool,
    },
    /// The newest results: what is owned, used and needed of each product, or of its models and metrics.
    Show {
        /// Only of this publisher.
        #[arg(long, value_name = "NAME")]
        publisher: Option<String>,
        /// Only of this product.
        #[arg(long, value_name = "NAME")]
        product: Option<String>,
        /// Products, models or metrics.
        #[arg(long, value_enum, default_value = "product")]
        tier: TierName,
        /// Only what stands so.
        #[arg(long, value_enum)]
        status: Option<StatusName>,
        /// The results of this run instead, as `reconcile runs` numbers it.
        #[arg(long, value_name = "N")]
        run: Option<u64>,
    },
    /// One position with all its numbers, the sentence that explains them, and what can be done.
    Position {
        /// The position, such as 12-0, as in `reconcile show`.
        id: String,
    },
    /// The rows behind a position: which device and user, licensed by what.
    Members {
        /// The position, such as 12-0.
        id: String,
        /// Only rows licensed in this way, such as unlicensed.
        #[arg(long, value_name = "HOW")]
        disposition: Option<String>,
    },
    /// What can be done about a position, or the next state of one remedy.
    Remedies {
        /// The position, such as 12-0.
        id: String,
        /// The remedy to move on.
        #[arg(long, value_name = "ID", requires = "state")]
        set: Option<String>,
        /// Its next state: in_progress, complete, completed_with_errors, void.
        #[arg(long, value_name = "STATE", requires = "set")]
        state: Option<String>,
    },
    /// Everything that a run reads, as one case for `calc reconcile` or `calc metric`: change a number in it and see what would
    /// come of it, without a server. It holds what the lists of records, assets, installs, settings and factors print as JSON.
    Export {
        /// Only reconcile this publisher's products.
        #[arg(long, value_name = "NAME")]
        publisher: Option<String>,
    },
    /// Runs, newest first.
    Runs {
        /// Most runs to show.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// What a product's numbers were, run by run.
    History {
        /// The product.
        product: String,
        /// Its publisher, where products of several are called so.
        #[arg(long, value_name = "NAME")]
        publisher: Option<String>,
    },
}

/// `removal-candidates ...`
#[derive(Subcommand, Clone, Debug)]
pub enum CandidateCommand {
    /// What may go: installs and subscriptions that are not licensed, not used, not allocated or not allowed.
    List {
        /// Only of this publisher.
        #[arg(long, value_name = "NAME")]
        publisher: Option<String>,
        /// Only of this product.
        #[arg(long, value_name = "NAME")]
        product: Option<String>,
        /// Only in this state, such as awaiting_revocation.
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// Only for this reason: restricted_software, unlicensed, low_usage, unallocated.
        #[arg(long, value_name = "WHY")]
        justification: Option<String>,
        /// Closed ones, too.
        #[arg(long)]
        all: bool,
    },
    /// Move one on. Which states may follow says its record (--output json).
    Set {
        /// Its id.
        id: String,
        /// The next state: ready, awaiting_user, awaiting_approval, awaiting_revocation, closed_complete, closed_skipped,
        /// closed_canceled.
        state: String,
    },
}

/// A tier of results.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierName {
    /// Products.
    Product,
    /// Software models.
    Model,
    /// Metrics of models.
    Metric,
}

/// How a position stands.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusName {
    /// Nothing is missing.
    Compliant,
    /// Something is.
    NotCompliant,
    /// It could not be reconciled.
    NotReconciled,
}

impl TierName {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Model => "model",
            Self::Metric => "metric",
        }
    }
}

impl StatusName {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::NotCompliant => "not_compliant",
            Self::NotReconciled => "not_reconciled",
        }
    }
}
