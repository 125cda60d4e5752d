//! The secure element that the engine asks for.

use def_engine::board::SecureElement;
use embedded_hal::{delay::DelayNs, i2c::I2c};
use fiscal::{PublicKey, RecordHash, Signature};

use crate::{
    COUNTER_LIMIT, Error, Identity, SerialNumber, command,
    configuration::{Configuration, Locks, SLOTS_LOCKED},
    identity::Revision,
    link::Link,
    provisioning::{KEY_SLOT, SECRET_SLOT},
    timing::SESSIONS,
};

/// A personalised ATECC608 as the engine's secure element.
///
/// The first operation reads the whole configuration: a chip that is not the product's, or not locked, is refused, and
/// nothing is written to it.
pub struct Element<I2C, D> {
    link: Link<I2C, D>,
    /// Whether the configuration was found to be the product's.
    checked: bool,
    /// Counter 0, when nothing happened since it was heard.
    counter: Option<u32>,
}

impl<I2C: I2c, D: DelayNs> Element<I2C, D> {
    /// One on this bus, at 100 kHz; nothing is sent yet. What is wrong with it shows in each answer.
    pub const fn new(i2c: I2C, delay: D) -> Self {
        Self { link: Link { i2c, delay }, checked: false, counter: None }
    }

    /// Which chip it is, personalised or not.
    pub fn identity(&mut self) -> Result<Identity, Error> {
        self.link.identity()
    }

    /// Bytes from the chip's source, to be mixed with others.
    pub fn random(&mut self) -> Result<[u8; 32], Error> {
        self.check()?;
        let bytes = self.link.repeat(|chip| chip.ask(&command::random()))?;
        // What an open chip says is FF FF 00 00, again and again.
        if bytes[..16] == bytes[16..] { Err(Error::NotRandom) } else { Ok(bytes) }
    }

    /// Gives the bus back.
    pub fn release(self) -> (I2C, D) {
        (self.link.i2c, self.link.delay)
    }

    fn check(&mut self) -> Result<(), Error> {
        if !self.checked {
            self.link.identity()?;
            self.link.configuration()?.check()?;
            self.checked = true;
        }
        Ok(())
    }

    fn locks(&mut self) -> Result<Locks, Error> {
        self.check()?;
        // 88 is the first byte of a word.
        let word = (SLOTS_LOCKED / 4).to_le_bytes()[0];
        let [slots, ..] = self.link.repeat(|chip| chip.ask(&command::read_configuration_word(word)))?;
        Ok(Locks::read(slots))
    }

    /// For good. What it answers does not matter: what is locked is read.
    fn lock(&mut self, slot: u8, is_locked: impl Fn(Locks) -> bool) -> Result<(), Error> {
        for _ in 0..SESSIONS {
            let _ = self.link.once(|chip| chip.ask(&command::lock_slot(slot)));
            if is_locked(self.locks()?) {
                return Ok(());
            }
        }
        Err(Error::NotKept)
    }

    fn make_secret(&mut self) -> Result<(), Error> {
        let secret = self.random()?;
        self.link.repeat(|chip| {
            chip.ask(&command::write_slot(SECRET_SLOT, &secret))?;
            let kept = chip.ask(&command::read_slot(SECRET_SLOT))?;
            if kept == secret { Ok(()) } else { Err(Error::NotKept) }
        })?;
        self.lock(SECRET_SLOT, |locks| locks.secret)
    }

    fn read_counter(&mut self) -> Result<u32, Error> {
        let bytes = self.link.repeat(|chip| chip.ask(&command::counter()))?;
        counted(bytes)
    }
}

impl<I2C: I2c, D: DelayNs> SecureElement for Element<I2C, D> {
    type Error = Error;

    fn public_key(&mut self) -> Result<Option<PublicKey>, Error> {
        if !self.locks()?.key {
            return Ok(None);
        }
        let point = self.link.repeat(|chip| chip.ask(&command::public_key(KEY_SLOT)))?;
        to_key(&point).map(Some)
    }

    /// Once in the chip's life: [`Error::KeyExists`] when it was done. It may be called again after it failed.
    fn make_key(&mut self) -> Result<PublicKey, Error> {
        let locks = self.locks()?;
        if locks.key {
            return Err(Error::KeyExists);
        }
        if !locks.secret {
            self.make_secret()?;
        }
        let key = self.link.repeat(|chip| {
            // The seed of the random numbers, before anything is made of them.
            chip.ask(&command::random())?;
            let made = chip.ask(&command::make_key(KEY_SLOT))?;
            let held = chip.ask(&command::public_key(KEY_SLOT))?;
            if made == held { to_key(&made) } else { Err(Error::NotKept) }
        })?;
        self.lock(KEY_SLOT, |locks| locks.key)?;
        Ok(key)
    }

    fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], Error> {
        self.check()?;
        let signed = self.link.repeat(|chip| {
            chip.ask(&command::random())?;
            chip.ask(&command::load_hash(&hash.0))?;
            chip.ask(&command::sign(KEY_SLOT))
        });
        match signed {
            Err(Error::Refused { .. }) if !self.locks()?.key => Err(Error::NoKey),
            signed => signed,
        }
    }

    fn journal_secret(&mut self) -> Result<[u8; 32], Error> {
        if !self.locks()?.secret {
            return Err(Error::NoKey);
        }
        self.link.repeat(|chip| chip.ask(&command::read_slot(SECRET_SLOT)))
    }

    fn counter(&mut self) -> Result<u64, Error> {
        self.check()?;
        let counter = self.read_counter()?;
        self.counter = Some(counter);
        Ok(u64::from(counter))
    }

    /// An increment whose answer is lost is not sent again before the counter was read: it may have been done.
    fn increment(&mut self) -> Result<u64, Error> {
        self.check()?;
        let before = match self.counter.take() {
            Some(counter) => counter,
            None => self.read_counter()?,
        };
        if before >= COUNTER_LIMIT {
            return Err(Error::CounterSpent);
        }
        let mut last = Error::CounterSpent;
        for _ in 0..SESSIONS {
            let said = self.link.once(|chip| chip.ask(&command::increment())).and_then(counted);
            let after = match said {
                Ok(after) => after,
                Err(_) => self.read_counter()?,
            };
            match (said, after) {
                (_, after) if after > before => {
                    self.counter = Some(after);
                    return Ok(u64::from(after));
                }
                (Err(error), after) if after == before => last = error,
                _ => return Err(Error::CounterWrong { before, after }),
            }
        }
        Err(last)
    }
}

impl<I2C: I2c, D: DelayNs> Link<I2C, D> {
    pub(crate) fn identity(&mut self) -> Result<Identity, Error> {
        let revision = Revision::read(self.repeat(|chip| chip.ask(&command::revision()))?)?;
        let serial = SerialNumber::read(&self.configuration()?.0);
        Ok(Identity { revision, serial })
    }

    pub(crate) fn configuration(&mut self) -> Result<Configuration, Error> {
        let mut bytes = [0; 128];
        for (block, place) in (0..).zip(bytes.as_chunks_mut::<32>().0) {
            *place = self.repeat(|chip| chip.ask(&command::read_configuration(block)))?;
        }
        Ok(Configuration(bytes))
    }
}

/// The lowest byte first.
fn counted(bytes: [u8; 4]) -> Result<u32, Error> {
    let counter = u32::from_le_bytes(bytes);
    if counter <= COUNTER_LIMIT {
        Ok(counter)
    } else {
        Err(Error::Damaged { opcode: command::counter().opcode })
    }
}

fn to_key(point: &[u8; 64]) -> Result<PublicKey, Error> {
    let mut sec1 = [0x04; 65];
    sec1[1..].copy_from_slice(point);
    PublicKey::from_sec1(&sec1).map_err(|_| Error::NotAKey)
}
