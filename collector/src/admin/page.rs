//! Lists: pages with an opaque cursor, as JSON or CSV.

use super::{
    extract::Wanted,
    problem::{Answer, Failure},
};
use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, Uri, header, request::Parts};
use muster_runtime::output;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Items of a page when nothing else is said.
pub(super) const DEFAULT_LIMIT: usize = 100;
/// Most items of a page.
pub(super) const MAX_LIMIT: usize = 1000;

/// The header in which an answer without members warns.
pub(super) const WARNING: &str = "x-muster-warning";

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Most items of the page, 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

impl Paging {
    /// The limit.
    ///
    /// # Errors
    /// 422 outside 1 to 1000.
    pub fn limit(&self) -> Answer<usize> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            other => Err(Failure::invalid(format!("limit is {other}; it must be between 1 and {MAX_LIMIT}"))),
        }
    }

    /// The key after which the page begins.
    ///
    /// # Errors
    /// 422 for a cursor that this collector did not give.
    pub fn after<T: std::str::FromStr>(&self) -> Answer<Option<T>> {
        let Some(cursor) = self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
        let key = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        key.and_then(|key| key.parse().ok()).map(Some).ok_or_else(strange_cursor)
    }
}

/// The cursor of the page behind what this key names.
pub(super) fn cursor(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// 422 for a cursor that this collector did not give.
pub(super) fn strange_cursor() -> Failure {
    Failure::invalid("cursor is not one that this collector gave; begin without it")
}

/// Which page of what is of an application.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfApplication {
    /// Only those of this application.
    application: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

impl OfApplication {
    /// The application, if it is one of them, and the page.
    #[must_use]
    pub fn parts(self) -> (Option<String>, Paging) {
        let Self { application, limit, cursor } = self;
        (application, Paging { limit, cursor })
    }
}

/// How a list is wanted, and the address at which it was asked for.
#[derive(Debug, Clone)]
pub struct Listing {
    wanted: Wanted,
    address: Uri,
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { wanted: Wanted::of(&parts.headers), address: parts.uri.clone() })
    }
}

impl Listing {
    /// Whether a table is wanted.
    #[must_use]
    pub fn is_csv(&self) -> bool {
        self.wanted == Wanted::Csv
    }

    /// The `Link` to the page behind this cursor: the same address, whatever it asks for, with another cursor.
    fn next(&self, cursor: &str) -> Option<HeaderValue> {
        let asked = self.address.query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
        let kept = asked.filter(|part| part.split('=').next() != Some("cursor"));
        let cursor = format!("cursor={cursor}");
        let query: Vec<&str> = kept.chain([cursor.as_str()]).collect();
        let link = format!("<{}?{}>; rel=\"next\"", self.address.path(), query.join("&"));
        HeaderValue::from_bytes(link.as_bytes()).ok()
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    pub next: Option<String>,
    /// What is odd about the query, such as a value that no record has; absent when nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl<T> Page<T> {
    /// A page of items that were read with one more than the limit; `key` names the last one.
    pub(super) fn cut(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| cursor(&key(last)));
        Self { items, next, warnings: Vec::new() }
    }

    /// A page of items, and the key behind which the list may go on.
    pub(super) fn going_on(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next: next.map(|key| URL_SAFE_NO_PAD.encode(key)), warnings: Vec::new() }
    }

    /// A page out of a list that is in memory, in the order of its keys, which must be unique. It goes on behind the last one that was
    /// seen, also when that one is gone.
    ///
    /// # Errors
    /// 422 for a wrong limit or cursor.
    pub(super) fn in_order<K>(mut list: Vec<T>, paging: &Paging, key: impl Fn(&T) -> K) -> Answer<Self>
    where
        K: Ord + Serialize + DeserializeOwned,
    {
        let limit = paging.limit()?;
        let after = paging.after::<String>()?;
        let after: Option<K> = after.map(|key| serde_json::from_str(&key)).transpose().map_err(|_| strange_cursor())?;
        list.sort_by_cached_key(&key);
        let seen = |item: &T| after.as_ref().is_some_and(|after| key(item) <= *after);
        let page = list.into_iter().skip_while(seen).take(limit + 1).collect();
        Ok(Self::cut(page, limit, |last| serde_json::to_string(&key(last)).unwrap_or_default()))
    }

    /// A page out of a list that is in memory and keeps its own order, of what is not taken out of it; `key` must be unique.
    ///
    /// # Errors
    /// 422 for a wrong limit or cursor, and for one whose item is gone.
    pub(super) fn of(list: Vec<T>, paging: &Paging, key: impl Fn(&T) -> String) -> Answer<Self> {
        let limit = paging.limit()?;
        let start = match paging.after::<String>()? {
            None => 0,
            Some(after) => {
                let last = list.iter().position(|item| key(item) == after);
                last.ok_or_else(|| Failure::invalid("what the page before ended with is gone; begin without a cursor"))? + 1
            }
        };
        Ok(Self::cut(list.into_iter().skip(start).take(limit + 1).collect(), limit, key))
    }

    /// The same page of something else, where that can be had of every item.
    pub(super) fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page {
            items: self.items.into_iter().map(change).collect::<Result<_, _>>()?,
            next: self.next,
            warnings: self.warnings,
        })
    }

    /// The same page of something else.
    pub(super) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next, warnings: self.warnings }
    }

    /// The same page with what is odd about the query.
    pub(super) fn warned(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }
}

impl<T: Serialize> Page<T> {
    /// The page as the client wants it: JSON, or CSV with these columns. The next page of a CSV is named by the `Link` header,
    /// each warning stands in a header [`WARNING`].
    #[must_use]
    pub(super) fn answer(&self, listing: &Listing, columns: &[&str]) -> Response {
        if !listing.is_csv() {
            return axum::Json(self).into_response();
        }
        let rows: Vec<Vec<String>> = self
            .items
            .iter()
            .map(|item| {
                let item = serde_json::to_value(item).unwrap_or_default();
                columns.iter().map(|column| cell(item.get(column).unwrap_or(&Value::Null))).collect()
            })
            .collect();
        let body = output::csv(columns, &rows);
        let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response();
        if let Some(next) = &self.next
            && let Some(link) = listing.next(next)
        {
            response.headers_mut().insert(header::LINK, link);
        }
        for warning in &self.warnings {
            if let Ok(warning) = HeaderValue::from_str(&warning.escape_default().to_string()) {
                response.headers_mut().append(WARNING, warning);
            }
        }
        response
    }
}

/// A value in one cell: a reference by its display value, a list with semicolons.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(";"),
        Value::Object(members) => match (members.get("display"), members.get("id")) {
            (Some(Value::String(display)), _) => display.clone(),
            (_, Some(id)) => cell(id),
            _ => amounts(members).unwrap_or_else(|| value.to_string()),
        },
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Amounts by currency, such as `10.50 EUR;3 USD`; none where it is something else.
fn amounts(members: &serde_json::Map<String, Value>) -> Option<String> {
    let one = |(currency, amount): (&String, &Value)| {
        let amount = amount.as_str().filter(|text| text.parse::<muster_domain::decimal::Decimal>().is_ok())?;
        Some(format!("{amount} {currency}").trim_end().to_owned())
    };
    members.iter().map(one).collect::<Option<Vec<_>>>().map(|parts| parts.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gaps() {
        let list: Vec<u32> = (0..25).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let paging = Paging { limit: Some(10), cursor: cursor.clone() };
            let page = Page::of(list.clone(), &paging, u32::to_string).unwrap();
            assert!(page.items.len() <= 10);
            seen.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, list);
        let exact = Page::of(list, &Paging { limit: Some(25), cursor: None }, u32::to_string).unwrap();
        assert_eq!((exact.items.len(), exact.next), (25, None));
    }

    #[test]
    fn wrong_paging_is_refused() {
        for limit in [0, MAX_LIMIT + 1] {
            assert!(Paging { limit: Some(limit), cursor: None }.limit().is_err());
        }
        for cursor in ["%", "AAAA=", "////"] {
            assert!(Paging { limit: None, cursor: Some(cursor.to_owned()) }.after::<u64>().is_err(), "{cursor}");
        }
        assert_eq!(Paging::default().after::<u64>().unwrap(), None);
    }

    fn listing(address: &str) -> Listing {
        Listing { wanted: Wanted::Csv, address: address.parse().unwrap() }
    }

    #[test]
    fn the_next_page_is_of_what_was_asked_for() {
        for (address, expected) in [
            ("/api/v1/sessions", "</api/v1/sessions?cursor=n>"),
            ("/x?application=CAD%20%26%20co&limit=2", "</x?application=CAD%20%26%20co&limit=2&cursor=n>"),
            ("/x?cursor=m&limit=2", "</x?limit=2&cursor=n>"),
            ("https://muster:8443/x?limit=2&cursor=", "</x?limit=2&cursor=n>"),
            ("/x?", "</x?cursor=n>"),
            ("/x?cursors=1", "</x?cursors=1&cursor=n>"),
        ] {
            let link = listing(address).next("n").unwrap();
            assert_eq!(link.to_str().unwrap(), format!("{expected}; rel=\"next\""), "{address}");
        }
    }

    #[test]
    fn what_goes_away_between_two_pages_hides_nothing() {
        let key = |item: &u32| (item / 10, *item);
        let list: Vec<u32> = (0..30).rev().collect();
        let paging = Paging { limit: Some(10), cursor: None };
        let first = Page::in_order(list.clone(), &paging, key).unwrap();
        assert_eq!(first.items, (0..10).collect::<Vec<_>>());
        let paging = Paging { cursor: first.next, ..paging };
        for gone in [vec![], vec![9], vec![8, 9, 10], (0..10).collect()] {
            let left: Vec<u32> = list.iter().copied().filter(|item| !gone.contains(item)).collect();
            let next = Page::in_order(left, &paging, key).unwrap();
            let expected: Vec<u32> = (10..30).filter(|item| !gone.contains(item)).take(10).collect();
            assert_eq!((next.items, next.next.is_some()), (expected, true), "{gone:?}");
        }
        let foreign = Paging { cursor: Some(URL_SAFE_NO_PAD.encode("7")), ..paging };
        assert!(Page::in_order(list.clone(), &foreign, key).is_err());
        // Where there is no order to go on in, an end is never told that is none.
        let paging = Paging { limit: Some(10), cursor: Some(URL_SAFE_NO_PAD.encode("9")) };
        assert!(Page::of((10..30).collect(), &paging, u32::to_string).is_err());
        assert!(Page::of((0..30).collect(), &paging, u32::to_string).is_ok());
    }

    #[test]
    fn csv_shows_references_by_name_and_disarms_formulas() {
        let items = vec![serde_json::json!({"a": {"id": "1", "display": "Computer"}, "b": "=1+1", "c": [1, 2], "d": null})];
        let page = Page { items, next: Some("n".to_owned()), warnings: vec!["name: \"é\"".to_owned()] };
        let response = page.answer(&listing("/x"), &["a", "b", "c", "d"]);
        assert_eq!(response.headers()[header::LINK], "</x?cursor=n>; rel=\"next\"");
        let body = futures_util::FutureExt::now_or_never(axum::body::to_bytes(response.into_body(), 1000)).unwrap().unwrap();
        assert_eq!(body, "a,b,c,d\r\nComputer,'=1+1,1;2,\r\n");
    }
}
