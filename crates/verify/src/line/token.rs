//! The order by which a device entered, of which the referee reads what `docs/formats.md` names. Whether the operator
//! signed it, the device has checked.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{DeviceId, Epoch, InvoiceNumber, RecordHash, Timestamp};

use crate::bytes::{take, take_text};

const VERSION: u8 = 1;
const KIND: u8 = 4;
const ENTER: u8 = 2;
const SIGNATURE: usize = 64;

/// What an order to enter says.
pub(super) struct EnterTerms {
    pub(super) device: DeviceId,
    pub(super) epoch: Epoch,
    pub(super) next_number: InvoiceNumber,
    pub(super) close: RecordHash,
    pub(super) floor: Timestamp,
}

/// None of a text that is no order to enter.
pub(super) fn enter(text: &str) -> Option<EnterTerms> {
    let token = Base64UrlUnpadded::decode_vec(text).ok()?;
    let mut bytes = token.as_slice();
    let [VERSION, _realm, KIND] = *take(&mut bytes)? else { return None };
    let device = std::str::from_utf8(take_text(&mut bytes)?).ok()?.parse().ok()?;
    let _valid: &[u8; 16] = take(&mut bytes)?;
    let [ENTER] = *take(&mut bytes)? else { return None };
    let epoch = Epoch(u32::from_be_bytes(*take(&mut bytes)?));
    let next_number = InvoiceNumber::new(u64::from_be_bytes(*take(&mut bytes)?))?;
    let close = RecordHash(*take(&mut bytes)?);
    let floor = Timestamp::from_unix(u64::from_be_bytes(*take(&mut bytes)?))?;
    (bytes.len() == SIGNATURE).then_some(EnterTerms { device, epoch, next_number, close, floor })
}
