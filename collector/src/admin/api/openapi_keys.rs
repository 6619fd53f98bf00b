//! What the API document says of idempotency keys: every `POST` but signs of life takes one.

use crate::admin::idempotency::{HEARTBEAT, KEY, REPLAYED, SHOWN_ONCE};
use utoipa::{
    Modify,
    openapi::{
        self, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Type,
        path::{Operation, ParameterBuilder, ParameterIn},
    },
};

/// Adds the header to every `POST` of the API, and what it can lead to.
pub(super) struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let takes = |path: &str| path.starts_with("/api/") && !path.ends_with(HEARTBEAT);
        let paths = document.paths.paths.iter_mut().filter(|(path, _)| takes(path));
        for operation in paths.filter_map(|(_, item)| item.post.as_mut()) {
            describe(operation);
        }
    }
}

fn describe(operation: &mut Operation) {
    let shown_once = operation.operation_id.as_deref().is_some_and(|name| SHOWN_ONCE.contains(&name));
    let more = match shown_once {
        true => " What this operation shows is not kept: the same request is answered 409 then, and not done again.",
        false => "",
    };
    let text = format!(
        "A key that the caller chooses for this one request, such as a UUID. Sent again within 24 hours, the same request with the same \
         key is not done again, also after a restart, and answered as the first time. The same key with another request is 422.{more}"
    );
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[!#-~]+$"))
        .min_length(Some(1))
        .max_length(Some(255))
        .build();
    let parameter = ParameterBuilder::new()
        .name(KEY.as_str())
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(schema))
        .example(Some("8e03978e-40d5-43dd-bc93-6894a57f9324".into()));
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter.build()));
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2') && !shown_once, response) {
            let header = HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"])).build()))
                .description(Some("The request with this idempotency key was done before; this is its answer."));
            response.headers.insert(REPLAYED.as_str().to_owned(), RefOr::T(header.build()));
        }
    }
    let problem = |text: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        RefOr::T(ResponseBuilder::new().description(text).content("application/problem+json", content).build())
    };
    let responses = &mut operation.responses.responses;
    responses.entry("409".to_owned()).or_insert_with(|| {
        problem("it is in another state, or a request with this idempotency key is worked on, or cannot be answered again")
    });
    responses
        .entry("422".to_owned())
        .or_insert_with(|| problem("a value breaks a rule, or the idempotency key was used for another request"));
}
