//! Whose things are meant: a merchant's own people need not say it, the platform's do.

use std::sync::Arc;

use registry::{MerchantId, Reach};

use crate::{
    app::App,
    auth::Caller,
    extract::{id, not_found},
    problem::{Kind, Problem, words},
};

/// What a list shows: all that the caller reaches, or what of it is one merchant's.
pub(super) async fn shown(app: &Arc<App>, caller: &Caller, merchant: Option<&str>) -> Result<Reach, Problem> {
    let Some(named) = merchant else { return Ok(caller.reach.clone()) };
    let named = within(caller, named)?;
    match &caller.reach {
        Reach::Platform => {
            let merchant = app.registry(move |registry| registry.merchant(&Reach::Platform, &named)).await?;
            Ok(Reach::Merchant(merchant.id))
        }
        own => Ok(own.clone()),
    }
}

/// For which merchant something is made; none is the platform itself.
pub(super) fn made_for(caller: &Caller, merchant: Option<&str>) -> Result<Option<MerchantId>, Problem> {
    merchant.map_or_else(|| Ok(caller.reach.merchant().cloned()), |named| within(caller, named).map(Some))
}

/// For which merchant something is made that the platform itself has none of.
pub(super) fn made_for_merchant(caller: &Caller, merchant: Option<&str>) -> Result<MerchantId, Problem> {
    made_for(caller, merchant)?.ok_or_else(|| {
        Problem::of_member(
            Kind::MemberInvalid,
            "merchant_id",
            words("dites pour quel marchand : merchant_id", "say for which merchant: merchant_id"),
        )
    })
}

fn within(caller: &Caller, named: &str) -> Result<MerchantId, Problem> {
    let named: MerchantId = id(named)?;
    if caller.reach.covers_merchant(&named) { Ok(named) } else { Err(not_found()) }
}
