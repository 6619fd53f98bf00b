//! The names of what the API speaks of. Two types of one name are one schema of its document, and one of the two is told wrongly.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, Type};

use super::text::File;

/// Every name of a schema that two types have.
pub(crate) fn twins(files: &[File]) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let mut schemas = Schemas::default();
        if let Ok(parsed) = syn::parse_file(&file.text) {
            schemas.visit_file(&parsed);
        }
        for name in schemas.names {
            found.entry(name).or_default().push(file.shown());
        }
    }
    assert!(found.len() > 100, "only {} schemas were found", found.len());
    let twins = found.into_iter().filter(|(_, files)| files.len() > 1);
    twins.map(|(name, files)| format!("{}: schema {name} of the API twice; rename one", files.join(", "))).collect()
}

#[derive(Default)]
struct Schemas {
    names: Vec<String>,
}

impl<'ast> Visit<'ast> for Schemas {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Struct(item) if derives(&item.attrs) => self.names.push(called(&item.attrs, &item.ident)),
            Item::Enum(item) if derives(&item.attrs) => self.names.push(called(&item.attrs, &item.ident)),
            Item::Impl(item) if item.trait_.as_ref().is_some_and(|(path, _)| ends_so(path)) => {
                if let Type::Path(path) = item.self_ty.as_ref() {
                    self.names.extend(path.path.segments.last().map(|segment| segment.ident.to_string()));
                }
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }
}

fn ends_so(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == "ToSchema")
}

/// The name of a type's schema: `as`, where that is given.
fn called(attributes: &[Attribute], name: &syn::Ident) -> String {
    let given = attributes.iter().filter(|attribute| attribute.path().is_ident("schema")).find_map(|attribute| {
        let Meta::List(list) = &attribute.meta else { return None };
        let tokens = list.tokens.to_string();
        let (_, after) =
            format!(" {tokens}").split_once(" as = ").map(|(before, after)| (before.to_owned(), after.to_owned()))?;
        Some(after.split([',', ' ']).next()?.to_owned())
    });
    given.unwrap_or_else(|| name.to_string())
}

fn derives(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => attribute.path().is_ident("derive") && list.tokens.to_string().contains("ToSchema"),
        _ => false,
    })
}
