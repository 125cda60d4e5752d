use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use sync::{Alert, AlertKind, AlertsOf};
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::Query,
    problem::{Language, Problem, Words, words},
    routes::{
        submissions::{Seen, time_of},
        whose::shown,
    },
};

/// Whose alerts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAlerts {
    /// Those of one merchant; the platform sees all merchants' without it.
    merchant_id: Option<String>,
    /// Those that are over, too.
    #[serde(default)]
    #[param(required = false, default = false)]
    ended: bool,
}

/// What needs someone, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityAlerts)]
pub(crate) struct Alerts {
    /// At most 500.
    alerts: Vec<AlertView>,
}

/// Something that is wrong on the way to the authority.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityAlert)]
pub(crate) struct AlertView {
    /// What: a stable word.
    #[schema(example = "token_expires")]
    cause: &'static str,
    /// What that means and what to do, in the language of the request.
    #[schema(example = "Un jeton expire dans moins de sept jours : remplacez-le.")]
    explanation: String,
    /// About which machine, outlet, invoice or chain.
    #[schema(example = "mcf_0123456789abcdefghjk")]
    about: String,
    /// At which outlet, if it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// Since when.
    #[schema(example = "2026-03-14T07:32:11Z")]
    since: String,
    /// When it was over, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    ended: Option<String>,
    /// More of it.
    detail: String,
}

/// The most that are shown.
const MOST: usize = 500;

/// List what needs someone
///
/// On the way to the authority: tokens that end, machines that are blocked, outlets without one, invoices that only a person
/// can settle.
#[utoipa::path(
    get,
    path = "/api/v1/authority/alerts",
    operation_id = "listAuthorityAlerts",
    tag = "Authority",
    params(WhichAlerts),
    responses((status = 200, description = "The alerts.", body = Alerts)),
)]
pub(crate) async fn alerts(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Query(which): Query<WhichAlerts>,
) -> Result<Response, Problem> {
    let reach = shown(&app, &caller, which.merchant_id.as_deref()).await?;
    let seen = Seen::of_reach(&app, &reach).await?;
    // Who reaches one outlet only does not run the merchant's machines.
    let merchant = reach.merchant().filter(|_| reach.outlet().is_none()).cloned();
    let found = app.desk(move |desk| {
        let of = AlertsOf { sight: seen.sight(), merchant: merchant.as_ref() };
        desk.alerts(of, !which.ended, MOST)
    });
    let found = found.await?;
    let alerts = found.iter().map(|alert| AlertView::of(alert, language)).collect();
    Ok(json(StatusCode::OK, &Alerts { alerts }))
}

impl AlertView {
    fn of(alert: &Alert, language: Language) -> Self {
        Self {
            cause: alert.kind.name(),
            explanation: explanation(alert.kind).in_language(language).to_owned(),
            about: alert.about.clone(),
            outlet_id: alert.outlet.map(|outlet| outlet.to_string()),
            since: time_of(alert.since),
            ended: alert.ended.map(time_of),
            detail: alert.detail.clone(),
        }
    }
}

fn explanation(kind: AlertKind) -> Words {
    let (french, english) = match kind {
        AlertKind::TokenExpires => (
            "Un jeton expire dans moins de sept jours : remplacez-le.",
            "A token ends within seven days: replace it.",
        ),
        AlertKind::TokenExpired => (
            "Un jeton a expiré, et rien n'est envoyé : remplacez-le.",
            "A token has ended, and nothing is sent: replace it.",
        ),
        AlertKind::NoMachine => (
            "Un point de vente n'a pas d'e-MCF, et ses factures attendent : enregistrez-en une.",
            "An outlet has no e-MCF, and its invoices wait: enter one.",
        ),
        AlertKind::MachinePaused => (
            "Une e-MCF est suspendue depuis plus d'une heure : laissez-la reprendre.",
            "An e-MCF has been paused for more than an hour: let it go on.",
        ),
        AlertKind::MachineBlocked => (
            "Une e-MCF est bloquée : vérifiez son jeton et son numéro.",
            "An e-MCF is blocked: check its token and its number.",
        ),
        AlertKind::Backlog => (
            "Des factures attendent depuis plus de 24 heures : regardez pourquoi.",
            "Invoices have waited for more than 24 hours: see why.",
        ),
        AlertKind::Ambiguous => (
            "On ne sait pas si la DGI a certaines factures : cherchez-les sur son portail et dites ce qu'il en est.",
            "It is not known whether the DGI has some invoices: look on its portal and say what became of them.",
        ),
        AlertKind::Differs => (
            "La DGI calcule d'autres montants pour certaines factures : annulez-les et refaites-les.",
            "The DGI computes other amounts for some invoices: cancel and remake them.",
        ),
        AlertKind::Failed => (
            "La DGI refuse certaines factures : voyez pourquoi, corrigez et renvoyez.",
            "The DGI refuses some invoices: see why, mend it and send them again.",
        ),
        AlertKind::RatesDiffer => (
            "Les taux de la DGI ne sont pas ceux du manifeste : faites-le mettre à jour.",
            "The DGI's rates are not those of the manifest: have it brought up to date.",
        ),
        AlertKind::TwoCodes => (
            "Une facture a deux codes de la DGI : demandez-lui lequel est le sien.",
            "An invoice has two codes of the DGI: ask it which is its own.",
        ),
        AlertKind::Contradicted => (
            "Les compteurs de la DGI contredisent ce qui était conclu : vérifiez ces factures sur son portail.",
            "The DGI's counters contradict what was concluded: check these invoices on its portal.",
        ),
        AlertKind::CorruptRow => (
            "Un enregistrement est illisible : faites vérifier le registre.",
            "A record cannot be read: have the ledger verified.",
        ),
        AlertKind::NonCompliant => (
            "Une facture enfreint une règle et n'est pas envoyée : refaites la vente.",
            "An invoice breaks a rule and is not sent: reissue the sale.",
        ),
        AlertKind::NotRecorded => (
            "Le registre refuse les éléments de la DGI d'une facture : signalez-le.",
            "The ledger refuses the DGI's elements of an invoice: please report this.",
        ),
        AlertKind::SettledByPerson => (
            "Une personne ou l'export du portail a dit ce qu'il en est d'une facture.",
            "A person or the portal's export said what became of an invoice.",
        ),
        AlertKind::HandedOut => (
            "Des factures ont été remises à une personne pour être saisies à la main : suivez leur retour.",
            "Invoices were given to a person to be typed by hand: see to their return.",
        ),
        AlertKind::TestMachine => (
            "Une e-MCF est un service d'essai : ce qu'elle normalise n'est déclaré à personne.",
            "An e-MCF is a test service: what it finalises is declared to nobody.",
        ),
    };
    words(french, english)
}
