//! The language of process patterns (contract 2.4, `used_by.processes`).
//!
//! In: one pattern. Out: whether a process is meant. Pure.
//!
//! - `name:smclient`, or `smclient` alone: the process is called so, as `ps -o comm` shows it, or its first word ends in that file name.
//! - `path:/opt/cad/**`: the program's whole path. Where the system hides that from the agent, the first word of the command line
//!   stands in, if it is a whole path. `*` stays within a directory, `**` does not.
//! - `cmd:*--module=x*`: the whole command line, its words joined by one blank.
//!
//! `*` is any text (also none), `?` one character; nothing else is special and nothing is escaped. A pattern must fit the whole text.
//! Upper and lower case differ, as they do in file names.

use super::table::Process;

/// Longest name the kernel keeps of a process, in bytes.
const COMM_BYTES: usize = 15;

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// By name.
    Name(Glob),
    /// By the program's path.
    Path(Glob),
    /// By command line.
    Command(Glob),
}

/// Text with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// This character.
    Literal(char),
    /// One character; in a path none that parts directories.
    One { slash: bool },
    /// Any text.
    Many { slash: bool },
}

impl Pattern {
    /// Reads a pattern; an empty one is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (kind, rest) = match text.split_once(':') {
            Some((kind @ ("name" | "path" | "cmd"), rest)) => (kind, rest.trim()),
            _ => ("name", text),
        };
        if rest.is_empty() {
            return None;
        }
        Some(match kind {
            "path" => Self::Path(Glob::parse(rest, true)),
            "cmd" => Self::Command(Glob::parse(rest, false)),
            _ => Self::Name(Glob::parse(rest, false)),
        })
    }

    /// Whether it asks for the program's path, which costs another look.
    #[must_use]
    pub fn needs_path(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    pub(super) fn matches(&self, process: &Process) -> bool {
        let first = process.command.split(' ').next().unwrap_or_default();
        match self {
            Self::Name(glob) => {
                let file = first.rsplit('/').next().unwrap_or_default();
                // The kernel cuts names; the file's then says the rest.
                let whole = process.name.len() < COMM_BYTES || !file.starts_with(&process.name);
                (whole && glob.matches(&process.name)) || (!file.is_empty() && glob.matches(file))
            }
            Self::Path(glob) => match &process.path {
                Some(path) => glob.matches(path),
                None => first.starts_with('/') && glob.matches(first),
            },
            Self::Command(glob) => glob.matches(&process.command),
        }
    }
}

impl Glob {
    /// Reads wildcards; in a `path` the single ones stay within a directory.
    fn parse(text: &str, path: bool) -> Self {
        let mut tokens = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            tokens.push(match character {
                '?' => Token::One { slash: !path },
                '*' => {
                    let mut stars = 1;
                    while characters.next_if_eq(&'*').is_some() {
                        stars += 1;
                    }
                    Token::Many { slash: !path || stars > 1 }
                }
                other => Token::Literal(other),
            });
        }
        Self(tokens)
    }

    /// Whether the whole text fits. The time is bounded by the product of both lengths, whatever the pattern.
    fn matches(&self, text: &str) -> bool {
        let Self(tokens) = self;
        // `reached[n]`: the first n tokens fit the text so far.
        let mut reached = vec![false; tokens.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        skip_many(tokens, &mut reached);
        for character in text.chars() {
            let mut next = vec![false; tokens.len() + 1];
            for (index, (token, here)) in tokens.iter().zip(&reached).enumerate() {
                if !here {
                    continue;
                }
                let (step, stay) = match token {
                    Token::Literal(literal) => (*literal == character, false),
                    Token::One { slash } => (*slash || character != '/', false),
                    Token::Many { slash } => (false, *slash || character != '/'),
                };
                for (at, reaches) in [(index, stay), (index + 1, step)] {
                    if let Some(slot) = next.get_mut(at).filter(|_| reaches) {
                        *slot = true;
                    }
                }
            }
            skip_many(tokens, &mut next);
            reached = next;
        }
        reached.last().copied().unwrap_or(false)
    }
}

/// Any text may be none.
fn skip_many(tokens: &[Token], reached: &mut [bool]) {
    let mut before = false;
    let tokens = std::iter::once(None).chain(tokens.iter().map(Some));
    for (slot, token) in reached.iter_mut().zip(tokens) {
        *slot |= before && matches!(token, Some(Token::Many { .. }));
        before = *slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn process(name: &str, path: Option<&str>, command: &str) -> Process {
        Process { pid: 1, name: name.to_owned(), path: path.map(str::to_owned), command: command.to_owned() }
    }

    #[test]
    fn processes_are_meant_by_name_path_and_command_line() {
        let client = process("smclient", Some("/opt/sm/bin/smclient"), "/opt/sm/bin/smclient -host sm1 --module=incident");
        let hidden = process("cad", None, "/opt/cad/2027/bin/cad drawing.dwg");
        let relative = process("cad", None, "./cad");
        let long = process("a-very-long-nam", None, "/usr/bin/a-very-long-name --x");
        let java = process("java", Some("/usr/lib/jvm/bin/java"), "java -jar /opt/erp/erp.jar");
        for (pattern, process, expected) in [
            ("smclient", &client, true),
            ("name:smclient", &client, true),
            ("name:sm*", &client, true),
            ("name:sm?lient", &client, true),
            ("smclien", &client, false),
            ("SMCLIENT", &client, false),
            ("name:*", &client, true),
            ("path:/opt/sm/**", &client, true),
            ("path:/opt/sm/*", &client, false),
            ("path:/opt/*/bin/smclient", &client, true),
            ("path:/opt/s?/bin/*", &client, true),
            ("path:/opt?sm/bin/*", &client, false),
            ("path:/opt/cad/**", &hidden, true),
            ("path:/opt/cad/*/bin/cad", &hidden, true),
            ("path:**cad", &relative, false),
            ("cmd:*--module=incident*", &client, true),
            ("cmd:*--module=change*", &client, false),
            ("cmd:java -jar */erp.jar", &java, true),
            ("name:erp.jar", &java, false),
            ("a-very-long-nam", &long, false),
            ("a-very-long-name", &long, true),
            ("a-very-*", &long, true),
            ("other:smclient", &client, false),
        ] {
            let read = Pattern::parse(pattern).unwrap();
            assert_eq!(read.matches(process), expected, "{pattern} {process:?}");
        }
        for empty in ["", "  ", "name:", "path: ", "cmd:"] {
            assert_eq!(Pattern::parse(empty), None, "{empty}");
        }
    }

    proptest! {
        #[test]
        fn literals_fit_themselves_alone(text in "[a-z/ .-]{1,20}", other in "[a-z/ .-]{0,20}") {
            for path in [false, true] {
                prop_assert!(Glob::parse(&text, path).matches(&text));
                prop_assert_eq!(Glob::parse(&text, path).matches(&other), text == other);
            }
        }

        #[test]
        fn stars_fit_what_stands_in_their_place(left in "[a-c]{0,6}", middle in "[a-c/]{0,12}", right in "[a-c]{0,6}") {
            let text = format!("{left}{middle}{right}");
            let (anything, across, other) = (format!("{left}*{right}"), format!("{left}**{right}"), format!("{left}x*{right}"));
            prop_assert!(Glob::parse(&anything, false).matches(&text));
            prop_assert!(Glob::parse(&across, true).matches(&text));
            prop_assert_eq!(Glob::parse(&anything, true).matches(&text), !middle.contains('/'));
            prop_assert!(!Glob::parse(&other, false).matches(&text));
        }

        #[test]
        fn no_pattern_takes_for_ever(stars in "[*a]{0,60}", text in "a{0,400}") {
            Glob::parse(&stars, false).matches(&format!("{text}b"));
        }
    }
}
