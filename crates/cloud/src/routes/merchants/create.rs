use std::sync::Arc;

use axum::{extract::State, response::Response};
use registry::{Maker, NewMerchant, NewOwner};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::MerchantView;
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::{Json, member},
    problem::{Problem, ProblemBody},
    routes::users::InvitationView,
};

/// A merchant to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Alimentation Mbuyi", "nif": "A9071234M",
    "owner": { "email": "aline@example.cd", "name": "Aline Mbuyi" },
}))]
pub(crate) struct NewMerchantBody {
    /// What people call him.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    /// The taxpayer's number, which no other merchant has.
    #[schema(pattern = "^[A-Z0-9]{5,15}$")]
    nif: String,
    /// Who is to be his first owner.
    #[schema(required = false)]
    owner: Option<NewOwnerBody>,
}

/// An owner to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOwner)]
pub(crate) struct NewOwnerBody {
    /// With which he will sign in.
    #[schema(max_length = 128)]
    email: String,
    /// What people call him.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
}

/// A merchant who was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeMerchant {
    #[serde(flatten)]
    merchant: MerchantView,
    /// For his owner, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    owner: Option<InvitationView>,
}

/// Make a merchant
///
/// With his first owner, if one is named, whose invitation is shown this once: give it to him, and he chooses a password
/// with `POST /api/v1/invitations/accept`.
#[utoipa::path(
    post,
    path = "/api/v1/merchants",
    operation_id = "createMerchant",
    tag = "Merchants",
    request_body = NewMerchantBody,
    responses(
        (status = 201, description = "He is made.", body = MadeMerchant,
            headers(("Location" = String, description = "The merchant's address."))),
        (status = 409, description = "Another merchant has this NIF.", body = ProblemBody<'static>,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewMerchantBody>,
) -> Result<Response, Problem> {
    let new = NewMerchant { name: member("name", &body.name)?, nif: member("nif", &body.nif)? };
    let owner = body.owner.map(|owner| {
        Ok::<_, Problem>(NewOwner {
            email: member("owner.email", &owner.email)?,
            name: member("owner.name", &owner.name)?,
        })
    });
    let owner = owner.transpose()?;
    let (maker, by, now, mut random) = (Maker::from(&*caller), caller.by(), app.clock.now(), app.entropy);
    let made = app.registry(move |registry| {
        registry.create_merchant_with_owner(&maker, &new, owner.as_ref(), &by, now, &mut random)
    });
    let (merchant, invited) = made.await?;
    app.forget_who_may();
    let made =
        MadeMerchant { merchant: (&merchant).into(), owner: invited.as_ref().map(InvitationView::from) };
    Ok(created(&format!("merchants/{}", merchant.id), &made))
}
