use core::fmt;

/// Where in a payload: `items[0].description`, or nothing for the payload as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    segments: [Option<Segment>; Path::DEPTH],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Member(Member),
    Element(u8),
}

impl Segment {
    /// Arrays hold at most 150 elements; of a longer one the array is named, not an element.
    pub(super) fn element(index: usize) -> Self {
        Self::Element(u8::try_from(index).unwrap_or(u8::MAX))
    }
}

impl Path {
    /// The payload as a whole.
    pub const ROOT: Self = Self { segments: [None; Self::DEPTH] };

    /// `annex.items[0].original_price` is the deepest that a payload goes.
    const DEPTH: usize = 4;

    /// A member of the object that stands here.
    pub const fn member(self, member: Member) -> Self {
        self.then(Segment::Member(member))
    }

    /// An element of the array that stands here, from 0; the last one that can be named for one past 255.
    pub fn element(self, index: usize) -> Self {
        self.then(Segment::element(index))
    }

    pub(super) const fn then(mut self, segment: Segment) -> Self {
        let mut depth = 0;
        while depth < Self::DEPTH {
            if self.segments[depth].is_none() {
                self.segments[depth] = Some(segment);
                return self;
            }
            depth += 1;
        }
        self
    }

    pub(super) fn within(self, outer: Segment) -> Self {
        self.segments.iter().flatten().fold(Self::ROOT.then(outer), |path, inner| path.then(*inner))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, segment) in self.segments.iter().flatten().enumerate() {
            match segment {
                Segment::Member(member) if depth == 0 => f.write_str(member.name())?,
                Segment::Member(member) => write!(f, ".{}", member.name())?,
                Segment::Element(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

macro_rules! members {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// Every member name that a canonical payload may hold (P1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is the name that it stands for")]
        pub enum Member { $($variant),* }

        impl Member {
            /// As it is written in the payload.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// With its quotes and colon, as the reader expects it and the writer puts it.
            pub(crate) const fn literal(self) -> &'static str {
                match self { $(Self::$variant => concat!("\"", $name, "\":")),* }
            }

            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

members! {
    MerchantNif "merchant_nif", OutletId "outlet_id", PosTerminalId "pos_terminal_id", CashierId "cashier_id",
    InvoiceType "invoice_type", Timestamp "timestamp",
    Client "client", Registration "registration", Classification "classification",
    Items "items", Code "code", Description "description", Quantity "quantity", UnitPrice "unit_price",
    TaxGroup "tax_group", TaxableUnit "taxable_unit",
    TaxGroups "tax_groups", Name "name", Rate "rate", BaseAmount "base_amount", TaxAmount "tax_amount",
    Totals "totals", Subtotal "subtotal", TotalVat "total_vat", Total "total", Currency "currency",
    Payments "payments", Method "method", Amount "amount", InstrumentId "instrument_id",
    Reference "reference", Nature "nature", Epoch "epoch", InvoiceSeq "invoice_seq", AuthCode "auth_code",
    Voucher "voucher",
    Annex "annex", PriceMode "price_mode", ClientName "client_name", ClientContact "client_contact",
    ClientAddress "client_address", OperatorName "operator_name", Type "type", OriginalPrice "original_price",
    Exchange "exchange", Date "date", Tendered "tendered", Comments "comments", Ext "ext",
}
