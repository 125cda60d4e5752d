//! Tax groups that were installed, read from the record that installed them.

use def_protocol::{
    ErrorCode,
    token::{Activation, Body, TaxManifest, Unverified},
};
use fiscal::{Manifest, ManifestGroup, Timestamp, Validated};

use super::Vault;
use crate::{
    board::Board,
    journal::{JournalFault, Place},
    refusal::Refusal,
    replay::Kept,
    state::Told,
};

/// The tokens that a new epoch takes with it.
pub(crate) struct KeptTokens {
    pub(crate) activation: heapless::String<{ Activation::MAX_CHARACTERS }>,
    pub(crate) manifest: Option<heapless::String<{ TaxManifest::MAX_CHARACTERS }>>,
}

impl<B: Board> Vault<'_, B> {
    /// Reads them from the records that hold them.
    pub(crate) fn kept_tokens(&mut self) -> Result<KeptTokens, Refusal> {
        let place = self.binding()?.place;
        let activation = self.told(place, |told| told.activation.and_then(|token| token.try_into().ok()))?;
        let manifest = match self.state.manifest {
            Some(place) => {
                let token =
                    |told: &Told<'_>| told.manifest.or(told.token).and_then(|token| token.try_into().ok());
                Some(self.told(place, token)?)
            }
            None => None,
        };
        Ok(KeptTokens { activation, manifest })
    }

    /// What a record's body says.
    fn told<R>(&mut self, place: Place, ask: impl FnOnce(&Told<'_>) -> Option<R>) -> Result<R, Refusal> {
        let fault = JournalFault::corrupt(place, "the record cannot be read");
        let slot = self.journal.slot(place, &mut self.buffers.content)?;
        match Kept::read(slot.kind, slot.content) {
            Some(Kept::Event(_, event)) => {
                Ok(Told::read(event.body).and_then(|told| ask(&told)).ok_or(fault)?)
            }
            _ => Err(fault.into()),
        }
    }

    /// Whether a sale's groups are those that hold today; a device without a manifest checks sums only (P7).
    pub(crate) fn check_manifest(&mut self, sale: &Validated<'_>, now: Timestamp) -> Result<(), Refusal> {
        let day = self.business_day(now);
        self.with_manifest(|groups| Manifest { groups }.check(sale, day))
            .map_or(Ok(()), |checked| checked?.map_err(|fault| Refusal::new(ErrorCode::SchemaInvalid, fault)))
    }

    fn with_manifest<R>(
        &mut self,
        ask: impl FnOnce(&[ManifestGroup<'_>]) -> R,
    ) -> Option<Result<R, Refusal>> {
        let place = self.state.manifest?;
        let fault = JournalFault::corrupt(place, "the tax manifest cannot be read");
        // The record takes less than half of the buffer; the token's bytes go into the other half.
        let middle = self.buffers.content.len() / 2;
        let (record, bytes) = self.buffers.content.split_at_mut(middle);
        let read = || -> Result<R, JournalFault> {
            let slot = self.journal.slot(place, record)?;
            let Some(Kept::Event(_, event)) = Kept::read(slot.kind, slot.content) else { return Err(fault) };
            let told = Told::read(event.body).ok_or(fault)?;
            let token = told.manifest.or(told.token).ok_or(fault)?;
            let bytes = bytes.get_mut(..TaxManifest::MAX_BYTES).ok_or(fault)?;
            let token = Unverified::<TaxManifest<'_>>::from_text(token, bytes).map_err(|_| fault)?.recorded();
            let groups: heapless::Vec<_, { TaxManifest::MAX_ENTRIES }> = token.body().entries().collect();
            Ok(ask(&groups))
        };
        Some(read().map_err(Refusal::from))
    }
}
