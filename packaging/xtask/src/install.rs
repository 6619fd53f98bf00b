//! `cargo xtask install --prefix DIR`: puts the programs and what belongs to them in place. In: a directory, `/` for this
//! machine or any other for a package. Out: files below it, and what to do next. Configuration that is there is left
//! alone; no account is made and no service started, because that is the administrator's or the package's affair.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::programs::{self, PROGRAMS, Profile};
use crate::run::{Steps, root, say};

/// Arguments of `install`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where everything goes: `/` for this machine.
    #[arg(long, value_name = "DIR")]
    prefix: PathBuf,
    /// How the programs are built.
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
}

/// Files of the repository and the directory they go to. Where it says so, an existing file stays.
const FILES: [(&str, &str, Existing); 13] = [
    ("packaging/systemd/muster-collector.service", "usr/lib/systemd/system", Existing::IsReplaced),
    ("packaging/systemd/muster-agent.service", "usr/lib/systemd/system", Existing::IsReplaced),
    ("packaging/systemd/muster-enforce.path", "usr/lib/systemd/system", Existing::IsReplaced),
    ("packaging/systemd/muster-enforce.service", "usr/lib/systemd/system", Existing::IsReplaced),
    ("packaging/sysusers.d/muster-collector.conf", "usr/lib/sysusers.d", Existing::IsReplaced),
    ("packaging/sysusers.d/muster-agent.conf", "usr/lib/sysusers.d", Existing::IsReplaced),
    ("packaging/tmpfiles.d/muster-collector.conf", "usr/lib/tmpfiles.d", Existing::IsReplaced),
    ("packaging/tmpfiles.d/muster-agent.conf", "usr/lib/tmpfiles.d", Existing::IsReplaced),
    ("packaging/config/collector.toml", "etc/muster", Existing::Stays),
    ("packaging/config/agent.toml", "etc/muster", Existing::Stays),
    ("README.md", "usr/share/doc/muster", Existing::IsReplaced),
    ("CHANGELOG.md", "usr/share/doc/muster", Existing::IsReplaced),
    ("LICENSE", "usr/share/doc/muster", Existing::IsReplaced),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existing {
    IsReplaced,
    Stays,
}

const NEXT: &str = "\
next, as root, on the collector's machine:
  systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload
  runuser -u muster-collector -- muster-collector init --data-dir /var/lib/muster-collector \\
      --vendor-key VENDOR.pub --name THIS-HOST          (prints the first login; keep it)
  systemctl enable --now muster-collector
on an endpoint, with a token of `muster-collector join-token create`:
  systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload
  muster-agent enroll --collector https://COLLECTOR:8443 --token-file - --state-dir /var/lib/muster-agent
  systemctl enable --now muster-enforce.path muster-agent";

/// Builds and installs.
///
/// # Errors
/// The build fails, or a file cannot be put in place.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut steps = Steps::default();
    let built = programs::build(&mut steps, args.profile)?;
    steps.time("files", &args.prefix.display().to_string(), || {
        for program in PROGRAMS {
            place(&built.join(program), &args.prefix.join("usr/bin"), 0o755, Existing::IsReplaced)?;
        }
        for (file, directory, existing) in FILES {
            place(&root().join(file), &args.prefix.join(directory), 0o644, existing)?;
        }
        Ok(())
    })?;
    if args.prefix == Path::new("/") {
        say(NEXT);
    } else {
        say(&format!("laid out under {}; on the machine it is for, next:\n{NEXT}", args.prefix.display()));
    }
    Ok(())
}

/// Copies a file under its own name, in one step, so that a running program or a reader sees the old or the new one.
fn place(from: &Path, directory: &Path, mode: u32, existing: Existing) -> Result<()> {
    let name = from.file_name().context("a file has a name")?;
    let to = directory.join(name);
    if existing == Existing::Stays && to.exists() {
        say(&format!("  kept      {}", to.display()));
        return Ok(());
    }
    fs::create_dir_all(directory).with_context(|| format!("create {}", directory.display()))?;
    let next = directory.join(format!(".{}.next", name.to_string_lossy()));
    copy(from, &next, mode).and_then(|()| fs::rename(&next, &to)).with_context(|| format!("install {}", to.display()))?;
    say(&format!("  installed {}", to.display()));
    Ok(())
}

fn copy(from: &Path, to: &Path, mode: u32) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = File::create(to)?;
    io::copy(&mut source, &mut target)?;
    target.flush()?;
    target.set_permissions(Permissions::from_mode(mode))?;
    target.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_there_and_goes_to_one_place() {
        let mut places = std::collections::BTreeSet::new();
        for (file, directory, _) in FILES {
            assert!(root().join(file).is_file(), "{file}");
            assert!(places.insert((directory, Path::new(file).file_name())), "{file} meets another file in {directory}");
        }
    }

    #[test]
    fn a_file_is_replaced_with_its_mode_and_configuration_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("agent.toml"), dir.path().join("etc/muster"));
        let write = |text: &str| File::create(&from).unwrap().write_all(text.as_bytes()).unwrap();
        let installed = || fs::read_to_string(to.join("agent.toml")).unwrap();
        write("first");
        place(&from, &to, 0o755, Existing::Stays).unwrap();
        assert_eq!(installed(), "first");
        assert_eq!(fs::metadata(to.join("agent.toml")).unwrap().permissions().mode() & 0o777, 0o755);
        write("second");
        place(&from, &to, 0o644, Existing::Stays).unwrap();
        assert_eq!(installed(), "first");
        place(&from, &to, 0o644, Existing::IsReplaced).unwrap();
        assert_eq!(installed(), "second");
        assert_eq!(fs::read_dir(&to).unwrap().count(), 1, "nothing is left lying about");
        assert!(place(&dir.path().join("absent"), &to, 0o644, Existing::IsReplaced).is_err());
    }
}
