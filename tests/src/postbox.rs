//! A mail server on loopback that keeps what it is given. In: how it is to behave. Out: the messages it took, decoded as far as
//! a test looks at them. It speaks the part of SMTP that a sender needs: EHLO, STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA, QUIT.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::files;
use crate::loopback::Loopback;
use crate::wait;

/// A message that was taken.
#[derive(Clone, Debug)]
pub struct Mail {
    /// To whom.
    pub to: Vec<String>,
    /// Who was logged in.
    pub user: Option<String>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// As it was sent.
    pub raw: String,
}

impl Mail {
    /// The value of a header, on one line.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
    }

    /// The message with its quoted-printable parts decoded.
    #[must_use]
    pub fn text(&self) -> String {
        let joined = self.raw.replace("=\r\n", "");
        let (mut text, mut rest) = (Vec::with_capacity(joined.len()), joined.as_bytes());
        while let [first, behind @ ..] = rest {
            let hex = if *first == b'=' { behind.get(..2) } else { None };
            let decoded = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
            text.push(decoded.unwrap_or(*first));
            rest = behind.get(if decoded.is_some() { 2 } else { 0 }..).unwrap_or_default();
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// The mail server. It ends when it is dropped.
#[derive(Debug)]
pub struct Postbox {
    server: Loopback,
    shared: Arc<Shared>,
}

struct Shared {
    mails: Mutex<Vec<Mail>>,
    /// How many messages are still to be refused for now.
    refuse: AtomicUsize,
    /// User and password; without them nobody logs in.
    login: Option<(String, String)>,
    tls: Option<TlsAcceptor>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Postbox {
    /// One that takes everything, in clear.
    ///
    /// # Errors
    /// No port is free.
    pub async fn open() -> Result<Self> {
        Self::start(None, None).await
    }

    /// One that offers STARTTLS as `localhost` and takes messages of this user alone. Its CA is written to `ca`.
    ///
    /// # Errors
    /// No port is free, or the CA cannot be written.
    pub async fn guarded(user: &str, password: &str, ca: &Path) -> Result<Self> {
        let key = rcgen::KeyPair::generate()?;
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()])?;
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
        let certificate = params.self_signed(&key)?;
        files::put(ca, certificate.pem().as_bytes())?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)?;
        Self::start(Some((user.to_owned(), password.to_owned())), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start(login: Option<(String, String)>, tls: Option<TlsAcceptor>) -> Result<Self> {
        let shared = Arc::new(Shared { mails: Mutex::default(), refuse: AtomicUsize::new(0), login, tls });
        let for_task = Arc::clone(&shared);
        let serve = move |stream| {
            let shared = Arc::clone(&for_task);
            async move { shared.serve(stream).await }
        };
        Ok(Self { server: Loopback::serve(serve).await?, shared })
    }

    /// Its port on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.address.port()
    }

    /// Refuses so many messages for now (451).
    pub fn refuse(&self, messages: usize) {
        self.shared.refuse.store(messages, Ordering::SeqCst);
    }

    /// Every message that was taken, in order.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many messages were taken, and gives them.
    ///
    /// # Errors
    /// They do not come.
    pub async fn wait(&self, messages: usize) -> Result<Vec<Mail>> {
        wait::until("the messages", async || Ok(Some(self.mails()).filter(|mails| mails.len() >= messages))).await
    }
}

impl Shared {
    async fn serve(&self, stream: TcpStream) -> Result<()> {
        let mut stream = BufReader::new(stream);
        say(&mut stream, "220 postbox").await?;
        if !self.talk(&mut stream, false).await? {
            return Ok(());
        }
        let acceptor = self.tls.as_ref().context("TLS that was offered")?;
        let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await?);
        self.talk(&mut stream, true).await.map(drop)
    }

    /// Talks until the client quits, or wants TLS, which is told.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut BufReader<S>, tls: bool) -> Result<bool> {
        let (mut user, mut to) = (None, Vec::new());
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(false);
            }
            let line = line.trim_end();
            let (verb, rest) = line.split_once([' ', ':']).unwrap_or((line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" if self.tls.is_some() && !tls => say(stream, "250-postbox\r\n250 STARTTLS").await?,
                "EHLO" if self.login.is_some() => say(stream, "250-postbox\r\n250 AUTH PLAIN").await?,
                "EHLO" | "HELO" | "NOOP" | "RSET" => say(stream, "250 postbox").await?,
                "STARTTLS" => {
                    say(stream, "220 go on").await?;
                    return Ok(true);
                }
                "AUTH" => {
                    let given = rest.split_once(' ').and_then(|(_, answer)| STANDARD.decode(answer).ok()).unwrap_or_default();
                    let given = String::from_utf8_lossy(&given).into_owned();
                    let wanted = self.login.as_ref().map(|(user, password)| format!("\0{user}\0{password}"));
                    if wanted.as_ref() == Some(&given) {
                        user = self.login.as_ref().map(|(user, _)| user.clone());
                        say(stream, "235 welcome").await?;
                    } else {
                        say(stream, "535 5.7.8 authentication failed").await?;
                    }
                }
                "MAIL" if self.login.is_some() && user.is_none() => say(stream, "530 5.7.0 log in first").await?,
                "MAIL" if self.refuses() => say(stream, "451 4.3.0 come back later").await?,
                "MAIL" => {
                    to.clear();
                    say(stream, "250 ok").await?;
                }
                "RCPT" => {
                    let address =
                        rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(rest, |(address, _)| address);
                    to.push(address.to_owned());
                    say(stream, "250 ok").await?;
                }
                "DATA" => {
                    say(stream, "354 go on").await?;
                    let raw = data(stream).await?;
                    let mail = Mail { to: std::mem::take(&mut to), user: user.clone(), tls, raw };
                    self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                    say(stream, "250 taken").await?;
                }
                "QUIT" => {
                    say(stream, "221 bye").await?;
                    return Ok(false);
                }
                _ => say(stream, "502 not here").await?,
            }
        }
    }

    fn refuses(&self) -> bool {
        self.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, line: &str) -> Result<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
    Ok(stream.get_mut().flush().await?)
}

async fn data<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> Result<String> {
    let mut raw = String::new();
    loop {
        let mut line = String::new();
        anyhow::ensure!(stream.read_line(&mut line).await? > 0, "the message was cut off");
        match line.as_str() {
            ".\r\n" => return Ok(raw),
            line => raw.push_str(line.strip_prefix('.').unwrap_or(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_decoded() {
        let raw = "Subject: [muster] x\r\n y\r\nTo: a@b\r\n\r\nGrenze =C3=BCber=\r\nschritten 1 =3D 1 =\r\n".to_owned();
        let mail = Mail { to: Vec::new(), user: None, tls: false, raw };
        assert_eq!((mail.header("Subject").as_deref(), mail.header("Cc")), (Some("[muster] x y"), None));
        assert!(mail.text().contains("Grenze überschritten 1 = 1"), "{}", mail.text());
    }
}
