//! Names of editions, as publishers, packages and administrators write them.
//!
//! In: a publisher, and a name such as `Enterprise`, `Enterprise Edition` or `EE`. Out: whether two are of the same edition, and which of
//! the editions that a metric tells apart it is. Case, spaces and the word "edition" make no difference, since software names them in
//! every form; what a publisher abbreviates is in one table, for metrics and for the conditions of software models alike.

/// What editions of publishers are called, each row the names of one, the long one first.
const NAMES: [(&str, &[&[&str]]); 2] = [
    (
        "oracle",
        &[
            &["Enterprise Edition", "EE"],
            &["Standard Edition 2", "SE2", "SE 2", "Standard Two"],
            &["Standard Edition One", "SE1", "SE 1", "SEO", "Standard 1"],
            &["Standard Edition", "SE"],
            &["Personal Edition", "PE"],
        ],
    ),
    (
        "microsoft",
        &[
            &["Enterprise Edition", "Ent", "EE"],
            &["Standard Edition", "Std", "SE"],
            &["Datacenter Edition", "Data Center", "DC"],
            &["Business Intelligence Edition", "BI"],
            &["Developer Edition", "Dev"],
        ],
    ),
];

/// A name without what makes no difference.
fn folded(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_'));
    words.filter(|word| !word.is_empty() && *word != "edition").collect::<Vec<_>>().join(" ")
}

/// What a publisher calls an edition; none where the name says all there is.
fn row(publisher: &str, folded_name: &str) -> Option<&'static [&'static str]> {
    let (_, rows) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(publisher.trim()))?;
    rows.iter().copied().find(|names| names.iter().any(|known| folded(known) == folded_name))
}

/// What is the same for every name of an edition, and for no name of another.
#[must_use]
pub fn key(publisher: &str, name: &str) -> String {
    let own = folded(name);
    row(publisher, &own).and_then(|names| names.first()).map_or(own, |first| folded(first))
}

/// Whether two names are of the same edition of a publisher's.
#[must_use]
pub fn is_same(publisher: &str, one: &str, other: &str) -> bool {
    key(publisher, one) == key(publisher, other)
}

/// Every name of an edition: its own, then those that its publisher has for it.
pub fn names<'n>(publisher: &str, name: &'n str) -> impl Iterator<Item = &'n str> {
    std::iter::once(name).chain(row(publisher, &folded(name)).into_iter().flatten().copied())
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
pub(super) fn among<T: Copy>(publisher: &str, name: &str, rows: &[(&[&str], T)]) -> Option<T> {
    rows.iter().find(|(names, _)| names.iter().any(|known| is_same(publisher, known, name))).map(|(_, found)| *found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_the_same_however_they_are_written() {
        let check = |publisher: &str, one: &str, other: &str, expected: bool| {
            assert_eq!(is_same(publisher, one, other), expected, "{publisher}: {one} {other}");
        };
        check("Acme", "Enterprise", "ENTERPRISE EDITION", true);
        check("Acme", " Standard  edition 2", "Standard Edition 2", true);
        check("Acme", "Standard-Edition-One", "standard one", true);
        check("Acme", "Standard", "Standard Edition 2", false);
        check("Acme", "Enterprise", "Enterprise Plus", false);
        check("Acme", "Editions", "", false);
        // What one publisher abbreviates is another's own name.
        check("Acme", "EE", "Enterprise", false);
        check("ORACLE ", "ee", "Enterprise", true);
        check("Oracle", "SE 2", "Standard Edition 2", true);
        check("Oracle", "SE2", "SE", false);
        check("Oracle", "SEO", "Standard Edition One", true);
        check("Microsoft", "Ent", "Enterprise Edition", true);
        check("Microsoft", "Data Center", "Datacenter", true);
        check("Microsoft", "Std", "Datacenter", false);
        assert_eq!(names("Oracle", "EE").collect::<Vec<_>>(), ["EE", "Enterprise Edition", "EE"]);
        assert_eq!(names("Acme", "EE").collect::<Vec<_>>(), ["EE"]);
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
