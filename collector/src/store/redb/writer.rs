//! The one thread that writes.
//!
//! In: operations, through a bounded queue. Out: to each caller its own answer, after the commit that made it durable. What is
//! queued is committed together; nobody waits for more to come. An operation that fails leaves nothing behind and harms no
//! other of its group, because the group is run again without it: operations must therefore be re-runnable.
//!
//! After an engine failure (disk full, I/O error) callers are refused at once, and the file is opened again with growing
//! delays until a commit succeeds.

use super::{
    fault::Fault,
    handle::{Handle, closed, guarded},
    tables,
};
use crate::store::StoreError;
use muster_runtime::clock::SharedClock;
use redb::WriteTransaction;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::oneshot;

/// Most operations in one commit.
const GROUP: usize = 256;
/// Most operations that wait; more are refused.
pub(super) const QUEUE: usize = 4096;
/// Delay before the second attempt to open a failed store again; it doubles from there.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// Longest delay between two attempts.
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// The queue of the writing thread. Dropping it ends the thread, after everything queued is written, and closes the file.
pub(super) struct Writer {
    queue: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
}

enum Message {
    Run(Box<dyn Operation>),
    /// A reader met an engine failure.
    Suspect(Fault),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the system gives no thread.
    pub(super) fn start(handle: Arc<Handle>, clock: SharedClock) -> Result<Self, StoreError> {
        let (queue, messages) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || Loop { handle, clock, messages, trouble: None, failures: 0 }.run())
            .map_err(|e| StoreError::Unavailable { operation: "open", reason: format!("no thread for the writer: {e}") })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a transaction and returns its result after the commit. `work` can run more than once; only what its
    /// last run wrote is committed.
    ///
    /// # Errors
    /// What `work` refused; [`StoreError::Busy`] when the queue is full; [`StoreError::Unavailable`] when the store takes no
    /// commits. Nothing is stored then, except that after a failed commit it can be either.
    pub(super) async fn run<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&WriteTransaction) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Run(Box::new(Job { operation, work, result: None, reply })))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Tells the writer that a reader met an engine failure.
    pub(super) fn suspect(&self, fault: Fault) {
        // With a full queue the next commit finds out by itself.
        drop(self.send(Message::Suspect(fault)));
    }

    /// Writes what is queued, then closes the file.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Close(reply))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    fn send(&self, message: Message) -> Result<(), StoreError> {
        match self.queue.as_ref().map(|queue| queue.try_send(message)) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(_))) => Err(StoreError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(closed()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // The thread catches the panics of operations; one of its own has been reported by the panic hook.
            drop(thread.join());
        }
    }
}

/// An operation without its types.
trait Operation: Send {
    fn name(&self) -> &'static str;
    fn run(&mut self, txn: &WriteTransaction) -> Result<(), Fault>;
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Job<T, F> {
    operation: &'static str,
    work: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&WriteTransaction) -> Result<T, Fault> + Send> Operation for Job<T, F> {
    fn name(&self) -> &'static str {
        self.operation
    }

    fn run(&mut self, txn: &WriteTransaction) -> Result<(), Fault> {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(txn))).unwrap_or(Err(Fault::Panicked));
        self.result = Some(outcome?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { operation, result, reply, .. } = *self;
        let missing = || StoreError::Unavailable { operation, reason: "the operation gave no result".to_owned() };
        // A caller that went away does not want the answer.
        drop(reply.send(outcome.and_then(|()| result.ok_or_else(missing))));
    }
}

/// Why no commits are taken, and when the next attempt is made.
struct Trouble {
    reason: String,
    check: bool,
    retry_at: Duration,
}

struct Loop {
    handle: Arc<Handle>,
    clock: SharedClock,
    messages: Receiver<Message>,
    trouble: Option<Trouble>,
    /// Failures since the last commit that succeeded.
    failures: u32,
}

impl Loop {
    fn run(mut self) {
        let answer = loop {
            match self.next() {
                Ok(Message::Run(first)) => {
                    if let Some(close) = self.run_group(first) {
                        break Some(close);
                    }
                }
                Ok(Message::Suspect(fault)) => self.suspect(&fault),
                Ok(Message::Close(answer)) => break Some(answer),
                Err(RecvTimeoutError::Timeout) => self.heal_when_due(),
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        let closed = self.handle.close().map_err(|fault| fault.into_store_error("close"));
        if let Err(error) = &closed {
            tracing::error!(%error, "the store was not closed cleanly; it is repaired when it is opened again");
        }
        if let Some(answer) = answer {
            drop(answer.send(closed));
        }
    }

    fn next(&self) -> Result<Message, RecvTimeoutError> {
        match &self.trouble {
            None => self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(trouble) => self.messages.recv_timeout(trouble.retry_at.saturating_sub(self.clock.boottime())),
        }
    }

    /// Runs an operation with what is queued behind it. Returns the answer to a close that came with it.
    fn run_group(&mut self, first: Box<dyn Operation>) -> Option<oneshot::Sender<Result<(), StoreError>>> {
        let mut group = vec![first];
        let mut close = None;
        while group.len() < GROUP {
            match self.messages.try_recv() {
                Ok(Message::Run(operation)) => group.push(operation),
                Ok(Message::Suspect(fault)) => self.suspect(&fault),
                Ok(Message::Close(answer)) => {
                    close = Some(answer);
                    break;
                }
                Err(_) => break,
            }
        }
        self.heal_when_due();
        self.commit(group);
        close
    }

    /// Commits a group. Operations that fail are taken out and run on their own after the others: what they wrote is gone then,
    /// and they see the same rows as if they had come later.
    fn commit(&mut self, mut group: Vec<Box<dyn Operation>>) {
        let mut alone = Vec::new();
        while group.len() > 1 {
            let failed = self.attempt(&mut group);
            let (out, rest): (Vec<_>, Vec<_>) =
                std::mem::take(&mut group).into_iter().enumerate().partition(|(number, _)| match &failed {
                    Ok(failed) => failed.contains_key(number),
                    Err(_) => false,
                });
            let rest = rest.into_iter().map(|(_, operation)| operation).collect();
            alone.extend(out.into_iter().map(|(_, operation)| operation));
            match failed {
                Ok(failed) if failed.is_empty() => finish_all(rest, &Ok(())),
                Ok(_) => group = rest,
                Err(fault) => self.give_up(rest, fault),
            }
        }
        alone.append(&mut group);
        for operation in alone {
            let mut single = vec![operation];
            match self.attempt(&mut single) {
                Ok(failed) => finish_all(single, &failed.into_values().next().map_or(Ok(()), Err)),
                Err(fault) => self.give_up(single, fault),
            }
        }
    }

    /// Runs operations in one transaction and commits it if none failed. Returns the failures by the operation's place.
    fn attempt(&mut self, group: &mut [Box<dyn Operation>]) -> Result<BTreeMap<usize, StoreError>, Fault> {
        if let Some(trouble) = &self.trouble {
            let reason = format!("waiting to open the store again after: {}", trouble.reason);
            return Err(StoreError::Unavailable { operation: "write", reason }.into());
        }
        let failed = guarded(|| {
            let txn = self.handle.begin_write()?;
            let mut failed = BTreeMap::new();
            for (number, operation) in group.iter_mut().enumerate() {
                match operation.run(&txn) {
                    Ok(()) => {}
                    Err(fault) if fault.breaks_handle() => return Err(fault),
                    Err(fault) => {
                        // After a panic the transaction takes no more operations.
                        let stop = matches!(fault, Fault::Panicked);
                        failed.insert(number, fault.into_store_error(operation.name()));
                        if stop {
                            break;
                        }
                    }
                }
            }
            if failed.is_empty() {
                txn.commit()?
            } else {
                txn.abort()?
            }
            Ok(failed)
        })?;
        if failed.is_empty() {
            self.failures = 0;
        }
        Ok(failed)
    }

    /// Answers callers whose commit failed, then tries to get the store back.
    fn give_up(&mut self, group: Vec<Box<dyn Operation>>, fault: Fault) {
        let (broken, damage, reason) = (fault.breaks_handle(), fault.is_damage(), fault.to_string());
        finish_all(group, &Err(fault.into_store_error("commit")));
        if broken {
            self.fail(reason, damage);
        }
    }

    fn suspect(&mut self, fault: &Fault) {
        // Several readers can meet one failure; what has been repaired since is no failure any more.
        if self.trouble.is_none() && (fault.is_damage() || guarded(|| probe(&self.handle)).is_err()) {
            self.fail(fault.to_string(), fault.is_damage());
        }
    }

    fn fail(&mut self, reason: String, check: bool) {
        tracing::error!(reason, "the store failed; it is opened again");
        self.failures = self.failures.saturating_add(1);
        let first = self.failures == 1;
        self.trouble = Some(Trouble { reason, check, retry_at: self.clock.boottime().saturating_add(delay(self.failures)) });
        if first {
            self.heal();
        }
    }

    fn heal_when_due(&mut self) {
        if self.trouble.as_ref().is_some_and(|trouble| trouble.retry_at <= self.clock.boottime()) {
            self.heal();
        }
    }

    /// Opens the store again; it is sound when it takes a commit.
    fn heal(&mut self) {
        let Some(trouble) = self.trouble.take() else { return };
        match self.handle.reopen(trouble.check).and_then(|()| guarded(|| probe(&self.handle))) {
            Ok(()) => tracing::info!(after = trouble.reason, "the store takes commits again"),
            Err(fault) => {
                self.failures = self.failures.saturating_add(1);
                let retry_at = self.clock.boottime().saturating_add(delay(self.failures));
                tracing::warn!(reason = %fault, attempts = self.failures, "the store does not take commits yet");
                self.trouble = Some(Trouble { reason: fault.to_string(), check: trouble.check || fault.is_damage(), retry_at });
            }
        }
    }
}

/// Commits something small.
fn probe(handle: &Handle) -> Result<(), Fault> {
    let txn = handle.begin_write()?;
    tables::write_probe(&txn)?;
    Ok(txn.commit()?)
}

fn finish_all(group: Vec<Box<dyn Operation>>, outcome: &Result<(), StoreError>) {
    for operation in group {
        operation.finish(outcome.clone());
    }
}

fn delay(failures: u32) -> Duration {
    FIRST_DELAY.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(2))).min(LONGEST_DELAY)
}
