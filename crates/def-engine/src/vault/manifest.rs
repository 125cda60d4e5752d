//! Tax groups that were installed, read from the record that installed them.

use def_protocol::{
    ErrorCode,
    reply::Displayed,
    token::{Body, TaxManifest, Token, Unverified},
};
use embedded_storage::nor_flash::MultiwriteNorFlash;
use fiscal::{InvoiceNumber, Manifest, ManifestGroup, Timestamp, Validated};

use super::{Buffers, Vault};
use crate::{
    board::Board,
    journal::{Journal, JournalFault, Place},
    kept::Kept,
    refusal::Refusal,
    state::{EventBody, Told},
};

const UNREAD: &str = "the record cannot be read";
const NO_MANIFEST: &str = "the tax manifest cannot be read";

/// The bytes of the token that installed the tax groups: without them each sale would read and decode that record.
pub(crate) struct Installed {
    /// Of the record that they are from.
    place: Option<Place>,
    length: usize,
    bytes: [u8; TaxManifest::MAX_BYTES],
}

impl Installed {
    pub(crate) const fn new() -> Self {
        Self { place: None, length: 0, bytes: [0; TaxManifest::MAX_BYTES] }
    }

    /// Before anything was read.
    pub(crate) const fn forget(&mut self) {
        self.place = None;
    }

    /// The token of this record; none when it is another one's, or cannot be read.
    fn token(&self, place: Place) -> Option<Token<'_, TaxManifest<'_>>> {
        let bytes = self.bytes.get(..self.length).filter(|_| self.place == Some(place))?;
        Unverified::from_bytes(bytes).ok().map(Unverified::recorded)
    }

    /// Keeps the token that a record's body has.
    fn keep(&mut self, place: Place, text: &str) -> Option<()> {
        self.place = None;
        Unverified::<TaxManifest<'_>>::from_text(text, &mut self.bytes).ok()?;
        // Four characters are three bytes.
        (self.place, self.length) = (Some(place), text.len() * 3 / 4);
        Some(())
    }
}

impl<B: Board> Vault<'_, B> {
    /// Writes what the record of a new epoch says: all that outlives the records before it.
    pub(crate) fn write_epoch(&mut self, token: &str) -> Result<(), Refusal> {
        let (binding, manifest) = (self.binding()?.place, self.state.manifest);
        let (head, skipped) = (self.state.point.head, self.state.counted.session.skipped);
        let middle = self.buffers.content.len() / 2;
        let (first, second) = self.buffers.content.split_at_mut(middle);
        let activation = told(&mut self.journal, binding, first, UNREAD)?.activation;
        let manifest = match manifest {
            Some(place) => {
                let told = told(&mut self.journal, place, second, UNREAD)?;
                told.manifest.or(told.token)
            }
            None => None,
        };
        let body = EventBody::Epoch {
            token,
            activation: activation
                .ok_or(JournalFault::corrupt(binding, "the record that binds the device cannot be read"))?,
            manifest,
            previous_epoch: self.state.point.epoch.0,
            previous_number: head.number.map_or(0, InvoiceNumber::value),
            previous_hash: Displayed(head.hash),
            skipped,
            handed_over: self.state.handed_over.then_some(true),
        };
        self.buffers.text.clear();
        def_protocol::json::write(&body, &mut self.buffers.text).map_err(|_| JournalFault::Full.into())
    }

    /// Whether a sale's groups are those that hold today; a device without a manifest checks sums only (P7).
    pub(crate) fn check_manifest(&mut self, sale: &Validated<'_>, now: Timestamp) -> Result<(), Refusal> {
        let day = self.business_day(now);
        let mut checked = Ok(());
        self.with_manifest(&mut |_, groups| checked = Manifest { groups }.check(sale, day))?;
        checked.map_err(|fault| Refusal::new(ErrorCode::SchemaInvalid, fault))
    }

    /// The version of the tax groups that are installed.
    pub(crate) fn manifest_version(&mut self) -> Result<Option<u32>, Refusal> {
        let mut installed = None;
        self.with_manifest(&mut |version, _| installed = Some(version))?;
        Ok(installed)
    }

    /// Gives the version and the tax groups that are installed, if any are.
    fn with_manifest(&mut self, ask: &mut dyn FnMut(u32, &[ManifestGroup<'_>])) -> Result<(), JournalFault> {
        let Some(place) = self.state.manifest else { return Ok(()) };
        if self.buffers.installed.place != Some(place) {
            self.read_manifest(place)?;
        }
        let token = self.buffers.installed.token(place).ok_or(unreadable(place))?;
        let groups: heapless::Vec<_, { TaxManifest::MAX_ENTRIES }> = token.body().entries().collect();
        ask(token.body().version(), &groups);
        Ok(())
    }

    fn read_manifest(&mut self, place: Place) -> Result<(), JournalFault> {
        let Buffers { content, installed, .. } = &mut *self.buffers;
        let told = told(&mut self.journal, place, content, NO_MANIFEST)?;
        let token = told.manifest.or(told.token).ok_or(unreadable(place))?;
        installed.keep(place, token).ok_or(unreadable(place))
    }
}

const fn unreadable(place: Place) -> JournalFault {
    JournalFault::corrupt(place, NO_MANIFEST)
}

/// What a record's body says.
fn told<'b, F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    place: Place,
    buffer: &'b mut [u8],
    otherwise: &'static str,
) -> Result<Told<'b>, JournalFault> {
    let fault = JournalFault::corrupt(place, otherwise);
    let slot = journal.slot(place, buffer)?;
    match Kept::read(slot.kind, slot.content) {
        Some(Kept::Event(_, event)) => Told::read(event.body).ok_or(fault),
        _ => Err(fault),
    }
}
