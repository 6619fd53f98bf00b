//! The operations of every kind in the API document, made from the description of the kinds.

use super::kind::operations;
use crate::admin::api::openapi::Problems;
use muster_domain::record::{Field, FieldKind, Schema as Kind, kinds};
use utoipa::{
    IntoParams, IntoResponses, Modify,
    openapi::{
        self, ContentBuilder, HttpMethod, ObjectBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder, Schema, SchemaFormat,
        Type,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ArrayBuilder, SchemaType},
    },
};

/// Adds every kind to the document.
pub(in crate::admin::api) struct Kinds;

impl Modify for Kinds {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for schema in kinds::ALL {
            components.schemas.insert(schema_name(schema, ""), RefOr::T(record(schema)));
            components.schemas.insert(schema_name(schema, "Input"), RefOr::T(input(schema)));
        }
        for operation in operations() {
            let Some(schema) = operation.path.split('/').nth(3).and_then(kinds::find) else { continue };
            let below = operation.path.split('/').skip(4).collect::<Vec<_>>().join("/");
            let (described, method) = match (operation.method, below.as_str()) {
                ("GET", "") => (list(schema), HttpMethod::Get),
                ("POST", "") => (create(schema), HttpMethod::Post),
                ("GET", "{id}") => (show(schema), HttpMethod::Get),
                ("PATCH", "{id}") => (edit(schema), HttpMethod::Patch),
                ("DELETE", "{id}") => (delete(schema), HttpMethod::Delete),
                ("GET", "{id}/history") => (history(schema), HttpMethod::Get),
                ("POST", "import") => (import(schema), HttpMethod::Post),
                ("GET", "template") => (template(schema), HttpMethod::Get),
                _ => continue,
            };
            let described = described.tag(schema.path).operation_id(Some(operation.name));
            document.paths.paths.entry(operation.path.to_owned()).or_default().merge_operations(PathItem::new(method, described));
        }
        // The one deed that only one kind knows is described where it is done; what it answers is the record.
        let publish = document.paths.paths.get_mut("/api/v1/entitlements/{id}/publish").and_then(|item| item.post.as_mut());
        if let Some(RefOr::T(answer)) = publish.and_then(|publish| publish.responses.responses.get_mut("200")) {
            let record = kinds::find("entitlements").map(|schema| reference(schema, ""));
            answer.content.insert("application/json".to_owned(), RefOr::T(ContentBuilder::new().schema(record).build()));
        }
    }
}

fn list(schema: &'static Kind) -> OperationBuilder {
    let mut operation = begin(&format!("The records of {}, by id. {}", schema.path, schema.help), "200", "records", page(schema));
    for parameter in crate::admin::page::Paging::into_params(|| Some(ParameterIn::Query)) {
        operation = operation.parameter(parameter);
    }
    operation = operation.parameter(query("search", "Only records that hold this text somewhere, without regard to case."));
    for field in schema.fields {
        operation = operation.parameter(query(field.name, "Only records whose field has this value, or is called so."));
    }
    operation
}

fn create(schema: &'static Kind) -> OperationBuilder {
    let text = format!("Makes {}. `dry_run=true` only says what would be.", a(schema.one));
    let would_be = ContentBuilder::new().schema(Some(reference(schema, ""))).build();
    begin(&text, "201", "made", reference(schema, ""))
        .response("200", ResponseBuilder::new().description("what would be").content("application/json", would_be))
        .parameter(query("dry_run", "Only say what would be."))
        .request_body(body(schema))
}

fn show(schema: &'static Kind) -> OperationBuilder {
    let text = format!("One {}, by its id or name; its ETag is its revision.", schema.one);
    begin(&text, "200", "the record", reference(schema, "")).parameter(id())
}

fn edit(schema: &'static Kind) -> OperationBuilder {
    let text = format!(
        "Changes {}; with If-Match only if it still has that revision. What is not given stays, null empties.",
        a(schema.one)
    );
    let operation = begin(&text, "200", "the record", reference(schema, "")).parameter(id());
    operation.parameter(query("dry_run", "Only say what would be.")).parameter(if_match()).request_body(body(schema))
}

fn delete(schema: &'static Kind) -> OperationBuilder {
    let text = format!("Deletes {} that nothing points to.", a(schema.one));
    let dry_run = query("dry_run", "Only say what would be.");
    let mut operation = OperationBuilder::new().summary(Some(text)).parameter(id()).parameter(dry_run).parameter(if_match());
    for (status, response) in Problems::responses() {
        operation = operation.response(status, response);
    }
    operation.response("204", ResponseBuilder::new().description("deleted"))
}

fn history(schema: &'static Kind) -> OperationBuilder {
    let event = ObjectBuilder::new()
        .property("number", plain(Type::Integer, None))
        .property("at", plain(Type::String, Some("date-time")))
        .property("by", plain(Type::String, None))
        .property("cause", plain(Type::String, None))
        .property(
            "changes",
            ArrayBuilder::new().items(
                ObjectBuilder::new()
                    .property("field", plain(Type::String, None))
                    .property("before", ObjectBuilder::new().schema_type(SchemaType::AnyValue))
                    .property("after", ObjectBuilder::new().schema_type(SchemaType::AnyValue)),
            ),
        );
    let page =
        ObjectBuilder::new().property("items", ArrayBuilder::new().items(event)).property("next", nullable(Type::String, None));
    let text = format!("What happened to {}, newest first, also to one that was deleted.", a(schema.one));
    let mut operation = begin(&text, "200", "changes", RefOr::T(page.into())).parameter(id());
    for parameter in crate::admin::page::Paging::into_params(|| Some(ParameterIn::Query)) {
        operation = operation.parameter(parameter);
    }
    operation
}

fn import(schema: &'static Kind) -> OperationBuilder {
    let text = format!(
        "Imports {} from a CSV file of at most 1,000,000 lines, whose columns are named by fields or their labels. A line is about the record of its id, else of its first set of unique fields that all have a value, else about a new one; each line is in whole or not at all. The answer is one JSON object a line: header, refused for each refused line, progress, and at the end done with the sums, or failed.",
        schema.path
    );
    let string = RefOr::T(ObjectBuilder::new().schema_type(Type::String).into());
    let file = ContentBuilder::new().schema(Some(string)).build();
    let file = RequestBodyBuilder::new().content("text/csv", file).required(Some(Required::True)).build();
    let event = RefOr::Ref(Ref::from_schema_name("Event"));
    let mut operation = answered(&text, "200", "events", "application/x-ndjson", event).request_body(Some(file));
    for parameter in super::files::Asked::into_params(|| Some(ParameterIn::Query)) {
        operation = operation.parameter(parameter);
    }
    operation
}

fn template(schema: &'static Kind) -> OperationBuilder {
    let text = format!("A CSV file of {} to be filled in; its second line says what may stand in each column.", schema.path);
    answered(&text, "200", "the file", "text/csv", RefOr::T(ObjectBuilder::new().schema_type(Type::String).into()))
}

/// A kind of record with its article: by the sound that it begins with, which in `usage` is none of a vowel.
fn a(one: &str) -> String {
    let vowel = one.starts_with(['a', 'e', 'i', 'o', 'u']) && !one.starts_with("us");
    format!("{} {one}", if vowel { "an" } else { "a" })
}

fn begin(text: &str, status: &str, what: &str, answer: RefOr<Schema>) -> OperationBuilder {
    answered(text, status, what, "application/json", answer)
}

fn answered(text: &str, status: &str, what: &str, media: &str, answer: RefOr<Schema>) -> OperationBuilder {
    let mut operation = OperationBuilder::new().summary(Some(text));
    for (status, response) in Problems::responses() {
        operation = operation.response(status, response);
    }
    let content = ContentBuilder::new().schema(Some(answer)).build();
    operation.response(status, ResponseBuilder::new().description(what).content(media, content))
}

fn body(schema: &'static Kind) -> Option<openapi::request_body::RequestBody> {
    let content = ContentBuilder::new().schema(Some(reference(schema, "Input"))).build();
    Some(RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build())
}

fn id() -> Parameter {
    let string = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path).required(Required::True);
    parameter.description(Some("its id or name")).schema(Some(string)).build()
}

fn query(name: &str, text: &str) -> Parameter {
    let string = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.description(Some(text)).schema(Some(string)).build()
}

fn if_match() -> Parameter {
    let string = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new().name("if-match").parameter_in(ParameterIn::Header).required(Required::False);
    parameter.description(Some("the ETag that the record must have")).schema(Some(string)).build()
}

fn page(schema: &'static Kind) -> RefOr<Schema> {
    let page = ObjectBuilder::new()
        .property("items", ArrayBuilder::new().items(reference(schema, "")))
        .property("next", nullable(Type::String, None));
    RefOr::T(page.required("items").required("next").into())
}

fn schema_name(schema: &'static Kind, suffix: &str) -> String {
    let mut name = String::new();
    for word in schema.one.split([' ', '-']) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name + "Record" + suffix
}

fn reference(schema: &'static Kind, suffix: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(schema_name(schema, suffix)))
}

fn record(schema: &'static Kind) -> Schema {
    let mut object = ObjectBuilder::new().description(Some(schema.help)).property("id", plain(Type::String, Some("uuid")));
    for field in schema.fields {
        object = object.property(field.name, field_schema(field));
    }
    object = object.property("revision", plain(Type::Integer, None));
    for (name, format) in
        [("created_at", Some("date-time")), ("created_by", None), ("updated_at", Some("date-time")), ("updated_by", None)]
    {
        object = object.property(name, plain(Type::String, format));
    }
    object = object.property("warnings", ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String)));
    object.required("id").required("revision").into()
}

fn input(schema: &'static Kind) -> Schema {
    let mut object = ObjectBuilder::new().description(Some(format!("Fields of {}; null empties one.", a(schema.one))));
    for field in schema.fields.iter().filter(|field| !field.derived) {
        object = object.property(field.name, entered(field));
        if field.required && field.default.is_none() {
            object = object.required(field.name);
        }
    }
    object.into()
}

/// A date, or nothing, which empties a field.
const DATE: &str = r"^\s*(\d{4}-\d{2}-\d{2})?\s*$";

/// What a field may be given as: its own type, or what a person would write.
fn entered(field: &Field) -> Schema {
    let types: &[Type] = match field.kind {
        FieldKind::Whole(..) => &[Type::Integer, Type::String, Type::Null],
        FieldKind::Boolean => &[Type::Boolean, Type::Integer, Type::String, Type::Null],
        FieldKind::Decimal | FieldKind::Money(_) => &[Type::Number, Type::String, Type::Null],
        FieldKind::Date | FieldKind::Choice(_) | FieldKind::Currency => &[Type::String, Type::Null],
        FieldKind::Reference(_) | FieldKind::Link(_) => &[Type::String, Type::Number, Type::Boolean, Type::Object, Type::Null],
        FieldKind::Text(_) | FieldKind::Notes(_) => &[Type::String, Type::Number, Type::Boolean, Type::Null],
    };
    let object = ObjectBuilder::new().schema_type(SchemaType::from_iter(types.iter().cloned())).description(Some(field.help));
    match field.kind {
        FieldKind::Whole(least, most) => object.minimum(Some(least)).maximum(Some(most)),
        FieldKind::Date => object.pattern(Some(DATE)),
        FieldKind::Choice(choices) => object.enum_values(Some(choices.iter().copied().map(Some).chain([Some(""), None]))),
        FieldKind::Reference(_) | FieldKind::Link(_) => object.property("id", plain(Type::String, None)),
        _ => object,
    }
    .into()
}

fn field_schema(field: &Field) -> Schema {
    let (kind, format) = match field.kind {
        FieldKind::Whole(..) => (Type::Integer, None),
        FieldKind::Boolean => (Type::Boolean, None),
        FieldKind::Date => (Type::String, Some("date")),
        FieldKind::Reference(_) | FieldKind::Link(_) => {
            return ObjectBuilder::new()
                .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
                .description(Some(field.help))
                .property("id", plain(Type::String, Some("uuid")))
                .property("display", nullable(Type::String, None))
                .into();
        }
        _ => (Type::String, None),
    };
    let mut object = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([kind, Type::Null]))
        .format(format.map(|format| SchemaFormat::Custom(format.to_owned())))
        .description(Some(field.help));
    if let FieldKind::Choice(choices) = field.kind {
        object = object.enum_values(Some(choices.iter().copied().map(Some).chain([None])));
    }
    object.into()
}

fn plain(kind: Type, format: Option<&str>) -> Schema {
    ObjectBuilder::new().schema_type(kind).format(format.map(|format| SchemaFormat::Custom(format.to_owned()))).into()
}

fn nullable(kind: Type, format: Option<&str>) -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([kind, Type::Null]))
        .format(format.map(|format| SchemaFormat::Custom(format.to_owned())))
        .into()
}
