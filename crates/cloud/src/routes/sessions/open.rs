use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};
use registry::{Cost, MerchantId, Password, SignIn, SignInFault, SignedIn, TotpCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    answer::created,
    app::App,
    auth::{may_log_in, wrong_log_in},
    extract::Json,
    problem::{Problem, ProblemBody},
    request_id::RequestName,
    server::ClientAddress,
};

/// Who somebody says he is, and how he shows it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "merchant_id": "mer_0123456789abcdefghjk", "email": "aline@example.cd", "password": "four words are enough",
    "code": "492039",
}))]
pub(crate) struct Credentials {
    /// Whose person he is; the platform's people leave it out.
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// His e-mail address.
    email: String,
    /// His password.
    password: String,
    /// What his app shows, if he has a second factor. A code is good once.
    #[schema(required = false)]
    code: Option<String>,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// What is sent as `Authorization: Bearer …`. It is shown this once.
    #[schema(example = "sts_MDEyMzQ1Njc4OWFiY2RlZmdoamttbnBxcnN0dnd4eXo")]
    token: String,
    /// From which second on it is refused: after 12 hours.
    #[schema(example = "2026-03-14T19:32:11Z")]
    expires: String,
    /// Whether his role needs a second factor that he has not got. Until he makes one (`POST /api/v1/account/totp`) he may do
    /// nothing else.
    needs_enrolment: bool,
}

/// Sign in
///
/// What is wrong, the person, the password or the code, is not told. After five failures in a row each further try waits,
/// from half a minute to a quarter of an hour.
#[utoipa::path(
    post,
    path = "/api/v1/sessions",
    operation_id = "signIn",
    tag = "Sessions",
    request_body = Credentials,
    responses(
        (status = 201, description = "He is signed in.", body = Session,
            headers(("Location" = String, description = "Where a session says whose it is."))),
        (status = 401, description = "This is not a known person with this password and code.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 429, description = "It was wrong too often, or too many sign in at once.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    Extension(address): Extension<ClientAddress>,
    RequestName(request): RequestName,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    may_log_in(&app, address)?;
    // An id that cannot be one is nobody's.
    let Ok(merchant) = credentials.merchant_id.as_deref().map(str::parse::<MerchantId>).transpose() else {
        return Err(wrong_log_in(&app, address, SignInFault::Wrong.into()));
    };
    let password = Password::given(credentials.password);
    // A code that cannot be one is as good as none.
    let code = credentials.code.and_then(|code| code.parse::<TotpCode>().ok());
    let (vault, now, mut random) = (Arc::clone(&app), app.clock.now(), app.entropy);
    let signed_in = app.registry_with_password(move |registry| {
        let asked = SignIn {
            merchant: merchant.as_ref(),
            email: &credentials.email,
            password: &password,
            code: code.as_ref(),
        };
        Ok(registry.sign_in(&asked, &vault.vault, Cost::RECOMMENDED, &request, now, &mut random))
    });
    match signed_in.await? {
        Ok(SignedIn { token, expires, needs_enrolment, .. }) => {
            let session =
                Session { token: token.reveal().to_owned(), expires: format!("{expires}Z"), needs_enrolment };
            Ok(created("sessions/current", &session))
        }
        Err(fault @ SignInFault::Wrong) => Err(wrong_log_in(&app, address, fault.into())),
        Err(fault) => Err(fault.into()),
    }
}
