use def_protocol::{
    Output,
    token::{Body, TaxManifest},
};
use fiscal::EventKind;

use super::order::{Whose, believe, unfit};
use crate::{
    board::Board,
    device::{Core, Line},
    refusal::{Detail, Refusal},
    state::{Command, EventBody},
};

const MESSAGE: &str = "tax groups installed";

impl<B: Board> Core<'_, B> {
    /// `CFG|MANIFEST`: installs the tax groups that sales are checked against (P7).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn install_manifest<O: Output>(
        &mut self,
        token: &str,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.sound()?;
        if self.repeat(Command::Manifest, token, MESSAGE, line)? {
            return Ok(());
        }
        self.in_service()?;
        let mut buffer = [0; TaxManifest::MAX_BYTES];
        let order = believe::<_, TaxManifest<'_>>(&mut self.vault, token, &mut buffer, Whose::Operator)?;
        let version = order.body().version();
        if let Some(installed) = self.vault.manifest_version()?
            && version <= installed
        {
            return Err(unfit(Detail::ManifestInstalled { installed, version }));
        }
        let done = self.vault.seal_event(EventKind::Manifest, &EventBody::Manifest { token })?;
        self.obeyed(done.place, MESSAGE, line)
    }
}
