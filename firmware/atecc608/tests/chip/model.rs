//! What the chip does with commands, by its data sheet: configuration, locks, slots, counters.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::hazmat::{PrehashSigner, PrehashVerifier},
};
use sha2::{Digest, Sha256};

/// What a chip keeps, and what it forgets when it sleeps.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) configuration: [u8; 128],
    pub(crate) key: Option<Rc<Key>>,
    /// The first block of each slot.
    pub(crate) slots: [[u8; 32]; 16],
    pub(crate) counters: [u32; 2],
    pub(crate) revision: [u8; 4],
    /// The next commands of this kind are refused with this status.
    pub(crate) refusing: Option<(u8, u8)>,
    /// It says that it wrote a slot or made a key, and did not, or another.
    pub(crate) forgetful: bool,
    drawn: u32,
    seeded: bool,
    digest: Option<[u8; 32]>,
}

/// A private key, and what was computed with it: P-256 is slow in a program that is not optimised.
pub(crate) struct Key {
    private: SigningKey,
    pub(crate) point: Vec<u8>,
    signatures: RefCell<BTreeMap<[u8; 32], [u8; 64]>>,
}

impl Key {
    fn of(private: [u8; 32]) -> Rc<Self> {
        thread_local! {
            static KEYS: RefCell<BTreeMap<[u8; 32], Rc<Key>>> = const { RefCell::new(BTreeMap::new()) };
        }
        let make = || {
            let private = SigningKey::from_slice(&private).unwrap();
            let point = private.verifying_key().to_encoded_point(false).as_bytes()[1..].to_vec();
            Rc::new(Self { private, point, signatures: RefCell::default() })
        };
        KEYS.with_borrow_mut(|keys| keys.entry(private).or_insert_with(make).clone())
    }

    pub(crate) fn verifying(&self) -> &VerifyingKey {
        self.private.verifying_key()
    }

    /// Deterministic (RFC 6979), and verified.
    pub(crate) fn sign(&self, digest: [u8; 32]) -> [u8; 64] {
        let make = || {
            let signature: Signature = self.private.sign_prehash(&digest).unwrap();
            self.verifying().verify_prehash(&digest, &signature).unwrap();
            signature.to_bytes().into()
        };
        *self.signatures.borrow_mut().entry(digest).or_insert_with(make)
    }
}

const DONE: [u8; 1] = [0x00];
const PARSE: [u8; 1] = [0x03];
const EXECUTION: [u8; 1] = [0x0F];
const OPEN: u8 = 0x55;

impl Core {
    /// As the maker delivers it: nothing locked, the configuration of his test.
    pub(crate) fn blank() -> Self {
        let mut configuration = [0; 128];
        configuration[..16].copy_from_slice(&[
            0x01, 0x23, 0xA7, 0x5C, 0x00, 0x00, 0x60, 0x03, 0x1B, 0x44, 0x90, 0x2D, 0xEE, 0x01, 0x61, 0x00,
        ]);
        configuration[16..20].copy_from_slice(&[0xC0, 0x00, 0x00, 0x00]);
        for slot in 0..16 {
            configuration[20 + 2 * slot..22 + 2 * slot].copy_from_slice(&[0x83, 0x20]);
            configuration[96 + 2 * slot..98 + 2 * slot].copy_from_slice(&[0x33, 0x00]);
        }
        configuration[52..68]
            .copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
        configuration[86..90].copy_from_slice(&[OPEN, OPEN, 0xFF, 0xFF]);
        Self {
            configuration,
            key: None,
            slots: [[0xFF; 32]; 16],
            counters: [0; 2],
            revision: [0x00, 0x00, 0x60, 0x03],
            refusing: None,
            forgetful: false,
            drawn: 0,
            seeded: false,
            digest: None,
        }
    }

    /// Sleep and power loss.
    pub(crate) fn forget(&mut self) {
        (self.seeded, self.digest) = (false, None);
    }

    pub(crate) fn slot_is_locked(&self, slot: usize) -> bool {
        self.configuration[88 + slot / 8] & (1 << (slot % 8)) == 0
    }

    pub(crate) fn configuration_is_open(&self) -> bool {
        self.configuration[87] == OPEN
    }

    pub(crate) fn data_is_open(&self) -> bool {
        self.configuration[86] == OPEN
    }

    /// The answer, and the longest time in milliseconds.
    pub(crate) fn execute(&mut self, opcode: u8, mode: u8, param: u16, data: &[u8]) -> (Vec<u8>, u64) {
        if let Some((refused, status)) = self.refusing
            && refused == opcode
        {
            return (vec![status], 1);
        }
        match opcode {
            0x02 => (self.read(mode, param), 5),
            0x12 => (self.write(mode, param, data), 45),
            0x16 => (self.nonce(mode, data), 20),
            0x17 => (self.lock(mode, param), 35),
            0x1B => (self.random(), 23),
            0x24 => (self.counter(mode, usize::from(param)), 25),
            0x30 => (self.revision.to_vec(), 5),
            0x40 => (self.gen_key(mode, usize::from(param)), 115),
            0x41 => (self.sign(mode, usize::from(param)), 115),
            _ => (PARSE.to_vec(), 1),
        }
    }

    fn slot_config(&self, slot: usize) -> (u8, u8) {
        (self.configuration[20 + 2 * slot], self.configuration[21 + 2 * slot])
    }

    fn key_config(&self, slot: usize) -> u8 {
        self.configuration[96 + 2 * slot]
    }

    fn read(&self, mode: u8, param: u16) -> Vec<u8> {
        let place = usize::from(param);
        match mode {
            0x00 if place < 32 => self.configuration[4 * place..4 * place + 4].to_vec(),
            0x80 if place.is_multiple_of(8) && place < 32 => {
                self.configuration[4 * place..4 * place + 32].to_vec()
            }
            0x82 => {
                let slot = place >> 3;
                let (low, _) = self.slot_config(slot);
                // Secret, or nothing can be read before the rules hold.
                if self.data_is_open() || low & 0x80 != 0 {
                    EXECUTION.to_vec()
                } else {
                    self.slots[slot].to_vec()
                }
            }
            _ => PARSE.to_vec(),
        }
    }

    fn write(&mut self, mode: u8, param: u16, data: &[u8]) -> Vec<u8> {
        let place = usize::from(param);
        match (mode, data.len()) {
            (0x00, 4) if (4..32).contains(&place) && place != 21 => {
                if !self.configuration_is_open() {
                    return EXECUTION.to_vec();
                }
                if !self.forgetful {
                    self.configuration[4 * place..4 * place + 4].copy_from_slice(data);
                }
                DONE.to_vec()
            }
            (0x82, 32) => {
                let slot = place >> 3;
                let (_, high) = self.slot_config(slot);
                let allowed = !self.data_is_open() && !self.slot_is_locked(slot) && high & 0xF0 == 0;
                if !allowed || self.configuration_is_open() {
                    return EXECUTION.to_vec();
                }
                if !self.forgetful {
                    self.slots[slot].copy_from_slice(data);
                }
                DONE.to_vec()
            }
            _ => PARSE.to_vec(),
        }
    }

    fn nonce(&mut self, mode: u8, data: &[u8]) -> Vec<u8> {
        match (mode, <[u8; 32]>::try_from(data)) {
            (0x43, Ok(digest)) => {
                self.digest = Some(digest);
                DONE.to_vec()
            }
            _ => PARSE.to_vec(),
        }
    }

    fn lock(&mut self, mode: u8, param: u16) -> Vec<u8> {
        let done = match mode {
            0x00 => {
                let right = param == check_sum(&self.configuration);
                let done = self.configuration_is_open() && right;
                if done {
                    self.configuration[87] = 0;
                }
                done
            }
            0x81 => {
                let done = !self.configuration_is_open() && self.data_is_open();
                if done {
                    self.configuration[86] = 0;
                }
                done
            }
            _ if mode & 0x03 == 0x02 && mode & 0xC0 == 0 => {
                let slot = usize::from(mode >> 2);
                let lockable = self.key_config(slot) & 0x20 != 0;
                let done = !self.configuration_is_open() && lockable && !self.slot_is_locked(slot);
                if done {
                    self.configuration[88 + slot / 8] &= !(1 << (slot % 8));
                }
                done
            }
            _ => return PARSE.to_vec(),
        };
        if done { DONE.to_vec() } else { EXECUTION.to_vec() }
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(b"a chip").chain_update(self.drawn.to_be_bytes()).finalize().into()
    }

    fn random(&mut self) -> Vec<u8> {
        if self.configuration_is_open() {
            return [0xFF, 0xFF, 0x00, 0x00].repeat(8);
        }
        self.seeded = true;
        self.draw().to_vec()
    }

    fn counter(&mut self, mode: u8, which: usize) -> Vec<u8> {
        let Some(counter) = self.counters.get_mut(which) else { return PARSE.to_vec() };
        match mode {
            0x00 => {}
            0x01 if *counter >= 2_097_151 => return EXECUTION.to_vec(),
            0x01 => *counter += 1,
            _ => return PARSE.to_vec(),
        }
        counter.to_le_bytes().to_vec()
    }

    fn gen_key(&mut self, mode: u8, slot: usize) -> Vec<u8> {
        if slot != 0 || self.configuration_is_open() || self.key_config(0) & 0x01 == 0 {
            return EXECUTION.to_vec();
        }
        if mode == 0x04 {
            let (_, high) = self.slot_config(0);
            if self.slot_is_locked(0) || (!self.data_is_open() && high & 0x20 == 0) {
                return EXECUTION.to_vec();
            }
            assert!(self.seeded, "a key was made without a new seed");
            self.key = Some(Key::of(self.draw()));
            if self.forgetful {
                return Key::of(self.draw()).point.clone();
            }
        }
        match &self.key {
            Some(key) => key.point.clone(),
            None => EXECUTION.to_vec(),
        }
    }

    fn sign(&mut self, mode: u8, slot: usize) -> Vec<u8> {
        let (low, _) = self.slot_config(slot);
        match (mode, &self.key, self.digest) {
            (0xA0, Some(key), Some(digest)) if slot == 0 && !self.data_is_open() && low & 0x01 != 0 => {
                assert!(self.seeded, "a signature was made without a new seed");
                key.sign(digest).to_vec()
            }
            _ => EXECUTION.to_vec(),
        }
    }
}

/// Bit by bit, as the data sheet draws it: not the driver's.
pub(crate) fn check_sum(bytes: &[u8]) -> u16 {
    let mut register: u16 = 0;
    for byte in bytes {
        for bit in 0..8 {
            let data = u16::from(byte >> bit & 1);
            let top = register >> 15;
            register <<= 1;
            if data != top {
                register ^= 0x8005;
            }
        }
    }
    register
}
