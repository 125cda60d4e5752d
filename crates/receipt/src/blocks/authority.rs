//! The authority's seal beside ours (A1).

use std::sync::Arc;

use super::{Block, Pair, Placed, Side};
use crate::{
    Language,
    authority::{Beside, Given, Origin},
    figures,
    words::Word,
};

/// Nothing of an invoice that is not for the authority, or of which the caller says nothing.
pub(super) fn authority(beside: &Beside, language: Language) -> Vec<Placed> {
    let placed = |side, block| Placed { side, block };
    match beside {
        Beside::Nothing => Vec::new(),
        Beside::Pending => {
            let title = Word::AuthorityTitle.of(language).to_owned();
            let lines = vec![Word::AuthorityPending.of(language).to_owned()];
            vec![placed(Side::Full, Block::Rule), placed(Side::Left, Block::Notes { title, lines })]
        }
        Beside::Given(given) => {
            let mut parts = vec![placed(Side::Full, Block::Rule)];
            if given.is_test {
                parts.push(placed(Side::Full, Block::Copy(Word::AuthorityTest.of(language).to_owned())));
            }
            parts.push(placed(Side::Left, security(given, language)));
            parts.extend(qr(given, language).map(|qr| placed(Side::Right, qr)));
            parts
        }
    }
}

fn security(given: &Given, language: Language) -> Block {
    let fact = |word: Word, value: &str| Pair::new(word.of(language), value);
    let mut facts = vec![fact(Word::AuthorityNim, &given.nim)];
    facts.extend(given.date_time.as_deref().map(|time| fact(Word::AuthorityTime, time)));
    facts.extend(given.counters.as_deref().map(|counters| fact(Word::AuthorityCounters, counters)));
    let origin = match given.origin {
        Origin::Answered => None,
        Origin::Imported => Some(Word::AuthorityOfFile),
        Origin::Hand => Some(Word::AuthorityOfHand),
    };
    facts.extend(origin.map(|origin| fact(Word::AuthorityOrigin, origin.of(language))));
    Block::Security {
        title: Word::AuthorityTitle.of(language).to_owned(),
        code: Pair::new(Word::AuthorityCode.of(language), figures::in_fours(&given.code)),
        facts,
    }
}

fn qr(given: &Given, language: Language) -> Option<Block> {
    let (content, symbol) = given.qr.as_ref()?;
    Some(Block::Qr {
        label: Word::AuthorityQr.of(language).to_owned(),
        content: content.clone(),
        symbol: Arc::clone(symbol),
        hints: Vec::new(),
    })
}
