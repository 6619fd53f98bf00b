//! Reports of a simulated agent. In: who it is. Out: whole requests of about 3 KiB whose sequence number and clock are
//! changed in place, so that the load costs next to nothing to make.
//!
//! An unchanged report lists the sessions that the collector knows. A changed one has one session more, or one less, than
//! the report before it: what a login or a logout causes.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use muster_wire::report::Report;
use muster_wire::session::{Session, SessionState};
use uuid::Uuid;

use super::exchange::post;
use crate::peer::Machine;

/// Sessions that stay.
const SESSIONS: u32 = 11;
/// Numbers of one width, so that they can be replaced in place; the first report with hardware comes before them.
const FIRST: u64 = 1_000_000_000;
const DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// The reports of one agent.
pub(super) struct Reports {
    report: Report,
    machine: Machine,
    address: SocketAddr,
    seq: u64,
    now: DateTime<Utc>,
}

/// A request whose numbers can be replaced.
#[derive(Clone)]
pub(super) struct Template {
    bytes: Vec<u8>,
    date: usize,
    seq: usize,
    /// Of the session that comes and goes.
    session: Option<usize>,
}

impl Reports {
    /// Of the agent with this number, at the collector's address.
    pub(super) fn of(number: u32, address: SocketAddr, now: DateTime<Utc>) -> Self {
        let machine = Machine::named(&format!("ws-{number}"));
        let report = Report {
            protocol: muster_wire::PROTOCOL,
            boot_id: Uuid::from_u128(0x8f14_e45f_ceea_467f_a0e6_0000_0000_0000 + u128::from(number)),
            epoch: 1,
            seq: 1,
            collected_at: now,
            hardware_digest: machine.digest(),
            hardware: None,
            software_digest: None,
            software: None,
            sessions: (0..SESSIONS).map(|session| self::session(number, session, now)).collect(),
            ended: Vec::new(),
            dropped: 0,
            receipt: None,
            incomplete: Vec::new(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Self { report, machine, address, seq: FIRST, now }
    }

    /// Whose they are.
    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The first report, with the hardware.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub(super) fn first(&self) -> Result<Vec<u8>> {
        let report = Report { hardware: Some(self.machine.hardware.clone()), ..self.report.clone() };
        let body = serde_json::to_vec(&report).context("a report")?;
        Ok(post(muster_wire::path::REPORT, self.address, &date_header(self.now), &body))
    }

    /// From now on this receipt is echoed.
    pub(super) fn receipt(&mut self, receipt: Option<String>) {
        self.report.receipt = receipt;
    }

    /// Takes the next sequence numbers; gives back the one before them.
    pub(super) fn take(&mut self, count: u64) -> u64 {
        let before = self.seq;
        self.seq += count;
        before
    }

    /// The report without the session that comes and goes, or with it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub(super) fn template(&self, with_session: bool) -> Result<Template> {
        let mut report = Report { seq: FIRST, ..self.report.clone() };
        let id = format!("c{FIRST}");
        if with_session {
            report.sessions.push(Session { id: id.clone(), ..session(0, SESSIONS, self.now) });
        }
        let body = serde_json::to_vec(&report).context("a report")?;
        let bytes = post(muster_wire::path::REPORT, self.address, &date_header(self.now), &body);
        let after = |mark: &str| {
            let at = bytes.windows(mark.len()).position(|window| window == mark.as_bytes());
            at.map(|at| at + mark.len()).with_context(|| format!("no {mark} in a report"))
        };
        let (date, seq) = (after("\r\nDate: ")?, after("\"seq\":")?);
        let session = if with_session { Some(after(&format!("\"id\":\"{id}"))? - FIRST.to_string().len()) } else { None };
        Ok(Template { bytes, date, seq, session })
    }
}

impl Template {
    /// The request with this sequence number.
    pub(super) fn numbered(&mut self, seq: u64) -> &[u8] {
        let digits = seq.to_string();
        self.put(self.seq, digits.as_bytes());
        if let Some(at) = self.session {
            self.put(at, digits.as_bytes());
        }
        &self.bytes
    }

    /// Sets the agent's clock.
    pub(super) fn date(&mut self, now: DateTime<Utc>) {
        let text = now.format(DATE).to_string();
        self.put(self.date, text.as_bytes());
    }

    /// Of the body.
    pub(super) fn body_bytes(&self) -> usize {
        let head = self.bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |end| end + 4);
        self.bytes.len() - head
    }

    fn put(&mut self, at: usize, text: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + text.len()) {
            place.copy_from_slice(text);
        }
    }
}

fn date_header(now: DateTime<Utc>) -> String {
    format!("Date: {}\r\n", now.format(DATE))
}

fn session(agent: u32, number: u32, now: DateTime<Utc>) -> Session {
    Session {
        id: format!("c{number}"),
        user: format!("user{:04}", (agent * 7 + number) % 4000),
        client_ip: format!("10.{}.{}.{}", agent >> 8 & 255, agent & 255, number + 10),
        client: "ssh".to_owned(),
        tty: Some(format!("pts/{number}")),
        state: SessionState::Active,
        started_at: now - TimeDelta::minutes(i64::from(number) + 5),
        idle_seconds: Some(u64::from(number) * 13),
        groups: vec!["design".to_owned(), "users".to_owned()],
        applications: vec!["Incident Management".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(request: &[u8]) -> Report {
        let at = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        serde_json::from_slice(&request[at + 4..]).unwrap()
    }

    #[test]
    fn numbers_are_replaced_and_nothing_else() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut reports = Reports::of(7, "127.0.0.1:8443".parse().unwrap(), now);
        let before = read(&reports.first().unwrap());
        assert_eq!((before.seq, before.hardware.as_ref()), (1, Some(&reports.machine().hardware)));
        let (mut without, mut with) = (reports.template(false).unwrap(), reports.template(true).unwrap());
        assert!((2600..3000).contains(&without.body_bytes()), "{} bytes", without.body_bytes());
        let seq = reports.take(5) + 1;
        assert_eq!(read(without.numbered(seq)), Report { seq, hardware: None, ..before.clone() });
        let seq = reports.take(5) + 1;
        assert_eq!(seq, FIRST + 6);
        let report = read(with.numbered(seq));
        assert_eq!((report.seq, report.sessions.len()), (seq, before.sessions.len() + 1));
        assert_eq!(report.sessions.last().unwrap().id, format!("c{seq}"));
        with.date(now + TimeDelta::seconds(61));
        let text = String::from_utf8(with.numbered(seq).to_vec()).unwrap();
        assert!(text.contains("\r\nDate: Fri, 15 Jan 2027 08:01:01 GMT\r\n"), "{text}");
        assert_eq!(read(text.as_bytes()), report);
    }
}
