//! Mail: one message to one address over SMTP.
//!
//! In: a letter and an address. Out: whether the server took it. The password is read anew for each message, so that a changed one needs
//! no restart.

use super::{error::SendError, letter::Letter};
use crate::config::{MailConfig, MailTls};
use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use std::{path::Path, time::Duration};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The longest answer to one command.
const COMMAND: Duration = Duration::from_secs(15);
/// The longest transfer of a message.
const WHOLE: Duration = Duration::from_secs(60);

/// The mail server.
#[derive(Debug, Clone)]
pub(super) struct Mailer {
    config: MailConfig,
}

/// Tells other programs that no person wrote it: they send no answer (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Mailer {
    pub(super) const fn new(config: MailConfig) -> Self {
        Self { config }
    }

    /// Sends a letter. `id` stays the same over attempts: it is the message's id, by which mail systems tell duplicates.
    pub(super) async fn send(&self, letter: Letter, to: &str, id: Uuid, now: DateTime<Utc>) -> Result<(), SendError> {
        let message = self.message(letter, to, id, now)?;
        let transport = self.transport().await?;
        // Servers repeat the address, and errors are logged.
        let server = format!("{}:{}", self.config.server, self.config.port);
        let refused = |reason: String| SendError::Mail { server, reason: cut(&without(&reason, to)) };
        match tokio::time::timeout(WHOLE, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refused(causes(&error))),
            Err(_) => Err(refused(format!("the message was not taken within {} seconds", WHOLE.as_secs()))),
        }
    }

    fn message(&self, letter: Letter, to: &str, id: Uuid, now: DateTime<Utc>) -> Result<Message, SendError> {
        let wrong = |error: &dyn std::fmt::Display| SendError::Message(error.to_string());
        let from: Address = self.config.from.parse().map_err(|error| wrong(&error))?;
        let to: Address = to.parse().map_err(|error| wrong(&error))?;
        let Letter { subject, text, html } = letter;
        Message::builder()
            .message_id(Some(format!("<{id}@{}>", from.domain())))
            .date(now.into())
            .header(AutoSubmitted)
            .from(Mailbox::new(Some("muster".to_owned()), from))
            .to(Mailbox::new(None, to))
            .subject(subject)
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|error| wrong(&error))
    }

    async fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
        let MailConfig { server, port, tls, login, from: _, ca_file } = &self.config;
        let tls = match tls {
            MailTls::Off => Tls::None,
            MailTls::StartTls => Tls::Required(self.trust(ca_file.as_deref()).await?),
            MailTls::Tls => Tls::Wrapper(self.trust(ca_file.as_deref()).await?),
        };
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(*port)
            .tls(tls)
            .timeout(Some(COMMAND))
            .hello_name(ClientId::Domain(host));
        if let Some((user, file)) = login {
            let password = Zeroizing::new(read("the password file", file).await?);
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(builder.build())
    }

    async fn trust(&self, ca_file: Option<&Path>) -> Result<TlsParameters, SendError> {
        let failed =
            |error: lettre::transport::smtp::Error| SendError::Mail { server: self.config.server.clone(), reason: chain(&error) };
        let mut builder = TlsParameters::builder(self.config.server.clone());
        if let Some(file) = ca_file {
            let pem = read("the CA file", file).await?;
            builder = builder.add_root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(failed)?);
        }
        builder.build_rustls().map_err(failed)
    }
}

/// A file of the configuration.
pub(super) async fn read(what: &'static str, path: &Path) -> Result<String, SendError> {
    let failed = |error: std::io::Error| SendError::File { what, path: path.display().to_string(), reason: error.to_string() };
    tokio::fs::read_to_string(path).await.map_err(failed)
}

/// An error with its causes: the first one alone often says only that something failed.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    cut(&causes(error))
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

/// A text without an address, however its letters are written.
fn without(text: &str, address: &str) -> String {
    let (lower, address) = (text.to_ascii_lowercase(), address.to_ascii_lowercase());
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for (found, _) in lower.match_indices(&address).filter(|_| !address.is_empty()) {
        kept.push_str(text.get(at..found).unwrap_or_default());
        kept.push_str("the address");
        at = found + address.len();
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    kept
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_in_an_error_however_it_is_written() {
        let check = |text: &str, expected: &str| assert_eq!(cut(&without(text, "It@Example.com")), expected);
        check("550 <it@example.com>: no such user IT@EXAMPLE.COM", "550 <the address>: no such user the address");
        check("Grüße, it@example.com", "Grüße, the address");
        check("timed out", "timed out");
        check(&format!("{}it@example.com", "x".repeat(490)), &format!("{}the addres", "x".repeat(490)));
    }

    #[test]
    fn a_message_is_whole_and_knows_its_id() {
        let config = MailConfig {
            server: "mail.example.com".to_owned(),
            port: 587,
            tls: MailTls::StartTls,
            login: None,
            from: "muster@example.com".to_owned(),
            ca_file: None,
        };
        let letter = Letter {
            subject: "[muster] Grenze überschritten".to_owned(),
            text: "Text".to_owned(),
            html: "<p>Text</p>".to_owned(),
        };
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let mailer = Mailer::new(config);
        let message = mailer.message(letter.clone(), "it@example.com", Uuid::from_u128(7), now).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for part in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.com>",
            "Date: Sun, 22 Nov 2026 12:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "From: muster <muster@example.com>",
            "To: it@example.com",
            "multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(mailer.message(letter, "it@example.com\r\nBcc: x@y.z", Uuid::nil(), now).is_err());
    }
}
