//! The form of a file. In: its text. Out: a line for every rule it breaks.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::code;

/// Lines of a file before its unit tests.
const LONGEST: usize = 450;
/// Lines of a program's `main.rs`: arguments, logging, config, build, run, exit code.
const LONGEST_MAIN: usize = 60;
/// What says that something is not done. Written in halves, so that this file does not say it.
const UNFINISHED: [(&str, &str); 5] = [("TO", "DO"), ("FIX", "ME"), ("todo", "!("), ("unimplemented", "!("), ("#[", "ignore")];
/// Where things are only on one machine.
const ELSEWHERE: [(&str, &str); 4] = [("/wo", "rk/"), ("/home", "/runner"), ("/Us", "ers/"), ("/tmp", "/wt/")];
/// Kinds of files that people write here.
const TEXTS: [&str; 12] = ["rs", "toml", "md", "html", "css", "js", "service", "conf", "json", "yml", "sh", "run"];

/// One file of the repository.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    root: PathBuf,
    pub(crate) text: String,
}

/// Every Rust source.
pub(crate) fn sources(root: &Path) -> Vec<File> {
    everything(root).into_iter().filter(|file| file.path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Every text that people write.
pub(crate) fn everything(root: &Path) -> Vec<File> {
    let mut found = Vec::new();
    collect(root, root, &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn collect(directory: &Path, root: &Path, found: &mut Vec<File>) {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            let ours = !["target", ".git"].contains(&name.as_ref()) && !path.join("CACHEDIR.TAG").exists();
            if ours {
                collect(&path, root, found);
            }
        } else if TEXTS.contains(&extension.as_ref()) || name == "run" {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push(File { path, root: root.to_owned(), text });
        }
    }
}

/// `path` as seen from the repository.
pub(crate) fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

impl File {
    pub(crate) fn shown(&self) -> String {
        shown(&self.path, &self.root)
    }

    /// A file under a `src` directory, which a library or a program compiles; not a test beside them.
    pub(crate) fn is_of_a_program(&self) -> bool {
        self.relative().components().any(|part| part == Component::Normal("src".as_ref()))
    }

    fn relative(&self) -> &Path {
        self.path.strip_prefix(&self.root).unwrap_or(&self.path)
    }

    /// Breaches of the rules for sources.
    pub(crate) fn breaches(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        let mut say = |what: String| breaches.push(format!("{}: {what}", self.shown()));
        if !self.text.starts_with("//!") {
            say("does not open with `//!`; say what it is for, what comes in, what goes out, what it must not do".to_owned());
        }
        let lines = self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        if self.is_of_a_program() && lines > LONGEST {
            say(format!("{lines} lines before its tests, {LONGEST} at most; split it by subject"));
        }
        if self.path.ends_with("src/main.rs") && lines >= LONGEST_MAIN {
            say(format!("{lines} lines, under {LONGEST_MAIN} are allowed; move what it does into the library"));
        }
        for (one, other) in UNFINISHED {
            let mark = format!("{one}{other}");
            for (number, _) in self.text.lines().enumerate().filter(|(_, line)| line.contains(&mark)) {
                say(format!("line {}: {mark}; finish it, or open an issue and take the mark out", number + 1));
            }
        }
        if self.path.ends_with("mod.rs") && !self.path.ends_with("tests/mod.rs") {
            self.items().into_iter().for_each(say);
        }
        breaches
    }

    /// What a `mod.rs` has besides declarations and re-exports.
    fn items(&self) -> Vec<String> {
        let parsed = syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.shown()));
        let other = parsed.items.iter().filter(|item| match item {
            // A macro is in force only for the modules that are declared below it.
            syn::Item::Use(_) | syn::Item::Macro(_) => false,
            syn::Item::Mod(module) => module.content.is_some() && !module.attrs.iter().any(crate::names::is_cfg_test),
            _ => true,
        });
        let count = other.count();
        if count == 0 {
            return Vec::new();
        }
        vec![format!("{count} item(s) besides `mod` and `use`; a mod.rs only declares and re-exports, give them a file")]
    }

    /// Breaches of the rule that nothing outside the repository is read or named.
    pub(crate) fn places(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (one, other) in ELSEWHERE {
            let place = format!("{one}{other}");
            if self.text.contains(&place) {
                breaches.push(format!("{}: names {place}; copy what it needs into the repository", self.shown()));
            }
        }
        if self.path.extension().is_some_and(|extension| extension == "rs") {
            let depth = self.relative().components().count() - 1;
            for text in code::strings(&self.text) {
                let up = text.trim_start_matches('/').split('/').take_while(|part| *part == "..").count();
                if up > depth {
                    breaches.push(format!("{}: {text:?} leads out of the repository", self.shown()));
                }
            }
        }
        breaches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: Path::new("/r").join(path), root: "/r".into(), text: text.to_owned() }
    }

    fn check(path: &str, text: &str, expected: Option<&str>) {
        let file = file(path, text);
        let breaches = [file.breaches(), file.places()].concat();
        match expected {
            None => assert!(breaches.is_empty(), "{path}: {breaches:?}"),
            Some(part) => assert!(breaches.len() == 1 && breaches[0].contains(part), "{path} {part}: {breaches:?}"),
        }
    }

    #[test]
    fn every_rule_of_form_is_seen() {
        let long = |lines: usize| format!("//! A.\n{}", "fn f() {}\n".repeat(lines - 1));
        check("a/src/a.rs", "//! A.\n", None);
        check("a/src/a.rs", "fn f() {}\n", Some("does not open with"));
        check("a/src/a.rs", &long(450), None);
        check("a/src/a.rs", &long(451), Some("450 at most"));
        check("a/tests/a.rs", &long(451), None);
        check("a/src/a.rs", &format!("{}#[cfg(test)]\nmod tests {{}}\n{}", long(400), "\n".repeat(200)), None);
        check("a/src/main.rs", &long(59), None);
        check("a/src/main.rs", &long(60), Some("under 60"));
        check("a/src/b/mod.rs", "//! A.\nmod c;\npub use c::D;\n#[cfg(test)]\nmod tests { fn f() {} }\n", None);
        check("a/src/b/mod.rs", "//! A.\nfn f() {}\n", Some("only declares and re-exports"));
        for (one, other) in UNFINISHED {
            check("a/src/a.rs", &format!("//! A.\n// {one}{other}\n"), Some("finish it"));
        }
    }

    #[test]
    fn a_place_outside_is_seen() {
        for (one, other) in ELSEWHERE {
            check("a/src/a.rs", &format!("//! A.\nconst A: &str = \"{one}{other}x\";\n"), Some("copy what it needs"));
        }
        check("a/src/a.rs", "//! A.\nconst A: &str = include_str!(\"../../b.json\");\n", None);
        check("a/src/a.rs", &format!("//! A.\nconst A: &str = \"{}b.json\";\n", "../".repeat(3)), Some("leads out"));
    }
}
