//! Why somebody could not log in through the provider.

/// What went wrong between browser, provider and collector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SsoError {
    /// No answer, or one that says nothing.
    #[error("{0}")]
    Unreachable(String),
    /// An answer that cannot be relied on.
    #[error("{0}")]
    Provider(String),
    /// A file of the section `[oidc]`.
    #[error("{what} {path} cannot be read: {reason}")]
    File {
        /// Which.
        what: &'static str,
        /// Its path.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The browser did not begin this login, or began it too long ago, or has ended it already.
    #[error("this login was not begun in this browser, or took too long, or was used already")]
    Stale,
    /// The provider let the person not in, in its own words (RFC 6749, section 4.1.2.1).
    #[error("the provider refused the login ({0})")]
    Refused(String),
    /// The ID token is not what it should be.
    #[error("the provider's ID token was refused: {0}")]
    Token(String),
}

impl SsoError {
    /// What the person at the browser is told; what is behind it is for the log and for who may read the status.
    #[must_use]
    pub fn told(&self, label: &str) -> String {
        match self {
            Self::Unreachable(_) | Self::Provider(_) | Self::File { .. } => {
                format!("{label} cannot be used now; log in with a password, or try again later")
            }
            Self::Stale => format!("{self}; begin again"),
            Self::Refused(_) => format!("{self}; begin again, or ask who runs {label}"),
            Self::Token(_) => format!("what {label} says about this login cannot be trusted; the log of the collector says why"),
        }
    }
}

/// An error with its causes: the first one alone often says only that something failed.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}
