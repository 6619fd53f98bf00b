//! Where the programs under test are. In: a program's name. Out: the path of a binary built from the sources as they
//! are, in the profile and target directory of the running test, so that nothing is compiled twice.
//!
//! Cargo builds a package's binaries for that package's own tests only, so the first test of a run builds them; the
//! others wait for it, in this process or (under nextest, one process a test) in another.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// Takes the programs from `directory`, as they are, instead of building them.
///
/// # Errors
/// There is no such directory, or they have been built already.
pub fn take_from(directory: &Path) -> Result<()> {
    let directory = directory.canonicalize().with_context(|| format!("programs in {}", directory.display()))?;
    BUILT.set(Ok(directory)).map_err(|_| anyhow!("the programs have been built already"))
}

/// The path of `muster-collector`, `muster-vendor` or `muster-agent`, built if need be.
///
/// # Errors
/// The build fails (its output is in the error), or it did not make such a program.
pub fn bin(name: &str) -> Result<PathBuf> {
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    let path = built.as_ref().map_err(|error| anyhow!("{error}"))?.join(name);
    if !path.is_file() {
        bail!("{} is not among the programs that were built", path.display());
    }
    Ok(path)
}

/// How the running test was built, as cargo's own arguments say it.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    /// Where the binaries are.
    bin_dir: PathBuf,
    target_dir: PathBuf,
    profile: String,
    triple: Option<String>,
}

impl Layout {
    /// From the path of a test executable, `TARGET[/TRIPLE]/PROFILE/deps/NAME`.
    fn of(executable: &Path, is_target_dir: impl Fn(&Path) -> bool) -> Option<Self> {
        let bin_dir = executable.parent()?.parent()?;
        let profile = match bin_dir.file_name()?.to_str()? {
            "debug" => "dev",
            other => other,
        };
        let above = bin_dir.parent()?;
        let (target_dir, triple) =
            if is_target_dir(above) { (above, None) } else { (above.parent()?, Some(above.file_name()?.to_str()?.to_owned())) };
        Some(Self { bin_dir: bin_dir.to_owned(), target_dir: target_dir.to_owned(), profile: profile.to_owned(), triple })
    }
}

fn build() -> Result<PathBuf> {
    let executable = std::env::current_exe().context("path of the running test")?;
    // Cargo marks the top of its target directory, so that backups leave it out.
    let layout = Layout::of(&executable, |dir| dir.join("CACHEDIR.TAG").exists())
        .with_context(|| format!("{} is not in a target directory of cargo", executable.display()))?;
    let lock = layout.bin_dir.join("muster-e2e.build");
    let mut lock = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock)
        .with_context(|| format!("open {}", lock.display()))?;
    lock.lock().context("wait for another test's build")?;
    // Nextest names its run: what one of its processes has built is fresh for all of them.
    let run = std::env::var("NEXTEST_RUN_ID").unwrap_or_default();
    let mut done = String::new();
    lock.read_to_string(&mut done).context("read the name of the last run")?;
    if run.is_empty() || run != done {
        cargo(&layout)?;
        lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| lock.write_all(run.as_bytes())).context("note the run")?;
    }
    Ok(layout.bin_dir)
}

fn cargo(layout: &Layout) -> Result<()> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The whole workspace, because a selection of packages has other features of the dependencies and compiles them again. So has a
    // build of programs alone: with examples, though there is none, features are those of tests.
    command.args(["build", "--quiet", "--locked", "--workspace", "--bins", "--examples"]);
    command.args(["--profile", &layout.profile, "--target-dir"]).arg(&layout.target_dir);
    command.args(layout.triple.iter().flat_map(|triple| ["--target", triple]));
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().context("run cargo build")?;
    if !output.status.success() {
        bail!("cargo build of the programs: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(executable: &str, bin_dir: &str, target_dir: &str, profile: &str, triple: Option<&str>) {
        let expected = Layout {
            bin_dir: bin_dir.into(),
            target_dir: target_dir.into(),
            profile: profile.into(),
            triple: triple.map(str::to_owned),
        };
        assert_eq!(Layout::of(Path::new(executable), |dir| dir.ends_with("target")), Some(expected));
    }

    #[test]
    fn the_layout_is_read_from_the_path_of_a_test() {
        check("/r/target/debug/deps/e2e-1f", "/r/target/debug", "/r/target", "dev", None);
        check("/r/target/release/deps/e2e-1f", "/r/target/release", "/r/target", "release", None);
        check("/r/target/soak/deps/e2e-1f", "/r/target/soak", "/r/target", "soak", None);
        let musl = "x86_64-unknown-linux-musl";
        check(&format!("/r/target/{musl}/debug/deps/e"), &format!("/r/target/{musl}/debug"), "/r/target", "dev", Some(musl));
        assert_eq!(Layout::of(Path::new("/e2e"), |_| true), None);
    }

    #[test]
    fn the_programs_are_built_and_an_unknown_one_is_named() {
        for name in ["muster-collector", "muster-vendor", "muster-agent"] {
            assert!(bin(name).unwrap().is_file());
        }
        assert!(bin("muster-nobody").unwrap_err().to_string().contains("muster-nobody is not among the programs"));
    }
}
