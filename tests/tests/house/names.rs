//! What a source file names. In: a parsed file and the path of its module. Out: every path outside its tests, made
//! absolute: `use` trees taken apart, `self` and `super` resolved, macro arguments read too.

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A path, first segment first; `crate` stands for the package's library.
pub(crate) type Name = Vec<String>;

/// What one module says.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The paths it names.
    pub(crate) names: Vec<Name>,
    /// The modules it declares in files of their own, by their path, and whether they are for tests only.
    pub(crate) children: Vec<(Name, bool)>,
}

/// Reads the module at `path` (`["crate", "admin"]`). `library` is the name under which programs know `crate`.
pub(crate) fn read(file: &syn::File, path: &[String], library: &str) -> Said {
    let mut reader = Reader { path: path.to_vec(), library, said: Said::default() };
    reader.visit_file(file);
    reader.said.names.sort();
    reader.said.names.dedup();
    reader.said
}

struct Reader<'a> {
    path: Name,
    library: &'a str,
    said: Said,
}

impl Reader<'_> {
    fn name(&mut self, segments: Vec<String>) {
        let mut segments = segments.into_iter().peekable();
        let mut absolute: Name = match segments.peek().map(String::as_str) {
            Some("self" | "super") => self.path.clone(),
            Some(first) if first == self.library => {
                segments.next();
                vec!["crate".to_owned()]
            }
            _ => Vec::new(),
        };
        for segment in segments {
            match segment.as_str() {
                "self" => {}
                "super" => _ = absolute.pop(),
                _ => absolute.push(segment),
            }
        }
        self.said.names.push(absolute);
    }

    fn tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |segment: String| [before, &[segment]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.name(with(name.ident.to_string())),
            UseTree::Rename(rename) => self.name(with(rename.ident.to_string())),
            UseTree::Glob(_) => self.name(with("*".to_owned())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            _ => &[],
        };
        let for_tests = attributes.iter().any(is_cfg_test);
        match item {
            Item::Mod(module) if module.content.is_none() => {
                let child = [self.path.as_slice(), &[module.ident.to_string()]].concat();
                self.said.children.push((child, for_tests));
            }
            _ if for_tests => {}
            Item::Mod(module) => {
                self.path.push(module.ident.to_string());
                visit::visit_item_mod(self, module);
                self.path.pop();
            }
            Item::Use(item) => self.tree(&[], &item.tree),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.name(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string();
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || "_: ".contains(c)));
        // `a :: b :: c` of the printed tokens, among everything else.
        let paths = words.by_ref().flat_map(|run| {
            let joined = run.replace(" :: ", "::").replace(":: ", "::").replace(" ::", "::");
            joined.split([' ']).filter(|word| word.contains("::")).map(str::to_owned).collect::<Vec<_>>()
        });
        for path in paths.collect::<Vec<_>>() {
            self.name(path.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect());
        }
        visit::visit_macro(self, call);
    }

    /// `pub(in crate::x)` restricts, it does not import.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// `#[cfg(test)]`, and `#[cfg(all(test, ...))]`.
pub(crate) fn is_cfg_test(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all") && condition.contains("test"))
}

#[test]
fn names_are_absolute_and_tests_are_left_out() {
    let file = syn::parse_file(
        r#"
        use crate::{store::{redb, ports::Assets as A}, sessions};
        use super::gateway::*;
        use muster_collector::jobs::nightly;
        mod child;
        #[cfg(test)] mod testing;
        pub(in crate::admin) fn f(x: self::own::X) -> std::io::Result<()> { crate::ingest::take(x)?; Ok(()) }
        mod inner { use super::super::trust; }
        fn g() { tracing::info!(id = %crate::console::id(), "{}", crate::notify::last()); }
        #[cfg(test)] mod tests { use crate::never::a; }
        #[cfg(test)] fn only() { crate::never::b() }
        "#,
    )
    .unwrap();
    let said = read(&file, &["crate".to_owned(), "admin".to_owned()], "muster_collector");
    let names: Vec<String> = said.names.iter().map(|name| name.join("::")).collect();
    for expected in [
        "crate::store::redb",
        "crate::store::ports::Assets",
        "crate::sessions",
        "crate::gateway::*",
        "crate::jobs::nightly",
        "crate::admin::own::X",
        "crate::ingest::take",
        "crate::trust",
        "crate::console::id",
        "crate::notify::last",
        "std::io::Result",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("never") || name == "crate::admin"), "{names:?}");
    let children: Vec<_> = said.children.iter().map(|(name, for_tests)| (name.join("::"), *for_tests)).collect();
    assert_eq!(children, [("crate::admin::child".to_owned(), false), ("crate::admin::testing".to_owned(), true)]);
}
