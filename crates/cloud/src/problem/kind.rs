use axum::http::StatusCode;

use super::Language;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $code:literal $status:ident $french:literal $english:literal;)*) => {
        /// The kinds of problems: a status and a title each. Codes are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $variant),* }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The status of HTTP.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// What the kind is called.
            pub const fn title(self, language: Language) -> &'static str {
                match language {
                    Language::French => match self { $(Self::$variant => $french),* },
                    Language::English => match self { $(Self::$variant => $english),* },
                }
            }

            /// The kind that has a code.
            pub(crate) fn of_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.code() == code)
            }
        }
    };
}

kinds! {
    /// A query or a header cannot be read.
    RequestInvalid "REQUEST_INVALID" BAD_REQUEST "La demande ne peut être lue" "The request cannot be read";
    /// There is no API key, or a wrong one.
    Unauthenticated "UNAUTHENTICATED" UNAUTHORIZED "Authentification requise" "Authentication is needed";
    /// It is known who asks, and he may not.
    Forbidden "FORBIDDEN" FORBIDDEN "Droit insuffisant" "Not allowed";
    /// The key sells for no such outlet, whether there is one or not.
    WrongOutlet "WRONG_OUTLET" FORBIDDEN "Autre point de vente" "Another outlet";
    /// There is no such thing, or it is another outlet's.
    NotFound "NOT_FOUND" NOT_FOUND "Introuvable" "Not found";
    /// The path does not know the method.
    MethodNotAllowed "METHOD_NOT_ALLOWED" METHOD_NOT_ALLOWED "Méthode non permise" "Method not allowed";
    /// The body did not arrive in time.
    BodyTooSlow "BODY_TOO_SLOW" REQUEST_TIMEOUT "Corps trop lent" "The body came too slowly";
    /// The sale is sealed already.
    ReplayDetected "REPLAY_DETECTED" CONFLICT "Vente déjà scellée" "The sale is sealed already";
    /// The key was used for another payload.
    KeyReused "IDEMPOTENCY_KEY_REUSED" CONFLICT "Clé d'idempotence déjà utilisée" "The idempotency key was used";
    /// Nothing is left of the original.
    AlreadyVoided "ALREADY_VOIDED" CONFLICT "Facture déjà annulée" "The original was voided";
    /// The notes exceed the original.
    CreditExceeds "CREDIT_EXCEEDS_ORIGINAL" CONFLICT "Avoir supérieur à l'original" "The credit exceeds the original";
    /// Another signer may credit the original.
    OriginalElsewhere "ORIGINAL_ELSEWHERE" CONFLICT "L'original est ailleurs" "The original is elsewhere";
    /// The day has to be closed first.
    ClosureRequired "CLOSURE_REQUIRED" CONFLICT "Clôture requise" "A closure is required";
    /// An outlet, a prefix or a key is there already.
    Exists "EXISTS" CONFLICT "Existe déjà" "It exists already";
    /// What is to be changed is not as it has to be.
    Conflict "CONFLICT" CONFLICT "Changement impossible" "The change is not possible";
    /// Another invoice has this code of the authority.
    CodeReused "CODE_REUSED" CONFLICT "Code de la DGI déjà pris" "The authority's code is another invoice's";
    /// A file of invoices cannot be taken.
    SheetInvalid "SHEET_INVALID" UNPROCESSABLE_ENTITY "Fichier non repris" "The file cannot be taken";
    /// The body is larger than an invoice may be.
    PayloadTooLarge "PAYLOAD_TOO_LARGE" PAYLOAD_TOO_LARGE "Facture trop grande" "The payload is too large";
    /// The body is of another type.
    MediaType "MEDIA_TYPE_UNSUPPORTED" UNSUPPORTED_MEDIA_TYPE "Type de contenu inconnu" "The media type is unknown";
    /// The payload breaks a rule.
    SchemaInvalid "SCHEMA_INVALID" UNPROCESSABLE_ENTITY "La facture enfreint une règle" "The payload breaks a rule";
    /// A member of the request breaks a rule.
    MemberInvalid "MEMBER_INVALID" UNPROCESSABLE_ENTITY "Un membre est erroné" "A member is wrong";
    /// The payload is stamped after the ledger's clock.
    StaleTimestamp "STALE_TIMESTAMP" UNPROCESSABLE_ENTITY "Heure de la facture inacceptable" "The payload's time is not accepted";
    /// No such original was sealed here.
    OriginalNotFound "ORIGINAL_NOT_FOUND" UNPROCESSABLE_ENTITY "Facture d'origine introuvable" "The original is not found";
    /// More sales wait than may, or more work that takes long.
    Busy "BUSY" TOO_MANY_REQUESTS "Trop de demandes attendent" "Too many requests wait";
    /// More requests than this key or address may send.
    RateLimited "RATE_LIMITED" TOO_MANY_REQUESTS "Trop de demandes" "Too many requests";
    /// The answer can be given in no form that is accepted.
    NotAcceptable "NOT_ACCEPTABLE" NOT_ACCEPTABLE "Aucune forme acceptée" "No form is acceptable";
    /// Something went wrong that should not.
    Internal "INTERNAL" INTERNAL_SERVER_ERROR "Erreur interne" "Internal error";
    /// The signer does not seal now.
    SignerUnavailable "SIGNER_UNAVAILABLE" SERVICE_UNAVAILABLE "Signataire indisponible" "The signer is unavailable";
    /// The database does not answer now.
    StoreUnavailable "STORE_UNAVAILABLE" SERVICE_UNAVAILABLE "Base de données indisponible" "The database is unavailable";
    /// It is not known whether the sale was stored.
    OutcomeUnknown "OUTCOME_UNKNOWN" SERVICE_UNAVAILABLE "Issue inconnue" "The outcome is not known";
    /// Another process has the outlet, or it is being restored.
    OutletHeld "OUTLET_HELD" SERVICE_UNAVAILABLE "Point de vente occupé" "The outlet is held";
    /// A writer has ended against all expectation.
    LedgerFailed "LEDGER_FAILED" SERVICE_UNAVAILABLE "Le registre est en panne" "The ledger has failed";
    /// A delivery does not begin behind what is held.
    /// The fiscal memory that holds the outlet's line cannot be asked now.
    DeviceUnreachable "DEVICE_UNREACHABLE" SERVICE_UNAVAILABLE "Mémoire fiscale injoignable" "The fiscal memory cannot be reached";
    /// It is not known yet whether the fiscal memory sealed the sale.
    DeviceOutcomeUnknown "DEVICE_OUTCOME_UNKNOWN" SERVICE_UNAVAILABLE "Issue inconnue à la mémoire fiscale" "The fiscal memory's outcome is not known";
    /// The line was given to a fiscal memory that has not taken it yet.
    DeviceEntering "DEVICE_ENTERING" SERVICE_UNAVAILABLE "La mémoire fiscale prend la ligne" "The fiscal memory is taking the line";
    /// The fiscal memory has more to do than it can.
    DeviceBusy "DEVICE_BUSY" SERVICE_UNAVAILABLE "Mémoire fiscale occupée" "The fiscal memory is busy";
    /// The fiscal memory was revoked: it seals nothing any more.
    DeviceRevoked "DEVICE_REVOKED" SERVICE_UNAVAILABLE "Mémoire fiscale révoquée" "The fiscal memory is revoked";
    /// The fiscal memory needs a person.
    DeviceFailed "DEVICE_FAILED" SERVICE_UNAVAILABLE "Mémoire fiscale en défaut" "The fiscal memory has failed";
    /// The fiscal memory may not seal more before the ledger acknowledged what it has.
    SyncRequired "SYNC_REQUIRED" SERVICE_UNAVAILABLE "Synchronisation requise" "A synchronisation is required";
    /// A fiscal memory is not in a state in which it can do this.
    DeviceNotReady "DEVICE_NOT_READY" CONFLICT "La mémoire fiscale n'est pas prête" "The fiscal memory is not ready";
    /// A fiscal memory holds the outlet's line.
    HandedOver "HANDED_OVER" CONFLICT "La ligne est ailleurs" "Another signer holds the line";
    /// The ledger does not hold the record with which a fiscal memory left the line.
    NotClosed "NOT_CLOSED" CONFLICT "La mémoire fiscale n'a pas quitté la ligne" "The fiscal memory has not left the line";
    /// A fiscal memory does not hold the outlet's line.
    NotHolder "NOT_HOLDER" CONFLICT "La mémoire fiscale ne tient pas la ligne" "The fiscal memory does not hold the line";
    /// This cloud serves no fiscal memories.
    NoDevices "NO_DEVICES" CONFLICT "Pas de mémoires fiscales ici" "No fiscal memories here";
    /// The program ends.
    Stopping "STOPPING" SERVICE_UNAVAILABLE "Arrêt en cours" "Shutting down";
    /// The clock is behind the ledger.
    ClockRollback "CLOCK_ROLLBACK_DETECTED" SERVICE_UNAVAILABLE "Horloge en retard" "The clock went back";
    /// The program cannot serve now.
    NotReady "NOT_READY" SERVICE_UNAVAILABLE "Pas prêt" "Not ready";
    /// The epoch has no numbers left.
    StorageFull "STORAGE_FULL" INSUFFICIENT_STORAGE "Plus de numéros" "No numbers left";
}
