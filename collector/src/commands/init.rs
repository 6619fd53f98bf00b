//! `init`: keys, authority, store, first owner. Refuses a directory that has anything in it.

use crate::{
    admin::auth::{NewApiToken, generate_password, hash_password, new_api_token},
    app::NAMES,
    compliance::{TrustedVendors, read_keys},
    store::{
        self,
        records::{AccountSource, AuditEntry, ReferenceRecord, Role, UserRecord},
    },
    trust::{Authority, keys::KeyFiles, names},
};
use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use muster_domain::session::Application;
use muster_license::MachineKey;
use muster_runtime::{
    clock::{Clock as _, SystemClock},
    durable,
    exit::Exit,
    output::{self, Format},
};
use serde::Serialize;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const OWNER: &str = "admin";

/// Options of `init`.
#[derive(Debug, Clone, clap::Args)]
pub struct InitArgs {
    /// The data directory to make; it must not exist or be empty.
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Public key of a vendor whose licence keys are accepted (vendor.pub).
    #[arg(long = "vendor-key", value_name = "FILE")]
    pub vendor_keys: Vec<PathBuf>,
    /// A DNS name or address by which agents and administrators reach this collector.
    #[arg(long = "name", value_name = "DNS-OR-IP")]
    pub names: Vec<String>,
}

/// What is shown once; nothing of it is stored in clear.
#[derive(Serialize)]
struct Made {
    collector_id: Uuid,
    machine_key_id: String,
    admin_user: String,
    admin_password: String,
    api_token: String,
    ca_sha256: String,
}

/// Makes a data directory.
pub async fn init(args: InitArgs, format: Option<Format>) -> Exit {
    let made = match make(&args, SystemClock.now()).await {
        Ok(made) => made,
        Err(error) => {
            super::say(&format!("{error:#}"));
            return Exit::Config;
        }
    };
    let text = match output::choose(format) {
        Format::Json => output::json(&made).unwrap_or_default(),
        Format::Csv => output::csv(&HEADERS, &[row(&made)]),
        Format::Table => format!(
            "A new collector was made in {}.\n\n  machine key id  {}   (give it to your vendor, with: muster-collector license request)\n  administrator   {}\n  password        {}   (shown once; it must be changed at the first login)\n  API token       {}   (shown once; an owner's)\n  CA              {} (SHA-256 {})\n\nNext: muster-collector serve --data-dir {0}\n",
            args.data_dir.display(),
            made.machine_key_id,
            made.admin_user,
            made.admin_password,
            made.api_token,
            args.data_dir.join("ca.pem").display(),
            made.ca_sha256,
        ),
    };
    match output::print(&text) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}

const HEADERS: [&str; 6] = ["collector_id", "machine_key_id", "admin_user", "admin_password", "api_token", "ca_sha256"];

fn row(made: &Made) -> Vec<String> {
    let Made { collector_id, machine_key_id, admin_user, admin_password, api_token, ca_sha256 } = made;
    let text = |text: &String| text.clone();
    vec![collector_id.to_string(), text(machine_key_id), text(admin_user), text(admin_password), text(api_token), text(ca_sha256)]
}

async fn make(args: &InitArgs, now: DateTime<Utc>) -> anyhow::Result<Made> {
    let vendor_keys = vendor_keys(&args.vendor_keys)?;
    for name in &args.names {
        if !names::is_name(name) {
            bail!("--name {name:?} is neither a DNS name nor an IP address");
        }
    }
    let dir = &args.data_dir;
    refuse_used(dir)?;
    durable::create_dir(dir, 0o700).with_context(|| format!("cannot make {}", dir.display()))?;
    let files = KeyFiles::of(dir);
    files.create_dir()?;
    let collector_id = Uuid::new_v4();
    Authority::create(&files, collector_id, now)?;
    TrustedVendors::create(&files, &vendor_keys)?;
    let machine = MachineKey::generate().context("cannot make the machine key")?;
    let path = dir.join("muster.redb");
    store::redb::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    let stores = store::redb::open(&path).await?;
    let audit = |action: &str, subject: &str| AuditEntry {
        at: now,
        actor: "collector".to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: serde_json::Value::Null,
    };
    stores.system.set_collector_id(collector_id).await?;
    stores.system.set(NAMES, Some(&args.names.join("\n")), audit("collector.init", &collector_id.to_string())).await?;
    stores.applications.put(Application::workstation_login(), None, audit("application.create", "Workstation login")).await?;
    let seeds = ReferenceRecord::seeds(now);
    stores.references.add(seeds, audit("reference.add", "model-categories")).await?;
    let password = generate_password();
    let owner = UserRecord {
        name: OWNER.to_owned(),
        source: AccountSource::Local,
        password_hash: hash_password(&password).context("cannot hash the password")?,
        must_change: true,
        role: Role::Owner,
        enabled: true,
        withheld: false,
        failures: 0,
        locked_until: None,
        created_at: now,
    };
    stores.people.put_user(owner, Some(audit("user.create", OWNER))).await?;
    let new = NewApiToken { label: "init".to_owned(), role: Role::Owner, applications: Vec::new(), expires_at: None };
    let (token, api_token) = new_api_token(new, now);
    let entry = audit("api-token.create", &token.id);
    stores.people.put_api_token(token, entry).await?;
    stores.system.close().await?;
    // Written last: a directory without it was not finished.
    files.write("machine.key", &machine.to_pem())?;
    let authority = Authority::load(&files, collector_id)?;
    Ok(Made {
        collector_id,
        machine_key_id: machine.id().to_string(),
        admin_user: OWNER.to_owned(),
        admin_password: password,
        api_token,
        ca_sha256: authority.root_sha256(),
    })
}

fn vendor_keys(paths: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    if TrustedVendors::built_in().is_some() {
        if !paths.is_empty() {
            bail!("this program has its vendor's keys built in; --vendor-key is refused");
        }
        return Ok(Vec::new());
    }
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).with_context(|| format!("--vendor-key {}", path.display()))?;
            match read_keys(&text) {
                Ok(keys) if !keys.is_empty() => Ok(text),
                Ok(_) => bail!("--vendor-key {}: there is no public key in it", path.display()),
                Err(reason) => bail!("--vendor-key {}: {reason}", path.display()),
            }
        })
        .collect()
}

fn refuse_used(dir: &Path) -> anyhow::Result<()> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                bail!("{} is not empty; init makes a new collector and changes nothing that exists", dir.display());
            }
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(anyhow::Error::new(error).context(format!("cannot read {}", dir.display()))),
    }
}
