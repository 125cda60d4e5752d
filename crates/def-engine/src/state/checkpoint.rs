//! The part of the state that reaches further back than the last records: what a checkpoint holds.

use def_protocol::token::Newest;
use fiscal::{Epoch, InvoiceNumber, RecordHash, Timestamp};

use super::{
    Acknowledged, Command, Ended, Order, State,
    codec::{Decoder, Encoder},
    notes::Notes,
};
use crate::journal::Place;

/// A checkpoint takes at most this many bytes.
pub(crate) const CHECKPOINT_BYTES: usize = 12 * 1024;

const VERSION: u8 = 1;

impl State {
    /// Writes it. The chain's point stands in the header of its sector; the last invoices are read again.
    pub(crate) fn encode<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let mut out = Encoder::new(buffer);
        out.put(&[VERSION]);
        out.place(self.binding.map(|binding| binding.place));
        out.place(self.manifest);
        out.place(self.last_closure);
        out.put(&self.counted.closures.to_be_bytes());
        out.put(&self.exported.to_be_bytes());
        out.put(&self.handed_at.unix().to_be_bytes());
        out.put(&self.epoch_began.unix().to_be_bytes());
        out.put(&self.behind_since.unix().to_be_bytes());
        out.put(&self.sealed_before_epoch.0.to_be_bytes());
        out.put(&self.sealed_before_epoch.1.to_be_bytes());
        out.put(&[match self.ended {
            None => 0,
            Some(Ended::Revoked) => 1,
            Some(Ended::Decommissioned) => 2,
        }]);
        out.flag(self.handed_over);
        out.flag(self.newest.is_some());
        if let Some(newest) = &self.newest {
            out.put(&newest.epoch.0.to_be_bytes());
            out.put(&newest.number.value().to_be_bytes());
            out.put(&newest.hash.0);
        }
        out.flag(self.acknowledged_on_record.is_some());
        if let Some(held) = &self.acknowledged_on_record {
            out.put(&held.epoch.0.to_be_bytes());
            out.put(&held.number.value().to_be_bytes());
            out.put(&held.hash.0);
            out.put(&held.time.unix().to_be_bytes());
            out.put(&held.invoices.to_be_bytes());
            out.put(&held.cdf.to_be_bytes());
        }
        for order in &self.orders {
            out.place(order.map(|order| order.place));
            out.put(&order.map_or([0; 16], |order| order.digest));
        }
        self.notes.encode(&mut out);
        self.counted.session.encode(&mut |bytes| out.put(bytes));
        self.counted.day.encode(&mut |bytes| out.put(bytes));
        out.finish()
    }

    /// Reads it into a state that is clear: what was known at that point, and where the record is that binds the
    /// device. None when it is no checkpoint; the state is then to be cleared again.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Option<Option<Place>> {
        let mut input = Decoder::new(bytes);
        let [VERSION] = input.array()? else { return None };
        let binding = input.place()?;
        let state = self;
        state.manifest = input.place()?;
        state.last_closure = input.place()?;
        state.counted.closures = input.u32()?;
        state.exported = input.u64()?;
        state.handed_at = Timestamp::from_unix(input.u64()?)?;
        state.epoch_began = Timestamp::from_unix(input.u64()?)?;
        state.behind_since = Timestamp::from_unix(input.u64()?)?;
        state.sealed_before_epoch = (input.u64()?, u128::from_be_bytes(input.array()?));
        state.ended = match input.array()? {
            [0] => None,
            [1] => Some(Ended::Revoked),
            [2] => Some(Ended::Decommissioned),
            _ => return None,
        };
        state.handed_over = input.flag()?;
        if input.flag()? {
            state.newest = Some(Newest {
                epoch: Epoch(input.u32()?),
                number: InvoiceNumber::new(input.u64()?)?,
                hash: RecordHash(input.array()?),
            });
        }
        if input.flag()? {
            state.acknowledged = Some(Acknowledged {
                epoch: Epoch(input.u32()?),
                number: InvoiceNumber::new(input.u64()?)?,
                hash: RecordHash(input.array()?),
                time: Timestamp::from_unix(input.u64()?)?,
                invoices: input.u64()?,
                cdf: u128::from_be_bytes(input.array()?),
            });
        }
        state.acknowledged_on_record = state.acknowledged;
        for index in 0..Command::COUNT {
            let place = input.place()?;
            let digest = input.array()?;
            state.orders[index] = place.map(|place| Order { digest, place });
        }
        state.notes = Notes::decode(&mut input)?;
        state.counted.session.restore(input.rest())?;
        state.counted.day.restore(input.rest())?;
        input.is_at_end().then_some(binding)
    }
}
