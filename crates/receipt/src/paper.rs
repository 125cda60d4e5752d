/// What a receipt is printed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 210 × 297 mm, in pages.
    A4,
    /// A roll, as long as the receipt.
    Roll(Roll),
}

/// The paper of thermal printers, which have 8 dots in a millimetre (203 dpi).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roll {
    /// 58 mm wide: 32 characters or 384 dots.
    Mm58,
    /// 80 mm wide: 48 characters or 576 dots.
    Mm80,
}

impl Roll {
    /// Characters in a line.
    pub const fn columns(self) -> usize {
        match self {
            Self::Mm58 => 32,
            Self::Mm80 => 48,
        }
    }

    /// Dots in a line.
    pub const fn dots(self) -> usize {
        match self {
            Self::Mm58 => 384,
            Self::Mm80 => 576,
        }
    }
}

/// How finely a picture is drawn. A module of the QR code is 500 µm wide, a whole number of pixels in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raster {
    /// For a thermal printer: 203 dpi, a pixel is a dot, and the picture of a roll is what can be printed of it, 384 or 576
    /// pixels wide.
    Thermal,
    /// 152 dpi, the whole paper.
    Screen,
    /// 305 dpi, the whole paper.
    Fine,
}

impl Raster {
    /// Pixels in a millimetre.
    pub(crate) const fn per_mm(self) -> i32 {
        match self {
            Self::Thermal => 8,
            Self::Screen => 6,
            Self::Fine => 12,
        }
    }
}
