//! Passphrases: from a file, from standard input, or asked for on the terminal without showing them.

use crate::backup::BackupError;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::{
    io::{IsTerminal as _, Read as _, Write as _, stderr, stdin},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Longest passphrase file.
const BYTES: u64 = 4096;

/// Where a passphrase comes from.
#[derive(Debug, Clone, clap::Args)]
pub struct PassphraseArgs {
    /// A file with the passphrase on its first line, `-` for standard input; asked for on a terminal when absent.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase; one that is new is asked for twice.
    ///
    /// # Errors
    /// When the file cannot be read, or there is neither file nor terminal.
    pub fn read(&self, new: bool) -> Result<Zeroizing<String>, BackupError> {
        match &self.passphrase_file {
            Some(path) if path.as_os_str() == "-" => first_line(&mut stdin().lock().take(BYTES), Path::new("standard input")),
            Some(path) => {
                let file = std::fs::File::open(path).map_err(BackupError::at(path))?;
                first_line(&mut std::io::BufReader::new(file.take(BYTES)), path)
            }
            None if stdin().is_terminal() => {
                let first = asked("Passphrase for the keys: ")?;
                if new && *asked("The same again: ")? != *first {
                    return Err(BackupError::Passphrase("the two passphrases differ; nothing was done".to_owned()));
                }
                Ok(first)
            }
            None => {
                Err(BackupError::Passphrase("no passphrase: give --passphrase-file FILE, or - for standard input".to_owned()))
            }
        }
    }
}

fn first_line(from: &mut impl std::io::BufRead, path: &Path) -> Result<Zeroizing<String>, BackupError> {
    let mut line = Zeroizing::new(String::new());
    from.read_line(&mut line).map_err(BackupError::at(path))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    if line.is_empty() {
        return Err(BackupError::Passphrase(format!("{}: there is no passphrase on the first line", path.display())));
    }
    Ok(line)
}

fn asked(question: &str) -> Result<Zeroizing<String>, BackupError> {
    let terminal = Path::new("terminal");
    let before = tcgetattr(stdin()).map_err(|error| BackupError::at(terminal)(error.into()))?;
    let mut silent = before.clone();
    silent.local_modes -= LocalModes::ECHO;
    // The keys that end a program must not end this one before the terminal shows again what is typed: they end the line.
    silent.local_modes -= LocalModes::ISIG;
    silent.special_codes[SpecialCodeIndex::VEOL] = CANCEL;
    tcsetattr(stdin(), OptionalActions::Now, &silent).map_err(|error| BackupError::at(terminal)(error.into()))?;
    let _shown = Shown(before);
    let mut out = stderr();
    write!(out, "{question}").and_then(|()| out.flush()).map_err(BackupError::at(terminal))?;
    let mut line = Zeroizing::new(Vec::with_capacity(256));
    let mut from = stdin().lock();
    loop {
        let mut byte = [0];
        let read = from.read(&mut byte).map_err(BackupError::at(terminal))?;
        match byte[0] {
            _ if read == 0 => break,
            CANCEL => {
                writeln!(out).map_err(BackupError::at(terminal))?;
                return Err(BackupError::Passphrase("cancelled; nothing was done".to_owned()));
            }
            b'\n' => break,
            byte => line.push(byte),
        }
    }
    writeln!(out).map_err(BackupError::at(terminal))?;
    first_line(&mut line.as_slice(), terminal)
}

/// Ctrl-C.
const CANCEL: u8 = 3;

struct Shown(Termios);

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}
