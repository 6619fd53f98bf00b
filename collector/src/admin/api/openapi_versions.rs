//! What the API document says of versions: what can be read and changed at one address has an `ETag`, and a change takes `If-Match`.

use crate::admin::versions::may_change;
use utoipa::{
    Modify,
    openapi::{
        self, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    },
};

/// Adds the headers where no kind of record has them already.
pub(super) struct Versions;

impl Modify for Versions {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let changes_here = |path: &str| path.starts_with("/api/") && may_change(path);
        for (_, item) in document.paths.paths.iter_mut().filter(|(path, _)| changes_here(path)) {
            let Some(get) = item.get.as_mut() else { continue };
            reads(get);
            for operation in [&mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten() {
                changes(operation);
            }
        }
    }
}

fn reads(operation: &mut Operation) {
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
            .description(Some("The version of what is read, for If-Match of a change."));
        response.headers.entry("ETag".to_owned()).or_insert_with(|| RefOr::T(header.build()));
    }
}

fn changes(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let given = |one: &RefOr<Parameter>| matches!(one, RefOr::T(one) if one.name.eq_ignore_ascii_case("if-match"));
    if parameters.iter().any(given) {
        return;
    }
    let parameter = ParameterBuilder::new()
        .name("if-match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The ETag that was read: nothing is changed, and the answer is 409, if it is another one by now."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()));
    parameters.push(RefOr::T(parameter.build()));
    operation.responses.responses.entry("409".to_owned()).or_insert_with(|| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let text = "it was changed since it was read";
        RefOr::T(ResponseBuilder::new().description(text).content("application/problem+json", content).build())
    });
}
