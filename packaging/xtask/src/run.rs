//! Running other programs in view. In: a named step and its command. Out: its own output, passed through, the time it
//! took, and an error that names the step that failed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Steps of one task, in order.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Runs a step whose output everybody sees.
    ///
    /// # Errors
    /// It cannot be started or does not succeed.
    pub(crate) fn run(&mut self, name: &str, command: &mut Command) -> Result<()> {
        self.time(name, &shown(command), || {
            let status = command.status().with_context(|| format!("step `{name}`: start {}", shown(command)))?;
            if !status.success() {
                bail!("step `{name}` failed ({status}): {}", shown(command));
            }
            Ok(())
        })
    }

    /// Runs a step for what it prints on standard output.
    ///
    /// # Errors
    /// It cannot be started, does not succeed (everything it printed is in the error), or prints no text.
    pub(crate) fn capture(&mut self, name: &str, command: &mut Command) -> Result<String> {
        let mut printed = String::new();
        self.time(name, &shown(command), || {
            printed = captured(command).with_context(|| format!("step `{name}`"))?;
            Ok(())
        })?;
        Ok(printed)
    }

    /// Does a step of our own.
    ///
    /// # Errors
    /// Those of the step.
    pub(crate) fn time(&mut self, name: &str, what: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
        say(&format!("==> {name}: {what}"));
        let started = now();
        step()?;
        let took = started.elapsed();
        say(&format!("==> {name}: done in {:.1} s", took.as_secs_f64()));
        self.done.push((name.to_owned(), took));
        Ok(())
    }

    /// What was done and how long it took, on one line.
    pub(crate) fn summary(&self) -> String {
        let steps = self.done.iter().map(|(name, took)| format!("{name} {:.0} s", took.as_secs_f64()));
        let total: Duration = self.done.iter().map(|(_, took)| *took).sum();
        format!("all steps passed in {:.0} s: {}", total.as_secs_f64(), steps.collect::<Vec<_>>().join(", "))
    }
}

/// Runs a command out of view for what it prints on standard output.
///
/// # Errors
/// Those of [`Steps::capture`].
pub(crate) fn captured(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {}", shown(command)))?;
    if !output.status.success() {
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        bail!("{} failed ({}):\n{}", shown(command), output.status, said.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("what {} prints is not UTF-8", shown(command)))
}

/// Cargo, as the caller runs it, at the root of the repository.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    // Cargo describes this very package to us in the environment. Handed on, it would differ from what the same command
    // sees when a person types it, and build scripts that look at it would run again each time.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME" {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// One line to whoever runs the task. On standard error, so that a task's result on standard output stays alone.
#[expect(clippy::print_stderr, reason = "a task speaks to a person")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

#[expect(clippy::disallowed_methods, reason = "how long a step took concerns nobody but who waits for it")]
fn now() -> Instant {
    Instant::now()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = [program].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_and_a_done_one_is_in_the_summary() {
        let mut steps = Steps::default();
        steps.run("good", &mut Command::new("true")).unwrap();
        let error = steps.run("bad", Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(error.contains("step `bad` failed (exit status: 3): sh -c exit 3"), "{error}");
        let error = steps.run("absent", &mut Command::new("muster-no-such-program")).unwrap_err().to_string();
        assert!(error.contains("step `absent`: start muster-no-such-program"), "{error}");
        assert_eq!(steps.capture("told", Command::new("sh").args(["-c", "echo told"])).unwrap(), "told\n");
        let error = steps.capture("bad", Command::new("sh").args(["-c", "echo one; echo two >&2; exit 4"])).unwrap_err();
        let error = format!("{error:#}");
        for part in ["step `bad`", "sh -c", "exit status: 4", "one\ntwo"] {
            assert!(error.contains(part), "{part} is missing in {error}");
        }
        assert_eq!(steps.summary(), "all steps passed in 0 s: good 0 s, told 0 s");
    }

    #[test]
    fn the_root_is_where_the_workspace_is() {
        assert!(root().join("Cargo.toml").is_file() && root().join("packaging/xtask").is_dir());
    }
}
