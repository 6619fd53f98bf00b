//! Borrowed licences: `exec --borrow`, and `return`.
//!
//! In: an application, for how long. Out: a licence that the agent keeps for the calling user until then, also without the
//! collector; or its early return.

use super::{
    failure::{Failure, print},
    take,
};
use crate::{
    broker::{Borrowed, Hold, LocalRequest},
    cli::ReturnArgs,
    config::Config,
    socket::Status,
};
use chrono::{DateTime, TimeDelta, Utc};
use hyper::Method;
use muster_runtime::{clock::SharedClock, exit::Exit};
use std::path::Path;
use uuid::Uuid;

/// Borrows a licence for so many hours, unless it is borrowed for that long already. Until when it is: less long than was asked for
/// where the one that is borrowed cannot be replaced by one that lasts longer.
pub(super) async fn borrow(
    socket: &Path,
    application: &str,
    hours: u32,
    wait: u64,
    clock: &SharedClock,
) -> Result<DateTime<Utc>, Failure> {
    let before = mine(socket, application).await?;
    let wanted = clock.now() + TimeDelta::hours(i64::from(hours));
    if let Some(until) = before.iter().map(|borrowed| borrowed.valid_until).max().filter(|until| *until >= wanted) {
        return Ok(until);
    }
    let id = Uuid::new_v4();
    let request = LocalRequest {
        application: application.to_owned(),
        id: Some(id),
        client: Some("exec".to_owned()),
        borrow_hours: i64::from(hours),
        hold: Hold::Heartbeat,
        ..LocalRequest::default()
    };
    let granted = match take::seat(socket, &request, wait, clock).await {
        Ok(granted) => granted,
        // Perhaps what is borrowed already is what no second seat is free beside: then that is what there is.
        Err(failure) => {
            return before.iter().map(|borrowed| borrowed.valid_until).max().filter(|until| *until > clock.now()).ok_or(failure);
        }
    };
    // The new one lasts longer.
    for borrowed in before {
        take::give_back(socket, borrowed.id).await;
    }
    Ok(granted.expires_at)
}

/// `return`: what the calling user has borrowed of an application goes back before its time.
pub(super) async fn give_back(args: &ReturnArgs) -> Result<Exit, Failure> {
    let config = Config::load(args.place.config.as_deref(), args.place.state_dir.as_deref())?;
    let (socket, name) = (&config.socket.path, &args.application);
    let mut returned = false;
    for borrowed in mine(socket, name).await? {
        let (status, body) = take::ask(socket, Method::DELETE, &format!("/v1/checkouts/{}", borrowed.id), None).await?;
        match status {
            204 => returned = true,
            // Its time is over by now.
            404 => {}
            _ => {
                let text = String::from_utf8_lossy(&body);
                return Err(Failure::new(Exit::Failed, format!("the agent answers {status} to the return of {name:?}: {text}")));
            }
        }
    }
    if !returned {
        return Err(Failure::new(Exit::NotFound, format!("this user has borrowed no licence of {name:?} here")));
    }
    print(&format!("The borrowed licence of {name:?} was given back; a collector that cannot be reached is told later.\n"))
}

/// What the calling user has borrowed of an application on this machine.
async fn mine(socket: &Path, application: &str) -> Result<Vec<Borrowed>, Failure> {
    let (_, body) = take::ask(socket, Method::GET, "/v1/status", None).await?;
    let status: Status = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(Exit::Failed, format!("the status of the agent cannot be read: {error}")))?;
    let (uid, name) = (rustix::process::getuid().as_raw(), application.trim().to_lowercase());
    let borrowed = status.checkouts.borrowed.into_iter();
    Ok(borrowed.filter(|borrowed| borrowed.uid == uid && borrowed.application.to_lowercase() == name).collect())
}
