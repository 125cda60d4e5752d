//! From the body of a request to a sale that the ledger takes.

use std::sync::Arc;

use draft::{Complete, Defaults, Draft};
use fiscal::{Invoice, OutletId, UtcOffset};
use ledger::{IdempotencyKey, Offer, Outlet, Refusal};
use registry::{Permission, Place, Reach};

use crate::{
    app::App,
    auth::Caller,
    problem::{Kind, Problem, words},
    routes::vouchers::with_voucher,
};

/// How an invoice is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Canonical bytes, taken as they are (L8).
    Canonical,
    /// Members in any order; what is missing is computed, if the caller asks for it.
    Friendly {
        /// Whether he does.
        complete: bool,
    },
}

/// A sale that may be offered to the ledger.
pub(crate) struct Offered {
    pub(crate) offer: Offer,
    /// The canonical bytes, where they were made here.
    pub(crate) made: Option<String>,
}

impl Offered {
    /// Reads a body for a caller who may sell what it says.
    pub(crate) async fn read(
        app: &Arc<App>,
        caller: &Caller,
        body: Vec<u8>,
        form: Form,
        key: Option<IdempotencyKey>,
    ) -> Result<Self, Problem> {
        let (payload, made) = match form {
            Form::Canonical => (body, None),
            Form::Friendly { complete } => {
                let payload = canonical(app, caller, &body, complete).await?;
                (payload.clone().into_bytes(), Some(payload))
            }
        };
        let offer = Offer::read_with(payload, key, &app.ledger.manifest())
            .map_err(|fault| Problem::of_payload(&fault))?;
        Ok(Self { offer: permitted(app, caller, offer).await?, made })
    }
}

/// A sale in the name of a caller, who may sell what it says.
pub(super) async fn permitted(app: &Arc<App>, caller: &Caller, offer: Offer) -> Result<Offer, Problem> {
    if !may_sell(app, caller, offer.outlet()).await? {
        return Err(Refusal::WrongOutlet.into());
    }
    let is_credit = offer.invoice_type().is_credit();
    if !caller.permits(if is_credit { Permission::Credit } else { Permission::Seal }) {
        return Err(if is_credit { may_not_credit() } else { may_not_sell() });
    }
    Ok(offer.by(caller.by()))
}

/// Whether what an invoice says was sold at an outlet. What a device delivered is kept whatever its body says, so that a
/// body alone does not name who sells again.
pub(super) fn is_of(body: &str, outlet: &Outlet) -> bool {
    let named = Invoice::read(body.as_bytes());
    named.is_ok_and(|named| named.outlet_id == outlet.id && named.merchant_nif == outlet.nif)
}

/// Whether an outlet is one for which the caller sells. One that is not there is like one of another merchant.
async fn may_sell(app: &Arc<App>, caller: &Caller, outlet: OutletId) -> Result<bool, Problem> {
    let place = app.place(outlet).await?;
    Ok(place.is_some_and(|place| place.stopped.is_none() && caller.reach.covers(&place.merchant, outlet)))
}

async fn canonical(app: &Arc<App>, caller: &Caller, body: &[u8], complete: bool) -> Result<String, Problem> {
    let draft = Draft::read(body)?;
    let own = match &caller.reach {
        Reach::Outlet(_, outlet) => Some(*outlet),
        Reach::Merchant(_) | Reach::Platform => None,
    };
    let outlet = draft.outlet_id().or(own);
    let place = match outlet {
        Some(outlet) => app.place(outlet).await?,
        None => None,
    };
    // An outlet that is another's says nothing of itself: neither its NIF nor its zone.
    let place = place.filter(|place| caller.reach.covers(&place.merchant, place.outlet.id));
    if outlet.is_some() && place.is_none() {
        return Err(Refusal::WrongOutlet.into());
    }
    let defaults =
        Defaults { nif: place.as_ref().map(|place| place.outlet.nif), outlet: own, ..Defaults::default() };
    let canonical = if complete {
        completed(app, &draft, &defaults, place.as_deref())?
    } else {
        draft.canonical(&defaults, None)?
    };
    match place {
        Some(place) if caller.permits(Permission::Credit) && place.stopped.is_none() => {
            with_voucher(app, &place, canonical, caller.by()).await
        }
        _ => Ok(canonical),
    }
}

/// With tax groups and totals.
fn completed(
    app: &App,
    draft: &Draft,
    defaults: &Defaults,
    place: Option<&Place>,
) -> Result<String, Problem> {
    let zone = place.map_or(UtcOffset::KINSHASA, |place| place.outlet.zone);
    let book = app.ledger.manifest();
    let manifest = book.as_manifest();
    let complete = Complete { manifest: &manifest, day: draft.timestamp().date_at(zone) };
    Ok(draft.canonical(defaults, Some(complete))?)
}

fn may_not_sell() -> Problem {
    let scope = Permission::Seal.name();
    Problem::new(
        Kind::Forbidden,
        words(
            format!("une vente demande le droit {scope} : demandez une clé ou un rôle qui l'a"),
            format!("a sale needs the scope {scope}: ask for a key or a role that has it"),
        ),
    )
}

fn may_not_credit() -> Problem {
    let scope = Permission::Credit.name();
    Problem::new(
        Kind::Forbidden,
        words(
            format!("un avoir demande le droit {scope} : adressez-vous à un responsable"),
            format!("a credit note needs the scope {scope}: ask a supervisor"),
        ),
    )
}
