//! The software store, on its own and in the suite of all stores.

mod suite;

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use signing::{
    Connection, Cost, KeyFileFault, KeyStore, NewKey, Passphrase, Purpose, SignerFault, SoftwareKeys,
    StoredKey,
};
use suite::{counting, now, signer};

/// So cheap that a guess takes no time: for tests only.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

struct Folder {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        Self { _folder: folder, path }
    }

    /// With a store that has two keys.
    fn with_keys() -> (Self, Vec<StoredKey>) {
        let folder = Self::new();
        let connection = folder.create().unwrap().connect().unwrap();
        let keys = [Purpose::Seal, Purpose::Attest].map(|purpose| make(&*connection, purpose).unwrap());
        (folder, keys.to_vec())
    }

    fn create(&self) -> Result<SoftwareKeys, KeyFileFault> {
        SoftwareKeys::create(&self.path, &passphrase(), CHEAP, counting())
    }

    fn open(&self) -> Result<SoftwareKeys, KeyFileFault> {
        SoftwareKeys::open(&self.path, &passphrase(), counting())
    }

    fn fault(&self) -> &'static str {
        self.open().err().expect("the file is refused").code()
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery staple".into()).unwrap()
}

fn make(connection: &dyn Connection, purpose: Purpose) -> Result<StoredKey, SignerFault> {
    connection.make(NewKey { purpose, signer: signer(), made: now() })
}

#[test]
fn the_suite_of_all_stores_holds() {
    let folder = Folder::new();
    folder.create().unwrap();
    for (_, check) in suite::ALL {
        check(&|| Arc::new(folder.open().unwrap()));
    }
}

#[test]
fn what_was_made_is_there_again_and_signs_the_same_way() {
    let (folder, keys) = Folder::with_keys();
    let connection = folder.open().unwrap().connect().unwrap();
    let mut found = connection.keys().unwrap();
    found.sort_by_key(|key| key.purpose);
    assert_eq!(found, keys);
    let mut session = connection.session().unwrap();
    for key in keys {
        let signature = session.sign(key.public_key.id(), &[5; 32]).unwrap();
        key.public_key.verify_prehash(&[5; 32], &signature).unwrap();
    }
    assert!(!session.sign(fiscal::KeyId([1; 8]), &[5; 32]).unwrap_err().is_temporary());
}

#[test]
fn the_file_shows_whose_keys_there_are_and_no_private_key() {
    let (folder, keys) = Folder::with_keys();
    let text = fs::read_to_string(&folder.path).unwrap();
    for key in keys {
        assert!(text.contains(&key.public_key.id().to_string()));
    }
    assert!(text.contains(r#""signer": "CLOUD-1""#) && text.contains(r#""purpose": "seal""#), "{text}");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let private: Vec<_> =
        document["contents"]["keys"].as_array().unwrap().iter().map(|key| &key["private_key"]).collect();
    assert_eq!(private.len(), 2);
    // 32 bytes and the tag of 16.
    assert!(private.iter().all(|key| key.as_str().unwrap().len() == 64));
}

#[test]
fn a_wrong_passphrase_is_told_as_such() {
    let (folder, _) = Folder::with_keys();
    for wrong in ["correct horse battery stapl", "correct horse battery staple ", "x"] {
        let opened = SoftwareKeys::open(&folder.path, &Passphrase::new(wrong.into()).unwrap(), counting());
        let fault = opened.err().expect("the passphrase is refused");
        assert!(matches!(fault, KeyFileFault::WrongPassphrase), "{fault}");
        assert!(!SignerFault::from(fault).is_temporary());
    }
}

#[test]
fn no_file_is_made_with_a_passphrase_that_everybody_would_guess() {
    let folder = Folder::new();
    for guessed in ["0", "ninechars", "Motdepasse123"] {
        let guessed = Passphrase::new(guessed.into()).unwrap();
        let made = SoftwareKeys::create(&folder.path, &guessed, CHEAP, counting());
        let fault = made.err().expect("the passphrase is refused");
        assert_eq!(fault.code(), "KEY_FILE_PASSPHRASE_GUESSED", "{fault}");
        assert!(!folder.path.exists());
    }
    folder.create().unwrap();
    let wrong = Passphrase::new("0".into()).unwrap();
    let again = SoftwareKeys::create(&folder.path, &wrong, CHEAP, counting());
    assert!(matches!(again.err(), Some(KeyFileFault::Exists { .. })), "a file that is there is not made");
}

#[test]
fn a_wrong_passphrase_is_told_of_a_file_without_keys_too() {
    let folder = Folder::new();
    folder.create().unwrap();
    let opened = SoftwareKeys::open(&folder.path, &Passphrase::new("x".into()).unwrap(), counting());
    assert!(matches!(opened.err(), Some(KeyFileFault::WrongPassphrase)));
}

#[test]
fn a_file_with_any_byte_changed_is_refused() {
    let (folder, _) = Folder::with_keys();
    let sound = fs::read(&folder.path).unwrap();
    for at in 0..sound.len() {
        // The lowest bit and that of capital letters, which JSON and base64 take the most kindly.
        for bit in [0, 5] {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&folder.path, &bytes).unwrap();
            assert_eq!(folder.fault(), "KEY_FILE_DAMAGED", "bit {bit} of byte {at}");
        }
    }
    fs::write(&folder.path, &sound).unwrap();
    folder.open().unwrap();
}

#[test]
fn a_truncated_or_prolonged_file_is_refused() {
    let (folder, _) = Folder::with_keys();
    let sound = fs::read(&folder.path).unwrap();
    for length in 0..sound.len() {
        fs::write(&folder.path, &sound[..length]).unwrap();
        assert_eq!(folder.fault(), "KEY_FILE_DAMAGED", "{length} bytes");
    }
    fs::write(&folder.path, [&sound[..], b"\n"].concat()).unwrap();
    assert_eq!(folder.fault(), "KEY_FILE_DAMAGED");
}

/// Alters the file as someone would who knows its form but not the passphrase.
fn forge(path: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut document: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut document["contents"]);
    let summed = document["contents"].to_string() + document["authentication"].as_str().unwrap();
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, summed.as_bytes());
    let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    document["sha256"] = sum.into();
    fs::write(path, serde_json::to_string_pretty(&document).unwrap() + "\n").unwrap();
}

#[test]
fn a_forged_file_is_refused_even_with_its_checksum_made_right() {
    let (folder, _) = Folder::with_keys();
    let sound = fs::read(&folder.path).unwrap();
    forge(&folder.path, |_| ());
    assert_eq!(fs::read(&folder.path).unwrap(), sound, "the forger knows the form");
    let forgeries: [fn(&mut serde_json::Value); 7] = [
        |contents| contents["keys"].as_array_mut().unwrap().swap(0, 1),
        |contents| drop(contents["keys"].as_array_mut().unwrap().pop()),
        |contents| contents["keys"][0]["purpose"] = "attest".into(),
        |contents| contents["keys"][0]["signer"] = "CLOUD-2".into(),
        |contents| contents["keys"][0]["made"] = "2020-01-01T00:00:00".into(),
        |contents| {
            let key = contents["keys"][1]["private_key"].clone();
            contents["keys"][0]["private_key"] = key;
        },
        |contents| contents["argon2id"]["passes"] = 2.into(),
    ];
    for (number, forgery) in forgeries.into_iter().enumerate() {
        fs::write(&folder.path, &sound).unwrap();
        forge(&folder.path, forgery);
        assert_eq!(folder.fault(), "KEY_FILE_PASSPHRASE", "forgery {number}");
    }
}

#[test]
fn a_forged_file_cannot_take_all_memory() {
    let (folder, _) = Folder::with_keys();
    for (member, value) in
        [("memory_kib", Cost::MOST.memory_kib + 1), ("passes", u32::MAX), ("lanes", 17), ("passes", 0)]
    {
        let sound = fs::read(&folder.path).unwrap();
        forge(&folder.path, |contents| contents["argon2id"][member] = value.into());
        assert_eq!(folder.fault(), "KEY_FILE_COST", "{member}");
        fs::write(&folder.path, sound).unwrap();
    }
}

#[test]
fn the_file_is_its_owners_only() {
    let (folder, _) = Folder::with_keys();
    let mode = || fs::metadata(&folder.path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    for open in [0o640, 0o604, 0o620, 0o602, 0o610] {
        fs::set_permissions(&folder.path, Permissions::from_mode(open)).unwrap();
        assert_eq!(folder.fault(), "KEY_FILE_OPEN_TO_OTHERS", "{open:o}");
    }
    fs::set_permissions(&folder.path, Permissions::from_mode(0o400)).unwrap();
    folder.open().unwrap();
}

#[test]
fn a_file_is_made_once_and_a_missing_one_is_said_to_be_missing() {
    let folder = Folder::new();
    assert_eq!(folder.fault(), "KEY_FILE_MISSING");
    folder.create().unwrap();
    let before = fs::read(&folder.path).unwrap();
    assert!(matches!(folder.create().err(), Some(KeyFileFault::Exists { .. })));
    assert_eq!(fs::read(&folder.path).unwrap(), before);
}

#[test]
fn of_two_writers_one_is_told_that_the_file_is_in_use_and_readers_go_on() {
    let (folder, keys) = Folder::with_keys();
    let store = folder.open().unwrap();
    let connection = store.connect().unwrap();
    let before = fs::read(&folder.path).unwrap();
    // What another process holds while it writes.
    let lock = File::options().write(true).open(folder.path.with_extension("json.lock")).unwrap();
    lock.lock().unwrap();
    let fault = make(&*connection, Purpose::Seal).unwrap_err();
    assert!(fault.is_temporary() && fault.reason().contains("another process"), "{fault}");
    assert_eq!(fs::read(&folder.path).unwrap(), before);
    assert_eq!(connection.keys().unwrap().len(), keys.len());
    folder.open().unwrap();
    lock.unlock().unwrap();
    make(&*connection, Purpose::Seal).unwrap();
}

#[test]
fn keys_that_two_writers_make_at_once_are_all_kept() {
    let folder = Folder::new();
    folder.create().unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let connection = folder.open().unwrap().connect().unwrap();
                for _ in 0..8 {
                    while make(&*connection, Purpose::Seal).is_err_and(|fault| fault.is_temporary()) {
                        thread::yield_now();
                    }
                }
            });
        }
    });
    assert_eq!(folder.open().unwrap().connect().unwrap().keys().unwrap().len(), 16);
}

#[test]
fn a_key_that_another_process_made_is_found() {
    let (folder, keys) = Folder::with_keys();
    let ours = folder.open().unwrap().connect().unwrap();
    let theirs = folder.open().unwrap();
    let key = make(&*theirs.connect().unwrap(), Purpose::Seal).unwrap();
    let mut session = ours.session().unwrap();
    assert!(session.sign(key.public_key.id(), &[1; 32]).is_err());
    assert_eq!(ours.keys().unwrap().len(), keys.len() + 1);
    let signature = session.sign(key.public_key.id(), &[1; 32]).unwrap();
    key.public_key.verify_prehash(&[1; 32], &signature).unwrap();
}

#[test]
fn a_file_that_was_put_in_the_place_of_the_opened_one_is_not_taken() {
    let (folder, _) = Folder::with_keys();
    let store = SoftwareKeys::create(
        folder.path.with_extension("new"),
        &passphrase(),
        CHEAP,
        |bytes: &mut [u8]| {
            bytes.fill(7);
        },
    );
    drop(store.unwrap());
    let connection = folder.open().unwrap().connect().unwrap();
    fs::rename(folder.path.with_extension("new"), &folder.path).unwrap();
    let fault = connection.keys().unwrap_err();
    assert!(!fault.is_temporary() && fault.reason().contains("replaced"), "{fault}");
}

#[test]
fn a_source_of_randomness_that_repeats_itself_makes_no_second_key() {
    let folder = Folder::new();
    let store =
        SoftwareKeys::create(&folder.path, &passphrase(), CHEAP, |bytes: &mut [u8]| bytes.fill(3)).unwrap();
    let connection = store.connect().unwrap();
    make(&*connection, Purpose::Seal).unwrap();
    let fault = make(&*connection, Purpose::Seal).unwrap_err();
    assert!(!fault.is_temporary() && fault.reason().contains("randomness"), "{fault}");
    assert_eq!(connection.keys().unwrap().len(), 1);
}

#[test]
fn what_a_crash_left_half_written_is_written_anew() {
    let (folder, keys) = Folder::with_keys();
    let unfinished = folder.path.with_extension("json.unfinished");
    fs::write(&unfinished, "{").unwrap();
    make(&*folder.open().unwrap().connect().unwrap(), Purpose::Seal).unwrap();
    assert!(!unfinished.exists());
    assert_eq!(folder.open().unwrap().connect().unwrap().keys().unwrap().len(), keys.len() + 1);
}
