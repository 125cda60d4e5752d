use super::Um;
use crate::{
    page::Tone,
    paper::{Paper, Roll},
};

/// How big and how far apart things are on a kind of paper.
pub(super) struct Style {
    pub(super) paper_width: Um,
    /// None: as long as the receipt.
    pub(super) paper_height: Option<Um>,
    pub(super) margin: Um,
    /// At the top and the bottom.
    pub(super) margin_end: Um,
    pub(super) unprintable: Um,
    /// Left and right parts stand beside each other: the width of the right ones, and the space between.
    pub(super) beside: Option<(Um, Um)>,
    pub(super) body: Um,
    pub(super) small: Um,
    pub(super) title: Um,
    /// The merchant's name, the fiscal number, the total.
    pub(super) huge: Um,
    /// Between parts.
    pub(super) gap: Um,
    pub(super) thin: Um,
    pub(super) thick: Um,
    /// Of labels.
    pub(super) label: Tone,
    pub(super) footer: bool,
}

impl Style {
    pub(super) const fn of(paper: Paper) -> Self {
        match paper {
            Paper::A4 => Self::A4,
            Paper::Roll(Roll::Mm80) => Self::ROLL_80,
            Paper::Roll(Roll::Mm58) => Self::ROLL_58,
        }
    }

    const A4: Self = Self {
        paper_width: 210_000,
        paper_height: Some(297_000),
        margin: 16_000,
        margin_end: 14_000,
        unprintable: 0,
        beside: Some((74_000, 10_000)),
        body: 3_200,
        small: 2_700,
        title: 5_600,
        huge: 4_800,
        gap: 4_000,
        thin: 200,
        thick: 500,
        label: Tone::Grey,
        footer: true,
    };

    const ROLL_80: Self = Self {
        paper_width: 80_000,
        paper_height: None,
        margin: 4_000,
        margin_end: 5_000,
        unprintable: 4_000,
        beside: None,
        body: 3_100,
        small: 2_700,
        title: 3_900,
        huge: 5_000,
        gap: 2_250,
        thin: 250,
        thick: 500,
        label: Tone::Black,
        footer: false,
    };

    const ROLL_58: Self = Self {
        paper_width: 58_000,
        margin: 5_000,
        unprintable: 5_000,
        body: 2_700,
        small: 2_450,
        title: 3_400,
        huge: 4_200,
        gap: 2_000,
        ..Self::ROLL_80
    };

    /// Between the margins.
    pub(super) const fn width(&self) -> Um {
        self.paper_width - 2 * self.margin
    }

    /// One column, on a thermal printer's paper.
    pub(super) const fn is_roll(&self) -> bool {
        self.beside.is_none()
    }
}
