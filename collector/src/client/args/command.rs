//! Every command of the admin client.

use super::{
    AgentCommand, ApiTokenCommand, ApplicationCommand, AssetCommand, AuditCommand, CandidateCommand, CheckoutCommand,
    ComplianceCommand, EntitlementCommand, GroupCommand, ImportCommand, InteropCommand, JoinTokenCommand, LicenseCommand,
    MetricCommand, NotifyCommand, OfflineUseCommand, PrivacyCommand, ReconcileCommand, RecordCommand, ReferenceCommand,
    SessionCommand, SettingsCommand, SoftwareCommand, UnitsCommand, UsageCommand, UserCommand,
};
use clap::Subcommand;
use std::path::PathBuf;

/// The commands that talk to a running collector.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Licence, compliance, agents, sessions, applications and alerts at a glance.
    Status,
    /// The licence: request, apply, look at it.
    #[command(subcommand)]
    License(LicenseCommand),
    /// Tokens that machines enrol with.
    #[command(subcommand)]
    JoinToken(JoinTokenCommand),
    /// Credentials of agents of another make: GLPI, FusionInventory, OCS, osquery.
    #[command(subcommand)]
    Interop(InteropCommand),
    /// Tokens that programs log in with, such as applications that take seats.
    #[command(subcommand)]
    ApiToken(ApiTokenCommand),
    /// People who log in at the console: roles, one-time passwords.
    #[command(subcommand)]
    User(UserCommand),
    /// Agents that report.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Assets.
    #[command(subcommand)]
    Asset(AssetCommand),
    /// What assets refer to: locations, users, models, departments...
    #[command(subcommand)]
    Reference(ReferenceCommand),
    /// Applications whose use is tracked.
    #[command(subcommand)]
    Application(ApplicationCommand),
    /// Seats that applications take.
    #[command(subcommand)]
    Checkout(CheckoutCommand),
    /// Uses that agents told of afterwards and that count nowhere.
    #[command(subcommand)]
    OfflineUse(OfflineUseCommand),
    /// Groups of users, for reservations and access lists.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Who is logged in and holds what.
    #[command(subcommand)]
    Session(SessionCommand),
    /// Daily peaks, hours, denials, who is connected now, and what another number of seats would have denied.
    #[command(subcommand)]
    Usage(UsageCommand),
    /// Installed software: what there is, and on which assets.
    #[command(subcommand)]
    Software(SoftwareCommand),
    /// Software models: what is licensed.
    #[command(subcommand)]
    Model(RecordCommand),
    /// Software entitlements: rights that were bought.
    #[command(subcommand)]
    Entitlement(EntitlementCommand),
    /// Rights that are allocated to users, devices and hosts.
    #[command(subcommand)]
    Allocation(RecordCommand),
    /// Consumption rules: which entities may use rights.
    #[command(subcommand)]
    Rule(RecordCommand),
    /// Contracts that entitlements are bought under.
    #[command(subcommand)]
    Contract(RecordCommand),
    /// Records of any kind of software asset management, such as hosts, subscriptions, downgrade-rights.
    Record {
        /// The kind.
        #[arg(value_name = "KIND", value_parser = super::records::record_kinds())]
        kind: String,
        /// What to do.
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Licence metrics: what each counts, and the tables they are computed with.
    #[command(subcommand)]
    Metric(MetricCommand),
    /// Imports of records that were run, and the lines that they refused.
    #[command(subcommand)]
    Import(ImportCommand),
    /// What is owned against what is used: run, results, the rows behind them.
    #[command(subcommand)]
    Reconcile(ReconcileCommand),
    /// Installs and subscriptions that may go, and how far their removal is.
    #[command(subcommand)]
    RemovalCandidates(CandidateCommand),
    /// Subscription units of hardware: what counts, what is opted in.
    #[command(subcommand)]
    Units(UnitsCommand),
    /// Counting, and what follows from it.
    #[command(subcommand)]
    Compliance(ComplianceCommand),
    /// Why a number of the status is what it is: the rule, its inputs, their source, how to see the rows.
    Explain {
        /// The number, such as compliance.asset_count, asset_count or positions.12-0.needed; every number that can be explained when absent.
        #[arg(value_name = "NUMBER-ID")]
        id: Option<String>,
    },
    /// What administrators set: how queries count, how long rows are kept.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Messages to administrators: what was told, a test, webhooks.
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// What is kept of a person, and the purge of it.
    #[command(subcommand)]
    Privacy(PrivacyCommand),
    /// Who did what.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Take a backup of the whole store while the collector serves, and check it. It has everything but the keys: those are
    /// written by `keys export`, on the collector's machine. `restore` puts it back.
    Backup {
        /// The file; one that is there is replaced when the new one is whole.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}
