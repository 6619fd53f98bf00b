//! Importing a file of records of any kind: the form, a dry run that shows what would be done, the refused lines as a file, and the
//! import itself.

use super::words::{kind_of, plural};
use crate::{
    admin::{
        Answer, Ctx,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        imported::{Outcome, Told},
        note::Note,
        render::{number, page},
        upload::{NO_FILE, Upload, Wish},
    },
    records::{How, column, missing},
    sheet::Sheet,
};
use askama::Template;
use axum::{
    extract::{Path, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use http::{StatusCode, header};
use muster_domain::record::Schema;

#[derive(Template)]
#[template(path = "records_import.html")]
struct ImportPage {
    frame: Frame,
    title: String,
    path: &'static str,
    help: &'static str,
    /// Why nothing was done.
    sentence: Option<String>,
    result: Option<Outcome>,
    file: String,
    /// The text of the file, to go on with it.
    carried: Option<String>,
    clear_empty: bool,
    create_references: bool,
    contracts: String,
    needed: Vec<&'static str>,
    has_contracts: bool,
}

/// `GET /records/{kind}/import`.
pub async fn import_form(State(context): State<Ctx>, Caller(caller): Caller, Path(kind): Path<String>) -> Response {
    let form = || {
        let schema = kind_of(&kind)?;
        page(&ImportPage::of(schema, Frame::of(&context, &caller, "/records")))
    };
    shown(form())
}

/// `POST /records/{kind}/import`.
pub async fn import_file(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(kind): Path<String>,
    request: Request,
) -> Response {
    shown(import(context, &caller, &kind, request).await)
}

async fn import(context: Ctx, caller: &Principal, kind: &str, request: Request) -> Answer<Response> {
    let schema = kind_of(kind)?;
    let upload = Upload::read(request).await?;
    let frame = Frame::of(&context, caller, "/records");
    let told = match run(&context, caller, schema, &upload).await {
        Ok(told) => told,
        Err(sentence) => {
            let again = ImportPage { sentence: Some(sentence), ..ImportPage::filled(schema, frame, &upload) };
            let mut response = page(&again)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    match (upload.wish, told.summary.import.clone()) {
        (Wish::Errors, _) => {
            let body = told.errors_file();
            let name = format!("attachment; filename=\"{}-refused.csv\"", schema.path);
            Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], body)
                .into_response())
        }
        (Wish::Import, Some(run)) => {
            let at = format!("/records/imports/{run}");
            let sums = &told.summary;
            let text = match sums.refused == sums.lines && sums.refused > 0 {
                true => "Nothing was taken: every line was refused.".to_owned(),
                false => format!("Imported: {} made, {} changed.", number(sums.created), number(sums.updated)),
            };
            let note = Note { at: at.clone(), text, warnings: told.summary.warnings.first };
            Ok(note.put(Redirect::to(&at).into_response(), context.tls))
        }
        _ => page(&ImportPage { result: Some(Outcome::of(told)), ..ImportPage::filled(schema, frame, &upload) }),
    }
}

/// Runs the import to its end; why it could not begin is a sentence.
async fn run(context: &Ctx, caller: &Principal, schema: &'static Schema, upload: &Upload) -> Result<Told, String> {
    if upload.bytes.is_empty() {
        return Err(NO_FILE.to_owned());
    }
    let Some(right) = context.record_imports.begin() else {
        return Err("Another import is running; begin when it is over.".to_owned());
    };
    let source = Box::pin(stream::iter([Ok(upload.bytes.to_vec())]));
    let sheet = Sheet::open(source, |header| column(schema, header)).await.map_err(|error| error.to_string())?.explained();
    let absent = missing(schema, sheet.columns());
    if !absent.is_empty() {
        let text = absent.join(", ");
        return Err(format!("The first line has no column {text}, which every new {} needs; nothing was imported.", schema.one));
    }
    let how = How {
        schema,
        sheet,
        file: Some(upload.file.clone()).filter(|file| !file.is_empty()),
        bytes: u64::try_from(upload.bytes.len()).unwrap_or_default(),
        dry_run: upload.wish != Wish::Import,
        clear_empty: upload.clear_empty,
        create_references: upload.create_references,
        unknown_contract: upload.unknown_contract(),
        by: caller.actor(),
    };
    let importing = context.clone();
    let told = Told::of(|events| async move { importing.record_imports.run(right, how, events).await }).await;
    match told.no_file().filter(|_| upload.wish == Wish::Errors) {
        Some(sentence) => Err(sentence),
        None => Ok(told),
    }
}

impl ImportPage {
    fn of(schema: &'static Schema, frame: Frame) -> Self {
        Self {
            frame,
            title: plural(schema),
            path: schema.path,
            help: schema.help,
            sentence: None,
            result: None,
            file: String::new(),
            carried: None,
            clear_empty: false,
            create_references: false,
            contracts: String::new(),
            needed: missing(schema, &[]),
            has_contracts: schema.path == "entitlements",
        }
    }

    /// The form with what was sent.
    fn filled(schema: &'static Schema, frame: Frame, upload: &Upload) -> Self {
        Self {
            file: upload.file.clone(),
            carried: upload.carried(),
            clear_empty: upload.clear_empty,
            create_references: upload.create_references,
            contracts: upload.contracts.clone(),
            ..Self::of(schema, frame)
        }
    }
}
