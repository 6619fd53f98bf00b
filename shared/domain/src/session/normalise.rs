//! Brings user names and client addresses into one form, so that one person at one place counts once (contract 2.1).
//!
//! Addresses: IPv4-mapped IPv6 becomes IPv4, a zone is dropped; anything else is a host name, kept as a lower-case text and never
//! resolved. Nothing is refused here: a report is never lost for an odd name.

use std::net::{IpAddr, Ipv4Addr};

/// The longest user name that is kept, in characters.
pub const MAX_USER_CHARS: usize = 256;

/// The longest client that is kept, in characters; host names are not longer.
pub const MAX_CLIENT_CHARS: usize = 253;

/// A client address or host name in its one form. Empty stays empty.
#[must_use]
pub fn client(text: &str) -> String {
    // Most clients; what reads as IPv4 has one way to be written.
    if text.parse::<Ipv4Addr>().is_ok() {
        return text.to_owned();
    }
    let bare = clean(text, usize::MAX).to_lowercase();
    let bare = bare.trim_start_matches(|edge: char| edge.is_whitespace() || edge == '[');
    let bare = end_of_host(bare);
    match address(bare) {
        Some(address) => address.to_string(),
        None => end_of_host(&bare.chars().take(MAX_CLIENT_CHARS).collect::<String>()).to_owned(),
    }
}

/// Whether a client is the machine itself: then its own address on the route to the collector stands for it.
#[must_use]
pub fn is_loopback(text: &str) -> bool {
    let client = client(text);
    client == "localhost" || client.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// A login user name as it is kept: without surrounding blanks and control characters, of bounded length. Its case stays.
#[must_use]
pub fn user(text: &str) -> String {
    clean(text, MAX_USER_CHARS)
}

fn address(text: &str) -> Option<IpAddr> {
    let without_zone = text.split('%').next().unwrap_or(text);
    without_zone.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A host without what may stand behind it: a bracket of an address, the dot of a full name.
fn end_of_host(text: &str) -> &str {
    text.trim_end_matches(|edge: char| edge.is_whitespace() || edge == ']' || edge == '.')
}

fn clean(text: &str, limit: usize) -> String {
    // Most names, and every report has many of them.
    if text.len() <= limit && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return text.to_owned();
    }
    let kept: String = text.chars().filter(|character| !character.is_control()).collect();
    let bounded: String = kept.trim().chars().take(limit).collect();
    bounded.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_client_has_one_form() {
        let check = |text: &str, expected: &str| assert_eq!(client(text), expected, "{text:?}");
        check("10.0.0.1", "10.0.0.1");
        check(" 10.0.0.1 ", "10.0.0.1");
        check("::ffff:10.0.0.1", "10.0.0.1");
        check("::FFFF:0a00:0001", "10.0.0.1");
        check("fe80::1%eth0", "fe80::1");
        check("[2001:DB8:0::1]", "2001:db8::1");
        check("WS-17.Example.COM.", "ws-17.example.com");
        check("host\u{1b}[31m", "host[31m");
        check("", "");
        check("10.0.0", "10.0.0");
        check("host. .", "host");
        check("[ host ]", "host");
        check("10.0.0.1.", "10.0.0.1");
        assert_eq!(client(&"x".repeat(400)).len(), MAX_CLIENT_CHARS);
    }

    #[test]
    fn the_machine_itself_is_recognised() {
        let check = |text: &str, expected: bool| assert_eq!(is_loopback(text), expected, "{text:?}");
        check("127.0.0.1", true);
        check("127.8.0.1", true);
        check("::1", true);
        check("::ffff:127.0.0.1", true);
        check("0.0.0.0", true);
        check("LocalHost", true);
        check("10.0.0.1", false);
        check("", false);
    }

    #[test]
    fn users_keep_their_case() {
        assert_eq!(user(" Ab\u{7}el "), "Abel");
        assert_eq!(user(&"ä".repeat(300)).chars().count(), MAX_USER_CHARS);
    }

    proptest! {
        #[test]
        fn the_form_is_stable(text in prop_oneof![".{0,40}", "[\\[\\]. a:%İ0-9]{0,300}"]) {
            let once = client(&text);
            prop_assert_eq!(client(&once), once.clone());
            prop_assert_eq!(user(&user(&text)), user(&text));
        }
    }
}
