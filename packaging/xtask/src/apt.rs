//! What a task needs from the system. In: a list of needs, each with the Debian package that meets it. Out: all of them
//! met, by apt-get where that is possible (root on Debian), or an error that names what to install.
//!
//! A need is looked for by what it is used for, not by its package, so that other systems and hand-made installations
//! count. What is there is never touched.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{Steps, say};

/// Something that has to be there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// The Debian package that brings it.
    pub(crate) package: &'static str,
    /// What for.
    pub(crate) why: &'static str,
    /// How to see that it is there.
    pub(crate) probe: Probe,
}

/// How to see that something is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// A program on the search path or among the administrator's.
    Program(&'static str),
    /// A file below `/usr`, with one `*` for a directory's name.
    File(&'static str),
    /// A module of the system's Python.
    Python(&'static str),
}

/// What the tests need.
pub(crate) const FOR_TESTS: &[Need] = &[
    Need { package: "gcc", why: "builds aws-lc and zstd", probe: Probe::Program("gcc") },
    Need { package: "libc6-dev", why: "headers for them", probe: Probe::File("include/stdlib.h") },
    Need { package: "faketime", why: "moves the collector's clock", probe: Probe::File("lib/*/faketime/libfaketime.so.1") },
    Need { package: "util-linux", why: "utmpdump makes login records", probe: Probe::Program("utmpdump") },
    Need { package: "dbus", why: "a private bus for logind's double", probe: Probe::Program("dbus-daemon") },
    Need { package: "python3-dbusmock", why: "logind's double", probe: Probe::Python("dbusmock") },
    Need { package: "python3-venv", why: "schemathesis, which examines the API", probe: Probe::Python("ensurepip") },
    Need { package: "rpm", why: "a package database for the agent to read", probe: Probe::Program("rpmbuild") },
    Need { package: "chromium-driver", why: "a browser for the console's pages", probe: Probe::Program("chromedriver") },
    Need { package: "fusioninventory-agent", why: "sends inventories", probe: Probe::Program("fusioninventory-agent") },
    Need { package: "ocsinventory-agent", why: "sends inventories", probe: Probe::Program("ocsinventory-agent") },
    Need { package: "nodejs", why: "a provider of single sign-on", probe: Probe::Program("node") },
    Need { package: "npm", why: "fetches that provider and axe-core", probe: Probe::Program("npm") },
    Need { package: "systemd", why: "judges the units (systemd-analyze)", probe: Probe::Program("systemd-analyze") },
];

/// What a demo with a past needs.
pub(crate) const FOR_DAYS: &[Need] = &[
    Need { package: "gcc", why: "builds aws-lc and zstd", probe: Probe::Program("gcc") },
    Need { package: "libc6-dev", why: "headers for them", probe: Probe::File("include/stdlib.h") },
    Need { package: "faketime", why: "moves the collector's clock", probe: Probe::File("lib/*/faketime/libfaketime.so.1") },
];

/// What a measurement needs.
pub(crate) const FOR_BENCH: &[Need] = &[
    Need { package: "gcc", why: "builds aws-lc and zstd", probe: Probe::Program("gcc") },
    Need { package: "libc6-dev", why: "headers for them", probe: Probe::File("include/stdlib.h") },
    Need { package: "nginx-light", why: "what ingest is compared with", probe: Probe::Program("nginx") },
];

/// What is to be done about what is missing.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    Nothing,
    Install(Vec<&'static str>),
    Refuse(String),
}

/// Installs what is missing.
///
/// # Errors
/// Something is missing and cannot be installed here; the error names it and what to do.
pub(crate) fn ensure(steps: &mut Steps, needs: &'static [Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !need.probe.met()).collect();
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let packages = match plan(&missing, root, Path::new("/etc/debian_version").exists()) {
        Plan::Nothing => return Ok(()),
        Plan::Refuse(why) => bail!(why),
        Plan::Install(packages) => packages,
    };
    say(&format!("missing: {}", packages.join(", ")));
    steps
        .run("package lists", apt_get().args(["update", "--quiet"]))
        .and_then(|()| steps.run("packages", apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&packages)))
        .with_context(|| {
            let packages = packages.join(" ");
            format!("{packages}: not installed; is the network down? Once it is back: apt-get install {packages}")
        })?;
    let left: Vec<&str> = missing.iter().filter(|need| !need.probe.met()).map(|need| need.package).collect();
    if !left.is_empty() {
        bail!("apt-get installed {} but what they are for is still not found", left.join(", "));
    }
    Ok(())
}

fn plan(missing: &[&Need], root: bool, debian: bool) -> Plan {
    if missing.is_empty() {
        return Plan::Nothing;
    }
    let packages: Vec<&'static str> = missing.iter().map(|need| need.package).collect();
    if root && debian {
        return Plan::Install(packages);
    }
    let list: String = missing.iter().map(|need| format!("\n  {}: {}", need.package, need.why)).collect();
    let advice = if debian {
        format!("run this as root: apt-get install {}", packages.join(" "))
    } else {
        "this is not Debian: install what these Debian packages bring".to_owned()
    };
    Plan::Refuse(format!("missing:{list}\n{advice}"))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["--option", "Acquire::Retries=3"]);
    command
}

impl Probe {
    fn met(&self) -> bool {
        match self {
            Self::Program(name) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let places = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
                places.into_iter().any(|directory| directory.join(name).is_file())
            }
            Self::File(pattern) => exists(Path::new("/usr"), pattern),
            Self::Python(module) => {
                let found = Command::new("/usr/bin/python3").args(["-c", &format!("import {module}")]).output();
                found.is_ok_and(|output| output.status.success())
            }
        }
    }
}

/// Whether `pattern` is there below `directory`; `*` stands for any one name.
fn exists(directory: &Path, pattern: &str) -> bool {
    match pattern.split_once("*/") {
        None => directory.join(pattern).exists(),
        Some((before, after)) => {
            let entries = fs::read_dir(directory.join(before)).into_iter().flatten().filter_map(Result::ok);
            entries.into_iter().any(|entry| entry.path().join(after).exists())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEED: Need = Need { package: "faketime", why: "moves the clock", probe: Probe::Program("muster-no-such-program") };

    #[test]
    fn only_root_on_debian_installs_and_everybody_else_is_told_what() {
        assert_eq!(plan(&[], false, false), Plan::Nothing);
        assert_eq!(plan(&[&NEED], true, true), Plan::Install(vec!["faketime"]));
        for (root, debian, advice) in [(false, true, "as root: apt-get install faketime"), (true, false, "not Debian")] {
            match plan(&[&NEED], root, debian) {
                Plan::Refuse(why) => assert!(why.contains("faketime: moves the clock") && why.contains(advice), "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_is_there_is_found_and_what_is_not_is_missed() {
        for (probe, expected) in [
            (Probe::Program("sh"), true),
            (Probe::Program("muster-no-such-program"), false),
            (Probe::File("bin/env"), true),
            (Probe::File("*/env"), true),
            (Probe::File("*/muster-no-such-file"), false),
            (Probe::Python("muster_no_such_module"), false),
        ] {
            assert_eq!(probe.met(), expected, "{probe:?}");
        }
    }
}
