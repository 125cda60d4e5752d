use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Mutex as AsyncMutex, time::Instant};

/// What was signed for everybody a moment ago: making it reads all of the database and asks the signer.
#[derive(Default)]
pub(crate) struct Published {
    pub(super) bundle: Kept,
    pub(super) revocations: Kept,
}

impl Published {
    /// Something that stands in it has changed: it is made anew for who asks next.
    pub(crate) fn forget(&self) {
        self.bundle.forget();
        self.revocations.forget();
    }
}

/// So long a text is good. Whoever fetches it may keep it as long.
const LIFE: Duration = Duration::from_secs(60);

/// A text, and since when it is there.
#[derive(Default)]
pub(super) struct Kept {
    /// One makes it, and the others wait for it.
    making: AsyncMutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How often it was forgotten: what was begun before is not kept.
    forgotten: u64,
    text: Option<(Instant, Arc<[u8]>)>,
}

impl Kept {
    /// The text, made if there is none that is young enough.
    pub(super) async fn or_make<E>(
        &self,
        make: impl Future<Output = Result<Vec<u8>, E>>,
    ) -> Result<Arc<[u8]>, E> {
        let _turn = self.making.lock().await;
        let forgotten = {
            let state = self.state();
            if let Some((since, text)) = &state.text
                && since.elapsed() < LIFE
            {
                return Ok(Arc::clone(text));
            }
            state.forgotten
        };
        let begun = Instant::now();
        let text: Arc<[u8]> = make.await?.into();
        let mut state = self.state();
        if state.forgotten == forgotten {
            state.text = Some((begun, Arc::clone(&text)));
        }
        Ok(text)
    }

    fn forget(&self) {
        let mut state = self.state();
        state.forgotten += 1;
        state.text = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked with it left it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn a_text_is_made_once_until_it_is_forgotten_and_one_that_was_begun_before_that_is_not_kept() {
        let kept = Kept::default();
        let make = |byte: u8, meanwhile: bool| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let making = async {
                if meanwhile {
                    kept.forget();
                }
                Ok::<_, Infallible>(vec![byte])
            };
            runtime.block_on(kept.or_make(making)).unwrap()[0]
        };
        assert_eq!((make(1, false), make(2, false)), (1, 1));
        kept.forget();
        assert_eq!((make(3, true), make(4, false), make(5, false)), (3, 4, 4));
    }
}
