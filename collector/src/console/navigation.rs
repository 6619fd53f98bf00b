//! The pages of the console in the order in which people find them: one list, from which every page takes its navigation.
//!
//! In: who looks, and which page it is. Out: links to the areas, and to the pages of the area that is open. Pages that a role may not
//! open are left out; who may open one says the table of operations alone.

use crate::admin::auth::{Access, find};
use crate::store::records::Role;
use http::Method;

/// An area: its first page stands for it.
struct Area {
    title: &'static str,
    pages: &'static [Page],
}

/// A page that a link leads to.
struct Page {
    path: &'static str,
    title: &'static str,
}

const fn page(path: &'static str, title: &'static str) -> Page {
    Page { path, title }
}

/// Every page that the navigation leads to.
const AREAS: [Area; 11] = [
    Area { title: "Overview", pages: &[page("/status", "Overview")] },
    Area { title: "Compliance", pages: &[page("/compliance", "Compliance")] },
    Area {
        title: "Agents",
        pages: &[page("/agents", "Agents"), page("/agents/tokens", "Join tokens"), page("/agents/interop", "Other agents")],
    },
    Area { title: "Assets", pages: &[page("/assets", "Assets")] },
    Area { title: "Sessions", pages: &[page("/sessions", "Sessions"), page("/applications", "Applications")] },
    Area {
        title: "Software",
        pages: &[
            page("/software", "Positions"),
            page("/software/candidates", "Removal candidates"),
            page("/software/runs", "Runs"),
            page("/software/products", "Products"),
            page("/software/unrecognised", "Unrecognised"),
            page("/software/rules", "Rules"),
            page("/software/metrics", "Metrics"),
            page("/software/packs", "Packs"),
            page("/software/factors", "Factors"),
        ],
    },
    Area { title: "Records", pages: &[page("/records", "All records"), page("/records/imports", "Imports")] },
    Area { title: "Units", pages: &[page("/units", "Units")] },
    Area { title: "Notifications", pages: &[page("/notifications", "Notifications")] },
    Area { title: "Licence", pages: &[page("/console/license", "Licence")] },
    Area {
        title: "Administration",
        pages: &[
            page("/audit", "Audit log"),
            page("/settings", "Settings"),
            page("/accounts", "Accounts"),
            page("/api-tokens", "API tokens"),
            page("/privacy", "Personal data"),
            page("/api", "API"),
        ],
    },
];

/// A link of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    /// Where it leads.
    pub(super) path: &'static str,
    /// What it says.
    pub(super) title: &'static str,
    /// The page itself, or an area that it belongs to.
    pub(super) current: Option<&'static str>,
}

/// The links of a page: the areas, and the pages of the area that is open where it has several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Navigation {
    pub(super) areas: Vec<Link>,
    pub(super) pages: Vec<Link>,
}

impl Navigation {
    /// For this role, on the page at `here`; a page that is not in the list belongs to the one whose path it begins with.
    pub(super) fn of(role: Role, here: &str) -> Self {
        let open = nearest(here);
        let is_open = |page: &Page| Some(page.path) == open;
        let mut navigation = Self::default();
        for area in &AREAS {
            let pages: Vec<&Page> = area.pages.iter().filter(|page| opens(role, page.path)).collect();
            let Some(first) = pages.first() else { continue };
            let within = area.pages.iter().any(is_open);
            // The area is marked, and where it is more than a page, the page below.
            let current = within.then_some(if first.path == here { "page" } else { "true" });
            navigation.areas.push(Link { path: first.path, title: area.title, current });
            if within && pages.len() > 1 {
                let link = |page: &&Page| {
                    let current = is_open(page).then_some(if page.path == here { "page" } else { "true" });
                    Link { path: page.path, title: page.title, current }
                };
                navigation.pages = pages.iter().map(link).collect();
            }
        }
        navigation
    }
}

/// The link to the page of the list that is nearest above an address, for a role that may open it.
pub(super) fn above(role: Role, here: &str) -> Option<Link> {
    let open = nearest(here).filter(|path| opens(role, path))?;
    let page = AREAS.iter().flat_map(|area| area.pages).find(|page| page.path == open)?;
    Some(Link { path: page.path, title: page.title, current: None })
}

/// The page of the list that is nearest above an address.
fn nearest(here: &str) -> Option<&'static str> {
    let above = |path: &str| here == path || here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    let all = AREAS.iter().flat_map(|area| area.pages);
    all.map(|page| page.path).filter(|path| above(path)).max_by_key(|path| path.len())
}

fn opens(role: Role, path: &str) -> bool {
    may(role, &Method::GET, path)
}

/// Whether a role may do what a route does.
pub(super) fn may(role: Role, method: &Method, route: &str) -> bool {
    match find(method, route).map(|operation| operation.access) {
        Some(Access::From(least)) => role >= least,
        Some(access) => access.admits(role),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_leads_to_a_page() {
        for page in AREAS.iter().flat_map(|area| area.pages) {
            let operation = find(&Method::GET, page.path);
            assert!(operation.is_some_and(|operation| operation.page), "{}", page.path);
        }
    }

    #[test]
    fn one_page_is_marked() {
        let check = |here: &str, area: &str, page: Option<&str>| {
            let navigation = Navigation::of(Role::Viewer, here);
            let marked =
                |links: &[Link]| links.iter().filter(|link| link.current.is_some()).map(|link| link.title).collect::<Vec<_>>();
            assert_eq!(marked(&navigation.areas), [area], "{here}");
            assert_eq!(marked(&navigation.pages), page.into_iter().collect::<Vec<_>>(), "{here}");
        };
        check("/status", "Overview", None);
        check("/agents", "Agents", None);
        check("/compliance/runs/1", "Compliance", None);
        check("/applications/CAD", "Sessions", Some("Applications"));
        check("/settings/null_mode", "Administration", Some("Settings"));
        check("/assets/change", "Assets", None);
        check("/software", "Software", Some("Positions"));
        check("/software/positions", "Software", Some("Positions"));
        check("/software/candidates/x", "Software", Some("Removal candidates"));
        check("/records/models/new", "Records", Some("All records"));
        check("/records/imports", "Records", Some("Imports"));
        check("/console/license", "Licence", None);
    }

    #[test]
    fn what_a_role_may_not_open_is_not_offered() {
        assert!(Navigation::of(Role::Application, "/status").areas.is_empty());
        assert_eq!(Navigation::of(Role::Viewer, "/status").areas.len(), AREAS.len());
    }
}
