//! Payloads that were prepared and wait for their COMMIT (D2).

use def_protocol::Nonce;
use fiscal::{PayloadHash, Sale, TerminalId};

/// How many may wait.
pub(crate) const POOL: usize = 8;
/// What they share, in bytes.
pub(crate) const POOL_BYTES: usize = 64 * 1024;
/// How long one waits, in milliseconds.
pub(crate) const NONCE_TTL: u64 = 7_000;
/// How many nonces are remembered after they expired.
const EXPIRED: usize = 32;

/// A payload that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) nonce: Nonce,
    pub(crate) terminal: TerminalId,
    pub(crate) sale: Sale,
    /// When it was prepared last, in milliseconds since the power came.
    pub(crate) prepared: u64,
    at: usize,
    length: usize,
}

/// The payloads that wait, the oldest first, one after the other in one buffer.
pub(crate) struct Pool {
    waiting: heapless::Vec<Waiting, POOL>,
    bytes: [u8; POOL_BYTES],
    used: usize,
    expired: heapless::HistoryBuf<Nonce, EXPIRED>,
}

/// What became of a nonce that is not in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It waited too long.
    Expired,
    /// Nobody knows it.
    Unknown,
}

impl Pool {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: heapless::Vec::new(),
            bytes: [0; POOL_BYTES],
            used: 0,
            expired: heapless::HistoryBuf::new(),
        }
    }

    /// How many more may wait.
    pub(crate) fn free(&self) -> usize {
        POOL - self.waiting.len()
    }

    /// Lets go of what waited too long. Says how many.
    pub(crate) fn expire(&mut self, now: u64) -> u32 {
        let mut count = 0;
        while let Some(index) =
            self.waiting.iter().position(|waiting| now.saturating_sub(waiting.prepared) >= NONCE_TTL)
        {
            self.expired.write(self.waiting[index].nonce);
            self.remove(index);
            count += 1;
        }
        count
    }

    /// The same payload again keeps its nonce, for a new time.
    pub(crate) fn renew(&mut self, hash: PayloadHash, now: u64) -> Option<Nonce> {
        let waiting = self.waiting.iter_mut().find(|waiting| waiting.sale.hash() == hash)?;
        waiting.prepared = now;
        Some(waiting.nonce)
    }

    /// Whether a payload would find room, in the place of the one that its terminal has open.
    pub(crate) fn has_room(&self, terminal: TerminalId, length: usize) -> bool {
        let own = self.waiting.iter().find(|waiting| waiting.terminal == terminal);
        let (freed, places) = own.map_or((0, 0), |own| (own.length, 1));
        self.free() + places > 0 && self.used - freed + length <= POOL_BYTES
    }

    /// Keeps a payload for which there is room; the one that its terminal had open is let go.
    pub(crate) fn keep(&mut self, nonce: Nonce, terminal: TerminalId, sale: Sale, payload: &[u8], now: u64) {
        if let Some(index) = self.waiting.iter().position(|waiting| waiting.terminal == terminal) {
            self.expired.write(self.waiting[index].nonce);
            self.remove(index);
        }
        let at = self.used;
        if let Some(room) = self.bytes.get_mut(at..at + payload.len()) {
            room.copy_from_slice(payload);
            let length = payload.len();
            if self.waiting.push(Waiting { nonce, terminal, sale, prepared: now, at, length }).is_ok() {
                self.used += length;
            }
        }
    }

    /// The payload that waits under a nonce.
    pub(crate) fn find(&self, nonce: Nonce) -> Result<(&Waiting, &[u8]), Gone> {
        match self.waiting.iter().find(|waiting| waiting.nonce == nonce) {
            Some(waiting) => Ok((waiting, self.payload(waiting))),
            None if self.expired.contains(&nonce) => Err(Gone::Expired),
            None => Err(Gone::Unknown),
        }
    }

    /// Lets go of a payload that was sealed, or never can be.
    pub(crate) fn release(&mut self, nonce: Nonce) {
        if let Some(index) = self.waiting.iter().position(|waiting| waiting.nonce == nonce) {
            self.remove(index);
        }
    }

    /// Lets go of all, when the device changes hands or its epoch.
    pub(crate) fn clear(&mut self) {
        while !self.waiting.is_empty() {
            self.expired.write(self.waiting[0].nonce);
            self.remove(0);
        }
    }

    /// Those that wait, the oldest first, with their payloads.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Waiting, &[u8])> {
        self.waiting.iter().map(|waiting| (waiting, self.payload(waiting)))
    }

    fn payload(&self, waiting: &Waiting) -> &[u8] {
        &self.bytes[waiting.at..waiting.at + waiting.length]
    }

    fn remove(&mut self, index: usize) {
        let Waiting { at, length, .. } = self.waiting.remove(index);
        self.bytes.copy_within(at + length..self.used, at);
        self.used -= length;
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.at > at) {
            waiting.at -= length;
        }
    }
}
