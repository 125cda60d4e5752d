use receipt::{Authority, Elements, Paper, Print, Raster, Receipt, Refusal, Roll};

use super::wanted::Kind;

/// What a receipt is made of.
pub(super) struct Drawing {
    pub(super) payload: String,
    pub(super) elements: Elements,
    /// The tax authority's.
    pub(super) authority: Authority,
    pub(super) print: Print,
    pub(super) paper: Paper,
    pub(super) kind: Kind,
    /// Which page of a picture, from 0.
    pub(super) page: usize,
}

impl Drawing {
    /// The bytes; none of a page that there is not.
    pub(super) fn draw(&self) -> Result<Option<Vec<u8>>, Refusal> {
        let receipt =
            Receipt::with_authority(self.payload.as_bytes(), &self.elements, &self.authority, &self.print)?;
        let roll = match self.paper {
            Paper::Roll(roll) => roll,
            Paper::A4 => Roll::Mm80,
        };
        Ok(match self.kind {
            Kind::Text => Some(receipt.text(roll).into_bytes()),
            Kind::Escpos => Some(receipt.escpos(roll)),
            Kind::Pdf => Some(receipt.pdf(self.paper)?),
            Kind::Svg => receipt.svg(self.paper)?.into_iter().nth(self.page).map(String::into_bytes),
            Kind::Png => receipt.png(self.paper, Raster::Screen)?.into_iter().nth(self.page),
        })
    }
}
