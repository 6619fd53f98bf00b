//! Tells whoever brought a file what becomes of it, without waiting for somebody who does not listen.

use super::event::{Event, Summary};
use std::time::Duration;
use tokio::{sync::mpsc, time::timeout};

/// Longest wait for somebody who takes no event. A program that sends its whole file before it reads the first word of the answer
/// would wait for the import for ever, and the import for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where events go.
#[derive(Debug)]
pub struct Told {
    events: mpsc::Sender<Event>,
    deaf: bool,
    untold: u64,
}

impl Told {
    /// To this listener.
    #[must_use]
    pub const fn new(events: mpsc::Sender<Event>) -> Self {
        Self { events, deaf: false, untold: 0 }
    }

    /// Tells one event; that nobody listens any more is no reason to stop.
    pub async fn tell(&mut self, event: Event) {
        if self.deaf {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(_) => self.untold += 1,
            }
        } else if timeout(PATIENCE, self.events.send(event)).await.is_err() {
            (self.deaf, self.untold) = (true, self.untold + 1);
        }
    }

    /// Tells the last one; it is waited for until the listener is gone.
    pub async fn end(self, outcome: Result<(), String>, mut summary: Summary) {
        summary.untold = self.untold;
        let event = match outcome {
            Ok(()) => Event::Done(summary),
            Err(reason) => Event::Failed { reason, stored: summary },
        };
        drop(self.events.send(event).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_is_waited_for_twice() {
        let (events, mut heard) = mpsc::channel(2);
        let mut told = Told::new(events);
        for lines in 0..1000 {
            told.tell(Event::Progress { bytes: 0, of: 0, lines }).await;
        }
        let end = tokio::spawn(told.end(Ok(()), Summary::default()));
        let mut all = Vec::new();
        while let Some(event) = heard.recv().await {
            all.push(event);
        }
        end.await.unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(all[2], Event::Done(Summary { untold: 998, ..Summary::default() }));
    }
}
