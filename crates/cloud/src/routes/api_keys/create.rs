use std::sync::Arc;

use axum::{extract::State, response::Response};
use registry::{Maker, MerchantId, NewKey, Permission, Permissions, Reach};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{KeyRate, KeyView};
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::{Json, Time, id, member},
    problem::{Kind, Problem, ProblemBody, words},
    routes::whose::made_for,
};

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey, example = json!({
    "name": "Till 1", "role": "cashier", "outlet_id": "KIN-GOMBE-01", "expires": "2099-12-31T23:00:00Z",
}))]
pub(crate) struct NewKeyBody {
    /// What people call it, as the till that has it.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    /// Its role: no larger than what its maker may do.
    #[schema(pattern = "^(owner|manager|supervisor|cashier|auditor|operator)$")]
    role: String,
    /// What it may do of its role; all of it if they are left out.
    #[schema(required = false, min_items = 1)]
    scopes: Option<Vec<String>>,
    /// The only outlet that it reaches; all of the merchant's if it is left out. Who reaches one outlet makes keys for
    /// that one.
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// For which merchant. Only the platform says it; what it leaves out is a key of the platform.
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// From which second on it is refused, in UTC; never if it is left out.
    #[schema(required = false)]
    expires: Option<String>,
    /// How often it may ask, if not as often as every key; only the platform says so.
    #[schema(required = false)]
    rate: Option<KeyRate>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeApiKey)]
pub(crate) struct MadeKey {
    #[serde(flatten)]
    key: KeyView,
    /// What is sent as `Authorization: Bearer …`. It is shown this once: only its hash is kept.
    #[schema(example = "stk_MDEyMzQ1Njc4OWFiY2RlZmdoamttbnBxcnN0dnd4eXo")]
    secret: String,
}

/// Make an API key
///
/// Its secret is shown this once. A key permits nothing that its maker may not; only the platform hands out what a
/// merchant's roles may and it does not do itself, such as sealing.
#[utoipa::path(
    post,
    path = "/api/v1/api-keys",
    operation_id = "createApiKey",
    tag = "API keys",
    request_body = NewKeyBody,
    responses(
        (status = 201, description = "It is made.", body = MadeKey,
            headers(("Location" = String, description = "The key's address."))),
        (status = 404, description = "There is no such merchant or outlet, or it is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "There are too many keys, or the merchant or the outlet is stopped.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewKeyBody>,
) -> Result<Response, Problem> {
    let merchant = made_for(&caller, body.merchant_id.as_deref())?;
    let expires = body.expires.map(|expires| member::<Time>("expires", &expires)).transpose()?;
    let new = NewKey {
        name: member("name", &body.name)?,
        reach: reach(&caller, merchant, body.outlet_id.as_deref())?,
        role: member("role", &body.role)?,
        scopes: body.scopes.map(|names| scopes(&names)).transpose()?,
        rate: body.rate.map(Into::into),
        expires: expires.map(|Time(time)| time),
    };
    let (maker, by, now, mut random) = (Maker::from(&*caller), caller.by(), app.clock.now(), app.entropy);
    let made = app.registry(move |registry| registry.create_key(&maker, &new, &by, now, &mut random));
    let (secret, key) = made.await?;
    app.forget_who_may();
    let made = MadeKey { key: (&key).into(), secret: secret.reveal().to_owned() };
    Ok(created(&format!("api-keys/{}", key.id), &made))
}

/// Who reaches one outlet need not name it.
fn reach(caller: &Caller, merchant: Option<MerchantId>, outlet: Option<&str>) -> Result<Reach, Problem> {
    let named = outlet.map(id).transpose()?.or_else(|| caller.reach.outlet());
    match (merchant, named) {
        (Some(merchant), Some(outlet)) => Ok(Reach::Outlet(merchant, outlet)),
        (Some(merchant), None) => Ok(Reach::Merchant(merchant)),
        (None, None) => Ok(Reach::Platform),
        (None, Some(_)) => Err(Problem::of_member(
            Kind::MemberInvalid,
            "merchant_id",
            words("dites de quel marchand est ce point de vente", "say which merchant's outlet it is"),
        )),
    }
}

fn scopes(names: &[String]) -> Result<Permissions, Problem> {
    let scopes =
        names.iter().enumerate().map(|(at, name)| member::<Permission>(format!("scopes[{at}]"), name));
    scopes.collect()
}
