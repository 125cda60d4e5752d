//! Keys in a token behind PKCS #11.

mod codes;
mod objects;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::Mechanism,
    session::UserType,
    slot::Slot,
    types::AuthPin,
};
use fiscal::KeyId;

use crate::{Connection, Custody, KeyStore, NewKey, Passphrase, Session, SignerFault, StoredKey};
use codes::{Remedy, fault, remedy_of};
use objects::{Found, Made};

/// Keys that were made in a token of PKCS #11 and never leave it.
///
/// Handles are looked up once for each initialisation of the library. The library is finalised when the connection and
/// its last session are dropped, and initialised again by the next connection. A library has one user in a process.
///
/// A PIN that was refused is not tried again by this value: tokens lock after a few.
pub struct Pkcs11Keys(Arc<Token>);

/// Where the token is.
#[derive(Clone, Debug)]
pub struct Pkcs11Settings {
    /// The library of the token's maker, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
}

struct Token {
    settings: Pkcs11Settings,
    pin: Passphrase,
    library: Mutex<Library>,
}

/// The library, as far as this process has come with it.
#[derive(Default)]
struct Library {
    /// Loaded once and never unloaded: threads of it may still run.
    loaded: Option<Pkcs11>,
    /// Whether a connection has it.
    in_use: bool,
    /// Whether it could not be finalised, so that it is initialised still.
    stuck: bool,
    /// What the token said to the PIN, when it refused it.
    pin_refused: Option<SignerFault>,
}

impl Pkcs11Keys {
    /// Names a token. Nothing is loaded or asked until it is connected to.
    pub fn new(settings: Pkcs11Settings, pin: Passphrase) -> Self {
        Self(Arc::new(Token { settings, pin, library: Mutex::default() }))
    }
}

impl KeyStore for Pkcs11Keys {
    fn name(&self) -> String {
        format!("the token {}", self.0.settings.token)
    }

    fn custody(&self) -> Custody {
        Custody::Elsewhere
    }

    fn connect(&self) -> Result<Arc<dyn Connection>, SignerFault> {
        let link = Arc::new(Link::initialise(&self.0)?);
        // From here on, dropping the link finalises the library.
        let slot = self.0.slot(&link.library)?;
        let main = self.0.log_in(&link.library, slot)?;
        let found = objects::find(&main).map_err(fault)?;
        Ok(Arc::new(Connected { main: Mutex::new(main), slot, found: Arc::new(RwLock::new(found)), link }))
    }
}

impl Token {
    fn library(&self) -> MutexGuard<'_, Library> {
        self.library.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot in which the token is now: it may return in another.
    fn slot(&self, library: &Pkcs11) -> Result<Slot, SignerFault> {
        let wanted = &self.settings.token;
        let mut found = Vec::new();
        let mut others = Vec::new();
        for slot in library.get_slots_with_initialized_token().map_err(fault)? {
            let info = library.get_token_info(slot).map_err(fault)?;
            if info.label() == wanted { found.push(slot) } else { others.push(info.label().to_owned()) }
        }
        match found[..] {
            [slot] => Ok(slot),
            [] => Err(SignerFault::Temporary(format!(
                "no token is labelled `{wanted}`; there are: {}",
                if others.is_empty() { "none".into() } else { others.join(", ") }
            ))),
            _ => Err(SignerFault::Permanent(format!(
                "{} tokens are labelled `{wanted}`: give each its own label",
                found.len()
            ))),
        }
    }

    /// Opens the session that keeps the log-in, which all sessions of a process share.
    fn log_in(&self, library: &Pkcs11, slot: Slot) -> Result<cryptoki::session::Session, SignerFault> {
        let info = library.get_token_info(slot).map_err(fault)?;
        if info.user_pin_locked() || info.user_pin_final_try() {
            // A program that is started again and again with a wrong PIN would lock the token.
            let why = "the token's PIN is locked, or wrong once more would lock it: log in by hand first";
            return Err(self.refuse_pin(SignerFault::Permanent(why.into())));
        }
        let session = library.open_rw_session(slot).map_err(fault)?;
        let pin = AuthPin::new(self.pin.expose().into());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) if remedy_of(&error) == Remedy::Pin => Err(self.refuse_pin(fault(error))),
            Err(error) => Err(fault(error)),
        }
    }

    fn refuse_pin(&self, fault: SignerFault) -> SignerFault {
        self.library().pin_refused.get_or_insert(fault).clone()
    }
}

/// The initialised library: dropping it finalises it.
struct Link {
    token: Arc<Token>,
    library: Pkcs11,
}

impl Link {
    fn initialise(token: &Arc<Token>) -> Result<Self, SignerFault> {
        let mut state = token.library();
        if let Some(refused) = &state.pin_refused {
            return Err(refused.clone());
        }
        if state.in_use {
            return Err(SignerFault::Temporary("sessions of the connection before are still open".into()));
        }
        let library = match &state.loaded {
            Some(library) => library.clone(),
            None => Pkcs11::new(&token.settings.module).map_err(fault)?,
        };
        state.loaded = Some(library.clone());
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) if state.stuck => {}
            initialised => initialised.map_err(fault)?,
        }
        state.in_use = true;
        Ok(Self { token: Arc::clone(token), library })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Not under the lock: it may hang, and others are to be told that the library is in use.
        let finalised = self.library.clone().finalize();
        if let Err(error) = &finalised {
            tracing::warn!(%error, "the token's library could not be finalised");
        }
        let mut state = self.token.library();
        state.stuck = finalised.is_err();
        state.in_use = false;
    }
}

/// A logged-in token. Sessions stand before the link, so that they are closed before the library is finalised.
struct Connected {
    main: Mutex<cryptoki::session::Session>,
    slot: Slot,
    found: Arc<RwLock<Found>>,
    link: Arc<Link>,
}

impl Connected {
    fn main(&self) -> MutexGuard<'_, cryptoki::session::Session> {
        self.main.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection for Connected {
    fn keys(&self) -> Result<Vec<StoredKey>, SignerFault> {
        let found = objects::find(&self.main()).map_err(fault)?;
        let keys = found.values().map(|(key, _)| *key).collect();
        *self.found.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(keys)
    }

    fn make(&self, key: NewKey) -> Result<StoredKey, SignerFault> {
        let (stored, handle) = objects::make(&self.main(), &key).map_err(|made| match made {
            Made::Token(error) => fault(error),
            Made::NoPoint => SignerFault::Permanent("the token made a key that is no P-256 key".into()),
        })?;
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        found.insert(stored.public_key.id(), (stored, handle));
        Ok(stored)
    }

    fn session(&self) -> Result<Box<dyn Session>, SignerFault> {
        let session = self.link.library.open_ro_session(self.slot).map_err(fault)?;
        let (found, link) = (Arc::clone(&self.found), Arc::clone(&self.link));
        Ok(Box::new(Signing { session, found, _link: link }))
    }
}

/// One worker's session. It is closed before its link is let go.
struct Signing {
    session: cryptoki::session::Session,
    found: Arc<RwLock<Found>>,
    _link: Arc<Link>,
}

impl Session for Signing {
    fn sign(&mut self, key: KeyId, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        let found =
            self.found.read().unwrap_or_else(PoisonError::into_inner).get(&key).map(|(_, handle)| *handle);
        let handle = found.ok_or_else(|| SignerFault::Permanent(format!("the token has no key {key}")))?;
        let signature = self.session.sign(&Mechanism::Ecdsa, handle, hash).map_err(fault)?;
        let length = signature.len();
        signature.try_into().map_err(|_| {
            SignerFault::Permanent(format!("the token answered with {length} bytes instead of a signature"))
        })
    }
}
