//! The broker's rounds: heartbeats for programs that run, seats for those that run without one, what is to go back or to be told.
//!
//! In: what the book says is due. Out: requests to the collector, one after the other; the first one it does not answer ends the
//! round.

use super::{
    book::Task,
    caller,
    collector::{self, Said},
    service::Broker,
};
use chrono::TimeDelta;
use muster_wire::problem::Code;
use std::time::Duration;
use uuid::Uuid;

/// Between two rounds: how soon the end of a program is seen that could not tell of it itself.
const EVERY: Duration = Duration::from_secs(1);
/// After the collector did not answer.
const AGAIN: TimeDelta = TimeDelta::seconds(5);

impl Broker {
    /// Makes rounds until it is dropped.
    pub async fn run(&self) {
        loop {
            self.round().await;
            if self.book().is_idle() {
                self.woken.notified().await;
            } else {
                tokio::time::sleep(EVERY).await;
            }
        }
    }

    async fn round(&self) {
        let boot_id = self.parts.boot_id;
        let tasks = self.book().due(self.now(), |holder| caller::lives(holder, boot_id), Uuid::new_v4);
        for task in tasks {
            if !self.perform(task).await {
                return;
            }
        }
    }

    /// Says whether the collector answered.
    async fn perform(&self, task: Task) -> bool {
        let (link, now) = (self.link(), self.now());
        match task {
            Task::Beat(id) => {
                let said = collector::heartbeat(&link, id, now).await;
                self.after(id, said, |broker, id, said| {
                    let now = broker.now();
                    let mut book = broker.book();
                    match said {
                        Said::Seat(_, seconds) => drop(book.change(id, |lease| lease.seated(seconds, now))),
                        Said::Refused(problem) if problem.code() == Some(Code::NotFound) => {
                            tracing::warn!(checkout = %id, "the collector knows this seat no longer; the program goes on");
                            book.change(id, |lease| {
                                lease.lost(Uuid::new_v4(), now);
                                lease.next_at = now;
                            });
                        }
                        _ => drop(book.change(id, |lease| lease.plan(now))),
                    }
                })
            }
            Task::Take(id) => {
                let Some(request) = self.book().change(id, |lease| lease.request.clone()) else { return true };
                if let Said::Seat(_, seconds) = collector::heartbeat(&link, id, now).await {
                    // The collector kept it all the time, as far as it is concerned: there is nothing to tell.
                    self.book().change(id, |lease| lease.seated(seconds, now));
                    return true;
                }
                let said =
                    collector::take(&link, &muster_wire::checkout::CheckoutRequest { wait_seconds: 0, ..request }, now).await;
                let given = matches!(said, Said::Seat(..));
                let answered = self.after(id, said, |broker, id, said| {
                    let now = broker.now();
                    let mut book = broker.book();
                    match said {
                        Said::Seat(_, seconds) => drop(book.covered(id, seconds, now)),
                        _ => drop(book.change(id, |lease| lease.refused(now))),
                    }
                });
                if given && !self.book().knows(id) {
                    // It ended meanwhile.
                    collector::give_back(&link, id, now).await;
                }
                answered
            }
            Task::Return(id) => match collector::give_back(&link, id, now).await {
                Said::Away(_) => self.unanswered(),
                _ => {
                    self.book().returned(id);
                    true
                }
            },
            Task::Tell(uses) => match collector::tell(&link, uses.clone(), now).await {
                Said::Away(_) => self.unanswered(),
                Said::Refused(problem) => {
                    tracing::error!(reason = problem.detail, "the collector does not take what was used offline; it is kept");
                    self.book().not_taken(self.now());
                    true
                }
                said => {
                    let passed_over = if let Said::Told(taken) = said { taken.passed_over } else { 0 };
                    tracing::info!(uses = uses.len(), passed_over, "what was used offline is told");
                    self.book().told(&uses, passed_over);
                    true
                }
            },
        }
    }

    fn after(&self, id: Uuid, said: Said, then: impl FnOnce(&Self, Uuid, Said)) -> bool {
        if matches!(said, Said::Away(_)) {
            let later = self.now() + AGAIN;
            self.book().change(id, |lease| lease.next_at = later);
            return self.unanswered();
        }
        then(self, id, said);
        true
    }

    fn unanswered(&self) -> bool {
        let now = self.now();
        self.book().away(now);
        false
    }
}
