use std::{num::NonZeroU32, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use ledger::{Refusal, StoreFault};
use receipt::{Copy, Elements, Merchant, Paper, Print, Roll};
use registry::{MerchantId, Place, Reach};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    beside::{MOST_SECONDS, beside},
    draw::Drawing,
    wanted::{Kind as Form, Wanted},
};
use crate::{
    app::App,
    auth::Caller,
    extract::{Id, Query, not_found},
    problem::{Kind, Problem, words},
    routes::{
        file_answer::{FileAnswer, Shown},
        invoices::{find, wrong},
    },
};

/// How it is printed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// A roll of 58 or 80 mm, or A4; 80 unless it is said, and A4 for a PDF. Text and ESC/POS are for rolls only.
    #[param(inline)]
    paper: Option<OnPaper>,
    /// In which language the receipt's own words are.
    #[serde(default)]
    #[param(inline, default = "fr")]
    language: Tongue,
    /// The so-manieth reprint, which says DUPLICATA; the first print unless it is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 99)]
    copy: Option<NonZeroU32>,
    /// Which page of a picture on A4.
    #[param(value_type = Option<u32>, minimum = 1, default = 1)]
    page: Option<NonZeroU32>,
    /// Wait up to so many seconds for the tax authority's elements, so that both sets are on the paper. When they have not
    /// come by then, the receipt says that they will. Without it, it has them when they are there already.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 3)]
    wait_dgi: Option<u8>,
}

/// What it is printed on.
#[derive(Clone, Copy, Deserialize, ToSchema)]
pub(crate) enum OnPaper {
    /// 58 mm.
    #[serde(rename = "58")]
    Mm58,
    /// 80 mm.
    #[serde(rename = "80")]
    Mm80,
    /// Pages.
    #[serde(rename = "a4")]
    A4,
}

/// A language of receipts.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tongue {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

/// The most reprints that are counted.
const MOST_COPIES: u32 = 99;
/// A picture that somebody opens for itself does nothing.
const HARMLESS: &str =
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; sandbox";

/// Print a receipt
///
/// As text, as pictures, as a document, or in the language of thermal printers: `{fiscal_number}.txt`, `.svg`, `.png`,
/// `.pdf` or `.escpos`. Only what is sealed is printed; what was erased past its retention has no receipt. The
/// tax authority's elements stand beside ours once they are there.
#[utoipa::path(
    get,
    path = "/api/v1/receipts/{receipt}",
    operation_id = "printReceipt",
    tag = "Receipts",
    params(
        ("receipt" = String, Path, description = "The fiscal number, a dot, and the form.",
            pattern = r"^[A-Z0-9]{4,10}-[0-9]{1,10}-[0-9]{8,20}\.(txt|svg|png|pdf|escpos)$",
            example = "KINGOMBE01-0-00000001.txt"),
        Asked,
    ),
    responses((status = 200, description = "The receipt.", content(
        (String = "text/plain"),
        (String = "image/svg+xml"),
        (Vec<u8> = "image/png"),
        (Vec<u8> = "application/pdf"),
        (Vec<u8> = "application/octet-stream"),
    ))),
)]
pub(crate) async fn print(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(wanted): Id<Wanted>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let paper = asked.paper(wanted.kind)?;
    if asked.copy.is_some_and(|copy| copy.get() > MOST_COPIES) {
        return Err(wrong("copy"));
    }
    if asked.wait_dgi.is_some_and(|seconds| seconds > MOST_SECONDS) {
        return Err(wrong("wait_dgi"));
    }
    let found = find(&app, &caller, wanted.number, |viewer, row, place| {
        Ok((viewer.verified(&row)?, row.body, place.clone()))
    });
    let (sealed, body, place) = found.await?.ok_or_else(not_found)?;
    let payload = body.ok_or_else(not_found)?;
    let elements = sealed.elements(place.outlet.prefix, None).ok_or_else(not_found)?;
    let record = Some(Base64UrlUnpadded::encode_string(&sealed.to_bytes()));
    let drawing = Drawing {
        payload,
        elements: Elements { record, ..Elements::from(&elements) },
        authority: beside(&app, wanted.number, asked.wait_dgi).await?,
        print: asked.print(merchant(&app, &place).await?, &place),
        paper,
        kind: wanted.kind,
        page: asked.page.map_or(0, |page| usize::try_from(page.get() - 1).unwrap_or(usize::MAX)),
    };
    let merchant = caller.reach.merchant().map_or("", MerchantId::as_str);
    let drawn = app.draw(merchant, move || drawing.draw()).await?.ok_or_else(|| undrawn("it panicked"))?;
    Ok(answer(wanted, drawn.map_err(refused)?.ok_or_else(not_found)?))
}

impl Asked {
    fn paper(&self, form: Form) -> Result<Paper, Problem> {
        match (self.paper, form) {
            (Some(OnPaper::A4), Form::Text | Form::Escpos) => Err(wrong("paper")),
            (Some(OnPaper::A4), _) | (None, Form::Pdf) => Ok(Paper::A4),
            (Some(OnPaper::Mm58), _) => Ok(Paper::Roll(Roll::Mm58)),
            (Some(OnPaper::Mm80) | None, _) => Ok(Paper::Roll(Roll::Mm80)),
        }
    }

    fn print(&self, merchant: Merchant, place: &Place) -> Print {
        Print {
            merchant: Some(merchant),
            zone: place.outlet.zone,
            language: match self.language {
                Tongue::Fr => receipt::Language::French,
                Tongue::En => receipt::Language::English,
            },
            copy: self.copy.map_or(Copy::Original, Copy::Duplicate),
        }
    }
}

/// The head of the receipt: the merchant's name, the outlet's, its address.
async fn merchant(app: &Arc<App>, place: &Place) -> Result<Merchant, Problem> {
    let id = place.merchant.clone();
    let merchant = app.registry(move |registry| registry.merchant(&Reach::Platform, &id)).await?;
    let lines = [Some(&place.name), place.address.as_ref()].into_iter().flatten();
    Ok(Merchant {
        name: merchant.name.to_string(),
        lines: lines.filter(|line| **line != merchant.name).map(ToString::to_string).collect(),
    })
}

fn answer(wanted: Wanted, bytes: Vec<u8>) -> Response {
    let file = FileAnswer {
        media_type: wanted.kind.media_type(),
        name: format!("{}.{}", wanted.number, wanted.kind.extension()),
        shown: if wanted.kind == Form::Escpos { Shown::Saved } else { Shown::Inline },
        body: Body::from(bytes),
    };
    ([(header::CONTENT_SECURITY_POLICY, HARMLESS)], file).into_response()
}

/// What is stored is a receipt, or it is not what was sealed.
fn refused(refusal: receipt::Refusal) -> Problem {
    match refusal {
        receipt::Refusal::Drawing(why) => undrawn(&why),
        other => Refusal::Store(StoreFault::Corrupt(other.to_string())).into(),
    }
}

fn undrawn(why: &str) -> Problem {
    let detail = words(
        "le reçu n'a pu être dessiné : signalez-le, et prenez une autre forme",
        "the receipt could not be drawn: please report this, and take another form",
    );
    Problem::new(Kind::Internal, detail).with_cause(why)
}
