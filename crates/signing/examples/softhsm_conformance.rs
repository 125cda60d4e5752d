//! The suite of all stores over a real PKCS #11 library, and what only such a one can show. `tests/run_softhsm` sets
//! it up and runs it.
//!
//! ```text
//! softhsm_conformance MODULE TOKEN-FOLDER
//! ```
//! with `SOFTHSM2_CONF` set and an initialised token `stelala` of PIN `2718281828` in the folder. The first line
//! that fails ends it, with a code that is not zero.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program of tests says what it does and stops at a fault"
)]

#[path = "../tests/suite/mod.rs"]
mod suite;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, AttributeInfo, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::AuthPin,
};
use fiscal::PublicKey;
use signing::{KeyRing, KeyStore, Passphrase, Pkcs11Keys, Pkcs11Settings, Signer, SignerFault};
use suite::{linked, now, ready, ring, seal, signer};

const TOKEN: &str = "stelala";
const PIN: &str = "2718281828";

/// A check and its name.
type Check = (&'static str, fn(&Setup));

struct Setup {
    module: PathBuf,
    folder: PathBuf,
}

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let setup = match (arguments.next(), arguments.next()) {
        (Some(module), Some(folder)) => Setup { module, folder },
        _ => panic!("usage: softhsm_conformance MODULE TOKEN-FOLDER"),
    };
    for (name, check) in suite::ALL {
        check(&|| Arc::new(setup.store(PIN)));
        println!("ok: {name}");
    }
    let checks: [Check; 7] = [
        ("a key cannot be taken out of the token", Setup::a_key_cannot_be_taken_out),
        (
            "a key that was brought into the token from outside is not used",
            Setup::an_imported_key_is_not_used,
        ),
        ("a library has one user in a process", Setup::a_library_has_one_user),
        ("a wrong PIN is tried once", Setup::a_wrong_pin_is_tried_once),
        ("a missing library or token is told as such", Setup::a_missing_library_or_token_is_told),
        ("a thousand other keys do not slow signing", Setup::a_thousand_keys_do_not_slow_signing),
        ("a token that goes away in mid-batch and returns", Setup::a_token_goes_away_and_returns),
    ];
    for (name, check) in checks {
        check(&setup);
        println!("ok: {name}");
    }
}

impl Setup {
    fn settings(&self) -> Pkcs11Settings {
        Pkcs11Settings { module: self.module.clone(), token: TOKEN.into() }
    }

    fn store(&self, pin: &str) -> Pkcs11Keys {
        Pkcs11Keys::new(self.settings(), Passphrase::new(pin.into()).unwrap())
    }

    /// Beside the store: what anyone with the PIN can do. It must be gone before the store is used again.
    fn by_hand<R>(&self, act: impl FnOnce(&Session) -> R) -> R {
        let library = Pkcs11::new(&self.module).unwrap();
        library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        let slots = library.get_slots_with_initialized_token().unwrap();
        let labelled = |slot: &&_| library.get_token_info(**slot).unwrap().label() == TOKEN;
        let session = library.open_rw_session(*slots.iter().find(labelled).unwrap()).unwrap();
        session.login(UserType::User, Some(&AuthPin::new(PIN.into()))).unwrap();
        let result = act(&session);
        drop(session);
        library.finalize().unwrap();
        result
    }

    fn a_key_cannot_be_taken_out(&self) {
        self.by_hand(|session| {
            let keys = private_keys(session);
            assert_eq!(keys.len(), 7, "those of the suite");
            for key in keys {
                let value = session.get_attribute_info(key, &[AttributeType::Value]).unwrap();
                assert!(matches!(value[..], [AttributeInfo::Sensitive]), "{value:?}");
                assert!(session.get_attributes(key, &[AttributeType::Value]).unwrap().is_empty());
                let wanted = [
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::AlwaysSensitive(true),
                    Attribute::Extractable(false),
                    Attribute::NeverExtractable(true),
                    Attribute::Sign(true),
                    Attribute::Decrypt(false),
                    Attribute::Unwrap(false),
                    Attribute::Derive(false),
                ];
                for wanted in wanted {
                    let found = session.get_attributes(key, &[wanted.attribute_type()]).unwrap();
                    assert_eq!(found, [wanted]);
                }
                // Nor can it be made extractable afterwards.
                assert!(session.update_attributes(key, &[Attribute::Extractable(true)]).is_err());
                assert!(session.update_attributes(key, &[Attribute::Sensitive(false)]).is_err());
            }
        });
    }

    fn an_imported_key_is_not_used(&self) {
        let count = |store: Pkcs11Keys| {
            let connection = store.connect().unwrap();
            connection.keys().unwrap().len()
        };
        let before = count(self.store(PIN));
        self.by_hand(|session| generate(session, b"stelala seal CLOUD-1 2026-11-20T00:00:00", true));
        assert_eq!(count(self.store(PIN)), before);
    }

    fn a_library_has_one_user(&self) {
        let [one, other] = [self.store(PIN), self.store(PIN)];
        let held = one.connect().unwrap();
        let again = one.connect().err().unwrap();
        assert!(again.is_temporary(), "{again}");
        let second = other.connect().err().unwrap();
        assert!(!second.is_temporary(), "{second}");
        let session = held.session().unwrap();
        drop(held);
        assert!(one.connect().err().unwrap().is_temporary(), "a session is open");
        drop(session);
        drop(one.connect().unwrap());
        drop(other.connect().unwrap());
    }

    fn a_wrong_pin_is_tried_once(&self) {
        let store = Arc::new(self.store("271828"));
        let ring = ring(Arc::clone(&store) as Arc<dyn KeyStore>);
        let fault = ready(&ring).unwrap_err();
        assert!(!fault.is_temporary() && fault.reason().contains("PIN"), "{fault}");
        // It is refused without asking the token, so that the right PIN is still taken.
        for _ in 0..20 {
            assert_eq!(store.connect().err().unwrap(), fault);
        }
        drop(ring);
        drop(self.store(PIN).connect().unwrap());
    }

    fn a_missing_library_or_token_is_told(&self) {
        let pin = || Passphrase::new(PIN.into()).unwrap();
        let settings = Pkcs11Settings { module: "/nonexistent.so".into(), ..self.settings() };
        assert!(!Pkcs11Keys::new(settings, pin()).connect().err().unwrap().is_temporary());
        let settings = Pkcs11Settings { token: "other".into(), ..self.settings() };
        let fault = Pkcs11Keys::new(settings, pin()).connect().err().unwrap();
        assert!(fault.is_temporary() && fault.reason().contains("there are: stelala"), "{fault}");
    }

    fn a_thousand_keys_do_not_slow_signing(&self) {
        let (few, token_few) = self.rates();
        self.by_hand(|session| (0..1_000).for_each(|_| generate(session, b"somebody else's", false)));
        let started = now_real();
        let ring = ring(Arc::new(self.store(PIN)));
        ready(&ring).unwrap();
        let start = started.elapsed();
        drop(ring);
        let (many, token_many) = self.rates();
        println!("    sealed in a second: {few}, with 1,000 more keys {many}");
        println!("    signed in a second by the token alone: {token_few}, with 1,000 more keys {token_many}");
        println!("    start with 1,000 more keys: {start:?}");
        // A look-up for each signature would make it a hundred times slower.
        assert!(many * 3 > few, "signing became slower");
    }

    /// Seals in a second by a ring, and signatures in a second by the token alone: the best of some rounds.
    fn rates(&self) -> (u128, u128) {
        let mut best = (0, 0);
        for _ in 0..5 {
            let ring = ring(Arc::new(self.store(PIN)));
            let key = ready(&ring).unwrap();
            best.0 = best.0.max(rate(&ring, &key));
            drop(ring);
            let bare = self.by_hand(|session| {
                let key = private_keys(session)[0];
                per_second(4_096, || {
                    for _ in 0..4_096 {
                        session.sign(&Mechanism::Ecdsa, key, &[7; 32]).unwrap();
                    }
                })
            });
            best.1 = best.1.max(bare);
        }
        best
    }

    /// SoftHSM keeps its tokens in a folder: moving that away is pulling the token out.
    fn a_token_goes_away_and_returns(&self) {
        let ring = ring(Arc::new(self.store(PIN)));
        let key = ready(&ring).unwrap();
        let away = self.folder.with_extension("away");
        let (told, refused) = mpsc::channel();
        thread::scope(|scope| {
            let faults = scope.spawn(|| seal_until_it_returned(&ring, &key, &told));
            thread::sleep(Duration::from_millis(300));
            fs::rename(&self.folder, &away).unwrap();
            // However long a batch takes that was begun before.
            let heard = refused.recv_timeout(PATIENCE);
            thread::sleep(Duration::from_millis(1_000));
            fs::rename(&away, &self.folder).unwrap();
            let faults = faults.join().unwrap();
            assert!(heard.is_ok(), "SoftHSM did not notice");
            println!("    {} batches were refused meanwhile", faults.len());
            assert!(faults.iter().all(SignerFault::is_temporary), "{faults:?}");
        });
        ready(&ring).unwrap();
        seal(&ring, &key, 64).unwrap();
    }
}

/// Who waits for longer waits for what will not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// Seals batch after batch, until one succeeds after the first refusal, which it tells at once; gives up at last.
fn seal_until_it_returned(ring: &KeyRing, key: &PublicKey, told: &mpsc::Sender<()>) -> Vec<SignerFault> {
    let start = now_real();
    let mut faults = Vec::new();
    while start.elapsed() < 2 * PATIENCE {
        match ring.seal(linked(signer(), key, 64)) {
            Ok(_) if !faults.is_empty() => break,
            Ok(_) => {}
            Err(fault) => {
                if faults.is_empty() {
                    let _ = told.send(());
                }
                faults.push(fault);
                thread::sleep(Duration::from_millis(20));
            }
        }
    }
    faults
}

fn private_keys(session: &Session) -> Vec<ObjectHandle> {
    session
        .find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::KeyType(KeyType::EC)])
        .unwrap()
}

/// Somebody else's way to make a key.
fn generate(session: &Session, label: &[u8], extractable: bool) {
    let p256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let label = Attribute::Label(label.to_vec());
    let public = [Attribute::Token(true), Attribute::EcParams(p256.to_vec()), label.clone()];
    let private = [Attribute::Token(true), Attribute::Sign(true), Attribute::Extractable(extractable), label];
    let (public, private) = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).unwrap();
    let point = session.get_attributes(public, &[AttributeType::EcPoint]).unwrap();
    let [Attribute::EcPoint(point)] = &point[..] else { panic!("a key has a point") };
    let id = PublicKey::from_sec1(&point[2..]).unwrap().id();
    for half in [public, private] {
        session.update_attributes(half, &[Attribute::Id(id.0.to_vec())]).unwrap();
    }
}

/// Seals in a second, in batches of 64.
fn rate(ring: &KeyRing, key: &PublicKey) -> u128 {
    let batches: Vec<_> = (0..64).map(|_| linked(ring.device(), key, 64)).collect();
    per_second(64 * 64, || {
        for batch in batches {
            ring.seal(batch).unwrap();
        }
    })
}

fn per_second(count: u128, act: impl FnOnce()) -> u128 {
    let start = now_real();
    act();
    count * 1_000_000 / start.elapsed().as_micros().max(1)
}

#[allow(clippy::disallowed_methods, reason = "rates and waits are over the real time")]
fn now_real() -> Instant {
    let _ = now();
    Instant::now()
}
