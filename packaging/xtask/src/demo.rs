//! `cargo xtask demo`: the product at work on this machine, from nothing. In: nothing. Out: a collector on loopback with a
//! demo licence and this very machine as its agent, for people on standard output until Ctrl-C; with `--once` the status
//! as JSON, as the last output; with `--days` a site with a past, whose machines are simulated.
//!
//! Everything is done with the programs themselves, the way an administrator does it, in a temporary directory of its
//! own. Nothing of this machine's configuration is read and nothing stays behind.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::apt;
use crate::children::{Children, Event, tail};
use crate::programs::{self, Profile};
use crate::run::{Steps, captured, say};

/// Assets that the demo licence allows.
const ASSETS: &str = "25";
/// How often a starting collector is asked, and how many times: a minute.
const POLL: Duration = Duration::from_millis(100);
const POLLS: u32 = 600;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Count once, print `/status` as JSON and end.
    #[arg(long)]
    once: bool,
    /// Play so many days first: growth, a grace with its warnings, disablement, recovery.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(80..=366))]
    days: Option<u32>,
}

/// Shows the product at work.
///
/// # Errors
/// A step fails; the error names it, its command and what that printed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut steps = Steps::default();
    if args.days.is_some() {
        apt::ensure(&mut steps, apt::FOR_DAYS)?;
    }
    let programs = programs::build(&mut steps, Profile::Dev)?;
    let dir = tempfile::Builder::new().prefix("muster-demo-").tempdir().context("a temporary directory")?;
    say(&format!("everything is in {} until the demo ends", dir.path().display()));
    let children = Children::new();
    children.heed_signals()?;
    let mut demo = Demo { programs, dir, steps, children, url: String::new() };
    let outcome = demo.show(args);
    if outcome.is_err() {
        say(&demo.children.logs());
    }
    demo.children.stop();
    let Demo { dir, steps, .. } = demo;
    let place = dir.path().to_owned();
    dir.close().with_context(|| format!("remove {}", place.display()))?;
    say(&format!("{} is removed; {}", place.display(), steps.summary()));
    // Last of all, so that whoever joins the two streams still finds the result at the end.
    match outcome? {
        Some(status) => print(&format!("{status}\n")),
        None => Ok(()),
    }
}

struct Demo {
    programs: PathBuf,
    dir: TempDir,
    steps: Steps,
    children: Children,
    /// Of the admin listener.
    url: String,
}

impl Demo {
    /// Sets everything up; then either the status, or the page until somebody stops it.
    fn show(&mut self, args: &Args) -> Result<Option<Value>> {
        let once = args.once;
        let secrets = match args.days {
            Some(days) => self.played(days)?,
            None => {
                let secrets = self.collector()?;
                self.license()?;
                secrets
            }
        };
        self.agent()?;
        if !once {
            let log = self.path(&log_of("muster-agent"));
            let mut agent = self.program("muster-agent", &["run", "--config", "agent.toml"]);
            say("==> agent: muster-agent run --config agent.toml");
            self.children.start("muster-agent", &mut agent, &log)?;
        }
        self.admin("count", &["compliance", "run"])?;
        if once {
            let status = self.admin("status", &["status", "--output", "json"])?;
            return serde_json::from_str(&status).map(Some).context("the status as JSON");
        }
        let status = self.admin("status", &["status", "--output", "table"])?;
        print(&self.guide(&secrets, &status)?)?;
        match self.children.event(None) {
            Some(Event::Ended { name, status }) => {
                bail!("{name} ended by itself ({status}){}", tail(name, &self.path(&log_of(name))))
            }
            Some(Event::Stop) | None => Ok(None),
        }
    }

    /// A collector with the data of so many days, and the machines that left it. Gives back what `init` printed.
    fn played(&mut self, days: u32) -> Result<Value> {
        let mut play = Command::new(self.programs.join("play-days"));
        play.arg("--dir").arg(self.dir.path()).arg("--programs").arg(&self.programs).args(["--days", &days.to_string()]);
        say(&format!("==> {days} days: the real programs with their clocks moved, and simulated machines"));
        self.children.start_shown("play-days", &mut play)?;
        let file = self.path("played.json");
        let played = loop {
            if let Some(played) = read_json(&file) {
                break played;
            }
            match self.children.event(Some(POLL)) {
                None => {}
                Some(Event::Stop) => bail!("stopped before the days were over"),
                Some(Event::Ended { name, status }) => bail!("{name} ended ({status})"),
            }
        };
        self.url = field(&played, "url")?.to_owned();
        Ok(played)
    }

    /// The vendor's keys, a new data directory, the daemon on free ports. Gives back what `init` printed.
    fn collector(&mut self) -> Result<Value> {
        self.ours("vendor's keys", "muster-vendor", &["keygen", "--out", "vendor"])?;
        let names = ["--name", "localhost", "--name", "127.0.0.1", "--output", "json"];
        let init = ["init", "--data-dir", "collector", "--vendor-key", "vendor/vendor.pub"];
        let printed = self.ours("new collector", "muster-collector", &[init.as_slice(), &names].concat())?;
        let secrets: Value = serde_json::from_str(&printed).context("what init prints")?;
        self.put("token", field(&secrets, "api_token")?)?;
        // A configuration of its own, so that the one of an installed collector is not read.
        self.put(
            "collector.toml",
            "[agents]\nlisten = \"127.0.0.1:0\"\nreport_interval = \"1m\"\n[admin]\nlisten = \"127.0.0.1:0\"\n",
        )?;
        let log = self.path(&log_of("muster-collector"));
        let mut serve = self.program("muster-collector", &["serve", "--config", "collector.toml", "--data-dir", "collector"]);
        say("==> collector: muster-collector serve --config collector.toml --data-dir collector");
        self.children.start("muster-collector", &mut serve, &log)?;
        let listen = self.path("collector/listen.json");
        let address = self.until("the collector listens", || read_json(&listen))?;
        self.url = format!("https://{}", field(&address, "admin")?);
        let ready = |demo: &Self| captured(demo.client(&["status"]).env("MUSTER_LOG", "error")).ok();
        let mut polls = 0;
        while ready(self).is_none() {
            polls += 1;
            self.pause("the collector answers", polls)?;
        }
        Ok(secrets)
    }

    /// Request, issue, apply.
    fn license(&mut self) -> Result<()> {
        let status = self.admin("the collector's date", &["status", "--output", "json"])?;
        let status: Value = serde_json::from_str(&status).context("the status as JSON")?;
        let expires = year_after(field(&status, "now")?)?;
        let request = self.admin("licence request", &["license", "request"])?;
        self.put("request", &request)?;
        let key = ["issue", "--key", "vendor/vendor.key", "--request", "request"];
        let terms = ["--customer", "Demo", "--expires", &expires, "--assets", ASSETS];
        let key = self.ours("licence", "muster-vendor", &[key.as_slice(), &terms].concat())?;
        self.put("license", &key)?;
        self.admin("licence applied", &["license", "apply", "license"]).map(drop)
    }

    /// A join token, and this machine enrolled with it and reported once.
    fn agent(&mut self) -> Result<()> {
        let token = self.admin("join token", &["join-token", "create", "--output", "json"])?;
        let token: Value = serde_json::from_str(&token).context("the join token as JSON")?;
        self.put("join-token", field(&token, "token")?)?;
        let listen = read_json(&self.path("collector/listen.json")).context("where the collector listens")?;
        let collector = format!("https://{}", field(&listen, "agents")?);
        let config = format!(
            "state_dir = '{}'\n[socket]\npath = '{}'\n",
            self.path("agent").display(),
            // Beside it goes the verdict file, which is for everybody on the machine.
            self.path("run/agent.sock").display()
        );
        self.put("agent.toml", &config)?;
        fs::create_dir(self.path("run")).context("a directory for the agent's socket")?;
        let enroll = ["enroll", "--config", "agent.toml", "--collector", &collector, "--token-file", "join-token"];
        self.ours("this machine enrolled", "muster-agent", &enroll)?;
        self.ours("first report", "muster-agent", &["once", "--config", "agent.toml"]).map(drop)
    }

    /// What people are told.
    fn guide(&self, secrets: &Value, status: &str) -> Result<String> {
        let (dir, programs, url) = (self.dir.path().display(), self.programs.display(), &self.url);
        // Who plays days starts the collector by itself.
        let log = ["collector.log", "muster-collector.log"].into_iter().find(|log| self.path(log).exists()).unwrap_or_default();
        let (user, password) = (field(secrets, "admin_user")?, field(secrets, "admin_password")?);
        Ok(format!(
            "\n{status}\n\n\
             The demo runs, with this machine as its first agent.\n\n\
             \x20 page      {url}/status\n\
             \x20 login     {user}\n\
             \x20 password  {password}   (the page asks for a new one at the first login)\n\
             \x20 CA        {dir}/collector/ca.pem   (a browser warns until it trusts this one)\n\
             \x20 logs      {dir}/{log}, {dir}/muster-agent.log\n\n\
             To try in another terminal:\n\n\
             \x20 export PATH={programs}:$PATH\n\
             \x20 export MUSTER_URL={url} MUSTER_CA={dir}/collector/ca.pem MUSTER_TOKEN=$(cat {dir}/token)\n\
             \x20 muster-collector status\n\
             \x20 muster-collector asset list\n\
             \x20 muster-collector session list\n\
             \x20 muster-collector usage show\n\
             \x20 muster-agent show hardware\n\
             \x20 muster-agent status --config {dir}/agent.toml\n\n\
             Ctrl-C ends the demo and removes {dir}.\n"
        ))
    }

    /// Asks again and again until there is an answer.
    fn until<T>(&mut self, what: &str, mut ask: impl FnMut() -> Option<T>) -> Result<T> {
        let mut polls = 0;
        loop {
            if let Some(answer) = ask() {
                return Ok(answer);
            }
            polls += 1;
            self.pause(what, polls)?;
        }
    }

    /// The time between two questions, unless something happened meanwhile.
    fn pause(&mut self, what: &str, polls: u32) -> Result<()> {
        match self.children.event(Some(POLL)) {
            None if polls < POLLS => Ok(()),
            None => bail!("step `{what}`: not within {:?}", POLL * POLLS),
            Some(Event::Stop) => bail!("stopped before the demo was ready"),
            Some(Event::Ended { name, status }) => {
                bail!("step `{what}`: {name} ended first ({status}){}", tail(name, &self.path(&log_of(name))))
            }
        }
    }

    /// One step with the admin client.
    fn admin(&mut self, name: &str, args: &[&str]) -> Result<String> {
        let mut command = self.client(args);
        self.step(name, &mut command)
    }

    /// One step with a program of ours.
    fn ours(&mut self, name: &str, program: &str, args: &[&str]) -> Result<String> {
        let mut command = self.program(program, args);
        self.step(name, &mut command)
    }

    fn step(&mut self, name: &str, command: &mut Command) -> Result<String> {
        if let Some(event) = self.children.event(Some(Duration::ZERO)) {
            match event {
                Event::Stop => bail!("stopped before step `{name}`"),
                Event::Ended { name, status } => {
                    bail!("{name} ended by itself ({status}){}", tail(name, &self.path(&log_of(name))))
                }
            }
        }
        self.steps.capture(name, command)
    }

    fn client(&self, args: &[&str]) -> Command {
        let mut command = self.program("muster-collector", args);
        command.args(["--url", &self.url, "--token-file", "token", "--ca", "collector/ca.pem"]);
        command
    }

    /// A program of ours in the demo's directory, without what the caller's environment would tell it.
    fn program(&self, name: &str, args: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.args(args).current_dir(self.dir.path());
        for (variable, _) in std::env::vars_os().filter(|(variable, _)| variable.to_string_lossy().starts_with("MUSTER_")) {
            command.env_remove(variable);
        }
        command
    }

    fn put(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| format!("write {}", path.display()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

fn log_of(program: &str) -> String {
    format!("{program}.log")
}

/// A file that is written in one step, once it is there.
fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn field<'a>(document: &'a Value, name: &str) -> Result<&'a str> {
    let value = document.get(name).and_then(Value::as_str);
    value.with_context(|| format!("`{name}` is missing in what a program printed"))
}

/// The date one year after an RFC 3339 time; 29 February becomes the 28th.
fn year_after(now: &str) -> Result<String> {
    let date = now.get(..10).unwrap_or_default();
    let mut parts = date.splitn(2, '-');
    let (year, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let year: u32 = year.parse().with_context(|| format!("a date in {now:?}"))?;
    let rest = if rest == "02-29" { "02-28" } else { rest };
    Ok(format!("{:04}-{rest}", year + 1))
}

fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("print")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_later_there_is_always_such_a_date() {
        for (now, expected) in [("2026-11-22T00:10:06Z", "2027-11-22"), ("2028-02-29T12:00:00+01:00", "2029-02-28")] {
            assert_eq!(year_after(now).unwrap(), expected);
        }
        assert!(year_after("yesterday").is_err() && year_after("").is_err());
    }

    #[test]
    fn a_field_that_is_missing_is_named() {
        let printed = serde_json::json!({"token": "mst1_a", "uses": 1});
        assert_eq!(field(&printed, "token").unwrap(), "mst1_a");
        for name in ["uses", "id"] {
            assert!(field(&printed, name).unwrap_err().to_string().contains(name));
        }
    }
}
