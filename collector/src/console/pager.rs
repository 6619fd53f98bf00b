//! Pages of a list that is in memory, by links that keep everything else that was asked for.

use super::render::number;
use crate::publish::url_encoded;
use serde::Deserialize;

/// Items on a page.
pub(super) const ROWS: usize = 100;

/// Which page of a list is asked for, where nothing else is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OnPage {
    /// Counted from 1.
    pub(super) page: usize,
}

/// Which of the items are on the page, and the links to its neighbours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pager {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) total: String,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

/// The items of a page and its pager. `page` counts from 1; one that is not there is the nearest that is.
pub(super) fn paged<T>(items: Vec<T>, page: usize, path: &str, asked: &[(&str, &str)]) -> (Vec<T>, Pager) {
    let counted = |count: usize| u64::try_from(count).map_or_else(|_| count.to_string(), number);
    let all = items.len();
    let pages = all.div_ceil(ROWS).max(1);
    let on = page.clamp(1, pages);
    let begin = (on - 1) * ROWS;
    let items: Vec<T> = items.into_iter().skip(begin).take(ROWS).collect();
    let link = |page: usize| address(path, &[asked, &[("page", &page.to_string())]].concat());
    let pager = Pager {
        from: counted(if items.is_empty() { 0 } else { begin + 1 }),
        to: counted(begin + items.len()),
        total: counted(all),
        previous: (on > 1).then(|| link(on - 1)),
        next: (on < pages).then(|| link(on + 1)),
    };
    (items, pager)
}

/// An address with what is asked for; what is empty is left out.
pub(super) fn address(path: &str, asked: &[(&str, &str)]) -> String {
    let given = asked.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = given.map(|(name, value)| format!("{name}={}", url_encoded(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other() {
        let check = |count: usize, page: usize, shown: (&str, &str), links: (Option<&str>, Option<&str>)| {
            let (items, pager) = paged((0..count).collect(), page, "/p", &[("search", "a b"), ("none", "")]);
            assert!(items.len() <= ROWS);
            assert_eq!((pager.from.as_str(), pager.to.as_str()), shown);
            assert_eq!((pager.previous.as_deref(), pager.next.as_deref()), links);
        };
        check(0, 1, ("0", "0"), (None, None));
        check(100, 1, ("1", "100"), (None, None));
        check(250, 2, ("101", "200"), (Some("/p?search=a%20b&page=1"), Some("/p?search=a%20b&page=3")));
        check(250, 9, ("201", "250"), (Some("/p?search=a%20b&page=2"), None));
        check(101, 0, ("1", "100"), (None, Some("/p?search=a%20b&page=2")));
    }
}
