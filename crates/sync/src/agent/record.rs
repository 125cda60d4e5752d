use std::sync::Arc;

use super::Shared;

/// So many are noted at once: the ledger seals them in one transaction.
const AT_ONCE: usize = 100;

/// Notes the authority's elements in the ledger, of whichever machine they are.
pub(super) fn run(shared: Arc<Shared>) {
    let mut known = 0;
    while !shared.turns.is_stopping() {
        let noted = shared.book.record_all(AT_ONCE).unwrap_or_else(|fault| {
            tracing::warn!(%fault, "the authority's elements wait for the ledger");
            0
        });
        if noted < AT_ONCE {
            known = shared.turns.rest(shared.settings.poll, known);
        }
    }
}
