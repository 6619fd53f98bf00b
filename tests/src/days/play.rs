//! The play itself. In: a directory, a story, somebody to tell. Out: the days of the story behind a collector that runs with the true
//! clock, and machines that go on reporting to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Days, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use muster_runtime::clock::{Clock as _, SystemClock};
use muster_wire::report::Report;
use muster_wire::session::Session;
use muster_wire::software::PackageList;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use super::seats::{Seats, expect, pool};
use super::story::{Deed, Story};
use super::{estate, staff};
use crate::collector::{Collector, Launch};
use crate::faketime::Faketime;
use crate::json::{number, text};
use crate::peer::Peer;
use crate::scene;
use crate::site::{Secrets, Site};

/// Times of a day at which people come and go.
const MOMENTS: [&str; 5] = ["09:05", "11:40", "14:20", "16:45", "20:00"];
/// How often the machines report once the play is over.
const REPORTS: Duration = Duration::from_secs(30);

/// A machine, with what it said last.
struct Desk {
    number: usize,
    peer: Peer,
    said: Option<(Vec<Session>, bool)>,
    /// It reports although nothing changed.
    is_due: bool,
    is_known: bool,
}

/// A site with its past.
pub struct Play {
    site: Site,
    secrets: Secrets,
    collector: Collector,
    cast: Cast,
}

/// Who is in the play, and how far it is.
struct Cast {
    story: Story,
    desks: BTreeMap<usize, Desk>,
    seats: Seats,
    deployed: bool,
    state: String,
}

/// Plays the story in `directory` up to today. `tell` hears a line for every day on which something happens.
///
/// # Errors
/// A program does not do what it should.
pub async fn play(directory: &Path, story: Story, tell: impl Fn(&str)) -> Result<Play> {
    let today = SystemClock.now().date_naive();
    let first = today - Days::new(story.days().into());
    let clock = Faketime::at_once(&directory.join("clock"))?;
    let mut site = Site::at(directory);
    clock.turn(moment(first, "08:00")? - SystemClock.now())?;
    site.turn(Some(clock.clone()));
    site.keygen().await?;
    let secrets = site.init().await?;
    let launch = site.collector().env("MUSTER_TIME_ZONE", "UTC").env("MUSTER_AGENTS_REPORT_INTERVAL", "1m");
    let mut launch = launch.clock(Some(clock.clone()));
    let mut cast =
        Cast { story, desks: BTreeMap::new(), seats: Seats::default(), deployed: false, state: "unlicensed".to_owned() };
    for day in 0..story.days() {
        let date = first + Days::new(day.into());
        launch = cast.day(&site, launch, &clock, day, date, &tell).await.with_context(|| format!("day {day}, {date}"))?;
    }
    site.turn(None);
    let collector = launch.clock(None).start().await?;
    cast.begin(&site, &collector, story.days(), today, &tell).await.context("today")?;
    cast.live(&collector).await?;
    Ok(Play { site, secrets, collector, cast })
}

/// Waits until no reconciliation runs: one in whose middle hours pass, or the collector ends, would look as if it took them.
async fn reconciled(collector: &Collector) -> Result<()> {
    crate::wait::until("the end of the reconciliation", async || {
        let (status, runs) = collector.http().get("/api/v1/reconciliations?limit=5").await?;
        // None runs while the product is disabled.
        ensure!(status == StatusCode::OK || status == StatusCode::FORBIDDEN, "{status}: {runs:#}");
        let runs = runs.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(runs.iter().all(|run| run.get("state").is_none_or(|state| state != "running")).then_some(()))
    })
    .await
}

fn moment(date: NaiveDate, time: &str) -> Result<DateTime<Utc>> {
    Ok(date.and_time(format!("{time}:00").parse()?).and_utc())
}

impl Play {
    /// Where it is and how to log in, for whoever goes on with it.
    #[must_use]
    pub fn told(&self) -> Value {
        let Secrets { admin_user, admin_password, .. } = &self.secrets;
        json!({"url": self.collector.http().url(), "agents": self.collector.agents_url(), "admin_user": admin_user,
            "admin_password": admin_password})
    }

    /// Lets the machines report until `end`, then stops the collector.
    ///
    /// # Errors
    /// A report is refused.
    pub async fn live(self, end: impl Future<Output = ()>) -> Result<()> {
        let Self { site: _site, collector, mut cast, .. } = self;
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                () = tokio::time::sleep(REPORTS) => {
                    // Everybody, so that nobody seems silent.
                    cast.desks.values_mut().for_each(|desk| desk.is_due = true);
                    cast.live(&collector).await?;
                }
            }
        }
        let (status, _) = collector.stop().await?;
        ensure!(status.success(), "the collector ended with {status}");
        Ok(())
    }
}

impl Cast {
    /// One day: the collector is started in the morning and stopped in the evening.
    async fn day(
        &mut self,
        site: &Site,
        launch: Launch,
        clock: &Faketime,
        day: u32,
        date: NaiveDate,
        tell: &impl Fn(&str),
    ) -> Result<Launch> {
        let turn = |time: &str| clock.turn(moment(date, time)? - SystemClock.now());
        let [morning, ..] = MOMENTS;
        turn(morning)?;
        let collector = launch.start().await?;
        self.begin(site, &collector, day, date, tell).await?;
        self.desks.values_mut().for_each(|desk| desk.said = None);
        for time in MOMENTS {
            reconciled(&collector).await?;
            turn(time)?;
            self.work(&collector, moment(date, time)?, day).await.context(time)?;
        }
        reconciled(&collector).await?;
        let (status, launch) = collector.stop().await?;
        ensure!(status.success(), "the collector ended with {status}");
        Ok(launch)
    }

    /// The night's count, what is done on this day, and machines that come.
    async fn begin(&mut self, site: &Site, collector: &Collector, day: u32, date: NaiveDate, tell: &impl Fn(&str)) -> Result<()> {
        if day > 0 {
            let date = date.to_string();
            // Whoever plays in the night is there before it is counted.
            let today = |status: &Value, when: &str| text(status, when).is_ok_and(|at| at.starts_with(&date));
            let counted = |status: &Value| today(status, "/compliance/counted_at") || today(status, "/compliance/next_run_at");
            crate::wait::status(collector, "the night's count", counted).await?;
        }
        for deed in self.story.deeds(day) {
            self.act(site, collector, deed, date).await.with_context(|| format!("{deed:?}"))?;
        }
        self.enrol(collector, day).await?;
        let status = scene::status(collector).await?;
        let state = text(&status, "/state")?;
        if state != self.state || day.is_multiple_of(10) {
            let compliance = |name: &str| number(&status, &format!("/compliance/{name}")).unwrap_or_default();
            tell(&format!(
                "day {day:>3}  {date}  {:>2} of {} assets  {state}",
                compliance("asset_count"),
                compliance("asset_limit")
            ));
            state.clone_into(&mut self.state);
        }
        Ok(())
    }

    async fn act(&mut self, site: &Site, collector: &Collector, deed: Deed, date: NaiveDate) -> Result<()> {
        let http = collector.http();
        match deed {
            Deed::License(assets) => {
                let expires = (date + Days::new(400)).to_string();
                let assets = assets.to_string();
                site.license(http, &["--customer", "Example Works", "--expires", &expires, "--assets", &assets]).await?;
            }
            Deed::Begin => {
                pool(http, 6).await?;
                let desk = json!({"named_limit": null, "floating_limit": 15, "at_limit": "warn"});
                expect(http.send(Method::PUT, &format!("/api/v1/applications/{}", staff::DESK), &desk).await?, &[200, 201])?;
                estate::buy(http, date).await?;
            }
            Deed::Seats(seats) => pool(http, seats).await?,
            Deed::Deploy => self.deployed = true,
            Deed::Copy(number) => {
                let desk = self.desks.get_mut(&number).context("the machine that is copied")?;
                let mut copy = desk.peer.clone();
                let own = desk.peer.next(staff::sessions(number, SystemClock.now()));
                desk.peer.deliver(own).await?;
                let other = copy.next(vec![crate::peer::session("9", "eve", "192.0.2.9", SystemClock.now())]);
                copy.report(&other).await?;
                // The collector asked for another epoch, which the machine itself takes up.
                desk.peer.epoch += 1;
                let own = desk.peer.next(Vec::new());
                desk.peer.deliver(own).await?;
                let late = copy.next(Vec::new());
                copy.report(&late).await?;
            }
            Deed::Resolve(number) => {
                let desk = self.desks.get(&number).context("the machine that was copied")?;
                let resolve = http.request(Method::POST, &format!("/api/v1/agents/{}/resolve", desk.peer.id()));
                expect(crate::http::answer(resolve).await?, &[200])?;
            }
            Deed::Retire => {
                let agents = scene::items(http, "/api/v1/agents").await?;
                for number in self.story.forgotten() {
                    let desk = self.desks.remove(&number).context("a machine that is retired")?;
                    let agent = agents.iter().find(|agent| text(agent, "/id").is_ok_and(|id| id == desk.peer.id()));
                    let asset = text(agent.context("its agent")?, "/asset")?;
                    let retired = json!({"install_status": 7});
                    expect(http.send(Method::PATCH, &format!("/api/v1/assets/{asset}"), &retired).await?, &[200])?;
                }
            }
        }
        Ok(())
    }

    /// Machines that are there from this day on.
    async fn enrol(&mut self, collector: &Collector, day: u32) -> Result<()> {
        let known = self.desks.keys().next_back().map_or(0, |last| last + 1);
        let wanted = self.story.machines(day);
        if wanted <= known {
            return Ok(());
        }
        let wish = json!({"uses": wanted - known, "approval": "auto"});
        let token = expect(collector.http().send(Method::POST, "/api/v1/join-tokens", &wish).await?, &[201])?;
        let token = text(&token, "/token")?;
        for number in known..wanted {
            let peer = Peer::enroll(&collector.agents_url(), token, staff::machine(number)).await?;
            self.desks.insert(number, Desk { number, peer, said: None, is_due: false, is_known: false });
        }
        Ok(())
    }

    /// What everybody does at this time of a day of the story.
    async fn work(&mut self, collector: &Collector, now: DateTime<Utc>, day: u32) -> Result<()> {
        self.report(now, day, staff::sessions).await?;
        self.draw(collector, now, day).await
    }

    /// What everybody does while somebody looks.
    async fn live(&mut self, collector: &Collector) -> Result<()> {
        let now = SystemClock.now();
        let day = self.story.days();
        self.report(now, day, staff::shown_sessions).await?;
        self.draw(collector, staff::working_hours(now), day).await
    }

    /// Machines that are used on this day.
    fn used(&self, day: u32) -> Vec<usize> {
        self.desks.keys().copied().filter(|number| self.story.is_used(*number, day)).collect()
    }

    /// Those whose machine says something new report, all at once.
    async fn report(
        &mut self,
        now: DateTime<Utc>,
        day: u32,
        sessions: impl Fn(usize, DateTime<Utc>) -> Vec<Session>,
    ) -> Result<()> {
        let mut reports = JoinSet::new();
        for number in self.used(day) {
            let Some(desk) = self.desks.remove(&number) else { continue };
            let before = desk.said.as_ref().map_or(&[][..], |(sessions, _)| sessions);
            let news = (staff::going_on(sessions(number, now), before), self.deployed);
            if desk.is_due || desk.said.as_ref() != Some(&news) {
                reports.spawn(desk.report(news, now));
            } else {
                self.desks.insert(number, desk);
            }
        }
        while let Some(reported) = reports.join_next().await {
            let desk = reported??;
            self.desks.insert(desk.number, desk);
        }
        Ok(())
    }

    /// Those who draw take seats, as at this hour.
    async fn draw(&mut self, collector: &Collector, hour: DateTime<Utc>, day: u32) -> Result<()> {
        let designers: Vec<usize> = self.used(day).into_iter().filter(|number| staff::is_designers(*number)).collect();
        self.seats.turn(collector.http(), &designers, hour).await
    }
}

impl Desk {
    /// Reports who is logged in, and the software where it changed.
    async fn report(mut self, news: (Vec<Session>, bool), now: DateTime<Utc>) -> Result<Self> {
        let (sessions, deployed) = news.clone();
        let packages = staff::software(self.number, deployed);
        let digest = format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(serde_json::to_vec(&packages)?)));
        let is_new = self.said.as_ref().is_none_or(|(_, before)| *before != deployed);
        let plain = if self.is_known { self.peer.next(sessions) } else { self.peer.next_whole(sessions) };
        let report = Report {
            collected_at: now,
            software_digest: Some(digest),
            software: is_new.then(|| PackageList::from(packages)),
            ..plain
        };
        self.peer.deliver(report).await.with_context(|| self.peer.machine().hostname.clone())?;
        self.is_known = true;
        self.is_due = false;
        self.said = Some(news);
        Ok(self)
    }
}
