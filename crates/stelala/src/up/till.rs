//! A till that sells: it keeps each payload before it offers it, and offers the same bytes under the same key until it
//! has the seal.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use def_protocol::reply::Seal;
use fiscal::{Invoice, OutletId, Reference};

use super::{day::Wish, http::Client};
use crate::authority;

/// The till's folder.
pub(super) struct Till {
    folder: PathBuf,
    outlet: OutletId,
    /// What its idempotency keys begin with.
    keys: &'static str,
}

/// A sale that is sealed.
pub(super) struct Sold {
    pub(super) seal: Seal,
    /// Whether it was before.
    pub(super) repeated: bool,
}

impl Till {
    /// In the cloud's folder.
    pub(super) fn open(folder: &Path, name: &str, outlet: &str, keys: &'static str) -> anyhow::Result<Self> {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self { folder, outlet: outlet.parse()?, keys })
    }

    /// Sells in their order.
    pub(super) fn sell_all(
        &self,
        client: &mut Client,
        wishes: &[Wish],
        mut each: impl FnMut(&Sold) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut seals = Vec::new();
        for wish in wishes {
            let sold = self.sell(client, wish, &seals).with_context(|| wish.name)?;
            each(&sold)?;
            seals.push(sold.seal);
        }
        Ok(())
    }

    fn sell(&self, client: &mut Client, wish: &Wish, seals: &[Seal]) -> anyhow::Result<Sold> {
        let path = self.folder.join(format!("{}.json", wish.name));
        let payload = match fs::read_to_string(&path) {
            Ok(kept) => kept,
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                let payload = self.payload(wish, seals)?;
                keep(&path, &payload)?;
                payload
            }
            Err(fault) => return Err(fault).with_context(|| path.display().to_string()),
        };
        let answer = client.seal(&format!("{}-{}", self.keys, wish.name), &payload)?;
        match answer.status {
            200 | 201 => {
                let seal = serde_json::from_str(&answer.body)
                    .context("the answer is no seal: please report this")?;
                Ok(Sold { seal, repeated: answer.status == 200 })
            }
            status => bail!("the answer was {status}: {}", answer.body),
        }
    }

    /// A wish, stamped now. A credit note names its original by the seal that it really got.
    fn payload(&self, wish: &Wish, seals: &[Seal]) -> anyhow::Result<String> {
        let mut invoice = Invoice::read(wish.text.as_bytes())?;
        invoice.timestamp = authority::now()?;
        invoice.outlet_id = self.outlet;
        if let Some(Reference::Original(reference)) = &mut invoice.reference {
            let place = usize::try_from(reference.invoice_seq.value())?.checked_sub(1);
            let original =
                place.and_then(|place| seals.get(place)).context("its original was not sold today")?;
            let number = &original.fiscal_number;
            (reference.epoch, reference.invoice_seq) = (number.epoch, number.number);
            reference.auth_code = original.auth_code;
        }
        let mut payload = String::new();
        invoice.write(&mut payload)?;
        Ok(payload)
    }
}

/// All of it or nothing: half a payload would be offered again for ever.
fn keep(path: &Path, payload: &str) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let kept = fs::write(&unfinished, payload).and_then(|()| fs::rename(&unfinished, path));
    kept.with_context(|| path.display().to_string())
}
