//! The session cookie: `__Host-muster` with TLS, `muster` without.

use http::{HeaderMap, HeaderValue, header};

/// The cookie's name.
#[must_use]
pub(super) const fn name(tls: bool) -> &'static str {
    if tls { "__Host-muster" } else { "muster" }
}

/// The session id in a request.
#[must_use]
pub fn read(headers: &HeaderMap, tls: bool) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name(tls)).then_some(value))
}

/// `Set-Cookie` for a session id; it lasts until the browser is closed or the session ends here.
#[must_use]
pub fn set(id: &str, tls: bool) -> HeaderValue {
    value(id, tls, "")
}

/// `Set-Cookie` that removes it.
#[must_use]
pub fn remove(tls: bool) -> HeaderValue {
    value("", tls, "; Max-Age=0")
}

fn value(id: &str, tls: bool, more: &str) -> HeaderValue {
    let secure = if tls { "; Secure" } else { "" };
    let text = format!("{}={id}; HttpOnly; SameSite=Strict; Path=/{secure}{more}", name(tls));
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_go_there_and_back() {
        for tls in [true, false] {
            let set = set("abc", tls);
            let text = set.to_str().unwrap();
            assert!(text.contains("HttpOnly; SameSite=Strict; Path=/"));
            assert_eq!(text.contains("Secure"), tls);
            let mut headers = HeaderMap::new();
            let sent = format!("other=1; {}; x=y", text.split(';').next().unwrap());
            headers.insert(header::COOKIE, HeaderValue::from_str(&sent).unwrap());
            assert_eq!(read(&headers, tls), Some("abc"));
            assert_eq!(read(&headers, !tls), None);
            assert!(remove(tls).to_str().unwrap().contains("Max-Age=0"));
        }
    }
}
