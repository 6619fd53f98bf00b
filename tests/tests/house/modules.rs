//! The modules of a package. In: its directory. Out: every module reachable from its library and its programs, with its
//! file and what it names. A file that nothing declares is not among them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::names::{self, Name};

/// One module in a file of its own.
#[derive(Debug)]
pub(crate) struct Module {
    /// `["crate", "admin", "api"]`; a program's root is `["main"]`.
    pub(crate) path: Name,
    pub(crate) file: PathBuf,
    pub(crate) names: Vec<Name>,
    /// Declared under `#[cfg(test)]`: it may use what it likes.
    pub(crate) for_tests: bool,
}

/// The modules of the package in `directory`, whose library is called `library`.
pub(crate) fn of(directory: &Path, library: &str) -> Vec<Module> {
    let src = directory.join("src");
    let mut roots = vec![(src.join("lib.rs"), "crate"), (src.join("main.rs"), "main")];
    if let Ok(programs) = fs::read_dir(src.join("bin")) {
        roots.extend(programs.map(|entry| (entry.expect("src/bin").path(), "main")));
    }
    let mut found = Vec::new();
    for (file, root) in roots.into_iter().filter(|(file, _)| file.is_file()) {
        let children = file.parent().expect("a directory").to_owned();
        walk(file, children, vec![root.to_owned()], false, library, &mut found);
    }
    found
}

fn walk(file: PathBuf, directory: PathBuf, path: Name, for_tests: bool, library: &str, found: &mut Vec<Module>) {
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let said = names::read(&parsed, &path, library);
    for (child, child_for_tests) in said.children {
        // A module inside a module of this file adds a directory for each.
        let below = child.get(path.len()..).expect("a child is below its parent");
        let (name, between) = below.split_last().expect("a child has a name");
        let directory = between.iter().fold(directory.clone(), |directory, name| directory.join(name));
        let (flat, nested) = (directory.join(format!("{name}.rs")), directory.join(name).join("mod.rs"));
        let file = if nested.is_file() { nested } else { flat };
        walk(file, directory.join(name), child, for_tests || child_for_tests, library, found);
    }
    found.push(Module { path, file, names: said.names, for_tests });
}

#[test]
fn modules_are_found_where_rust_looks_for_them() {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("src/lib.rs", "mod flat; mod nested; mod inline { mod deep; }"),
        ("src/flat.rs", "mod below; use crate::nested;"),
        ("src/flat/below.rs", "use super::super::nested::inner;"),
        ("src/nested/mod.rs", "mod inner; #[cfg(test)] mod testing;"),
        ("src/nested/inner.rs", ""),
        ("src/nested/testing.rs", ""),
        ("src/inline/deep.rs", ""),
        ("src/main.rs", "use lib::flat;"),
        ("src/bin/tool.rs", ""),
        ("src/orphan.rs", ""),
    ] {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        muster_e2e::files::put(&path, text.as_bytes()).unwrap();
    }
    let modules = of(dir.path(), "lib");
    let mut paths: Vec<String> = modules.iter().map(|module| module.path.join("::")).collect();
    paths.sort();
    let expected = [
        "crate",
        "crate::flat",
        "crate::flat::below",
        "crate::inline::deep",
        "crate::nested",
        "crate::nested::inner",
        "crate::nested::testing",
        "main",
        "main",
    ];
    assert_eq!(paths, expected);
    let named = |path: &str| &modules.iter().find(|module| module.path.join("::") == path).unwrap().names;
    assert_eq!(named("crate::flat::below")[0].join("::"), "crate::nested::inner");
    assert_eq!(named("main")[0].join("::"), "crate::flat");
    assert!(modules.iter().all(|module| module.for_tests == module.path.contains(&"testing".to_owned())));
}
