use std::{
    io,
    path::{Path, PathBuf},
};

use fiscal::{FiscalNumber, PayloadHash};

use super::{
    files::{Files, Folder},
    intent::{Intent, IntentFault},
};

/// A till's memory of its sales.
///
/// | file | what |
/// |---|---|
/// | `sales/HASH.json` | a sale, by the SHA-256 of its payload: an [`Intent`] |
/// | `open/HASH` | empty, while something is left to do for the sale: until its receipt is printed, it is refused or withdrawn |
/// | `numbers/NUMBER` | the HASH of the sale that was sealed under this fiscal number |
///
/// The sale is the truth, and written between its mark, which is there before it, and the mark's removal. A mark without
/// a sale, or of one that is done, is what a crash leaves, and is taken away.
#[derive(Debug)]
pub(super) struct Memory<F> {
    files: F,
}

const SALES: &str = "sales";
const OPEN: &str = "open";
const NUMBERS: &str = "numbers";

impl Folder {
    /// Opens a till's folder, or makes one.
    pub fn of_till(path: impl Into<PathBuf>) -> Result<Self, StoreFault> {
        Self::open(path, &[SALES, OPEN, NUMBERS])
    }
}

impl<F: Files> Memory<F> {
    pub(super) const fn new(files: F) -> Self {
        Self { files }
    }

    /// Keeps this instead of what there was of the same sale.
    pub(super) fn keep(&mut self, intent: &Intent) -> Result<(), StoreFault> {
        let hash = intent.hash();
        let mark = mark(hash);
        let is_final = intent.stage().is_final();
        if !is_final && self.read(&mark)?.is_none() {
            self.put(&mark, b"")?;
        }
        if let Some(number) = intent.number() {
            self.put(&number_file(number), hash.to_string().as_bytes())?;
        }
        self.put(&sale_file(hash), intent.to_json().as_bytes())?;
        if is_final { self.remove(&mark) } else { Ok(()) }
    }

    pub(super) fn of_sale(&mut self, hash: PayloadHash) -> Result<Option<Intent>, StoreFault> {
        let name = sale_file(hash);
        let Some(json) = self.read(&name)? else { return Ok(None) };
        let read = Intent::from_json(&json)
            .and_then(|intent| if intent.hash() == hash { Ok(intent) } else { Err(IntentFault::OtherSale) });
        read.map(Some).map_err(|fault| StoreFault::Damaged { path: name.into(), fault })
    }

    /// The sale that was sealed under this number.
    pub(super) fn of_number(&mut self, number: FiscalNumber) -> Result<Option<Intent>, StoreFault> {
        let name = number_file(number);
        let Some(text) = self.read(&name)? else { return Ok(None) };
        let hash = str::from_utf8(&text).ok().and_then(PayloadHash::from_hex);
        let hash = hash.ok_or(StoreFault::Damaged { path: name.into(), fault: IntentFault::Form })?;
        // A crash between the two files leaves a number that no sale has yet.
        Ok(self.of_sale(hash)?.filter(|intent| intent.number() == Some(number)))
    }

    /// All sales for which something is left to do.
    pub(super) fn all_open(&mut self) -> Result<Vec<Intent>, StoreFault> {
        let mut open = Vec::new();
        for name in self.files.names(OPEN).map_err(StoreFault::io(Path::new(OPEN)))? {
            let path = format!("{OPEN}/{name}");
            let Some(hash) = PayloadHash::from_hex(&name) else {
                return Err(StoreFault::Damaged { path: path.into(), fault: IntentFault::Form });
            };
            match self.of_sale(hash)? {
                Some(intent) if !intent.stage().is_final() => open.push(intent),
                _ => self.remove(&path)?,
            }
        }
        Ok(open)
    }

    fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.files.read(name).map_err(StoreFault::io(Path::new(name)))
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreFault> {
        self.files.put(name, bytes).map_err(StoreFault::io(Path::new(name)))
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreFault> {
        self.files.remove(name).map_err(StoreFault::io(Path::new(name)))
    }
}

fn sale_file(hash: PayloadHash) -> String {
    format!("{SALES}/{hash}.json")
}

fn mark(hash: PayloadHash) -> String {
    format!("{OPEN}/{hash}")
}

fn number_file(number: FiscalNumber) -> String {
    format!("{NUMBERS}/{number}")
}

/// Why a till's memory cannot be used. Nothing more is sold or printed until it can.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// Another program has it.
    #[error("{path}: another program uses this till: end it, or name another folder")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file is not what a till keeps.
    #[error("{path}: {fault}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: IntentFault,
    },
    /// The operating system refused.
    #[error("{path}: {cause}")]
    Io {
        /// Of what.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl StoreFault {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }
}
