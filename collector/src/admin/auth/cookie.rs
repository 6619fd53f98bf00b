//! The session cookie: `__Host-muster` with TLS, `muster` without; and the one of a login under way at a provider.

use http::{HeaderMap, HeaderValue, header};

/// The cookie's name.
#[must_use]
pub(super) const fn name(tls: bool) -> &'static str {
    if tls { "__Host-muster" } else { "muster" }
}

/// The session id in a request.
#[must_use]
pub fn read(headers: &HeaderMap, tls: bool) -> Option<&str> {
    find(headers, name(tls))
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
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

/// The secret of a login under way in a request.
#[must_use]
pub fn read_attempt(headers: &HeaderMap, tls: bool) -> Option<&str> {
    find(headers, attempt_name(tls))
}

/// `Set-Cookie` for a login under way. The provider sends the browser back from another site, so it must come along from there.
#[must_use]
pub fn set_attempt(secret: &str, tls: bool, seconds: u64) -> HeaderValue {
    build(attempt_name(tls), secret, "Lax", tls, &format!("; Max-Age={seconds}"))
}

/// `Set-Cookie` that removes it.
#[must_use]
pub fn remove_attempt(tls: bool) -> HeaderValue {
    build(attempt_name(tls), "", "Lax", tls, "; Max-Age=0")
}

const fn attempt_name(tls: bool) -> &'static str {
    if tls { "__Host-muster-oidc" } else { "muster-oidc" }
}

fn value(id: &str, tls: bool, more: &str) -> HeaderValue {
    build(name(tls), id, "Strict", tls, more)
}

fn build(name: &str, value: &str, same_site: &str, tls: bool, more: &str) -> HeaderValue {
    let secure = if tls { "; Secure" } else { "" };
    let text = format!("{name}={value}; HttpOnly; SameSite={same_site}; Path=/{secure}{more}");
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
            assert_eq!(read_attempt(&headers, tls), None, "one cookie is not the other");
            let attempt = set_attempt("abc", tls, 600);
            assert!(attempt.to_str().unwrap().contains("HttpOnly; SameSite=Lax; Path=/"));
            headers.insert(header::COOKIE, attempt);
            assert_eq!((read_attempt(&headers, tls), read(&headers, tls)), (Some("abc"), None));
            assert!(remove(tls).to_str().unwrap().contains("Max-Age=0"));
        }
    }
}
