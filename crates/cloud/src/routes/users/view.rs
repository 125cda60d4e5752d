use registry::{Invited, MerchantId, Person};
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody who may sign in.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// His id.
    #[schema(example = "usr_0123456789abcdefghjk")]
    user_id: String,
    /// With which he signs in.
    #[schema(example = "aline@example.cd")]
    email: String,
    /// What people call him.
    #[schema(example = "Aline Mbuyi")]
    name: String,
    /// What he is.
    #[schema(example = "owner")]
    role: &'static str,
    /// Whose person he is; none is the platform's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// The only outlet that he reaches, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// Since when he is here.
    #[schema(example = "2026-03-14T07:32:11Z")]
    created: String,
    /// Whether he has chosen a password since he was last invited.
    has_accepted: bool,
    /// Whether he signs in with a code, too.
    has_second_factor: bool,
    /// Whether he may not sign in.
    stopped: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    stopped_at: Option<String>,
}

impl From<&Person> for UserView {
    fn from(person: &Person) -> Self {
        Self {
            user_id: person.id.to_string(),
            email: person.email.to_string(),
            name: person.name.to_string(),
            role: person.role.name(),
            merchant_id: person.merchant.as_ref().map(MerchantId::to_string),
            outlet_id: person.outlet.map(|outlet| outlet.to_string()),
            created: format!("{}Z", person.created),
            has_accepted: person.has_accepted,
            has_second_factor: person.has_second_factor,
            stopped: person.stopped.is_some(),
            stopped_at: person.stopped.map(|stopped| format!("{stopped}Z")),
        }
    }
}

/// Somebody who was invited, and what he chooses his password with.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    /// He.
    user: UserView,
    /// To be given to him. It is shown this once: only its hash is kept.
    #[schema(example = "sti_MDEyMzQ1Njc4OWFiY2RlZmdoamttbnBxcnN0dnd4eXo")]
    invitation: String,
    /// From which second on it is refused.
    #[schema(example = "2026-03-17T07:32:11Z")]
    expires: String,
}

impl From<&Invited> for InvitationView {
    fn from(Invited { person, token, expires }: &Invited) -> Self {
        Self { user: person.into(), invitation: token.reveal().to_owned(), expires: format!("{expires}Z") }
    }
}
