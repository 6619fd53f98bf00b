//! Runs one command, and says on standard error in one line why it failed.

use super::{
    agents, api_tokens, applications, assets, audit, audit_file, backup, candidates, checkouts, compliance, explain, groups,
    imports, interop, join_tokens, license, metrics, notify, offline_uses, privacy, reconcile, records, references, sessions,
    settings, software, status, units, usage, users,
};
use crate::client::{
    args::{AuditCommand, ClientArgs, Command, EntitlementCommand},
    error::ClientError,
    http::Api,
    show::Printer,
};
use muster_runtime::{
    clock::{Clock, SystemClock},
    exit::Exit,
    output,
};
use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

/// Runs a command against the collector, again and again where it is watched.
pub async fn run(command: Command, args: &ClientArgs) -> Exit {
    let Some(seconds) = args.watch else { return once(command, args).await };
    // A page of its own on a terminal; an empty line between two outputs elsewhere.
    let heading = format!("\x1b[2J\x1b[Hevery {seconds} s, Ctrl-C ends\n\n");
    let is_terminal = std::io::stdout().is_terminal();
    let mut between: &[u8] = if is_terminal { heading.as_bytes() } else { b"" };
    loop {
        let mut out = std::io::stdout().lock();
        if out.write_all(between).and_then(|()| out.flush()).is_err() {
            // Nobody reads on.
            return Exit::Done;
        }
        drop(out);
        match once(command.clone(), args).await {
            // A collector that restarts is there again a moment later.
            Exit::Done | Exit::Unreachable | Exit::TryAgain => {}
            over => return over,
        }
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        if !is_terminal {
            between = b"\n";
        }
    }
}

async fn once(command: Command, args: &ClientArgs) -> Exit {
    match dispatch(command, args).await {
        Ok(()) => Exit::Done,
        Err(error) => {
            let line = match &error {
                // Its parts were made printable one by one.
                ClientError::Lines(text) => format!("error: {text}\n"),
                // What stands on each of its lines was made harmless when it was put there.
                ClientError::Query { .. } => format!("error: {error}\n"),
                error => format!("error: {}\n", output::printable(&error.to_string())),
            };
            let _ = std::io::stderr().lock().write_all(line.as_bytes());
            error.exit()
        }
    }
}

async fn dispatch(command: Command, args: &ClientArgs) -> Result<(), ClientError> {
    let printer = Printer::new(args.output, SystemClock.now());
    if let Command::Audit(AuditCommand::Verify { input: Some(file), expected }) = &command {
        return audit_file::verify(file, expected, printer);
    }
    let api = Api::new(args)?;
    match command {
        Command::Status => status::run(&api, printer).await,
        Command::License(command) => license::run(command, &api, printer).await,
        Command::JoinToken(command) => join_tokens::run(command, &api, printer).await,
        Command::Interop(command) => interop::run(command, &api, printer).await,
        Command::ApiToken(command) => api_tokens::run(command, &api, printer).await,
        Command::User(command) => users::run(command, &api, printer).await,
        Command::Agent(command) => agents::run(command, &api, printer).await,
        Command::Asset(command) => assets::run(command, &api, printer).await,
        Command::Reference(command) => references::run(command, &api, printer).await,
        Command::Application(command) => applications::run(command, &api, printer).await,
        Command::Checkout(command) => checkouts::run(command, &api, printer).await,
        Command::OfflineUse(command) => offline_uses::run(command, &api, printer).await,
        Command::Group(command) => groups::run(command, &api, printer).await,
        Command::Session(command) => sessions::run(command, &api, printer).await,
        Command::Usage(command) => usage::run(command, &api, printer).await,
        Command::Software(command) => software::run(command, &api, printer).await,
        Command::Model(command) => records::run("models", command, &api, printer).await,
        Command::Entitlement(EntitlementCommand::Record(command)) => records::run("entitlements", command, &api, printer).await,
        Command::Entitlement(EntitlementCommand::Publish { id }) => records::publish(&id, &api, printer).await,
        Command::Allocation(command) => records::run("allocations", command, &api, printer).await,
        Command::Rule(command) => records::run("consumption-rules", command, &api, printer).await,
        Command::Contract(command) => records::run("contracts", command, &api, printer).await,
        Command::Record { kind, command } => records::run(&kind, command, &api, printer).await,
        Command::Metric(command) => metrics::run(command, &api, printer).await,
        Command::Import(command) => imports::run(command, &api, printer).await,
        Command::Reconcile(command) => reconcile::run(command, &api, printer).await,
        Command::RemovalCandidates(command) => candidates::run(command, &api, printer).await,
        Command::Units(command) => units::run(command, &api, printer).await,
        Command::Compliance(command) => compliance::run(command, &api, printer).await,
        Command::Explain { id } => explain::run(id, &api, printer).await,
        Command::Settings(command) => settings::run(command, &api, printer).await,
        Command::Notify(command) => notify::run(command, &api, printer).await,
        Command::Privacy(command) => privacy::run(command, &api, printer).await,
        Command::Backup { to } => backup::run(&to, &api, printer).await,
        Command::Audit(command) => audit::run(command, &api, printer).await,
    }
}
