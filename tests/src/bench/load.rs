//! The load: every agent on a connection of its own, the next report as soon as the last one is answered. In: agents, a
//! server, what is sent. Out: how long each answer took. An answer that is not the expected one ends the measurement.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::agents::Agent;
use super::exchange::Connection;
use super::reports::Template;

/// Load before the measurement begins.
const WARM_UP: Duration = Duration::from_secs(1);

/// Sequence numbers for one agent in one measurement: more than ten minutes can use up.
const NUMBERS: u64 = 4_000_000;

/// What each report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing new.
    Unchanged,
    /// A login or a logout.
    Changed,
}

/// Where it goes and what has to come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) status: u16,
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    /// Microseconds of every answer, ascending.
    pub(super) micros: Vec<u32>,
    pub(super) took: Duration,
}

/// Puts load on `target` for `lasting`. `mark` is called when the measured part begins and when it ends.
///
/// # Errors
/// A connection breaks, or an answer is not the expected one.
pub(super) async fn run(
    agents: &mut [Agent],
    target: Target,
    kind: Kind,
    lasting: Duration,
    mut mark: impl FnMut(),
) -> Result<Measured> {
    let mut tasks = JoinSet::new();
    let mut drivers = Vec::new();
    for (index, agent) in agents.iter_mut().enumerate() {
        let connection = Connection::open(target.address, Arc::clone(&agent.tls)).await?;
        let without = agent.reports.template(false)?;
        let with = if kind == Kind::Changed { Some(agent.reports.template(true)?) } else { None };
        let from = agent.reports.take(NUMBERS);
        drivers.push(Driver { connection, without, with, seq: from, target, index, dated: 0 });
    }
    let start = Instant::now() + WARM_UP;
    let end = start + lasting;
    for driver in drivers {
        tasks.spawn(driver.drive(start, end));
    }
    tokio::time::sleep_until(start).await;
    mark();
    tokio::time::sleep_until(end).await;
    mark();
    let mut micros = Vec::new();
    while let Some(done) = tasks.join_next().await {
        micros.extend(done.context("a driver")??);
    }
    micros.sort_unstable();
    Ok(Measured { micros, took: lasting })
}

struct Driver {
    connection: Connection,
    without: Template,
    with: Option<Template>,
    seq: u64,
    target: Target,
    index: usize,
    /// The second its clock shows.
    dated: i64,
}

impl Driver {
    async fn drive(mut self, start: Instant, end: Instant) -> Result<Vec<u32>> {
        let mut micros = Vec::new();
        loop {
            let began = Instant::now();
            if began >= end {
                return Ok(micros);
            }
            self.one().await.with_context(|| format!("agent {}, report {}", self.index, self.seq))?;
            let ended = Instant::now();
            if began >= start && ended <= end {
                micros.push(u32::try_from((ended - began).as_micros()).unwrap_or(u32::MAX));
            }
        }
    }

    async fn one(&mut self) -> Result<()> {
        self.date();
        self.seq += 1;
        let request = match &mut self.with {
            Some(with) if self.seq % 2 == 1 => with.numbered(self.seq),
            _ => self.without.numbered(self.seq),
        };
        let answer = self.connection.exchange(request).await?;
        let (status, body) = (answer.status, answer.body);
        ensure!(status == self.target.status, "{status} {}", String::from_utf8_lossy(body));
        Ok(())
    }

    fn date(&mut self) {
        let now = now();
        if now.timestamp() != self.dated {
            self.dated = now.timestamp();
            self.without.date(now);
            if let Some(with) = &mut self.with {
                with.date(now);
            }
        }
    }
}

/// The wall clock of this machine.
#[expect(clippy::disallowed_methods, reason = "simulated agents have this machine's clock")]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}
