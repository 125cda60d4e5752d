//! Who sells, who buys, where, and what a credit note corrects.

use fiscal::{Invoice, Reference};

use super::{Block, Pair};
use crate::{
    Language, Print, figures,
    words::{self, Word},
};

pub(super) fn merchant(invoice: &Invoice<'_>, print: &Print) -> Block {
    let language = print.language;
    let merchant = print.merchant.as_ref();
    let mut lines: Vec<String> = merchant.map(|merchant| merchant.lines.clone()).unwrap_or_default();
    let facts =
        [(Word::Nif, invoice.merchant_nif.to_string()), (Word::Outlet, invoice.outlet_id.to_string())];
    lines.extend(facts.map(|(word, value)| format!("{}{}{value}", word.of(language), figures::NO_BREAK)));
    let lines = lines.iter().map(|line| printable(line)).filter(|line| !line.is_empty()).collect();
    let name = merchant.map(|merchant| printable(&merchant.name)).filter(|name| !name.is_empty());
    Block::Merchant { name, lines }
}

/// A payload has no control characters; what the caller gives may have some, and a printer would obey them.
fn printable(text: &str) -> String {
    let bidirectional = |c: char| matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let breaking = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let kept = text.chars().filter(|c| !bidirectional(*c)).map(|c| if breaking(c) { ' ' } else { c });
    kept.collect::<String>().trim().to_owned()
}

pub(super) fn client(invoice: &Invoice<'_>, language: Language) -> Block {
    let (client, annex) = (&invoice.client, &invoice.annex);
    let pairs = [
        (Word::Name, annex.client_name),
        (Word::Registration, client.registration),
        (Word::Contact, annex.client_contact),
        (Word::Address, annex.client_address),
    ];
    let given = pairs.into_iter().filter_map(|(word, value)| Some(Pair::new(word.of(language), value?)));
    let class = Pair::new(Word::Type.of(language), words::classification(client.classification, language));
    Block::Pairs { title: Word::Client.of(language).to_owned(), pairs: given.chain([class]).collect() }
}

pub(super) fn till(invoice: &Invoice<'_>, language: Language) -> Block {
    let cashier = match &invoice.annex.operator_name {
        Some(name) => format!("{name} ({})", invoice.cashier_id),
        None => invoice.cashier_id.to_string(),
    };
    Block::Pairs {
        title: Word::Till.of(language).to_owned(),
        pairs: vec![
            Pair::new(Word::Terminal.of(language), invoice.pos_terminal_id),
            Pair::new(Word::Cashier.of(language), cashier),
        ],
    }
}

pub(super) fn original(invoice: &Invoice<'_>, language: Language) -> Option<Block> {
    let reason = |nature| Pair::new(Word::Reason.of(language), words::nature(nature, language));
    let pairs = match invoice.reference? {
        Reference::Rebate => vec![reason(None)],
        Reference::Original(original) => vec![
            reason(Some(original.nature)),
            Pair::new(Word::Number.of(language), original.invoice_seq),
            Pair::new(Word::Epoch.of(language), original.epoch),
            Pair::new(Word::Outlet.of(language), original.outlet_id),
            Pair::new(Word::AuthCode.of(language), figures::in_fours(original.auth_code.as_str())),
        ],
    };
    Some(Block::Pairs { title: Word::OriginalInvoice.of(language).to_owned(), pairs })
}
