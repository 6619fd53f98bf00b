//! Names of editions, as publishers, packages and administrators write them.
//!
//! In: a name such as `Enterprise`, `Enterprise Edition` or `EE`. Out: which of the editions that a metric tells apart it is. Case,
//! spaces and the word "edition" make no difference, since software names them in every form.

/// A name without what makes no difference.
fn folded(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_'));
    words.filter(|word| !word.is_empty() && *word != "edition").collect::<Vec<_>>().join(" ")
}

/// Whether two names are of the same edition.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// What the metrics of a publisher call a product, where they tell products apart and this is not the first of them.
#[must_use]
pub fn called(publisher: &str, product: &str, edition: Option<&str>) -> Option<&'static str> {
    let is = |name: &str| publisher.trim().eq_ignore_ascii_case(name);
    let has = |text: &str, word: &str| folded(text).contains(word);
    if is("Oracle") && has(product, "weblogic") {
        Some("WebLogic")
    } else if is("VMware") && (has(product, "essentials plus") || edition.is_some_and(|edition| has(edition, "essentials plus")))
    {
        Some("VVEP")
    } else if is("Red Hat") && has(product, "virtual datacenters") {
        Some("RHEL for Virtual Datacenters")
    } else {
        None
    }
}

/// The first row that has a name of this edition.
pub(super) fn among<T: Copy>(name: &str, rows: &[(&[&str], T)]) -> Option<T> {
    rows.iter().find(|(names, _)| names.iter().any(|known| is_same(known, name))).map(|(_, found)| *found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_the_same_however_they_are_written() {
        let check = |one: &str, other: &str, expected: bool| assert_eq!(is_same(one, other), expected, "{one} {other}");
        check("Enterprise", "ENTERPRISE EDITION", true);
        check(" Standard  edition 2", "Standard Edition 2", true);
        check("Standard-Edition-One", "standard one", true);
        check("Standard", "Standard Edition 2", false);
        check("Enterprise", "Enterprise Plus", false);
        check("Editions", "", false);
    }

    #[test]
    fn products_are_called_as_the_metrics_call_them() {
        let check = |publisher: &str, product: &str, edition: Option<&str>, expected: Option<&str>| {
            assert_eq!(called(publisher, product, edition), expected, "{publisher} {product} {edition:?}");
        };
        check("Oracle", "WebLogic Server", Some("Standard"), Some("WebLogic"));
        check("oracle", "Database", Some("Enterprise Edition"), None);
        check("VMware", "vSphere", Some("Essentials Plus"), Some("VVEP"));
        check("VMware", "vSphere Essentials Plus", None, Some("VVEP"));
        check("VMware", "vSphere", Some("Enterprise Plus"), None);
        check("Red Hat", "Enterprise Linux for Virtual Datacenters", None, Some("RHEL for Virtual Datacenters"));
        check("Red Hat", "Enterprise Linux", None, None);
    }
}
