//! `inspect`: what can be seen of a licence key, a request, an endorsement, a public key or a ledger.
//!
//! In: a file, and public keys to check a signature with. Out: its fields. The claims of a licence key are encrypted to one
//! machine; this command says so and shows none.

use std::path::{Path, PathBuf};

use clap::Args;
use muster_license::{LicenseKey, Request, VendorPublic, endorse, request};
use muster_runtime::{
    exit::Exit,
    output::{self, Format},
};
use serde_json::{Map, Value};

use super::{cli::Answer, error::VendorError, files, ledger::Ledger, past};

/// The options of `inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The file; - for standard input, except of a ledger.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Public keys to check the signature with; may be given several times.
    #[arg(long, value_name = "VENDOR.PUB")]
    vendor_key: Vec<PathBuf>,
}

type Fields = Vec<(&'static str, Value)>;

pub(super) fn run(args: &Inspect, format: Format) -> Result<Answer, VendorError> {
    if Ledger::is_one(&args.file)? {
        let text = print_ledger(&Ledger::open(args.file.clone())?, format)?;
        return Ok(Answer::done(text));
    }
    let text = files::read_text(&args.file)?;
    let mut vendors = Vec::new();
    for path in &args.vendor_key {
        vendors.extend(files::vendor_publics(path)?);
    }
    let (fields, exit) = if request::is_request(&text) {
        let request = Request::read(&text);
        let request = request.map_err(|source| VendorError::Request { path: args.file.clone(), source })?;
        let fields = request_fields(&request)?;
        if format == Format::Table {
            return Ok(Answer::done(past::tables(&print(&without_past(fields), format)?, &request.facts)));
        }
        (fields, Exit::Done)
    } else if endorse::is_endorsement(&text) {
        endorsement_fields(&text, &vendors, &args.file)?
    } else if let Ok(keys) = VendorPublic::list_from_pem(&text) {
        (public_fields(&keys), Exit::Done)
    } else {
        license_fields(&text, &vendors, &args.file)?
    };
    Ok(Answer { text: print(&fields, format)?, exit })
}

/// Fields as a table of names and values, as one JSON object, or as CSV.
pub(super) fn print(fields: &[(&'static str, Value)], format: Format) -> Result<String, VendorError> {
    let rows = || -> Vec<Vec<String>> { fields.iter().map(|(name, value)| vec![(*name).to_owned(), plain(value)]).collect() };
    match format {
        Format::Table => Ok(output::table(&["FIELD", "VALUE"], &rows())),
        Format::Csv => Ok(output::csv(&["field", "value"], &rows())),
        Format::Json => {
            let object: Map<String, Value> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            output::json(&object).map_err(|error| VendorError::Output(error.into()))
        }
    }
}

fn license_fields(text: &str, vendors: &[VendorPublic], file: &Path) -> Result<(Fields, Exit), VendorError> {
    let key = LicenseKey::read(text).map_err(|error| unreadable(file, &error))?;
    let header = key.header().map_err(|error| unreadable(file, &format!("the header is malformed: {error}")))?;
    let (signature, exit) = verdict(vendors, |vendor| key.is_signed_by(vendor));
    let fields = vec![
        ("kind", "license".into()),
        ("license_id", header.lic_id.to_string().into()),
        ("machine_key_id", header.mkid.to_string().into()),
        ("vendor_key_id", header.kid.to_string().into()),
        ("issued_at", rfc3339(header.issued_at)),
        ("version", header.v.into()),
        ("digest", key.digest().to_string().into()),
        ("signature", signature),
        ("claims", format!("encrypted to the machine {}; only that collector can read them", header.mkid).into()),
    ];
    Ok((fields, exit))
}

fn request_fields(request: &Request) -> Result<Fields, VendorError> {
    // The members are shown as they travel, so that nothing a collector says is left out here.
    let json = muster_license::json::write(&request.facts)?;
    let facts: Map<String, Value> = muster_license::json::read(&json)?;
    let mut fields: Fields =
        vec![("kind", "request".into()), ("machine_key_id", request.mkid.to_string().into()), ("signature", "valid".into())];
    for name in [
        "collector_id",
        "created_at",
        "version",
        "license_in_force",
        "serial_in_force",
        "table",
        "query_in_force",
        "count_in_force",
        "wished_query",
        "wished_count",
        "pending_devices",
        "counts",
        "grace_periods",
        "disabled_periods",
        "application_peaks",
        "applications_left_out",
    ] {
        fields.push((name, facts.get(name).cloned().unwrap_or(Value::Null)));
    }
    Ok(fields)
}

/// The fields that stand alone; the others have tables of their own.
fn without_past(fields: Fields) -> Fields {
    fields.into_iter().filter(|(_, value)| !value.is_array()).collect()
}

/// The issued keys, as a list: the keys themselves are found in the file.
fn print_ledger(ledger: &Ledger, format: Format) -> Result<String, VendorError> {
    const COLUMNS: [&str; 8] =
        ["serial", "customer", "machine_key_id", "issued_at", "expires", "assets", "license_id", "vendor_key_id"];
    let rows: Vec<Fields> = ledger
        .entries()
        .iter()
        .map(|entry| {
            let claims = &entry.claims;
            let values: [Value; 8] = [
                claims.serial.into(),
                claims.customer.clone().into(),
                claims.mkid.to_string().into(),
                rfc3339(claims.issued_at),
                claims.expires.to_string().into(),
                claims.assets.into(),
                claims.lic_id.to_string().into(),
                entry.kid.to_string().into(),
            ];
            COLUMNS.into_iter().zip(values).collect()
        })
        .collect();
    let cells = || -> Vec<Vec<String>> { rows.iter().map(|row| row.iter().map(|(_, value)| plain(value)).collect()).collect() };
    match format {
        Format::Table => Ok(output::table(&COLUMNS, &cells())),
        Format::Csv => Ok(output::csv(&COLUMNS, &cells())),
        Format::Json => {
            let object =
                |row: &Fields| row.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Map<_, _>>();
            let list: Vec<Value> = rows.iter().map(|row| Value::Object(object(row))).collect();
            let ledger = serde_json::json!({"kind": "ledger", "keys": list, "unreadable_lines": ledger.unreadable()});
            output::json(&ledger).map_err(|error| VendorError::Output(error.into()))
        }
    }
}

fn endorsement_fields(text: &str, vendors: &[VendorPublic], file: &Path) -> Result<(Fields, Exit), VendorError> {
    let endorsement = endorse::peek(text).map_err(|error| unreadable(file, &error))?;
    let (signature, exit) = verdict(vendors, |vendor| endorse::verify(text, std::slice::from_ref(vendor)).is_ok());
    let fields = vec![
        ("kind", "endorsement".into()),
        ("vendor_key_id", endorsement.by.to_string().into()),
        ("endorsed_key_id", endorsement.key.id().to_string().into()),
        ("issued_at", rfc3339(endorsement.issued_at)),
        ("signature", signature),
    ];
    Ok((fields, exit))
}

fn public_fields(keys: &[VendorPublic]) -> Fields {
    let ids: Vec<Value> = keys.iter().map(|key| key.id().to_string().into()).collect();
    vec![("kind", "public-key".into()), ("vendor_key_id", if let [id] = ids.as_slice() { id.clone() } else { ids.into() })]
}

/// What to say of a signature; one that was checked and does not fit makes the command fail.
fn verdict(vendors: &[VendorPublic], signed_by: impl Fn(&VendorPublic) -> bool) -> (Value, Exit) {
    if vendors.is_empty() {
        ("not checked; name the vendor's public key with --vendor-key".into(), Exit::Done)
    } else if vendors.iter().any(signed_by) {
        ("valid".into(), Exit::Done)
    } else {
        ("invalid: none of the given vendor keys signed these bytes".into(), Exit::Failed)
    }
}

fn unreadable(file: &Path, reason: &dyn std::fmt::Display) -> VendorError {
    VendorError::Unreadable { path: file.to_owned(), reason: reason.to_string() }
}

fn rfc3339(time: chrono::DateTime<chrono::Utc>) -> Value {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
