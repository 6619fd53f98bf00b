//! Single tokens of a source file. In: its text. Out: those that the house has no place for.

use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

/// Types whose order or rounding could reach a number that somebody pays for.
const IMPURE: [&str; 4] = ["HashMap", "HashSet", "f32", "f64"];

/// What the pure rules may not contain.
pub(crate) fn impure(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut found = Vec::new();
    each(parse(&text), &mut |token| match token {
        TokenTree::Ident(ident) if IMPURE.iter().any(|name| ident == name) => {
            found.push(format!("uses {ident}; take an ordered map, whole numbers or fractions"));
        }
        TokenTree::Literal(literal) if is_float(&syn::Lit::new(literal.clone())) => {
            found.push(format!("has the number {literal}; count and calculate in whole numbers or fractions"));
        }
        _ => {}
    });
    found
}

/// `1.5`, and `2f32`, which is a whole number with a suffix to the parser.
fn is_float(literal: &syn::Lit) -> bool {
    match literal {
        syn::Lit::Float(_) => true,
        syn::Lit::Int(number) => number.suffix().starts_with('f'),
        _ => false,
    }
}

/// The texts of all string literals, without comments.
pub(crate) fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each(parse(text), &mut |token| {
        if let TokenTree::Literal(literal) = token
            && let syn::Lit::Str(text) = syn::Lit::new(literal.clone())
        {
            found.push(text.value());
        }
    });
    found
}

fn parse(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn each(tokens: TokenStream, look: &mut impl FnMut(&TokenTree)) {
    for token in tokens {
        look(&token);
        if let TokenTree::Group(group) = token {
            each(group.stream(), look);
        }
    }
}

#[test]
fn floats_and_hash_maps_are_seen_but_not_in_comments_and_texts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.rs");
    for (text, expected) in [
        ("/// A HashMap of f64, 1.5 times.\nfn f() -> &'static str { \"HashMap\" }", 0),
        ("fn f(x: f64) {}", 1),
        ("use std::collections::{BTreeMap, HashMap};", 1),
        ("fn f() { g!(1.5) }", 1),
        ("fn f() { let t = (1, 2); t.0; 1..5; }", 0),
        ("fn f() { 2f32; }", 1),
    ] {
        muster_e2e::files::put(&file, text.as_bytes()).unwrap();
        assert_eq!(impure(&file).len(), expected, "{text}");
    }
}
