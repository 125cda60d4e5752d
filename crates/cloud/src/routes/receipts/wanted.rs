use std::str::FromStr;

use fiscal::FiscalNumber;

/// A receipt as a path names it: `KINGOMBE01-0-00000042.pdf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(super) number: FiscalNumber,
    pub(super) kind: Kind,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Svg,
    Png,
    Pdf,
    Escpos,
}

impl Kind {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Text, "txt"),
        (Self::Svg, "svg"),
        (Self::Png, "png"),
        (Self::Pdf, "pdf"),
        (Self::Escpos, "escpos"),
    ];

    /// What its name ends with.
    pub(super) fn extension(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, extension)| extension)
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Escpos => "application/octet-stream",
        }
    }
}

impl FromStr for Wanted {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, extension) = text.rsplit_once('.').ok_or(())?;
        let (kind, _) = Kind::ALL.into_iter().find(|(_, known)| *known == extension).ok_or(())?;
        Ok(Self { number: number.parse().map_err(|_| ())?, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_named_by_its_number_and_its_form() {
        let wanted: Wanted = "KINGOMBE01-0-00000042.escpos".parse().unwrap();
        assert_eq!(
            (wanted.number.to_string().as_str(), wanted.kind),
            ("KINGOMBE01-0-00000042", Kind::Escpos)
        );
        for (kind, extension) in Kind::ALL {
            assert_eq!(kind.extension(), extension);
        }
        for wrong in
            ["KINGOMBE01-0-00000042", "KINGOMBE01-0-00000042.", "KINGOMBE01-0-00000042.PDF", ".pdf", "x.pdf"]
        {
            assert_eq!(wrong.parse::<Wanted>(), Err(()), "{wrong}");
        }
    }
}
