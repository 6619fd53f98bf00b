//! What a page of a stranger can make a browser do: send forms, follow addresses, ask under another name.

use super::super::testing::{HOST, PASSWORD, Site, cookie};
use axum::body::Body;
use http::{Request, StatusCode, header};

#[tokio::test]
async fn a_form_of_another_site_does_nothing_even_with_the_token() {
    let site = Site::new().await;
    let cases = [
        (vec![], true),
        (vec![("origin", "http://localhost:8444")], true),
        (vec![("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8444")], true),
        (vec![("origin", "https://evil.example")], false),
        (vec![("origin", "http://localhost:9")], false),
        (vec![("origin", "null")], false),
        (vec![("sec-fetch-site", "cross-site")], false),
        (vec![("sec-fetch-site", "same-site")], false),
    ];
    for (headers, passes) in cases {
        let (cookie, csrf) = site.session("anna");
        let (_, foreign) = site.session("anna");
        let send = async |path: &str, body: String| {
            let mut request = Request::builder().method("POST").uri(path).header(header::HOST, HOST);
            request = request.header(header::COOKIE, &cookie).header(header::ACCEPT, "text/html");
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            site.send(request.body(Body::from(body)).unwrap()).await
        };
        let new = "another long password";
        let fields = |csrf: &str| format!("csrf={csrf}&old=wrong&new={new}&repeated={new}");
        let reply = send("/password", fields(&csrf)).await;
        let expected = if passes { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN };
        assert_eq!(reply.status, expected, "{headers:?}: {reply:?}");
        for wrong in [&foreign, "", "x"] {
            assert_eq!(send("/password", fields(wrong)).await.status, StatusCode::FORBIDDEN, "{headers:?}");
        }
        assert_eq!(send("/logout", "csrf=".to_owned()).await.status, StatusCode::FORBIDDEN);
        assert_eq!(site.page("/status", Some(&cookie)).await.status, StatusCode::OK, "nobody logs somebody else out");
        // A login of somebody else is refused, too, or the visitor would work under a stranger's name.
        let login = send("/login", format!("name=anna&password={}", PASSWORD.replace(' ', "+"))).await;
        assert_eq!(login.status, if passes { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN }, "{headers:?}");
        site.clock.advance(std::time::Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn a_login_goes_on_to_pages_of_this_site_only() {
    let site = Site::new().await;
    let cases = [
        ("/units", "/units"),
        ("/records/models?search=x", "/records/models?search=x"),
        ("", "/status"),
        ("https://evil.example/", "/status"),
        ("//evil.example/", "/status"),
        ("/\\evil.example/", "/status"),
        ("\\\\evil.example/", "/status"),
        ("/\t/evil.example/", "/status"),
        ("/units\r\nset-cookie: a=b", "/status"),
        ("javascript:alert(1)", "/status"),
        ("evil.example", "/status"),
        ("/login", "/status"),
    ];
    for (next, expected) in cases {
        let reply = site.form("/login", None, &[("name", "anna"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, expected), "{next:?}");
        let asked = format!("/login?next={}", next.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>());
        let again = site.page(&asked, Some(&cookie(&reply))).await;
        assert_eq!((again.status, again.header("location")), (StatusCode::SEE_OTHER, expected), "{next:?}");
        let form = site.page(&asked, None).await.text;
        assert!(form.contains(&format!("name=\"next\" value=\"{expected}\"")) && !form.contains("evil.example"), "{form}");
    }
}

#[tokio::test]
async fn a_session_is_good_under_the_names_of_this_listener_only() {
    let site = Site::new().await;
    let session = site.log_in().await;
    let cases = [
        (Some(HOST), StatusCode::OK),
        (Some("127.0.0.1:8444"), StatusCode::OK),
        (Some("evil.example"), StatusCode::MISDIRECTED_REQUEST),
        (Some("evil.example:8444"), StatusCode::MISDIRECTED_REQUEST),
        (Some("localhost:8444.evil.example"), StatusCode::MISDIRECTED_REQUEST),
        (Some("localhost"), StatusCode::MISDIRECTED_REQUEST),
        (None, StatusCode::MISDIRECTED_REQUEST),
    ];
    for (host, expected) in cases {
        let mut request = Request::builder().uri("/status").header(header::COOKIE, &session).header(header::ACCEPT, "text/html");
        if let Some(host) = host {
            request = request.header(header::HOST, host).header("x-forwarded-host", HOST);
        }
        assert_eq!(site.send(request.body(Body::empty()).unwrap()).await.status, expected, "{host:?}");
    }
}
