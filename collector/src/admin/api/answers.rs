//! The answers that operations have in common, in the API document.
//!
//! In: the document with what each handler says of itself. Out: the same document with every refusal that an operation can meet, before its
//! handler or in it, so that an answer which is not in the document is a mistake. It must not describe what a handler alone does.

use super::openapi::Problems;
use crate::admin::auth::{Access, OPERATIONS, Operation as Known};
use utoipa::{
    IntoResponses, Modify,
    openapi::{
        self, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
        path::{Operation, ParameterIn},
    },
};

/// The media type of a list as a table.
const TABLE: &str = "text/csv";

/// Parameters that are encoded queries.
const QUERIES: [&str; 2] = ["sysparm_query", "query"];
/// Parameters that name a record, which must be there.
const RECORDS: [&str; 4] = ["application", "asset", "model", "device"];

/// Refusals: the status, the name in the document, and what it means.
const REFUSALS: [(&str, &str, &str); 11] = [
    ("400", "Unreadable", "the body, the encoded query or the address cannot be read (invalid-body, invalid-query)"),
    ("401", "Unauthenticated", "no token or session that is in force"),
    ("403", "Forbidden", "the role does not allow it, or the product is disabled (license-disabled)"),
    ("404", "NotFound", "there is no such record"),
    ("409", "Conflict", "it conflicts with what is stored"),
    ("413", "TooLarge", "the body is over a limit"),
    ("415", "UnsupportedMedia", "the Content-Type is not spoken here"),
    ("421", "Misdirected", "the Host is not one of this listener's names"),
    ("422", "Invalid", "a value breaks a rule"),
    ("500", "Internal", "an error inside the collector; its log has the details under the id in x-request-id"),
    ("503", "Unavailable", "the store cannot be read or written now; try again later"),
];

/// Adds to each operation what it refuses, and to each list that it can be had as a table.
pub(super) struct Answers;

impl Modify for Answers {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (status, name, text) in REFUSALS {
            components.responses.insert(name.to_owned(), RefOr::T(refusal(status, text)));
        }
        for known in OPERATIONS.iter().filter(|operation| operation.documented()) {
            let Some(item) = document.paths.paths.get_mut(known.path) else { continue };
            let operation = match known.method {
                "POST" => &mut item.post,
                "PUT" => &mut item.put,
                "PATCH" => &mut item.patch,
                "DELETE" => &mut item.delete,
                _ => &mut item.get,
            };
            if let Some(operation) = operation {
                for status in refusals(known, operation) {
                    let answers = &mut operation.responses.responses;
                    if let Some(answer) = named(status) {
                        answers.entry(status.to_owned()).or_insert(answer);
                    }
                }
                table(operation);
            }
        }
    }
}

impl IntoResponses for Problems {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        ["401", "403"].into_iter().filter_map(|status| Some((status.to_owned(), named(status)?))).collect()
    }
}

/// What an operation can refuse, whatever its handler does.
fn refusals(known: &Known, operation: &Operation) -> Vec<&'static str> {
    let body = operation.request_body.is_some();
    let parameters = || {
        let all = operation.parameters.iter().flatten();
        all.filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
    };
    let within = |place: &ParameterIn| parameters().any(|parameter| parameter.parameter_in == *place);
    let (address, query) = (within(&ParameterIn::Path), within(&ParameterIn::Query));
    let names = parameters().any(|parameter| RECORDS.contains(&parameter.name.as_str()));
    let encoded = parameters().any(|parameter| QUERIES.contains(&parameter.name.as_str()));
    let changes = known.method != "GET";
    [
        ("400", body || address || encoded),
        ("401", known.access != Access::Open),
        ("403", known.access != Access::Open),
        ("404", address || names),
        ("409", changes),
        ("413", body),
        ("415", body),
        ("421", true),
        ("422", body || query || changes),
        ("500", true),
        ("503", true),
    ]
    .into_iter()
    .filter_map(|(status, can)| can.then_some(status))
    .collect()
}

fn named(status: &str) -> Option<RefOr<Response>> {
    let (_, name, _) = REFUSALS.iter().find(|(known, ..)| *known == status)?;
    Some(RefOr::Ref(Ref::from_response_name(*name)))
}

fn refusal(status: &str, text: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let answer = ResponseBuilder::new().description(text).content("application/problem+json", content);
    let header = |kind, text: &str| {
        HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind))).description(Some(text)).build()
    };
    match status {
        "401" => answer.header("www-authenticate", header(Type::String, "how to log in")).build(),
        "503" => answer.header("retry-after", header(Type::Integer, "after how many seconds to try again")).build(),
        _ => answer.build(),
    }
}

/// A page of a list can be had as a table, too.
fn table(operation: &mut Operation) {
    let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200") else { return };
    let Some(RefOr::T(json)) = answer.content.get("application/json") else { return };
    let page = match &json.schema {
        Some(RefOr::Ref(name)) => name.ref_location.starts_with("#/components/schemas/Page_"),
        _ => false,
    };
    if page {
        let text = ObjectBuilder::new().schema_type(Type::String);
        answer.content.insert(TABLE.to_owned(), RefOr::T(ContentBuilder::new().schema(Some(text)).build()));
    }
}
