use ledger::Refusal;
use registry::{Registry, RegistryFault};

use crate::app::App;

/// Takes the newest tax manifest, if another process imported one. It logs what keeps it from that.
pub(super) fn follow(app: &App) {
    match look(app) {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => tracing::warn!(%fault, "the tax manifest could not be read"),
        Err(refusal) => tracing::warn!(%refusal, "nobody could be asked for a newer tax manifest"),
    }
}

fn look(app: &App) -> Result<Result<(), RegistryFault>, Refusal> {
    let held = app.ledger.manifest().version();
    app.ledger.ask(|store| {
        let mut registry = Registry::over(store);
        Ok(registry.manifests(Some(held), 1).and_then(|newer| {
            if !newer.is_empty() {
                app.take_manifest(registry.newest_manifest()?);
            }
            Ok(())
        }))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use fiscal::Timestamp;
    use ledger::{Clock, ManifestBook};
    use registry::Reach;
    use sha2::{Digest, Sha256};
    use signing::Cost;

    use super::*;
    use crate::{Cloud, Config, SystemClock};

    /// Bytes that never repeat.
    fn entropy(bytes: &mut [u8]) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        for chunk in bytes.chunks_mut(32) {
            let digest = Sha256::digest(NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }

    /// Another process imports a list that begins to differ in the year 2099.
    fn import(config: &Config) {
        let mut groups: serde_json::Value =
            serde_json::from_str(&ManifestBook::default_book().to_json()).unwrap();
        let mut later = groups[1].clone();
        later["valid_from"] = "2099-01-01".into();
        groups.as_array_mut().unwrap().push(later);
        let mut store = crate::database(&config.database).unwrap().connect().unwrap();
        let by = ledger::By { actor: "a".parse().unwrap(), tenant: None, request: "r".parse().unwrap() };
        let now: Timestamp = SystemClock.now();
        Registry::over(&mut *store).import_manifest(&Reach::Platform, &groups.to_string(), &by, now).unwrap();
    }

    #[test]
    fn what_another_process_imports_holds_after_a_look_and_after_a_start() {
        let folder = tempfile::TempDir::new().unwrap();
        let variables = [("STELALA_PASSPHRASE".to_owned(), "correct horse".to_owned())];
        let config = Config::read("", folder.path(), &variables).unwrap();
        let database = crate::database(&config.database).unwrap();
        let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        crate::make_key(&config, cost, &*database, &SystemClock, entropy).unwrap();
        let version = |cloud: &Cloud| cloud.app.ledger.manifest().version();
        let cloud = Cloud::start(&config, entropy).unwrap();
        follow(&cloud.app);
        assert_eq!(version(&cloud), ManifestBook::DEFAULT_VERSION);
        import(&config);
        assert_eq!(version(&cloud), ManifestBook::DEFAULT_VERSION, "nobody looked");
        follow(&cloud.app);
        assert_eq!(version(&cloud), 1);
        // What was read before that does not take its place.
        cloud.app.take_manifest(ManifestBook::default_book());
        assert_eq!(version(&cloud), 1);
        drop(cloud);
        assert_eq!(version(&Cloud::start(&config, entropy).unwrap()), 1);
    }
}
