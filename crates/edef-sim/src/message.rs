//! What clients send, read as liberally as the real service does.

use serde::Deserialize;

use crate::Exact;

/// The body of `POST /api/invoice`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invoice {
    #[serde(alias = "ifu")]
    pub(crate) nif: Option<String>,
    pub(crate) rn: Option<String>,
    pub(crate) mode: Option<String>,
    pub(crate) isf: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) items: Option<Vec<Item>>,
    pub(crate) client: Option<Client>,
    pub(crate) payment: Option<Vec<Payment>>,
    pub(crate) reference: Option<String>,
    pub(crate) reference_type: Option<String>,
    pub(crate) aib: Option<String>,
    pub(crate) cmta: Option<String>,
    pub(crate) cmtb: Option<String>,
    pub(crate) cmtc: Option<String>,
    pub(crate) cmtd: Option<String>,
    pub(crate) cmte: Option<String>,
    pub(crate) cmtf: Option<String>,
    pub(crate) cmtg: Option<String>,
    pub(crate) cmth: Option<String>,
    pub(crate) cur_code: Option<String>,
    pub(crate) cur_date: Option<String>,
    pub(crate) cur_rate: Option<Exact>,
}

/// One line of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) price: Exact,
    pub(crate) quantity: Exact,
    pub(crate) tax_group: Option<String>,
    #[serde(alias = "taxSpecific")]
    pub(crate) tax_specific_amount: Option<Exact>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Client {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

/// Clients write `currencyCode` and `currencyRate`, or `curCode` and `curRate`; some write both.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment {
    pub(crate) name: Option<String>,
    pub(crate) amount: Option<Exact>,
    pub(crate) currency_code: Option<String>,
    pub(crate) currency_rate: Option<Exact>,
    pub(crate) cur_code: Option<String>,
    pub(crate) cur_rate: Option<Exact>,
}

/// The body of confirm and cancel.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Totals {
    pub(crate) total: Option<Exact>,
    pub(crate) vtotal: Option<Exact>,
}

impl Invoice {
    pub(crate) fn comments(&self) -> Vec<String> {
        let all =
            [&self.cmta, &self.cmtb, &self.cmtc, &self.cmtd, &self.cmte, &self.cmtf, &self.cmtg, &self.cmth];
        all.into_iter().flatten().cloned().collect()
    }
}

/// `2026-03-14`, with or without a time behind it, or `14/03/2026`.
pub(crate) fn is_date(text: &str) -> bool {
    let is = |text: &str, widths: [usize; 3], between: char| {
        let parts: Vec<&str> = text.split(between).collect();
        parts.len() == 3
            && parts
                .iter()
                .zip(widths)
                .all(|(part, width)| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    is(day, [4, 2, 2], '-') || is(day, [2, 2, 4], '/')
}
