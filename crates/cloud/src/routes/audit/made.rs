use std::{fs, io, sync::Arc};

use fiscal::{OutletId, Timestamp};
use ledger::{Export, ExportDays, ExportDone, ExportStopped, LedgerStore, Refusal, StoreFault};
use signing::{Attester, SignerFault};
use tempfile::TempDir;

use super::{
    chunks::Pipe,
    exports::{Making, UnderWay, Whose},
    tarred,
};
use crate::{
    app::App,
    held::Held,
    problem::{Kind, Problem, words},
};

/// What is exported.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) outlet: OutletId,
    pub(super) days: ExportDays,
    pub(super) now: Timestamp,
}

/// An export in a folder of its own, which goes with it.
pub(super) struct Made {
    files: Held<Files>,
    order: Order,
    pub(super) done: ExportDone,
}

/// In the order in which they go.
struct Files {
    folder: TempDir,
    under_way: UnderWay,
}

impl Order {
    /// Writes the export, on a thread that may wait.
    pub(super) fn make(self, app: &App, (under_way, making): (UnderWay, Making)) -> Result<Made, Problem> {
        let ring = app.ring.as_deref();
        let ring = ring.ok_or_else(|| SignerFault::Temporary("the keys are elsewhere".to_owned()));
        let key = ring.and_then(|ring| ring.attesting_key().map(|key| ring.attester(key)));
        let attester = key.map_err(Refusal::Signer)?;
        let folder = tempfile::Builder::new().prefix(&format!("stelala-export-{}-", self.outlet)).tempdir();
        let folder = folder.map_err(|cause| unwritable(&cause))?;
        let written = app.ledger.ask(|store| match self.write(store, &attester, &folder) {
            // A connection that failed is not used again.
            Err(ExportStopped::Store(fault)) => Err(fault),
            written => Ok(written),
        })?;
        let done = written.map_err(stopped)?;
        drop(making);
        Ok(Made { files: Held::new(Files { folder, under_way }), order: self, done })
    }

    fn write(
        &self,
        store: &mut dyn LedgerStore,
        attester: &dyn Attester,
        folder: &TempDir,
    ) -> Result<ExportDone, ExportStopped> {
        let Self { outlet, days, now } = *self;
        let done =
            Export { store, outlet, days, attester, now, progress: &mut |_| {} }.write(folder.path())?;
        let keys: String = store.keys()?.iter().map(|key| format!("{}\n", key.key.to_pem())).collect();
        for (name, text) in [("keys.pem", keys), ("attester.pem", attester.public_key().to_pem().to_string())]
        {
            let path = folder.path().join(name);
            let fault = |cause: io::Error| ExportStopped::File { path: path.display().to_string(), cause };
            fs::write(&path, text).map_err(fault)?;
        }
        Ok(done)
    }

    /// What the archive and its folder are called.
    pub(super) fn name(&self) -> String {
        let since = self.days.since.map_or_else(|| "beginning".to_owned(), |day| day.to_string());
        let until = self.days.until.map_or_else(|| "now".to_owned(), |day| day.to_string());
        format!("{}-{since}-to-{until}", self.outlet)
    }
}

impl Made {
    /// Hands it on as an archive, on a thread that may wait, and removes it, whatever happens. Whoever has read to the end
    /// finds its files gone and its place free.
    pub(super) fn send(self, pipe: Pipe) {
        let Self { files, order, .. } = self;
        let Files { folder, under_way } = files.take();
        let (outlet, written) = (order.outlet, tarred::write(folder.path(), &order.name(), order.now, pipe));
        if let Err(fault) = folder.close() {
            tracing::warn!(%outlet, %fault, "the files of an export could not be removed");
        }
        drop(under_way);
        if let Err(fault) = written.and_then(Pipe::end) {
            tracing::debug!(%outlet, %fault, "an export was not taken to its end");
        }
    }
}

fn stopped(stopped: ExportStopped) -> Problem {
    match stopped {
        ExportStopped::Store(fault) => Refusal::Store(fault).into(),
        ExportStopped::Attester(fault) => Refusal::Signer(fault).into(),
        ExportStopped::NoOutlet(_) => crate::extract::not_found(),
        ExportStopped::Nothing => Problem::new(
            Kind::NotFound,
            words("rien n'a été scellé ces jours-là : choisissez-en d'autres", stopped.to_string()),
        ),
        ExportStopped::File { ref cause, .. } => unwritable(cause).with_cause(stopped.to_string()),
        ExportStopped::Folder(path) => Refusal::Store(StoreFault::Unavailable(path)).into(),
    }
}

/// What is wrong with a folder is the operator's to know.
fn unwritable(cause: &io::Error) -> Problem {
    Problem::new(
        Kind::NotReady,
        words(
            "l'export n'a pu être écrit : réessayez plus tard, ou prévenez l'exploitant",
            "the export could not be written: try again later, or tell the operator",
        ),
    )
    .with_cause(cause.to_string())
}

/// Has an export made.
pub(super) async fn make(app: &Arc<App>, order: Order, whose: Whose) -> Result<Made, Problem> {
    let places = app.exports.begin(whose)?;
    let app = Arc::clone(app);
    let made = tokio::task::spawn_blocking(move || order.make(&app, places)).await;
    made.unwrap_or_else(|_| {
        let detail = words("erreur interne : signalez-la", "an internal error: please report it");
        Err(Problem::new(Kind::Internal, detail))
    })
}
