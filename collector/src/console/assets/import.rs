//! Importing a file of assets: the form, a dry run that shows what would be done, the refused lines as a file, and the import itself.

use crate::{
    admin::{
        Answer, Ctx,
        auth::{Caller, Principal},
    },
    assets::{Order, column},
    console::{
        frame::{Frame, shown},
        imported::{Outcome, Told},
        render::page,
        upload::{NO_FILE, Upload, Wish, carried},
    },
    sheet::Sheet,
};
use askama::Template;
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{StatusCode, header};
use muster_domain::asset::{Field, sheet::label};

#[derive(Template)]
#[template(path = "assets_import.html")]
struct ImportPage {
    frame: Frame,
    /// Why nothing was done.
    sentence: Option<String>,
    result: Option<Outcome>,
    file: String,
    /// The text of the file, to go on with it.
    carried: Option<String>,
    clear_empty: bool,
    create_references: bool,
    /// Every column: its name and its label.
    columns: Vec<(&'static str, &'static str)>,
}

/// `GET /assets/import`.
pub async fn import_form(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    shown(page(&ImportPage::of(Frame::of(&context, &caller, super::list::HERE), None)))
}

/// `POST /assets/import`: says what would be done, gives the refused lines as a file, or imports.
pub async fn import_assets(State(context): State<Ctx>, Caller(caller): Caller, request: Request) -> Response {
    shown(import(context, &caller, request).await)
}

async fn import(context: Ctx, caller: &Principal, request: Request) -> Answer<Response> {
    let upload = Upload::read(request).await?;
    let frame = Frame::of(&context, caller, super::list::HERE);
    let told = match run(&context, caller, &upload).await {
        Ok(told) => told,
        Err(sentence) => {
            let again = ImportPage { sentence: Some(sentence), ..ImportPage::of(frame, Some(&upload)) };
            let mut response = page(&again)?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    if upload.wish == Wish::Errors {
        let body = told.errors_file();
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"assets-refused.csv\""),
        ];
        return Ok((headers, body).into_response());
    }
    let mut form = ImportPage::of(frame, Some(&upload));
    if upload.wish == Wish::Import {
        // What was taken need not be sent again; what was not stays in the form, to be mended or taken along.
        let refused = (!told.lines.is_empty() && told.no_file().is_none()).then(|| told.errors_file());
        form.carried = refused.and_then(|refused| carried(&refused));
    }
    page(&ImportPage { result: Some(Outcome::of(told)), ..form })
}

/// Runs the import to its end; why it could not begin is a sentence.
async fn run(context: &Ctx, caller: &Principal, upload: &Upload) -> Result<Told, String> {
    if upload.bytes.is_empty() {
        return Err(NO_FILE.to_owned());
    }
    let Some(right) = context.imports.begin() else {
        return Err("Another import is running; begin when it is over.".to_owned());
    };
    let source = Box::pin(stream::iter([Ok(upload.bytes.to_vec())]));
    let sheet = Sheet::open(source, column).await.map_err(|error| error.to_string())?;
    let order = Order {
        sheet,
        bytes: u64::try_from(upload.bytes.len()).unwrap_or_default(),
        dry_run: upload.wish != Wish::Import,
        clear_empty: upload.clear_empty,
        create_references: upload.create_references,
        by: caller.actor(),
    };
    let importing = context.clone();
    let told = Told::of(|events| async move { importing.imports.run(right, order, events).await }).await;
    match told.no_file().filter(|_| upload.wish == Wish::Errors) {
        Some(sentence) => Err(sentence),
        None => Ok(told),
    }
}

impl ImportPage {
    fn of(frame: Frame, upload: Option<&Upload>) -> Self {
        Self {
            frame,
            sentence: None,
            result: None,
            file: upload.map(|upload| upload.file.clone()).unwrap_or_default(),
            carried: upload.and_then(Upload::carried),
            clear_empty: upload.is_some_and(|upload| upload.clear_empty),
            create_references: upload.is_some_and(|upload| upload.create_references),
            columns: Field::ALL.iter().map(|field| (field.name(), label(*field))).collect(),
        }
    }
}
