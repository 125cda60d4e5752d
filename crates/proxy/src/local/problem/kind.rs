//! The kinds of problems: the statuses are those that the cloud gives the same codes.

use axum::http::StatusCode as S;

/// What a code is called, and what to do about it.
pub(super) struct Kind {
    pub(super) code: &'static str,
    pub(super) status: S,
    pub(super) french: &'static str,
    pub(super) english: &'static str,
    /// What to do, in French; the English sentence comes with the refusal, or is the title.
    pub(super) remedy: &'static str,
}

impl Kind {
    /// That of a code; what is not known here is the device's, and needs a person.
    pub(super) fn of(code: &str) -> &'static Self {
        KINDS.iter().find(|kind| kind.code == code).unwrap_or(&FAILED)
    }
}

const fn kind(
    code: &'static str,
    status: S,
    french: &'static str,
    english: &'static str,
    remedy: &'static str,
) -> Kind {
    Kind { code, status, french, english, remedy }
}

static FAILED: Kind = kind(
    "DEVICE_FAILED",
    S::SERVICE_UNAVAILABLE,
    "Mémoire fiscale en défaut",
    "The fiscal memory has failed",
    "appelez un technicien",
);

#[rustfmt::skip]
static KINDS: [Kind; 33] = [
    kind("REQUEST_INVALID", S::BAD_REQUEST, "La demande ne peut être lue", "The request cannot be read",
        "corrigez la demande"),
    kind("UNAUTHENTICATED", S::UNAUTHORIZED, "Authentification requise", "Authentication is needed",
        "appairez cette caisse avec le proxy, puis envoyez son jeton"),
    kind("FORBIDDEN", S::FORBIDDEN, "Non permis", "Not allowed",
        "cela n'est pas permis d'ici"),
    kind("WRONG_OUTLET", S::FORBIDDEN, "Autre point de vente", "Another outlet",
        "envoyez cette facture au signataire de son point de vente"),
    kind("NOT_FOUND", S::NOT_FOUND, "Introuvable", "Not found",
        "il n'y a rien de tel : vérifiez ce que vous demandez"),
    kind("METHOD_NOT_ALLOWED", S::METHOD_NOT_ALLOWED, "Méthode non permise", "Method not allowed",
        "voyez /openapi.json"),
    kind("BODY_TOO_SLOW", S::REQUEST_TIMEOUT, "Corps trop lent", "The body came too slowly",
        "renvoyez la demande"),
    kind("REPLAY_DETECTED", S::CONFLICT, "Vente déjà scellée", "The sale is sealed already",
        "cette vente est déjà scellée : demandez cette facture"),
    kind("IDEMPOTENCY_KEY_REUSED", S::CONFLICT, "Clé d'idempotence déjà utilisée", "The idempotency key was used",
        "donnez une clé à chaque vente"),
    kind("ALREADY_VOIDED", S::CONFLICT, "Facture déjà annulée", "The original was voided",
        "il ne reste rien à créditer"),
    kind("CREDIT_EXCEEDS_ORIGINAL", S::CONFLICT, "Avoir supérieur à l'original", "The credit exceeds the original",
        "diminuez l'avoir"),
    kind("ORIGINAL_ELSEWHERE", S::CONFLICT, "L'original est ailleurs", "The original is elsewhere",
        "demandez un bon (POST /v1/vouchers) et joignez-le à la référence"),
    kind("CLOSURE_REQUIRED", S::CONFLICT, "Clôture requise", "A closure is required",
        "clôturez la journée (Z), puis renvoyez"),
    kind("HANDED_OVER", S::CONFLICT, "La ligne est ailleurs", "Another signer holds the line",
        "vendez par le signataire qui tient la ligne"),
    kind("NOT_PROVISIONED", S::CONFLICT, "Mémoire fiscale non activée", "The fiscal memory is not activated",
        "activez la mémoire fiscale"),
    kind("ALREADY_PROVISIONED", S::CONFLICT, "Mémoire fiscale déjà activée", "The fiscal memory is activated already",
        "elle appartient déjà à un point de vente"),
    kind("PAYLOAD_TOO_LARGE", S::PAYLOAD_TOO_LARGE, "Facture trop grande", "The payload is too large",
        "réduisez la facture"),
    kind("MEDIA_TYPE_UNSUPPORTED", S::UNSUPPORTED_MEDIA_TYPE, "Type de contenu inconnu", "The media type is unknown",
        "envoyez du JSON"),
    kind("SCHEMA_INVALID", S::UNPROCESSABLE_ENTITY, "La facture enfreint une règle", "The payload breaks a rule",
        "corrigez la facture"),
    kind("MEMBER_INVALID", S::UNPROCESSABLE_ENTITY, "Un membre est erroné", "A member is wrong",
        "corrigez ce membre"),
    kind("STALE_TIMESTAMP", S::UNPROCESSABLE_ENTITY, "Heure de la facture inacceptable", "The payload's time is not accepted",
        "réglez l'horloge de la caisse ; cherchez une vente ancienne avant de la refaire"),
    kind("ORIGINAL_NOT_FOUND", S::UNPROCESSABLE_ENTITY, "Facture d'origine introuvable", "The original is not found",
        "relisez numéro et code sur le reçu"),
    kind("PAIRING_REFUSED", S::FORBIDDEN, "Appairage refusé", "The pairing is refused",
        "faites faire un nouveau code par stelala proxy pair new"),
    kind("ACTIVATION_REFUSED", S::FORBIDDEN, "Activation refusée", "The activation is refused",
        "vérifiez le code d'activation, ou demandez-en un autre"),
    kind("DEVICE_BUSY", S::TOO_MANY_REQUESTS, "Trop de ventes attendent", "Too many sales wait",
        "renvoyez la même demande dans une seconde"),
    kind("DEVICE_UNREACHABLE", S::SERVICE_UNAVAILABLE, "Mémoire fiscale injoignable", "The fiscal memory cannot be reached",
        "rien n'a été scellé : branchez la mémoire fiscale, puis renvoyez"),
    kind("DEVICE_OUTCOME_UNKNOWN", S::SERVICE_UNAVAILABLE, "Issue inconnue", "The outcome is not known",
        "ne refaites pas la vente : renvoyez les mêmes octets avec la même clé"),
    kind("DEVICE_REVOKED", S::SERVICE_UNAVAILABLE, "Mémoire fiscale révoquée", "The fiscal memory is revoked",
        "appelez un technicien"),
    kind("CLOUD_UNREACHABLE", S::SERVICE_UNAVAILABLE, "Service injoignable", "The cloud cannot be reached",
        "il faut le service pour cela : réessayez quand la connexion est revenue"),
    kind("SYNC_REQUIRED", S::SERVICE_UNAVAILABLE, "Synchronisation requise", "A synchronisation is required",
        "reliez le proxy à internet, puis renvoyez"),
    kind("CLOCK_ROLLBACK_DETECTED", S::SERVICE_UNAVAILABLE, "Horloge en retard", "The clock went back",
        "reliez le proxy à internet : le service règle l'horloge de la mémoire fiscale"),
    kind("STORAGE_FULL", S::INSUFFICIENT_STORAGE, "Mémoire fiscale pleine", "The fiscal memory is full",
        "appelez un technicien"),
    kind("STATE_UNAVAILABLE", S::SERVICE_UNAVAILABLE, "Le proxy ne peut rien conserver", "The proxy can keep nothing",
        "rien n'a été scellé : voyez le disque du proxy"),
];
