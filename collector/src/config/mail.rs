//! The mail server, checked. In: section `[mail]` as it is written. Out: what can be used, or the key that is wrong.

use super::file::{Mail, MailTls};
use std::path::PathBuf;

/// How messages are mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailConfig {
    /// Name or address of the SMTP server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// The account and the file with its password.
    pub login: Option<(String, PathBuf)>,
    /// The sender's address.
    pub from: String,
    /// CAs that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// Checks the section; the key that is wrong, and why.
pub(super) fn mail(file: Mail) -> Result<Option<MailConfig>, (&'static str, String)> {
    let Mail { server, port, tls, user, password_file, from, ca_file } = file;
    let (has_password, is_loopback) = (!password_file.as_os_str().is_empty(), is_loopback(&server));
    if server.is_empty() {
        return Ok(None);
    }
    if server.chars().any(|c| c.is_whitespace() || c == '/' || c.is_control()) {
        return Err(("mail.server", format!("{server:?} is not the name or address of a mail server; the port is mail.port")));
    }
    if from.parse::<lettre::Address>().is_err() {
        return Err((
            "mail.from",
            format!("{from:?} is not a mail address such as \"muster@example.com\"; messages need a sender"),
        ));
    }
    if user.is_empty() == has_password {
        return Err(("mail.password_file", "mail.user and mail.password_file go together".to_owned()));
    }
    if tls == MailTls::Off && has_password && !is_loopback {
        return Err(("mail.tls", format!("\"off\" would send the password to {server} in clear; write \"starttls\" or \"tls\"")));
    }
    let port = port.unwrap_or(match tls {
        MailTls::StartTls => 587,
        MailTls::Tls => 465,
        MailTls::Off => 25,
    });
    let ca_file = (!ca_file.as_os_str().is_empty()).then_some(ca_file);
    Ok(Some(MailConfig { server, port, tls, login: has_password.then_some((user, password_file)), from, ca_file }))
}

fn is_loopback(server: &str) -> bool {
    server == "localhost" || server.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_whole_or_names_its_key() {
        let base = || Mail { server: "mail.example.com".to_owned(), from: "muster@example.com".to_owned(), ..Mail::default() };
        let with_login =
            |mail: Mail| Mail { user: "muster".to_owned(), password_file: PathBuf::from("/etc/muster/mail"), ..mail };
        let check = |file: Mail, expected: Result<Option<u16>, &str>| {
            let found = mail(file.clone()).map(|mail| mail.map(|mail| mail.port)).map_err(|(key, _)| key);
            assert_eq!(found, expected, "{file:?}");
        };
        check(Mail::default(), Ok(None));
        check(base(), Ok(Some(587)));
        check(with_login(base()), Ok(Some(587)));
        check(Mail { tls: MailTls::Tls, ..base() }, Ok(Some(465)));
        check(Mail { tls: MailTls::Off, ..base() }, Ok(Some(25)));
        check(Mail { tls: MailTls::Off, port: Some(2525), ..base() }, Ok(Some(2525)));
        check(Mail { tls: MailTls::Off, ..with_login(base()) }, Err("mail.tls"));
        check(Mail { tls: MailTls::Off, server: "127.0.0.1".to_owned(), ..with_login(base()) }, Ok(Some(25)));
        check(Mail { user: "muster".to_owned(), ..base() }, Err("mail.password_file"));
        check(Mail { password_file: PathBuf::from("/x"), ..base() }, Err("mail.password_file"));
        check(Mail { from: "muster".to_owned(), ..base() }, Err("mail.from"));
        check(Mail { server: "smtp://mail".to_owned(), ..base() }, Err("mail.server"));
    }
}
