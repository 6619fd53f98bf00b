//! Why a message did not arrive, in the words of whoever has to act. No text of it holds a password, a secret, or the path of a webhook.

use super::target::TargetError;
use crate::store::StoreError;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// The target may not be reached.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The receiver answered otherwise than with success.
    #[error("the receiver answered {status}{}", hint(*.status))]
    Answered {
        /// Its status.
        status: u16,
        /// After how many seconds it wants to be asked again.
        retry_after: Option<u64>,
    },
    /// No answer.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The mail server refused, or could not be reached.
    #[error("{server}: {reason}")]
    Mail {
        /// The server.
        server: String,
        /// What it said.
        reason: String,
    },
    /// A file of the configuration cannot be used.
    #[error("{what} {path} cannot be read: {reason}")]
    File {
        /// What it is.
        what: &'static str,
        /// Where it is.
        path: String,
        /// Why not.
        reason: String,
    },
    /// There is nobody to send it to any more: it is not tried again.
    #[error("{0}")]
    Gone(&'static str),
    /// The message could not be made.
    #[error("the message cannot be made: {0}")]
    Message(String),
}

fn hint(status: u16) -> &'static str {
    match status {
        300..=399 => "; redirects are not followed, enter the address it leads to",
        401 | 403 => "; look whether it knows the secret",
        _ => "",
    }
}

/// Why a request about notifications is refused.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody would be told.
    #[error(
        "nobody would be told: enter mail addresses (muster-collector settings set notify_mail_to=it@example.com) and a mail server \
         (section [mail] of collector.toml), or make a webhook (muster-collector notify webhook create)"
    )]
    Nobody,
    /// A webhook that cannot be.
    #[error("{field}: {reason}")]
    Webhook {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
}
