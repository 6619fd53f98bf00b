//! Where configuration comes from, and the order in which the sources count.
//!
//! Comes in: a [`Source`]. Goes out: the program's struct and the origin of every key that was set. It reads files and the
//! environment once, when it is called.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::error::{ConfigError, Origin};
use super::tree::{self, Node, Table, Value};

/// The names of main files that share a `conf.d`.
const PROGRAMS: [&str; 2] = ["agent", "collector"];

/// Where to look. The struct it is loaded into has `#[serde(deny_unknown_fields, default)]` on every level: then a key
/// that nobody knows is an error, and one that nobody sets has its default.
#[derive(Clone, Default)]
pub struct Source {
    /// The main file. `conf.d/*.toml` beside it is read after it, sorted by name, without those that are another
    /// program's: `conf.d` is for all of them, and one with `agent` or `collector` as a word of its name is for that one only.
    pub file: PathBuf,
    /// Whether somebody asked for this very file: then it must exist. A missing default file is none.
    pub required: bool,
    /// What names of environment variables begin with, `MUSTER_`; `None` to leave the environment alone.
    pub env_prefix: Option<&'static str>,
    /// The dotted keys that the environment may set, e.g. `agents.report_interval` by `MUSTER_AGENTS_REPORT_INTERVAL`.
    /// Variables that fit none are left to others.
    pub known_keys: &'static [&'static str],
    /// What flags say, by dotted key; the last one of a key counts.
    pub overrides: Vec<(String, String)>,
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of flags may be secrets, e.g. the password in the URL of a store.
        let Self { file, required, env_prefix, known_keys, overrides } = self;
        let overrides: Vec<&str> = overrides.iter().map(|(key, _)| key.as_str()).collect();
        formatter
            .debug_struct("Source")
            .field("file", file)
            .field("required", required)
            .field("env_prefix", env_prefix)
            .field("known_keys", known_keys)
            .field("overrides", &overrides)
            .finish()
    }
}

/// A configuration and how it came to be.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// The configuration.
    pub value: T,
    /// Where each key was set.
    pub origins: Origins,
    /// The files that were read, in their order.
    pub files: Vec<PathBuf>,
}

/// Where each key was set, for errors that show only when values are seen together.
#[derive(Debug, Clone)]
pub struct Origins {
    file: PathBuf,
    keys: BTreeMap<String, Origin>,
}

impl Origins {
    /// Where the dotted `key` was set, or `None` when it has its default.
    #[must_use]
    pub fn of(&self, key: &str) -> Option<&Origin> {
        self.keys.get(key)
    }

    /// The error that the value of the dotted `key` does not do, at the place where it was set.
    #[must_use]
    pub fn error(&self, key: &str, message: impl fmt::Display) -> ConfigError {
        let at = self.of(key).cloned().unwrap_or_else(|| Origin::Whole(self.file.as_path().into()));
        ConfigError::Key { at, key: key.to_owned(), message: message.to_string() }
    }
}

/// Loads a configuration.
///
/// # Errors
/// [`ConfigError`], the first one that is found; it names the place and the key.
pub fn load<T: DeserializeOwned>(source: &Source) -> Result<T, ConfigError> {
    load_located(source).map(|loaded| loaded.value)
}

/// Loads a configuration and keeps where each key came from.
///
/// # Errors
/// As [`load`].
pub fn load_located<T: DeserializeOwned>(source: &Source) -> Result<Loaded<T>, ConfigError> {
    load_from(source, std::env::vars_os())
}

/// As [`load_located`], with an environment of the caller's choice.
///
/// # Errors
/// As [`load`].
pub fn load_from<T: DeserializeOwned>(
    source: &Source,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Loaded<T>, ConfigError> {
    let mut merged = Table::new();
    let mut files = Vec::new();
    match read(&source.file) {
        Err(ConfigError::Read { source: error, .. }) if !source.required && error.kind() == io::ErrorKind::NotFound => {}
        text => {
            tree::merge(&mut merged, tree::parse(&source.file, &text?)?);
            files.push(source.file.clone());
        }
    }
    for file in fragments(&source.file)? {
        tree::merge(&mut merged, tree::parse(&file, &read(&file)?)?);
        files.push(file);
    }
    if let Some(prefix) = source.env_prefix {
        set_from_environment(&mut merged, prefix, source.known_keys, environment)?;
    }
    for (key, text) in &source.overrides {
        tree::set(&mut merged, key, text.clone(), &Origin::CommandLine);
    }

    let mut origins = Origins { file: source.file.clone(), keys: BTreeMap::new() };
    note_origins(&mut origins.keys, "", &merged);
    let root = Node { value: Value::Table(merged), origin: Origin::Whole(source.file.as_path().into()) };
    let value = T::deserialize(root).map_err(|fault| fault.into_error(&source.file))?;
    Ok(Loaded { value, origins, files })
}

fn read(file: &Path) -> Result<String, ConfigError> {
    let bytes = std::fs::read(file).map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes().get(..valid).unwrap_or_default();
        let line = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = String::from_utf8_lossy(bytes).rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let at = Origin::File { file: file.into(), line, column };
        ConfigError::Syntax { at, message: "the file is not UTF-8 text".to_owned() }
    })
}

/// The files of `conf.d` beside `main`, sorted by name.
fn fragments(main: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    if main.file_name().is_none() {
        return Ok(Vec::new());
    }
    let directory = main.with_file_name("conf.d");
    let error = |source| ConfigError::Read { file: directory.clone(), source };
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(source) => return Err(error(source)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.map_err(error)?.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        let ours = !is_for_another(Path::new(&name), main);
        if !hidden && ours && Path::new(&name).extension() == Some(OsStr::new("toml")) {
            files.push(directory.join(name));
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a fragment's name has the name of another program's main file as a word, and not that of `main`.
fn is_for_another(fragment: &Path, main: &Path) -> bool {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (name, own) = (stem(fragment), stem(main));
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.clone().any(|word| PROGRAMS.contains(&word)) && !words.any(|word| word == own)
}

fn set_from_environment(
    merged: &mut Table,
    prefix: &str,
    known_keys: &[&str],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(), ConfigError> {
    // Keys contain underscores themselves, so a name can only be told from the keys, never the other way round.
    let names: BTreeMap<String, &str> =
        known_keys.iter().map(|key| (format!("{prefix}{}", key.replace('.', "_").to_ascii_uppercase()), *key)).collect();
    for (name, text) in environment {
        let Some((name, key)) = name.to_str().and_then(|name| names.get_key_value(name)) else { continue };
        let origin = Origin::Environment(name.clone());
        let Ok(text) = text.into_string() else {
            return Err(ConfigError::Key {
                at: origin,
                key: (*key).to_owned(),
                message: "the value is not UTF-8 text".to_owned(),
            });
        };
        tree::set(merged, key, text, &origin);
    }
    Ok(())
}

fn note_origins(origins: &mut BTreeMap<String, Origin>, prefix: &str, table: &Table) {
    for (key, (_, node)) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if let Value::Table(inner) = &node.value {
            note_origins(origins, &key, inner);
        }
        origins.insert(key, node.origin.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::ffi::OsStringExt;

    use serde::Deserialize;

    use super::*;
    use crate::config::Interval;

    #[derive(Debug, Clone, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        store: String,
        collector: Vec<String>,
        limit: Option<u16>,
        ratio: f64,
        big: u64,
        agents: Agents,
        servers: Vec<Server>,
        labels: BTreeMap<String, String>,
    }

    #[derive(Debug, Clone, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Agents {
        listen: std::net::SocketAddr,
        report_interval: Interval,
        tls: Switch,
        strict: bool,
        at: String,
    }

    #[derive(Debug, Clone, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Server {
        name: String,
        #[serde(default)]
        port: u16,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Switch {
        On,
        Off,
    }

    impl Default for Sample {
        fn default() -> Self {
            Self {
                store: "redb".to_owned(),
                collector: Vec::new(),
                limit: None,
                ratio: 0.5,
                big: 1,
                agents: Agents::default(),
                servers: Vec::new(),
                labels: BTreeMap::new(),
            }
        }
    }

    impl Default for Agents {
        fn default() -> Self {
            Self {
                listen: "0.0.0.0:8443".parse().unwrap(),
                report_interval: Interval::from_secs(300),
                tls: Switch::On,
                strict: true,
                at: "02:00".to_owned(),
            }
        }
    }

    const KEYS: &[&str] = &[
        "store",
        "collector",
        "limit",
        "ratio",
        "big",
        "agents.listen",
        "agents.report_interval",
        "agents.tls",
        "agents.strict",
        "agents.at",
        "servers",
        "labels",
    ];

    /// Files by their path below the directory of `collector.toml`, variables, flags.
    #[derive(Default, Clone, Copy)]
    struct Given<'a> {
        files: &'a [(&'a str, &'a str)],
        environment: &'a [(&'a str, &'a str)],
        flags: &'a [(&'a str, &'a str)],
        required: bool,
    }

    fn file(text: &str) -> [(&str, &str); 1] {
        [("collector.toml", text)]
    }

    /// What is loaded, or the message without the name of the directory.
    fn loaded(given: Given<'_>) -> Result<Loaded<Sample>, String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in given.files {
            let path = directory.path().join(name);
            crate::durable::create_dir(path.parent().unwrap(), 0o700).unwrap();
            crate::durable::write(&path, text.as_bytes(), 0o600).unwrap();
        }
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let source = Source {
            file: directory.path().join("collector.toml"),
            required: given.required,
            env_prefix: Some("MUSTER_"),
            known_keys: KEYS,
            overrides: owned(given.flags),
        };
        let environment = owned(given.environment).into_iter().map(|(name, text)| (name.into(), text.into()));
        load_from(&source, environment)
            .map_err(|error| error.to_string().replace(&format!("{}/", directory.path().display()), ""))
    }

    fn check(given: Given<'_>, change: impl FnOnce(&mut Sample)) {
        let mut expected = Sample::default();
        change(&mut expected);
        assert_eq!(loaded(given).map(|loaded| loaded.value), Ok(expected));
    }

    #[test]
    fn without_any_source_everything_has_its_default() {
        check(Given::default(), |_| {});
        check(Given { files: &file(""), ..Given::default() }, |_| {});
        check(Given { files: &file("# nothing\r\n[agents]\r\n"), required: true, ..Given::default() }, |_| {});
    }

    #[test]
    fn a_file_sets_every_kind_of_value() {
        let text = "store = 'postgres://user@host/db'\ncollector = [\"https://a:8443\", \"https://b:8443\"]\nlimit = 64\n\
            ratio = 2\nbig = 0xff\n[agents]\nlisten = \"[::1]:1\"\nreport_interval = \"15m\"\ntls = \"off\"\nstrict = false\n\
            at = 03:30:00\n[[servers]]\nname = \"a\"\n[[servers]]\nname = \"b\"\nport = 7\n[labels]\n\"a.b\" = \"c\"\n";
        check(Given { files: &file(text), ..Given::default() }, |sample| {
            sample.store = "postgres://user@host/db".to_owned();
            sample.collector = vec!["https://a:8443".to_owned(), "https://b:8443".to_owned()];
            sample.limit = Some(64);
            sample.ratio = 2.0;
            sample.big = 255;
            sample.agents = Agents {
                listen: "[::1]:1".parse().unwrap(),
                report_interval: Interval::from_secs(900),
                tls: Switch::Off,
                strict: false,
                at: "03:30:00".to_owned(),
            };
            sample.servers = vec![Server { name: "a".to_owned(), port: 0 }, Server { name: "b".to_owned(), port: 7 }];
            sample.labels = BTreeMap::from([("a.b".to_owned(), "c".to_owned())]);
        });
    }

    #[test]
    fn later_sources_replace_earlier_ones_key_by_key() {
        let files = [
            ("collector.toml", "store = \"file\"\ncollector = [\"a\", \"b\"]\n[agents]\nstrict = false\nat = \"01:00\"\n"),
            ("conf.d/20-site.toml", "store = \"second\"\nagents.at = \"04:00\"\n"),
            ("conf.d/10-site.toml", "store = \"first\"\ncollector = [\"c\"]\nlimit = 1\n"),
            ("conf.d/.hidden.toml", "wrong = 1\n"),
            ("conf.d/notes.txt", "wrong = 1\n"),
            ("conf.d/agent.toml", "state_dir = 1\n"),
            ("conf.d/30-agent-hooks.toml", "wrong = 1\n"),
            ("conf.d/collector-and-agent.toml", "big = 7\n"),
        ];
        let given = Given { files: &files, ..Given::default() };
        check(given, |sample| {
            sample.store = "second".to_owned();
            sample.collector = vec!["c".to_owned()];
            sample.limit = Some(1);
            sample.big = 7;
            sample.agents.strict = false;
            sample.agents.at = "04:00".to_owned();
        });
        let environment = [("MUSTER_STORE", "environment"), ("MUSTER_LIMIT", "2")];
        let flags = [("limit", "3"), ("agents.at", "05:00"), ("limit", "4")];
        check(Given { environment: &environment, flags: &flags, ..given }, |sample| {
            sample.store = "environment".to_owned();
            sample.collector = vec!["c".to_owned()];
            sample.limit = Some(4);
            sample.big = 7;
            sample.agents.strict = false;
            sample.agents.at = "05:00".to_owned();
        });
        let names: Vec<_> = loaded(given).unwrap().files;
        let names: Vec<_> = names.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["collector.toml", "10-site.toml", "20-site.toml", "collector-and-agent.toml"]);
        // A fragment counts without a main file, too.
        check(Given { files: &[("conf.d/a.toml", "limit = 9")], ..Given::default() }, |sample| sample.limit = Some(9));
    }

    #[test]
    fn text_becomes_what_the_key_needs() {
        let one = |key: &str, text: &str, change: fn(&mut Sample)| {
            let variable = format!("MUSTER_{}", key.replace('.', "_").to_uppercase());
            check(Given { environment: &[(variable.as_str(), text)], ..Given::default() }, change);
            check(Given { flags: &[(key, text)], ..Given::default() }, change);
        };
        one("store", "", |sample| sample.store = String::new());
        one("store", "true", |sample| sample.store = "true".to_owned());
        one("store", "123", |sample| sample.store = "123".to_owned());
        one("limit", "123", |sample| sample.limit = Some(123));
        one("ratio", "0.25", |sample| sample.ratio = 0.25);
        one("ratio", "3", |sample| sample.ratio = 3.0);
        one("agents.strict", "false", |sample| sample.agents.strict = false);
        one("agents.tls", "off", |sample| sample.agents.tls = Switch::Off);
        one("agents.report_interval", "1h", |sample| sample.agents.report_interval = Interval::from_secs(3600));
        one("agents.listen", "127.0.0.1:1", |sample| sample.agents.listen = "127.0.0.1:1".parse().unwrap());
        one("collector", "https://a:1,b", |sample| sample.collector = vec!["https://a:1,b".to_owned()]);
        one("collector", "['a', \"b\"]", |sample| sample.collector = vec!["a".to_owned(), "b".to_owned()]);
        one("collector", "", |sample| sample.collector = Vec::new());
        one("servers", "[{name = 'a', port = 1}]", |sample| {
            sample.servers = vec![Server { name: "a".to_owned(), port: 1 }];
        });
        one("labels", "{a = 'b'}", |sample| sample.labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]));
    }

    #[test]
    fn variables_of_others_are_left_alone() {
        let environment = [
            ("MUSTER_LOG", "debug"),
            ("MUSTER_TOKEN", "msa_secret"),
            ("MUSTER_AGENTS", "x"),
            ("MUSTER_", "x"),
            ("STORE", "x"),
            ("muster_store", "x"),
            ("MUSTER_AGENTS.AT", "x"),
        ];
        check(Given { environment: &environment, ..Given::default() }, |_| {});
    }

    #[test]
    fn errors_name_the_place_and_the_key() {
        let fails = |given: Given<'_>, expected: &str| match loaded(given) {
            Ok(loaded) => panic!("{expected}: loaded {loaded:?}"),
            Err(message) => assert_eq!(message, expected),
        };
        let text = |text: &str, expected: &str| fails(Given { files: &file(text), ..Given::default() }, expected);
        text(
            "[agents]\nlisten = \"0.0.0.0:1\"\n  listn = 1\n",
            "collector.toml:3:3: key `agents.listn`: is not a known key; known here: listen, report_interval, tls, strict, at",
        );
        text("\n\nagents = 3\n", "collector.toml:3:10: key `agents`: expected a table, found integer `3`");
        text(
            "stroe = 1",
            "collector.toml:1:1: key `stroe`: is not a known key; known here: store, collector, limit, ratio, big, agents, servers, labels",
        );
        text("store = 7\n", "collector.toml:1:9: key `store`: expected a string, found integer `7`");
        text("limit = \"many\"", "collector.toml:1:9: key `limit`: expected a whole number from 0 to 65535, found other text");
        text("limit = 65536", "collector.toml:1:9: key `limit`: expected a whole number from 0 to 65535, found integer `65536`");
        text("big = -1", "collector.toml:1:7: key `big`: expected a whole number from 0, found integer `-1`");
        text("big = 99999999999999999999", "collector.toml:1:7: key `big`: the number is out of range");
        text("[[a.b]]\n[[a.b]]\nc = 99999999999999999999", "collector.toml:3:5: key `a.b[1].c`: the number is out of range");
        text("agents.strict = 'yes'", "collector.toml:1:17: key `agents.strict`: expected a boolean, found other text");
        text("agents.tls = 'maybe'", "collector.toml:1:14: key `agents.tls`: `maybe` is none of the possible values: on, off");
        text("agents.tls = 1", "collector.toml:1:14: key `agents.tls`: expected one of: on, off");
        text("agents.listen = 'somewhere'", "collector.toml:1:17: key `agents.listen`: invalid socket address syntax");
        text(
            "[agents]\nreport_interval = 300",
            "collector.toml:2:19: key `agents.report_interval`: expected a duration in quotes such as \"30s\" or \"5m\", found integer `300`",
        );
        text(
            "[agents]\nreport_interval = '5 minutes'",
            "collector.toml:2:19: key `agents.report_interval`: expected a duration such as \"30s\", \"5m\", \"1h30m\" or \"2d\" (units: d, h, m, s, ms)",
        );
        text("collector = [\"ä\", 7]", "collector.toml:1:19: key `collector[1]`: expected a string, found integer `7`");
        text("collector = 'https://a'", "collector.toml:1:13: key `collector`: expected an array, found other text");
        text(
            "[[servers]]\nname = 'a'\n[[servers]]\nport = 1\n",
            "collector.toml:3:1: key `servers[1].name`: is missing and has no default",
        );
        text("labels = { a = 1 }", "collector.toml:1:16: key `labels.a`: expected a string, found integer `1`");
        text("store = 'a'\nstore = 'b'\n", "collector.toml:2:1: key `store`: duplicate key");
        text("ä = \n", "collector.toml:1:1: invalid unquoted key, expected letters, numbers, `-`, `_`");

        text(
            "agents.tls = \"\\u001b[2J\"",
            "collector.toml:1:14: key `agents.tls`: `\\u{1b}[2J` is none of the possible values: on, off",
        );
        text("[labels]\n\"a\\nb\" = 1", "collector.toml:2:10: key `labels.a\\nb`: expected a string, found integer `1`");

        let fragments = [("collector.toml", "limit = 1"), ("conf.d/a.toml", "\nlimit = 'x'")];
        fails(
            Given { files: &fragments, ..Given::default() },
            "conf.d/a.toml:2:9: key `limit`: expected a whole number from 0 to 65535, found other text",
        );
        fails(
            Given { environment: &[("MUSTER_AGENTS_STRICT", "hunter2")], ..Given::default() },
            "environment variable MUSTER_AGENTS_STRICT: key `agents.strict`: expected a boolean, found other text",
        );
        fails(
            Given { flags: &[("limit", "-1")], ..Given::default() },
            "command line: key `limit`: expected a whole number from 0 to 65535, found integer `-1`",
        );
        fails(
            Given { flags: &[("agents.nothing", "1")], ..Given::default() },
            "command line: key `agents.nothing`: is not a known key; known here: listen, report_interval, tls, strict, at",
        );
        fails(
            Given { environment: &[("MUSTER_COLLECTOR", "['a'")], ..Given::default() },
            "environment variable MUSTER_COLLECTOR: key `collector`: is not a TOML value: unclosed array, expected `]`",
        );
        // A flag below a key that a file has made no table of does not hide the file's error.
        fails(
            Given { files: &file("agents = 1"), flags: &[("agents.at", "x")], ..Given::default() },
            "collector.toml:1:10: key `agents`: expected a table, found integer `1`",
        );
        fails(
            Given { required: true, ..Given::default() },
            "collector.toml: cannot be read: No such file or directory (os error 2)",
        );
        fails(
            Given { files: &[("collector.toml/inside", "")], ..Given::default() },
            "collector.toml: cannot be read: Is a directory (os error 21)",
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error_with_a_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("collector.toml");
        crate::durable::write(&path, b"limit = 1\nstore = \"\xff\"", 0o600).unwrap();
        let mut source = Source { file: path.clone(), env_prefix: Some("MUSTER_"), known_keys: KEYS, ..Source::default() };
        let message = load_from::<Sample>(&source, []).unwrap_err().to_string();
        assert_eq!(message, format!("{}:2:10: the file is not UTF-8 text", path.display()));

        source.file = directory.path().join("missing.toml");
        let variable = ("MUSTER_STORE".into(), OsString::from_vec(vec![0xff]));
        let message = load_from::<Sample>(&source, [variable]).unwrap_err().to_string();
        assert_eq!(message, "environment variable MUSTER_STORE: key `store`: the value is not UTF-8 text");
        let other = (OsString::from_vec(vec![0xff]), OsString::from_vec(vec![0xff]));
        assert_eq!(load_from::<Sample>(&source, [other]).unwrap().value, Sample::default());
    }

    #[test]
    fn later_checks_can_name_the_place_of_a_key() {
        let given = Given {
            files: &file("store = 'a'\n[agents]\n  tls = \"off\"\n"),
            environment: &[("MUSTER_AGENTS_AT", "x")],
            flags: &[("limit", "1")],
            ..Given::default()
        };
        let origins = loaded(given).unwrap().origins;
        let check = |key: &str, expected: &str| {
            let message = origins.error(key, "does not do").to_string();
            let message = message.rsplit_once("/").map_or(message.as_str(), |(_, tail)| tail);
            assert_eq!(message, expected);
        };
        check("agents.tls", "collector.toml:3:9: key `agents.tls`: does not do");
        check("agents.at", "environment variable MUSTER_AGENTS_AT: key `agents.at`: does not do");
        check("limit", "command line: key `limit`: does not do");
        check("agents.listen", "collector.toml: key `agents.listen`: does not do");
        assert!(origins.of("agents.listen").is_none() && origins.of("agents").is_some());
    }

    #[test]
    fn the_real_environment_is_read_and_values_of_flags_stay_silent() {
        // Cargo sets this variable for every test it runs.
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct Cargo {
            name: String,
            other: String,
        }
        let source = Source {
            env_prefix: Some("CARGO_PKG_"),
            known_keys: &["name"],
            overrides: vec![("other".to_owned(), "hunter2".to_owned())],
            ..Source::default()
        };
        let cargo: Cargo = load(&source).unwrap();
        assert_eq!((cargo.name.as_str(), cargo.other.as_str()), (env!("CARGO_PKG_NAME"), "hunter2"));
        assert!(!format!("{source:?}").contains("hunter2"));
        assert!(format!("{source:?}").contains("other"));
    }
}
