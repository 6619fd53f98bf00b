//! The source of sessions that this machine has, behind one face.
//!
//! In: [`Options`] and a clock. Out: snapshots and wake-ups. When the bus was lost, the next snapshot connects again and fails if
//! that fails; it never answers with an empty list for a source that did not answer.

use super::{Options, SessionsError, SourceKind, address, bus::Bus, groups::Accounts, logind, surroundings::Surroundings, utmp};
use muster_runtime::clock::SharedClock;
use muster_wire::session::Session;
use std::{path::PathBuf, time::Duration};
use tokio::time::{Interval, MissedTickBehavior};

/// Longest time a snapshot may take, in seconds.
const BUDGET_SECONDS: u64 = 5;
/// A list is due this often even when nothing was signalled: a signal can be missed.
const BACKSTOP: Duration = Duration::from_secs(60);
/// How often the utmp file is looked at.
const UTMP_POLL: Duration = Duration::from_secs(1);
/// How soon after a lost bus the next snapshot is due.
const RETRY: Duration = Duration::from_secs(10);

/// The sessions of this machine; owns the connection to logind or the poller of the utmp file.
#[derive(Debug)]
pub struct Sessions {
    options: Options,
    clock: SharedClock,
    bus_address: Option<String>,
    source: Source,
    utmp_stamp: Option<utmp::Stamp>,
    backstop: Interval,
    poll: Interval,
    retry: Interval,
    dev: PathBuf,
    etc: PathBuf,
}

#[derive(Debug)]
enum Source {
    Logind(Bus),
    /// logind was there and the connection is lost.
    Lost,
    Utmp,
    /// Neither was found, which only [`SourceKind::Auto`] accepts.
    None,
}

impl Sessions {
    /// Finds the source. `Auto` always succeeds; a source that was asked for by name must answer.
    pub async fn open(options: Options, clock: SharedClock) -> Result<Self, SessionsError> {
        Self::start(options, clock, None).await
    }

    /// Like [`Sessions::open`], with logind on the bus at `bus_address` (`unix:path=...`) in place of the system bus.
    pub async fn open_on(options: Options, clock: SharedClock, bus_address: &str) -> Result<Self, SessionsError> {
        Self::start(options, clock, Some(bus_address.to_owned())).await
    }

    /// The endpoint's own address changed, or became known (see [`Options::local_address`]).
    pub fn set_local_address(&mut self, local_address: Option<String>) {
        self.options.local_address = local_address;
    }

    /// The whole current list, sorted by start and id; at most 5 s.
    ///
    /// # Errors
    /// The source did not answer in time or not sensibly. The list is then not known, which is not the same as empty.
    pub async fn snapshot(&mut self) -> Result<Vec<Session>, SessionsError> {
        let mut sessions = match within_budget(self.list()).await {
            Ok(sessions) => sessions,
            Err(error) => {
                if matches!(error, SessionsError::Logind { .. } | SessionsError::Timeout { .. }) {
                    self.lose_bus();
                }
                return Err(error);
            }
        };
        sessions.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
        sessions.dedup_by(|a, b| (a.started_at, &a.id) == (b.started_at, &b.id));
        Ok(sessions)
    }

    /// Resolves when somebody logged in or out or a session changed, and at the latest after 60 s. Cancel-safe: what was signalled
    /// while nobody waited is remembered.
    pub async fn changed(&mut self) {
        let Self { source, backstop, poll, retry, options, utmp_stamp, .. } = self;
        match source {
            Source::Logind(bus) => tokio::select! {
                () = bus.signalled() => {}
                _ = backstop.tick() => {}
            },
            Source::Lost => tokio::select! {
                _ = retry.tick() => {}
                _ = backstop.tick() => {}
            },
            Source::Utmp => loop {
                tokio::select! {
                    _ = poll.tick() => {
                        let stamp = utmp::stamp(&options.utmp_path);
                        if stamp != *utmp_stamp {
                            *utmp_stamp = stamp;
                            break;
                        }
                    }
                    _ = backstop.tick() => break,
                }
            },
            Source::None => {
                backstop.tick().await;
            }
        }
        backstop.reset();
    }

    /// `logind`, `utmp` or `none`.
    pub fn source(&self) -> &'static str {
        match self.source {
            Source::Logind(_) | Source::Lost => "logind",
            Source::Utmp => "utmp",
            Source::None => "none",
        }
    }

    async fn start(options: Options, clock: SharedClock, bus_address: Option<String>) -> Result<Self, SessionsError> {
        let source = match options.source {
            SourceKind::Logind => Source::Logind(answering_bus(bus_address.as_deref()).await?),
            SourceKind::Utmp if options.utmp_path.exists() => Source::Utmp,
            SourceKind::Utmp => return Err(SessionsError::NoSource { path: options.utmp_path }),
            SourceKind::Auto => find(&options, bus_address.as_deref()).await,
        };
        Ok(Self {
            options,
            clock,
            bus_address,
            source,
            utmp_stamp: None,
            backstop: every(BACKSTOP),
            poll: every(UTMP_POLL),
            retry: every(RETRY),
            dev: PathBuf::from("/dev"),
            etc: PathBuf::from("/etc"),
        })
    }

    async fn list(&mut self) -> Result<Vec<Session>, SessionsError> {
        self.renew().await?;
        let surroundings = self.surroundings();
        match &self.source {
            Source::Logind(bus) => {
                let properties = bus.sessions().await?;
                blocking(move || {
                    let accounts = Accounts::read(&surroundings.etc);
                    Ok(properties.into_iter().filter_map(|session| logind::session(session, &surroundings, &accounts)).collect())
                })
                .await
            }
            Source::Utmp => {
                // Stamped before it is read: what changes meanwhile is seen as a change afterwards.
                self.utmp_stamp = utmp::stamp(&self.options.utmp_path);
                let path = self.options.utmp_path.clone();
                blocking(move || utmp::snapshot(&path, &surroundings)).await
            }
            Source::Lost => Err(SessionsError::Lost),
            Source::None => Ok(Vec::new()),
        }
    }

    /// Connects to a lost bus again, and looks once more for a source where there was none (the agent may start before the bus).
    async fn renew(&mut self) -> Result<(), SessionsError> {
        match &self.source {
            Source::Logind(bus) if !bus.is_closed() => {}
            Source::Logind(_) | Source::Lost => {
                self.source = Source::Lost;
                self.source = Source::Logind(Bus::open(self.bus_address.as_deref(), budget()).await?);
            }
            Source::None => self.source = find(&self.options, self.bus_address.as_deref()).await,
            Source::Utmp => {}
        }
        Ok(())
    }

    fn lose_bus(&mut self) {
        if matches!(self.source, Source::Logind(_)) {
            self.source = Source::Lost;
        }
        self.retry.reset();
    }

    fn surroundings(&self) -> Surroundings {
        let uname = rustix::system::uname();
        Surroundings {
            dev: self.dev.clone(),
            etc: self.etc.clone(),
            own_address: address::own(self.options.local_address.as_deref(), &uname.nodename().to_string_lossy()),
            now: self.clock.now(),
        }
    }
}

/// logind if it lists sessions, else the utmp file if there is one.
async fn find(options: &Options, bus_address: Option<&str>) -> Source {
    match answering_bus(bus_address).await {
        Ok(bus) => Source::Logind(bus),
        Err(error) if options.utmp_path.exists() => {
            tracing::debug!(%error, "no logind, the utmp file is read");
            Source::Utmp
        }
        Err(error) => {
            tracing::debug!(%error, "neither logind nor a utmp file");
            Source::None
        }
    }
}

async fn answering_bus(address: Option<&str>) -> Result<Bus, SessionsError> {
    within_budget(async {
        let bus = Bus::open(address, budget()).await?;
        bus.sessions().await?;
        Ok(bus)
    })
    .await
}

async fn within_budget<T>(work: impl Future<Output = Result<T, SessionsError>>) -> Result<T, SessionsError> {
    tokio::time::timeout(budget(), work).await.unwrap_or(Err(SessionsError::Timeout { seconds: BUDGET_SECONDS }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SessionsError> + Send + 'static,
) -> Result<T, SessionsError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(SessionsError::Ending))
}

const fn budget() -> Duration {
    Duration::from_secs(BUDGET_SECONDS)
}

/// Ticks for the first time after one whole period.
fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval.reset();
    interval
}

#[cfg(test)]
mod tests {
    use super::{super::utmp::tests::login, *};
    use muster_runtime::clock::TestClock;
    use std::io::Write as _;

    const NOBODY: &str = "unix:path=/nonexistent/bus";

    async fn utmp_sessions(path: &std::path::Path, source: SourceKind) -> Result<Sessions, SessionsError> {
        let options = Options { source, utmp_path: path.to_owned(), local_address: Some("10.1.2.3".into()) };
        Sessions::open_on(options, TestClock::at("2026-11-21T20:00:00Z".parse().unwrap()), NOBODY).await
    }

    fn write(path: &std::path::Path, records: &[Vec<u8>]) {
        std::fs::File::create(path).unwrap().write_all(&records.concat()).unwrap();
    }

    #[tokio::test]
    async fn a_login_in_the_file_is_noticed_and_listed_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("utmp");
        write(&path, &[login("pts/9", "alice", "10.0.0.11", 1_795_000_100)]);
        let mut sessions = utmp_sessions(&path, SourceKind::Auto).await.unwrap();
        assert_eq!(sessions.source(), "utmp");
        assert_eq!(sessions.snapshot().await.unwrap().len(), 1);
        let login_2 = login("pts/2", "bob", "10.0.0.12", 1_795_000_000);
        write(&path, &[login("pts/9", "alice", "10.0.0.11", 1_795_000_100), login_2.clone(), login_2]);
        tokio::time::timeout(Duration::from_secs(10), sessions.changed()).await.expect("the file is looked at every second");
        let list = sessions.snapshot().await.unwrap();
        assert_eq!(
            list.iter().map(|session| session.user.as_str()).collect::<Vec<_>>(),
            ["bob", "alice"],
            "sorted, without repetition"
        );
    }

    #[tokio::test]
    async fn a_damaged_or_vanished_file_is_an_error_and_mends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("utmp");
        let record = login("pts/9", "alice", "10.0.0.11", 1_795_000_100);
        write(&path, std::slice::from_ref(&record));
        let mut sessions = utmp_sessions(&path, SourceKind::Utmp).await.unwrap();
        write(&path, &[record[..100].to_vec()]);
        assert!(matches!(sessions.snapshot().await, Err(SessionsError::UtmpFormat { record: 0, .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(sessions.snapshot().await, Err(SessionsError::NoSource { .. })));
        write(&path, &[record]);
        assert_eq!(sessions.snapshot().await.unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_due_every_minute_even_when_nothing_happens() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("utmp");
        write(&path, &[]);
        for (source, path) in [(SourceKind::Utmp, path.as_path()), (SourceKind::Auto, std::path::Path::new("/nonexistent/utmp"))]
        {
            let mut sessions = utmp_sessions(path, source).await.unwrap();
            let kind = sessions.source();
            sessions.utmp_stamp = utmp::stamp(path);
            // Given up again and again, as in a select loop: the backstop is still due a minute after the last change.
            for _ in 0..5 {
                assert!(tokio::time::timeout(Duration::from_secs(11), sessions.changed()).await.is_err(), "{kind}");
            }
            assert!(tokio::time::timeout(Duration::from_secs(6), sessions.changed()).await.is_ok(), "{kind}");
        }
    }
}
