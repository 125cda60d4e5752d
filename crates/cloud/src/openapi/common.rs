//! Answers that many operations have in common.

use utoipa::openapi::{
    Components, Content, Ref, RefOr, Response, ResponseBuilder, Schema,
    path::{Operation, Parameter, ParameterIn},
};

use crate::problem::{Kind, Problem};

/// Of operations for which one has to be known.
pub(super) const GUARDED: &[(&str, &str)] = &[
    ("400", "The request cannot be read."),
    ("401", "The key or session is missing, unknown, expired or revoked."),
    ("403", "It is known who asks, and he may not."),
    ("429", "More requests than this key may send, or more sales than are sealed in time."),
    ("503", "It cannot be done now; nothing was changed, unless the code is OUTCOME_UNKNOWN."),
];
/// Of operations for everybody.
pub(super) const PUBLIC: &[(&str, &str)] = &[
    ("400", "The request cannot be read."),
    ("429", "More requests than this address may send."),
    ("503", "It cannot be done now."),
];
/// Of operations that nobody is kept from.
pub(super) const OPEN: &[(&str, &str)] = &[("503", "It cannot be done now.")];

/// Adds answers that an operation does not describe itself; those that it does get the problem's form.
pub(super) fn add(operation: &mut Operation, answers: &[(&str, &str)]) {
    if operation.request_body.is_some() {
        add_one(operation, "408", "The body did not arrive in time.");
        add_one(operation, "413", "The body is too large.");
        add_one(operation, "415", "The body is of another media type.");
        add_one(operation, "422", "A member of the body breaks a rule.");
    }
    if operation.parameters.iter().flatten().any(names_a_thing) {
        add_one(operation, "404", "There is no such thing, or it is another's: nobody learns which.");
    }
    for (status, description) in answers {
        add_one(operation, status, description);
    }
}

/// Something that may be another's.
fn names_a_thing(parameter: &RefOr<Parameter>) -> bool {
    let RefOr::T(parameter) = parameter else { return false };
    parameter.parameter_in == ParameterIn::Path || parameter.name.ends_with("_id")
}

fn add_one(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem(description).into());
}

/// An answer that is a problem.
pub(crate) fn problem(description: &str) -> Response {
    let body = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(description).content(Problem::CONTENT_TYPE, body).build()
}

/// A problem's code is one of these.
pub(super) fn list_codes(components: &mut Components) {
    let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem") else { return };
    let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code") else { return };
    code.enum_values = Some(Kind::ALL.iter().map(|kind| kind.code().into()).collect());
}
