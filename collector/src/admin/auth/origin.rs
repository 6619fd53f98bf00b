//! Where a form comes from: one of another site is refused, whatever cookies and tokens come with it.

use crate::admin::problem::{Answer, Failure};
use http::{HeaderMap, HeaderName, header};
use muster_wire::problem::Code;

/// Passes requests that a browser says come from this site, and those of programs, which say nothing.
///
/// # Errors
/// 403 for a request of another site.
pub fn same_site(headers: &HeaderMap) -> Answer<()> {
    let refused = || Failure::new(Code::Forbidden, "the form was sent by another site; open the page here and send it again");
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key("sec-fetch-site")
        && !text(HeaderName::from_static("sec-fetch-site")).is_some_and(|site| ["same-origin", "none"].contains(&site))
    {
        return Err(refused());
    }
    if headers.contains_key(header::ORIGIN) {
        let from = text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, from)| from);
        let same = from.zip(text(header::HOST)).is_some_and(|(from, host)| from.eq_ignore_ascii_case(host));
        if !same {
            return Err(refused());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn forms_of_other_sites_are_refused() {
        let cases = [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("host", "localhost:8444"), ("origin", "https://localhost:8444")], true),
            (vec![("host", "localhost:8444"), ("origin", "https://LOCALHOST:8444")], true),
            (vec![("host", "localhost:8444"), ("origin", "https://localhost:8445")], false),
            (vec![("host", "localhost:8444"), ("origin", "https://evil.example")], false),
            (vec![("host", "localhost:8444"), ("origin", "https://localhost:8444.evil.example")], false),
            (vec![("host", "localhost:8444"), ("origin", "null")], false),
            (vec![("host", "localhost:8444"), ("origin", "")], false),
            (vec![("origin", "https://localhost:8444")], false),
            (vec![("sec-fetch-site", "same-origin"), ("host", "localhost:8444"), ("origin", "https://evil.example")], false),
        ];
        for (pairs, expected) in cases {
            let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            assert_eq!(same_site(&headers.collect()).is_ok(), expected, "{pairs:?}");
        }
    }
}
