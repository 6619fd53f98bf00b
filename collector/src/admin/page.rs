//! Lists: pages with an opaque cursor, as JSON or CSV.

use super::{
    extract::Wanted,
    problem::{Answer, Failure},
};
use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, header};
use muster_runtime::output;
use serde::{Deserialize, Serialize};
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
        key.and_then(|key| key.parse().ok())
            .map(Some)
            .ok_or_else(|| Failure::invalid("cursor is not one that this collector gave; begin without it"))
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
        let next = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Self { items, next, warnings: Vec::new() }
    }

    /// A page out of a list that is in memory, in the order of the list; `key` must be unique.
    ///
    /// # Errors
    /// 422 for a wrong limit or cursor.
    pub(super) fn of(list: Vec<T>, paging: &Paging, key: impl Fn(&T) -> String) -> Answer<Self> {
        let limit = paging.limit()?;
        let start = match paging.after::<String>()? {
            None => 0,
            Some(after) => list.iter().position(|item| key(item) == after).map_or(list.len(), |at| at + 1),
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
    pub(super) fn answer(&self, wanted: Wanted, path: &str, columns: &[&str]) -> Response {
        if wanted != Wanted::Csv {
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
            && let Ok(link) = HeaderValue::from_str(&format!("<{path}?cursor={next}>; rel=\"next\""))
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
            _ => value.to_string(),
        },
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
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

    #[test]
    fn csv_shows_references_by_name_and_disarms_formulas() {
        let items = vec![serde_json::json!({"a": {"id": "1", "display": "Computer"}, "b": "=1+1", "c": [1, 2], "d": null})];
        let page = Page { items, next: Some("n".to_owned()), warnings: vec!["name: \"é\"".to_owned()] };
        let response = page.answer(Wanted::Csv, "/x", &["a", "b", "c", "d"]);
        assert_eq!(response.headers()[header::LINK], "</x?cursor=n>; rel=\"next\"");
        let body = futures_util::FutureExt::now_or_never(axum::body::to_bytes(response.into_body(), 1000)).unwrap().unwrap();
        assert_eq!(body, "a,b,c,d\r\nComputer,'=1+1,1;2,\r\n");
    }
}
