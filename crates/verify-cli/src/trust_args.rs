use std::path::{Path, PathBuf};

use clap::Args;
use fiscal::PublicKey;
use verify::{Bundle, Trust};

use crate::input::{InputFault, read_text};

// A doc comment here would take the place of the command's own help.
#[allow(missing_docs)]
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub struct TrustArgs {
    /// A public key in PEM, as `openssl ec -pubout` writes it; may be given several times.
    #[arg(long, value_name = "KEY.pem", conflicts_with_all = ["bundle", "root"])]
    key: Vec<PathBuf>,
    /// A signed list of keys.
    #[arg(long, value_name = "FILE", requires = "root")]
    bundle: Option<PathBuf>,
    /// The public key that signed the list, in PEM.
    #[arg(long, value_name = "ROOT.pem", requires = "bundle")]
    root: Option<PathBuf>,
}

impl TrustArgs {
    /// Reads the keys.
    pub(crate) fn read(&self) -> Result<Trust, InputFault> {
        match (&self.bundle, &self.root) {
            (Some(path), Some(root)) => {
                let root = read_key(root)?;
                let bundle = Bundle::read(&read_text(path)?, &root);
                bundle.map(Trust::Bundle).map_err(|cause| InputFault::Bundle { path: path.clone(), cause })
            }
            _ => self.key.iter().map(|path| read_key(path)).collect::<Result<_, _>>().map(Trust::Keys),
        }
    }
}

fn read_key(path: &Path) -> Result<PublicKey, InputFault> {
    PublicKey::from_pem(&read_text(path)?).map_err(|cause| InputFault::Key { path: path.to_owned(), cause })
}
