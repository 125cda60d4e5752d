use std::path::{Path, PathBuf};

use clap::Args;
use fiscal::PublicKey;
use verify::{Bundle, Trust};

use crate::{
    input::{InputFault, read_text},
    trust_file::{TrustFile, TrustFileFault},
};

// A doc comment here would take the place of the command's own help.
#[allow(missing_docs)]
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub struct TrustArgs {
    /// A public key in PEM, as `openssl ec -pubout` writes it; may be given several times.
    #[arg(long, value_name = "KEY.pem", conflicts_with_all = ["trust", "bundle", "root"])]
    key: Vec<PathBuf>,
    /// Public keys in PEM, one or several in one file, or a signed list of keys, with `--root`.
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    trust: Option<PathBuf>,
    /// A signed list of keys.
    #[arg(long, value_name = "FILE", requires = "root")]
    bundle: Option<PathBuf>,
    /// The public key that signed the list, in PEM.
    #[arg(long, value_name = "ROOT.pem")]
    root: Option<PathBuf>,
}

impl TrustArgs {
    /// Reads the keys.
    pub(crate) fn read(&self) -> Result<Trust, InputFault> {
        match (&self.trust, &self.bundle, &self.root) {
            (Some(path), _, root) => read_trust(path, root.as_deref()),
            (None, Some(path), Some(root)) => read_bundle(path, &read_text(path)?, root),
            (None, _, Some(_)) => Err(InputFault::RootAlone),
            (None, _, None) => {
                self.key.iter().map(|path| read_key(path)).collect::<Result<_, _>>().map(Trust::Keys)
            }
        }
    }
}

fn read_trust(path: &Path, root: Option<&Path>) -> Result<Trust, InputFault> {
    let text = read_text(path)?;
    let fault = |cause| InputFault::Trust { path: path.to_owned(), cause };
    match (TrustFile::read(&text).map_err(fault)?, root) {
        (TrustFile::Keys(keys), None) => Ok(Trust::Keys(keys)),
        (TrustFile::Keys(_), Some(_)) => Err(fault(TrustFileFault::RootUnneeded)),
        (TrustFile::List(list), Some(root)) => read_bundle(path, list, root),
        (TrustFile::List(_), None) => Err(fault(TrustFileFault::RootMissing)),
    }
}

fn read_bundle(path: &Path, list: &str, root: &Path) -> Result<Trust, InputFault> {
    let bundle = Bundle::read(list, &read_key(root)?);
    bundle.map(Trust::Bundle).map_err(|cause| InputFault::Bundle { path: path.to_owned(), cause })
}

pub(crate) fn read_key(path: &Path) -> Result<PublicKey, InputFault> {
    PublicKey::from_pem(&read_text(path)?).map_err(|cause| InputFault::Key { path: path.to_owned(), cause })
}
