//! The seats of the design program. In: who wants one now. Out: check-outs taken and given back over the admin API, as a program does
//! that asks for itself.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use chrono::{DateTime, Timelike as _, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::staff;
use crate::http::{Http, answer};
use crate::json::text;

/// The design program.
pub(super) const CAD: &str = "CAD";
const CHECKOUTS: &str = "/api/v1/checkouts";

/// Who holds a seat, by machine.
#[derive(Debug, Default)]
pub(super) struct Seats {
    held: BTreeMap<usize, String>,
}

/// Makes the pool, or gives it another number of seats.
pub(super) async fn pool(http: &Http, seats: u32) -> Result<()> {
    // A seat is given back by who took it: hours pass here in a second.
    let wish = json!({"floating_limit": seats, "at_limit": "refuse", "lease_seconds": 86_400, "named_limit": 2,
        "named_users": ["ada", "grace"]});
    expect(http.send(Method::PUT, &format!("/api/v1/applications/{CAD}"), &wish).await?, &[200, 201]).map(drop)
}

impl Seats {
    /// Designers begin and end to draw, as at this hour.
    pub(super) async fn turn(&mut self, http: &Http, designers: &[usize], hour: DateTime<Utc>) -> Result<()> {
        for &machine in designers {
            let wants = draws(machine, hour);
            match self.held.remove(&machine) {
                Some(id) if wants => drop(self.held.insert(machine, id)),
                Some(id) => {
                    // It is gone already where it was ended by somebody else.
                    let gone = http.request(Method::DELETE, &format!("{CHECKOUTS}/{id}"));
                    expect(answer(gone).await?, &[200, 204, 404])?;
                }
                None if wants => {
                    let (user, address) = staff::user(machine);
                    let wish = json!({"application": CAD, "user": user, "client_ip": address, "client": "rest"});
                    // Refused where no seat is free, and while the product is disabled.
                    let taken = expect(http.send(Method::POST, CHECKOUTS, &wish).await?, &[201, 403, 409])?;
                    if let Ok(id) = text(&taken, "/id") {
                        self.held.insert(machine, id.to_owned());
                    }
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// Whether somebody draws at a machine: only who is logged in, most of them before and after noon.
fn draws(machine: usize, now: DateTime<Utc>) -> bool {
    let below = if matches!(now.hour(), 10..=11 | 14..=15) { 8 } else { 4 };
    !staff::sessions(machine, now).is_empty()
        && staff::chance(&format!("draws {machine}"), format!("{} {}", now.date_naive(), now.hour()), 10) < below
}

/// The body, when the answer is one of these.
pub(super) fn expect((status, body): (StatusCode, Value), expected: &[u16]) -> Result<Value> {
    if !expected.contains(&status.as_u16()) {
        bail!("{status} instead of one of {expected:?}: {body:#}");
    }
    Ok(body)
}
