//! The operations of every kind: their paths, who may do them, and which kind a request is about.

use super::{files, list, write};
use crate::{
    admin::{
        auth::{Access, Operation},
        context::Ctx,
        problem::Failure,
    },
    store::records::Role,
};
use axum::{
    Router,
    extract::FromRequestParts,
    routing::{MethodRouter, get, post},
};
use http::request::Parts;
use muster_domain::record::{Schema, kinds};

/// What is done with records of a kind: its name, method, what follows the kind in the path, and whether it changes something.
const DEEDS: [(&str, &str, &str, bool); 8] = [
    ("list", "GET", "", false),
    ("create", "POST", "", true),
    ("show", "GET", "/{id}", false),
    ("edit", "PATCH", "/{id}", true),
    ("delete", "DELETE", "/{id}", true),
    ("history", "GET", "/{id}/history", false),
    ("import", "POST", "/import", true),
    ("template", "GET", "/template", false),
];

/// The operations of every kind, for the table of roles.
pub(in crate::admin) fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for schema in kinds::ALL {
        for (deed, method, below, changes) in DEEDS {
            let role = if changes { Role::LicenseAdmin } else { Role::Viewer };
            all.push(Operation {
                // They are made once and stay as long as the program runs.
                name: format!("{}.{deed}", schema.path.replace('-', "_")).leak(),
                method,
                path: format!("/api/v1/{}{below}", schema.path).leak(),
                access: Access::From(role),
                gated: true,
                page: false,
                takes_file: false,
            });
        }
    }
    all
}

/// The routes of every kind.
pub fn routes() -> Router<Ctx> {
    let mut router = Router::new();
    for schema in kinds::ALL {
        let mut add = |below: &str, handlers: MethodRouter<Ctx>| {
            router = std::mem::take(&mut router).route(&format!("/api/v1/{}{below}", schema.path), handlers);
        };
        add("", get(list::list).post(write::create));
        add("/{id}", get(list::show).patch(write::edit).delete(write::delete));
        add("/{id}/history", get(list::history));
        add("/import", post(files::import));
        add("/template", get(files::template));
    }
    router
}

/// The kind that a request is about, by its path.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfKind(pub(super) &'static Schema);

impl<S: Send + Sync> FromRequestParts<S> for OfKind {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let path = parts.uri.path();
        let kind = path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        kinds::find(kind).map(Self).ok_or_else(|| Failure::not_found("kind of record", kind))
    }
}
