//! `show`: what would be sent, as JSON. It needs neither collector nor identity and changes nothing.

use super::failure::{Failure, print};
use crate::{
    cli::{ShowArgs, Shown},
    collect::{
        hardware::{self, Collected, Roots},
        processes::ProcessWatch,
        sessions::Sessions,
        software,
    },
    config::Config,
    identity::{Identity, spool_dir},
    policy::Policies,
    report::{Facts, boot_id, build},
    spool::Spool,
    uplink::local_address,
};
use muster_runtime::{clock::SharedClock, exit::Exit, output};
use muster_wire::session::Session;
use serde::Serialize;

pub(super) async fn run(args: &ShowArgs, clock: SharedClock) -> Result<Exit, Failure> {
    let config = Config::load(args.place.config.as_deref(), args.place.state_dir.as_deref())?;
    // Whoever may not read the state directory sees everything but the hash of the machine id.
    let identity = Identity::load(&config.state_dir).ok().flatten();
    match args.what {
        Shown::Hardware => print_json(&look(identity.as_ref()).hardware),
        Shown::Sessions => print_json(&sessions(&config, identity.as_ref(), clock).await?),
        Shown::Software => print_json(&software::collect(&config.software.root).await.packages),
        Shown::Report => {
            let sessions = sessions(&config, identity.as_ref(), clock.clone()).await?;
            let Collected { hardware, mut incomplete } = look(identity.as_ref());
            let installed = software::collect(&config.software.root).await;
            incomplete.extend(installed.gaps());
            let facts = Facts {
                boot_id: boot_id(),
                collected_at: clock.now(),
                hardware_digest: &hardware::digest(&hardware),
                hardware: Some(&hardware),
                software_digest: Some(&software::digest(&installed.packages)),
                software: Some(&installed.packages),
                sessions: &sessions,
                ended: &[],
                receipt: None,
                incomplete: &incomplete,
            };
            let seq = Spool::peek(&spool_dir(&config.state_dir)).map_or(1, |(_, _, seq)| seq);
            print_json(&build(&facts, identity.map_or(1, |identity| identity.record.epoch), seq, 0))
        }
    }
}

fn look(identity: Option<&Identity>) -> Collected {
    let key = identity.map(|identity| identity.record.fingerprint_key);
    let mut collected = hardware::collect(&Roots::system(), &key.unwrap_or_default());
    if key.is_none() {
        // The hash belongs to an agent's key; with another one it would only look like something.
        collected.hardware.machine_id_hash = None;
    }
    collected
}

async fn sessions(config: &Config, identity: Option<&Identity>, clock: SharedClock) -> Result<Vec<Session>, Failure> {
    let enrolled = identity.and_then(|identity| identity.record.collectors.first());
    let mut options = config.session_options();
    options.local_address = local_address(config.collector.first().or(enrolled).map(String::as_str)).await;
    let failed = |error| Failure::new(Exit::Failed, format!("sessions cannot be read: {error}"));
    let mut sessions = Sessions::open(options, clock).await.map_err(failed)?;
    let mut live = sessions.snapshot().await.map_err(failed)?;
    let (policies, roots) = (Policies::open(&config.state_dir), Roots::system());
    ProcessWatch::new(policies.subscribe(), roots.proc, roots.etc).fill(&mut live).await;
    Ok(live)
}

fn print_json(value: &impl Serialize) -> Result<Exit, Failure> {
    let text = output::json(value).map_err(|error| Failure::new(Exit::Failed, error))?;
    print(&text)
}
