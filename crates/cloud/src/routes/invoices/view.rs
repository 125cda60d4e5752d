//! Sealed invoices as they are shown.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use def_protocol::reply::Seal;
use fiscal::Prefix;
use ledger::{LedgerStore, Row, SealingKey, StoreFault};
use serde::Serialize;

pub(crate) use crate::answer::json;
use crate::routes::submissions::Standing;

/// A sealed invoice, with its payload where that was asked for or made here.
#[derive(Serialize)]
pub(crate) struct InvoiceView {
    #[serde(flatten)]
    seal: Seal,
    #[serde(skip_serializing_if = "Payload::is_left_out")]
    payload: Payload,
    /// How it stands with the tax authority, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    dgi: Option<Standing>,
}

/// The canonical payload of a seal.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload {
    /// It was not asked for.
    LeftOut,
    /// Byte for byte; null once it was erased past its retention (L9).
    Of(Option<String>),
}

impl Payload {
    const fn is_left_out(&self) -> bool {
        matches!(self, Self::LeftOut)
    }
}

/// What verifies rows of one outlet.
pub(crate) struct Viewer {
    keys: Vec<SealingKey>,
    prefix: Prefix,
}

impl Viewer {
    pub(crate) fn new(store: &mut dyn LedgerStore, prefix: Prefix) -> Result<Self, StoreFault> {
        Ok(Self { keys: store.keys()?, prefix })
    }

    /// The seal that a stored row has, if its key did seal it.
    pub(crate) fn seal(&self, row: &Row) -> Result<Option<Seal>, StoreFault> {
        Ok(Seal::of(&self.verified(row)?, self.prefix))
    }

    /// The record that a stored row is, verified.
    pub(crate) fn verified(&self, row: &Row) -> Result<fiscal::Sealed, StoreFault> {
        let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", row.place));
        let record = row.read().map_err(|fault| corrupt(fault.to_string()))?;
        let known = self.keys.iter().find(|known| known.key.id() == record.header.key);
        let key = known.ok_or_else(|| corrupt("its key was never published".to_owned()))?.key;
        record.verify(&key).map_err(|fault| corrupt(fault.to_string()))
    }

    /// With its payload.
    pub(crate) fn whole(&self, row: Row) -> Result<Option<InvoiceView>, StoreFault> {
        let seal = self.seal(&row)?;
        Ok(seal.map(|seal| InvoiceView { seal, payload: Payload::Of(row.body), dgi: None }))
    }

    /// Without it.
    pub(crate) fn sealed(&self, row: &Row) -> Result<Option<InvoiceView>, StoreFault> {
        let seal = self.seal(row)?;
        Ok(seal.map(|seal| InvoiceView { seal, payload: Payload::LeftOut, dgi: None }))
    }
}

impl InvoiceView {
    /// Of a sale that was sealed now.
    pub(crate) fn new(seal: Seal, payload: Option<String>) -> Self {
        let payload = match payload {
            Some(payload) => Payload::Of(Some(payload)),
            None => Payload::LeftOut,
        };
        Self { seal, payload, dgi: None }
    }

    /// And how it stands with the tax authority.
    pub(crate) fn with_dgi(self, standing: Standing) -> Self {
        Self { dgi: Some(standing), ..self }
    }
}

impl IntoResponse for InvoiceView {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self)
    }
}
