use std::{num::NonZeroU32, sync::Arc};

use fiscal::Invoice;

use super::{Block, Pair, Placed, Side, authority, items, parties, sums};
use crate::{
    Copy, Language, Print,
    authority::Beside,
    figures,
    seal::Seal,
    symbol::Symbol,
    words::{self, Word},
};

/// The whole receipt, from top to bottom.
pub(crate) fn compose(
    invoice: &Invoice<'_>,
    seal: &Seal,
    symbol: Symbol,
    authority: &Beside,
    print: &Print,
) -> Vec<Placed> {
    let language = print.language;
    let mut parts = Parts(Vec::new());
    parts.copy(print);
    parts.put(Side::Left, Some(parties::merchant(invoice, print)));
    parts.put(Side::Right, Some(title(invoice, language)));
    parts.put(Side::Right, Some(fiscal(seal, print)));
    parts.put(Side::Full, Some(Block::Rule));
    parts.put(Side::Left, Some(parties::client(invoice, language)));
    parts.put(Side::Right, Some(parties::till(invoice, language)));
    parts.put(Side::Right, parties::original(invoice, language));
    parts.put(Side::Full, Some(items::items(invoice, seal.time.date_at(print.zone), language)));
    parts.put(Side::Left, Some(items::taxes(invoice, seal.time.date_at(print.zone), language)));
    parts.put(Side::Right, Some(sums::totals(invoice, language)));
    parts.put(Side::Right, sums::equivalent(invoice, language));
    parts.put(Side::Right, sums::payments(invoice, language));
    parts.put(Side::Right, sums::tendered(invoice, language));
    parts.put(Side::Left, sums::comments(invoice, language));
    parts.put(Side::Left, sums::details(invoice, language));
    parts.put(Side::Full, Some(Block::Rule));
    parts.put(Side::Left, Some(security(seal, print)));
    parts.put(Side::Right, Some(qr(seal, symbol, language)));
    for part in authority::authority(authority, language) {
        parts.0.push(part);
    }
    parts.copy(print);
    parts.0
}

struct Parts(Vec<Placed>);

impl Parts {
    fn put(&mut self, side: Side, block: Option<Block>) {
        self.0.extend(block.map(|block| Placed { side, block }));
    }

    fn copy(&mut self, print: &Print) {
        if let Copy::Duplicate(number) = print.copy {
            self.put(Side::Full, Some(Block::Copy(duplicate(number, print.language))));
        }
    }
}

fn duplicate(number: NonZeroU32, language: Language) -> String {
    match language {
        Language::French => format!("DUPLICATA N°{}{number}", figures::NO_BREAK),
        Language::English => format!("DUPLICATE (DUPLICATA) No{}{number}", figures::NO_BREAK),
    }
}

fn title(invoice: &Invoice<'_>, language: Language) -> Block {
    let kind = invoice.invoice_type;
    Block::Title(format!("{} ({})", words::kind(kind, language), kind.dgi_code()))
}

fn fiscal(seal: &Seal, print: &Print) -> Block {
    let language = print.language;
    Block::Fiscal {
        number: Pair::new(Word::FiscalNumber.of(language), seal.fiscal_number),
        facts: vec![
            Pair::new(Word::Device.of(language), seal.device),
            Pair::new(Word::Time.of(language), figures::time(seal.time, print.zone, language)),
        ],
    }
}

fn security(seal: &Seal, print: &Print) -> Block {
    let language = print.language;
    Block::Security {
        title: Word::Security.of(language).to_owned(),
        code: Pair::new(Word::AuthCode.of(language), figures::in_fours(seal.auth_code.as_str())),
        facts: vec![
            Pair::new(Word::FiscalNumber.of(language), seal.fiscal_number),
            Pair::new(Word::Device.of(language), seal.device),
            Pair::new(Word::Time.of(language), figures::time(seal.time, print.zone, language)),
        ],
    }
}

fn qr(seal: &Seal, symbol: Symbol, language: Language) -> Block {
    Block::Qr {
        symbol: Arc::new(symbol),
        label: Word::QrContent.of(language).to_owned(),
        content: seal.qr.to_text().to_string(),
        hints: vec![Word::Check.of(language).to_owned(), Word::NotProof.of(language).to_owned()],
    }
}
