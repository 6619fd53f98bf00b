//! Telling administrators what happens: by mail and by webhooks, once for each occurrence, without losing one.
//!
//! In: the audit log, in which what changes a state writes its entry in the same unit of work; what no single change tells, from the
//! site; settings. Out: notices that are kept, messages, and how far each is. It changes nothing of the site, and a message that cannot be
//! sent stops nothing.

mod backoff;
mod dispatch;
mod error;
mod event;
mod gather;
mod letter;
mod log;
mod mail;
mod occurrence;
mod post;
mod routing;
mod service;
mod signing;
mod site;
mod standing;
mod target;
mod watch;

pub use dispatch::Dispatcher;
pub use error::NotifyError;
pub use event::{Event, urgency_word};
pub use gather::begin;
pub use post::Post;
pub use service::{Notifications, Parts, WebhookWish};
pub use signing::Signer;
pub use site::{Reporter, Site, Term};
