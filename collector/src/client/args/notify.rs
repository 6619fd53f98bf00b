//! Arguments of `notify ...`.

use clap::{Args, Subcommand};

/// `notify ...`
#[derive(Subcommand, Clone, Debug)]
pub enum NotifyCommand {
    /// What was told, newest first, with every message and how far it is.
    ///
    /// Events: over_limit, within_limit, near_limit, grace_ending (60, 30, 14, 7 and 1 days before), disabled, enabled, license_ending,
    /// subscription_ending, pool_denials, clone_found, run_failed, agents_silent, integrity. Who is mailed what, from when on, and
    /// whether gathered in a daily mail, are settings: see notify_mail_to, notify_events, notify_digest and those beside them in
    /// settings list. The mail server is section [mail] of collector.toml.
    List {
        /// At most so many events.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Send a test to every mail address and webhook, and say what became of it; exit 1 when one did not arrive.
    Test,
    /// Try a message again at once, also one that was given up.
    Retry {
        /// The message's id, from notify list.
        id: String,
    },
    /// Webhooks: receivers over HTTP.
    #[command(subcommand)]
    Webhook(WebhookCommand),
}

/// `notify webhook ...`
#[derive(Subcommand, Clone, Debug)]
pub enum WebhookCommand {
    /// Make a webhook; its secret is shown once.
    ///
    /// Each event is posted as JSON, signed as standardwebhooks.com says: the header webhook-signature is v1, and base64 of HMAC-SHA256
    /// over ID.TIMESTAMP.BODY, with the values of webhook-id and webhook-timestamp. The id stays the same over attempts, so that a
    /// receiver can tell duplicates. Any answer from 200 to 299 takes it; otherwise it is tried again for three days.
    ///
    /// Addresses that are not public (private, loopback, link-local) are refused unless the setting webhook_networks names their network.
    Create {
        /// Where events are posted, such as https://chat.example.com/hook.
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        /// The events that it takes, such as disabled,over_limit; all when absent.
        #[arg(long, value_name = "EVENT,...", value_delimiter = ',')]
        events: Vec<String>,
    },
    /// Webhooks.
    List,
    /// Change a webhook; what is not given stays.
    Set(WebhookFields),
    /// Delete a webhook; messages that wait for it are given up.
    Delete {
        /// The webhook's id.
        id: String,
    },
}

/// What changes.
#[derive(Args, Clone, Debug)]
pub struct WebhookFields {
    /// The webhook's id.
    pub id: String,
    /// Where events are posted.
    #[arg(long)]
    pub address: Option<String>,
    /// What people call it.
    #[arg(long)]
    pub name: Option<String>,
    /// The events that it takes; all with an empty text.
    #[arg(long, value_name = "EVENT,...")]
    pub events: Option<String>,
    /// Whether it takes any.
    #[arg(long, value_name = "BOOL")]
    pub enabled: Option<bool>,
    /// Give it a new secret, shown once; the old one is no longer used.
    #[arg(long)]
    pub new_secret: bool,
}
