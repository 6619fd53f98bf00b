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
            Item::Struct(item) if derives(&item.attrs) => self.names.push(item.ident.to_string()),
            Item::Enum(item) if derives(&item.attrs) => self.names.push(item.ident.to_string()),
            Item::Impl(item) if item.trait_.as_ref().is_some_and(|(path, _)| path.is_ident("ToSchema")) => {
                if let Type::Path(path) = item.self_ty.as_ref() {
                    self.names.extend(path.path.segments.last().map(|segment| segment.ident.to_string()));
                }
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }
}

fn derives(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => attribute.path().is_ident("derive") && list.tokens.to_string().contains("ToSchema"),
        _ => false,
    })
}
