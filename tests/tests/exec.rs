//! Licences for local programs: `muster-agent exec` and the socket, with the real collector and agent. Whatever ends the program,
//! the command that started it, the agent or the collector, the seat is free again within the lease.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use anyhow::{Context, Result};
use muster_e2e::agent::{Agent, dump_time, login};
use muster_e2e::collector::Collector;
use muster_e2e::json::{find, list, number, text};
use muster_e2e::process::{Daemon, Ran, run};
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::Command;

/// Seconds: long enough for an agent that starts again, short enough to wait for.
const LEASE: i64 = 4;

/// A licensed collector with these applications.
async fn collector(site: &Site, applications: &[(&str, Value)]) -> Collector {
    let collector = scene::licensed(site, site.collector(), 500).await.unwrap();
    for (name, more) in applications {
        let mut application = json!({"floating_limit": 2, "at_limit": "refuse", "lease_seconds": LEASE, "sharing": []});
        application.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let put = collector.http().send(Method::PUT, &format!("/api/v1/applications/{name}"), &application).await;
        let (status, answer) = put.unwrap();
        assert!(status.is_success(), "{status}: {answer:#}");
    }
    collector
}

/// An agent that has delivered a report and read the policy.
async fn agent<'a>(site: &'a Site, collector: &Collector) -> (Agent<'a>, Daemon) {
    let agent = scene::enrolled(site, collector, "ws").await.unwrap();
    let daemon = agent.start().unwrap();
    wait::until("a running agent", async || Ok((agent.status().await?["running"] == true).then_some(()))).await.unwrap();
    wait::until("the policy", async || Ok(agent.state_dir().join("policy.json").exists().then_some(()))).await.unwrap();
    (agent, daemon)
}

async fn in_use(collector: &Collector, application: &str) -> Result<i64> {
    let status = scene::status(collector).await?;
    number(scene::application(&status, application)?, "/floating_in_use")
}

async fn uses(collector: &Collector, application: &str, seats: i64) {
    let what = format!("{seats} seats of {application} in use");
    wait::until(&what, async || Ok((in_use(collector, application).await? == seats).then_some(()))).await.unwrap();
}

/// The highest use of today.
async fn peak(collector: &Collector, application: &str) -> Result<i64> {
    let usage = scene::get(collector.http(), &format!("/api/v1/usage?application={application}")).await?;
    list(&usage, "/items")?.first().map_or(Ok(0), |today| number(today, "/peak"))
}

fn exec(agent: &Agent<'_>, application: &str, wait: u64, command: &[&str]) -> Result<Command> {
    let mut exec = agent.command(&["exec", "--application", application, "--wait", &wait.to_string(), "--config"])?;
    exec.arg(agent.config()).arg("--").args(command);
    Ok(exec)
}

async fn executed(agent: &Agent<'_>, application: &str, command: &[&str]) -> Ran {
    run(exec(agent, application, 0, command).unwrap(), b"").await.unwrap()
}

/// A program that runs until it is told to end, and its process id.
async fn long(site: &Site, agent: &Agent<'_>, name: &str) -> (Daemon, Pid) {
    let file = site.path(&format!("{name}.pid"));
    let script = format!("echo $$ > {0}.next; mv {0}.next {0}; exec sleep 600", file.display());
    let mut exec = exec(agent, "CAD", 0, &["sh", "-c", &script]).unwrap();
    // Away from the terminal of whoever runs the tests, which would send the program the keyboard's signals itself.
    exec.process_group(0);
    let daemon = Daemon::spawn(exec, &site.path("exec.log")).unwrap();
    let text = wait::until("the program", async || Ok(std::fs::read_to_string(&file).ok())).await.unwrap();
    (daemon, Pid::from_raw(text.trim().parse().unwrap()).context("a process id").unwrap())
}

#[tokio::test]
async fn the_exit_code_is_the_program_s_and_the_seat_is_free_again() {
    let site = Site::new().unwrap();
    let collector = collector(&site, &[("CAD", json!({}))]).await;
    let (agent, _daemon) = agent(&site, &collector).await;
    for (command, expected) in [
        (vec!["true"], 0),
        (vec!["sh", "-c", "exit 7"], 7),
        (vec!["sh", "-c", "kill -9 $$"], 137),
        (vec!["sh", "-c", "kill -TERM $$"], 143),
        (vec!["/nowhere/cad"], 127),
        (vec!["/dev/null"], 126),
    ] {
        let ran = executed(&agent, "CAD", &command).await.expect(expected).unwrap();
        assert_eq!(in_use(&collector, "CAD").await.unwrap(), 0, "{}", ran.command);
    }
    // What it reads and prints is its own.
    let echo = run(exec(&agent, "CAD", 0, &["cat"]).unwrap(), b"drawing").await.unwrap().expect(0).unwrap();
    assert_eq!((echo.stdout.as_str(), echo.stderr.as_str()), ("drawing", ""));
    executed(&agent, "CAE", &["true"]).await.expect(4).unwrap();
    assert_eq!(peak(&collector, "CAD").await.unwrap(), 1);
}

#[tokio::test]
async fn signals_reach_the_program() {
    let site = Site::new().unwrap();
    let collector = collector(&site, &[("CAD", json!({}))]).await;
    let (agent, _daemon) = agent(&site, &collector).await;
    for (signal, expected) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let (mut exec, program) = long(&site, &agent, &format!("program-{expected}")).await;
        assert_eq!(in_use(&collector, "CAD").await.unwrap(), 1);
        exec.signal(signal).unwrap();
        assert_eq!(exec.wait().await.unwrap().code(), Some(expected));
        assert!(kill_process(program, Signal::TERM).is_err(), "the program ended, too");
        assert_eq!(in_use(&collector, "CAD").await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_killed_program_a_killed_command_and_a_killed_agent_free_the_seat() {
    let site = Site::new().unwrap();
    let collector = collector(&site, &[("CAD", json!({}))]).await;
    let (agent, mut daemon) = agent(&site, &collector).await;
    let (mut exec, program) = long(&site, &agent, "one").await;
    assert_eq!(in_use(&collector, "CAD").await.unwrap(), 1);
    kill_process(program, Signal::KILL).unwrap();
    assert_eq!(exec.wait().await.unwrap().code(), Some(137));
    assert_eq!(in_use(&collector, "CAD").await.unwrap(), 0);

    let (mut exec, program) = long(&site, &agent, "two").await;
    exec.kill().await.unwrap();
    uses(&collector, "CAD", 0).await;
    kill_process(program, Signal::KILL).unwrap();

    let (mut exec, program) = long(&site, &agent, "three").await;
    daemon.kill().await.unwrap();
    uses(&collector, "CAD", 0).await;
    // The program went on; an agent that comes back takes a seat for it again.
    let _daemon = agent.start().unwrap();
    uses(&collector, "CAD", 1).await;
    kill_process(program, Signal::KILL).unwrap();
    assert_eq!(exec.wait().await.unwrap().code(), Some(137));
    uses(&collector, "CAD", 0).await;
}

#[tokio::test]
async fn when_none_is_free_one_line_says_who_holds_it() {
    let site = Site::new().unwrap();
    let one = json!({"floating_limit": 1});
    let queue = json!({"floating_limit": 1, "at_limit": "queue"});
    let collector = collector(&site, &[("CAD", one), ("ERP", queue)]).await;
    let (agent, mut daemon) = agent(&site, &collector).await;
    for (application, line) in [("CAD", "held by falcon at 10.0.0.9"), ("ERP", "place 1 in the queue")] {
        let wish = json!({"application": application, "user": "falcon", "client_ip": "10.0.0.9", "client": "rest"});
        let (status, seat) = collector.http().send(Method::POST, "/api/v1/checkouts", &wish).await.unwrap();
        assert_eq!(status, 201, "{seat:#}");
        let ran = executed(&agent, application, &["true"]).await.expect(3).unwrap();
        assert!(ran.stderr.contains(line) && ran.stderr.lines().count() == 1, "{}", ran.stderr);
        // With patience it starts as soon as the seat is free; falcon's lease runs out.
        run(exec(&agent, application, 60, &["true"]).unwrap(), b"").await.unwrap().expect(0).unwrap();
        assert_eq!(in_use(&collector, application).await.unwrap(), 0);
    }
    daemon.terminate().await.unwrap();
    let ran = executed(&agent, "CAD", &["true"]).await.expect(69).unwrap();
    assert!(ran.stderr.contains("start muster-agent"), "{}", ran.stderr);
}

#[tokio::test]
async fn without_a_collector_the_application_decides_and_the_use_is_told_afterwards() {
    let site = Site::new().unwrap();
    let collector = collector(&site, &[("CAD", json!({"offline": "allow"})), ("ERP", json!({"offline": "deny"}))]).await;
    let (agent, mut daemon) = agent(&site, &collector).await;
    let (mut first, program) = long(&site, &agent, "first").await;
    let counted = async || Ok((peak(&collector, "CAD").await? == 1).then_some(()));
    wait::until("the first one's seat in the peak", counted).await.unwrap();
    let launch = collector.kill().await.unwrap();

    let ran = executed(&agent, "ERP", &["true"]).await.expect(3).unwrap();
    assert!(ran.stderr.contains("offline = \"deny\"") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    executed(&agent, "CAE", &["true"]).await.expect(3).unwrap();
    // Two more run offline at the same time, one of them over a restart of the agent: three together.
    let (mut second, other) = long(&site, &agent, "second").await;
    executed(&agent, "CAD", &["sh", "-c", "exit 7"]).await.expect(7).unwrap();
    daemon.kill().await.unwrap();
    let _daemon = agent.start().unwrap();
    assert!(first.ended().unwrap().is_none(), "what runs goes on");
    kill_process(other, Signal::KILL).unwrap();
    assert_eq!(second.wait().await.unwrap().code(), Some(137));

    let collector = launch.start().await.unwrap();
    let told = async || Ok((peak(&collector, "CAD").await? == 3).then_some(()));
    wait::until("what was used offline", told).await.unwrap();
    uses(&collector, "CAD", 1).await;
    kill_process(program, Signal::KILL).unwrap();
    assert_eq!(first.wait().await.unwrap().code(), Some(137));
    uses(&collector, "CAD", 0).await;
    assert_eq!(peak(&collector, "CAD").await.unwrap(), 3, "told once");
}

#[tokio::test]
async fn processes_of_a_session_use_their_application() {
    let site = Site::new().unwrap();
    let program = site.path("smclient");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    let pattern = format!("cmd:{} *", program.display());
    let used_by = json!({"sharing": ["user", "client_ip"], "used_by": {"processes": [pattern]}});
    let collector = collector(&site, &[("CAD", used_by)]).await;
    let (agent, _daemon) = agent(&site, &collector).await;
    let me = run(Command::new("whoami"), b"").await.unwrap().stdout;
    let since = dump_time(SystemClock.now());
    agent.sessions(&login(4711, me.trim(), "pts/4711", "10.0.0.7", &since)).await.unwrap();
    uses(&collector, "Workstation login", 1).await;
    assert_eq!(in_use(&collector, "CAD").await.unwrap(), 0);
    let mut command = Command::new(&program);
    command.arg("600");
    let mut running = Daemon::spawn(command, &site.path("log")).unwrap();
    uses(&collector, "CAD", 1).await;
    let sessions = scene::get(collector.http(), "/api/v1/sessions?application=CAD").await.unwrap();
    assert_eq!(text(find(&sessions, "/items", "user", me.trim()).unwrap(), "/client_ip").unwrap(), "10.0.0.7");
    running.kill().await.unwrap();
    uses(&collector, "CAD", 0).await;
    uses(&collector, "Workstation login", 1).await;
}
