//! The API to look through: operations by subject, what one takes and answers, and the shapes of its bodies.
//!
//! In: the API document, which is made from the handlers, and the table of roles. Out: pages that need no script. It must not say
//! anything that the document does not.

use super::{
    frame::{Frame, shown},
    render::{Piece, page, pieces},
};
use crate::admin::{
    Answer, Ctx, Failure, Query,
    api::openapi,
    auth::{Access, Caller, OPERATIONS, Operation, role_name},
};
use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};

const HERE: &str = "/api";

/// The document as JSON: what stands in it is all that is shown.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(openapi::document()).unwrap_or_default());

#[derive(Template)]
#[template(path = "api.html")]
struct ListPage {
    frame: Frame,
    subjects: Vec<Subject>,
}

/// The operations of a subject.
struct Subject {
    tag: String,
    operations: Vec<Row>,
}

struct Row {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    summary: String,
    role: &'static str,
}

#[derive(Template)]
#[template(path = "api_operation.html")]
struct OperationPage {
    frame: Frame,
    operation: Row,
    text: String,
    gated: bool,
    parameters: Vec<Field>,
    body: Vec<Content>,
    answers: Vec<Reply>,
    example: String,
}

#[derive(Template)]
#[template(path = "api_schema.html")]
struct SchemaPage {
    frame: Frame,
    name: String,
    text: String,
    kind: Kind,
    fields: Vec<Field>,
}

/// A parameter, or a member of an object.
struct Field {
    name: String,
    /// Where a parameter stands; empty of a member.
    place: String,
    kind: Kind,
    required: bool,
    text: String,
}

/// What a value is: in words, and the schema that says more.
struct Kind {
    words: String,
    schema: Option<String>,
}

struct Content {
    media: String,
    kind: Kind,
    example: Option<String>,
}

struct Reply {
    status: String,
    text: String,
    contents: Vec<Content>,
    headers: Vec<Field>,
}

/// What is looked at; the list of operations where nothing is named.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    operation: String,
    schema: String,
}

/// `GET /api`.
pub async fn api_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    let frame = Frame::of(&context, &caller, HERE);
    shown(if !asked.operation.is_empty() {
        operation(frame, &asked.operation)
    } else if !asked.schema.is_empty() {
        schema(frame, &asked.schema)
    } else {
        list(frame)
    })
}

fn list(frame: Frame) -> Answer<Response> {
    let mut subjects: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.documented()) {
        let described = described(operation);
        let tag = described.pointer("/tags/0").and_then(Value::as_str).unwrap_or("other").to_owned();
        subjects.entry(tag).or_default().push(Row::of(operation, described));
    }
    let subjects = subjects.into_iter().map(|(tag, operations)| Subject { tag, operations }).collect();
    page(&ListPage { frame, subjects })
}

fn operation(frame: Frame, name: &str) -> Answer<Response> {
    let known = OPERATIONS.iter().find(|operation| operation.documented() && operation.name == name);
    let known = known.ok_or_else(|| Failure::not_found("operation", name))?;
    let described = described(known);
    let parameters: Vec<Field> = items(described, "parameters").map(parameter).collect();
    let body = contents(described.get("requestBody").unwrap_or(&Value::Null));
    let answers =
        members(described.get("responses")).map(|(status, reply)| (status, resolved(reply))).map(|(status, reply)| Reply {
            status: status.clone(),
            text: text(reply, "description"),
            contents: contents(reply),
            headers: members(reply.get("headers")).map(|(name, header)| Field::of(name, header, true)).collect(),
        });
    page(&OperationPage {
        frame,
        text: text(described, "description"),
        gated: known.gated,
        parameters,
        answers: answers.collect(),
        example: example(known, &body),
        body,
        operation: Row::of(known, described),
    })
}

fn schema(frame: Frame, name: &str) -> Answer<Response> {
    let schema = DOCUMENT.pointer("/components/schemas").and_then(|all| all.get(name));
    let schema = schema.ok_or_else(|| Failure::not_found("schema", name))?;
    // Parts that are put together are shown as one.
    let parts: Vec<&Value> = [schema].into_iter().chain(items(schema, "allOf").map(resolved)).collect();
    let fields = parts.iter().flat_map(|part| {
        let required: Vec<&str> = items(part, "required").filter_map(Value::as_str).collect();
        members(part.get("properties")).map(move |(name, member)| Field::of(name, member, required.contains(&name.as_str())))
    });
    let fields = fields.collect();
    page(&SchemaPage { frame, name: name.to_owned(), text: text(schema, "description"), kind: kind(schema), fields })
}

/// What the document says of an operation.
fn described(operation: &Operation) -> &'static Value {
    let item = DOCUMENT.get("paths").and_then(|paths| paths.get(operation.path));
    item.and_then(|item| item.get(operation.method.to_ascii_lowercase())).unwrap_or(&Value::Null)
}

fn parameter(parameter: &Value) -> Field {
    let kind = kind(parameter.get("schema").unwrap_or(&Value::Null));
    let required = parameter.get("required").and_then(Value::as_bool).unwrap_or_default();
    Field { name: text(parameter, "name"), place: text(parameter, "in"), kind, required, text: text(parameter, "description") }
}

/// The bodies that something can have.
fn contents(described: &Value) -> Vec<Content> {
    let content = |(media, content): (&String, &Value)| {
        let schema = content.get("schema").unwrap_or(&Value::Null);
        let given = content.get("example").or_else(|| schema.get("example")).or_else(|| resolved(schema).get("example"));
        let example = given.and_then(|example| serde_json::to_string_pretty(example).ok());
        Content { media: media.clone(), kind: kind(schema), example }
    };
    members(described.get("content")).map(content).collect()
}

/// The same request by a tool that everybody has.
fn example(operation: &Operation, body: &[Content]) -> String {
    let mut line = format!("curl --cacert ca.pem -H \"Authorization: Bearer $MUSTER_TOKEN\" -X {}", operation.method);
    if operation.method == "POST" && operation.path.starts_with("/api/") {
        line.push_str(" -H \"Idempotency-Key: $(uuidgen)\"");
    }
    if let Some(content) = body.first() {
        line.push_str(&format!(" -H 'Content-Type: {}' --data-binary @FILE", content.media));
    }
    line + &format!(" \"$MUSTER_URL{}\"", operation.path)
}

/// A schema in words.
fn kind(schema: &Value) -> Kind {
    let plain = |words: String| Kind { words, schema: None };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        return Kind { words: name.clone(), schema: Some(name) };
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<String> = words.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect();
        return plain(words.join(" | "));
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let parts: Vec<Kind> = items(schema, choice).map(kind).collect();
        if !parts.is_empty() {
            let words = parts.iter().map(|part| part.words.as_str()).collect::<Vec<_>>();
            let words = words.join(if choice == "allOf" { " and " } else { " or " });
            return Kind { words, schema: parts.into_iter().find_map(|part| part.schema) };
        }
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if types.contains(&"array") {
        let Kind { words, schema } = schema.get("items").map_or_else(|| plain("values".to_owned()), kind);
        return Kind { words: format!("list of {words}"), schema };
    }
    let format = schema.get("format").and_then(Value::as_str).map(|format| format!(" ({format})")).unwrap_or_default();
    if types.is_empty() { plain("any value".to_owned()) } else { plain(types.join(" or ") + &format) }
}

/// The schema that something points to.
fn resolved(schema: &Value) -> &Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    target.and_then(|target| DOCUMENT.pointer(target)).unwrap_or(schema)
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl OperationPage {
    fn words(&self) -> Vec<Piece<'_>> {
        pieces(&self.text)
    }
}

impl SchemaPage {
    fn words(&self) -> Vec<Piece<'_>> {
        pieces(&self.text)
    }
}

impl Reply {
    fn words(&self) -> Vec<Piece<'_>> {
        pieces(&self.text)
    }
}

impl Row {
    /// What it does, where code is not shown as text.
    fn words(&self) -> Vec<Piece<'_>> {
        pieces(&self.summary)
    }

    fn of(operation: &'static Operation, described: &Value) -> Self {
        let role = match operation.access {
            Access::Open => "everybody",
            Access::From(role) => role_name(role),
            Access::OrApplication(_) => "application",
        };
        let Operation { name, method, path, .. } = *operation;
        Self { name, method, path, summary: text(described, "summary"), role }
    }
}

impl Field {
    fn said(&self) -> Vec<Piece<'_>> {
        pieces(&self.text)
    }

    fn of(name: &str, member: &Value, required: bool) -> Self {
        let kind = kind(member.get("schema").unwrap_or(member));
        Self { name: name.to_owned(), place: String::new(), kind, required, text: text(member, "description") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_are_told_in_words() {
        for (schema, expected) in [
            (json!({"type": "string"}), "string"),
            (json!({"type": ["string", "null"], "format": "date-time"}), "string or null (date-time)"),
            (json!({"$ref": "#/components/schemas/AssetView"}), "AssetView"),
            (json!({"type": "array", "items": {"$ref": "#/components/schemas/A"}}), "list of A"),
            (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/A"}]}), "null or A"),
            (json!({"type": "string", "enum": ["a", "b"]}), "a | b"),
            (json!({}), "any value"),
        ] {
            assert_eq!(kind(&schema).words, expected, "{schema}");
        }
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        for operation in OPERATIONS.iter().filter(|operation| operation.documented()) {
            let described = described(operation);
            let replies = members(described.get("responses")).flat_map(|(_, reply)| contents(reply));
            let body = contents(described.get("requestBody").unwrap_or(&Value::Null));
            for name in body.into_iter().chain(replies).filter_map(|content| content.kind.schema) {
                let there = DOCUMENT.pointer("/components/schemas").and_then(|all| all.get(&name));
                assert!(there.is_some(), "{} names {name}", operation.name);
            }
        }
    }
}
