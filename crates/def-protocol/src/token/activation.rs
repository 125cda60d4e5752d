use fiscal::{Amount, Epoch, InvoiceNumber, Nif, OutletId, Prefix, PublicKey, UtcOffset};

use super::{Body, Fields, Kind, Sink, TokenFault};

/// The activation code: binds a device to an outlet and to the keys that command it from then on (D6).
///
/// | bytes | what |
/// |---|---|
/// | 1 + n | NIF |
/// | 1 + n | outlet id |
/// | 1 + n | prefix |
/// | 4 | epoch |
/// | 8 | the first number; 0 when another signer holds the line: the device stands by |
/// | 2 | the outlet's zone: minutes ahead of UTC, two's complement |
/// | 14 | policy |
/// | 33 | *dgi* key |
/// | 33 | *operator* key |
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activation {
    /// Whose invoices the device seals.
    pub nif: Nif,
    /// For which outlet.
    pub outlet: OutletId,
    /// What the outlet's fiscal numbers begin with.
    pub prefix: Prefix,
    /// In which line of numbers.
    pub epoch: Epoch,
    /// From which number on. None while another signer holds the line (L2): the device stands by, and seals no invoice
    /// before a hand-over gives it the line.
    pub first_number: Option<InvoiceNumber>,
    /// The outlet's zone.
    pub offset: UtcOffset,
    /// How much it may seal before the ledger acknowledges.
    pub policy: Policy,
    /// The authority's key: resets, revokes.
    pub dgi: PublicKey,
    /// The operator's key: time, hand-over, acknowledgement, manifest, state, vouchers.
    pub operator: PublicKey,
}

/// How much a device may seal before the ledger acknowledges what it has (D10); 0 is no bound.
///
/// | bytes | what |
/// |---|---|
/// | 2 | days |
/// | 4 | invoices |
/// | 8 | CDF, in centimes |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Over so many days.
    pub days: u16,
    /// So many invoices.
    pub invoices: u32,
    /// For so much, in CDF; zero or above.
    pub cdf: Amount,
}

impl Body<'_> for Activation {
    const KIND: Kind = Kind::Activation;

    fn read(fields: &mut Fields<'_>) -> Result<Self, TokenFault> {
        Ok(Self {
            nif: fields.parsed("NIF")?,
            outlet: fields.parsed("outlet id")?,
            prefix: fields.parsed("prefix")?,
            epoch: fields.epoch()?,
            first_number: fields.number_or_none()?,
            offset: UtcOffset::from_minutes(i16::from_be_bytes(fields.array()?))
                .ok_or(TokenFault::Field("zone"))?,
            policy: Policy {
                days: fields.u16()?,
                invoices: fields.u32()?,
                cdf: centimes(fields.u64()?).ok_or(TokenFault::Field("bound in CDF"))?,
            },
            dgi: fields.public_key()?,
            operator: fields.public_key()?,
        })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        let cdf = u64::try_from(self.policy.cdf.centimes()).map_err(|_| TokenFault::Field("bound in CDF"))?;
        out.put_text(self.nif.as_str())?;
        out.put_text(self.outlet.as_str())?;
        out.put_text(self.prefix.as_str())?;
        out.put(&self.epoch.0.to_be_bytes())?;
        out.put(&self.first_number.map_or(0, InvoiceNumber::value).to_be_bytes())?;
        out.put(&self.offset.minutes().to_be_bytes())?;
        out.put(&self.policy.days.to_be_bytes())?;
        out.put(&self.policy.invoices.to_be_bytes())?;
        out.put(&cdf.to_be_bytes())?;
        out.put(&self.dgi.to_compressed())?;
        out.put(&self.operator.to_compressed())
    }
}

fn centimes(centimes: u64) -> Option<Amount> {
    i64::try_from(centimes).ok().and_then(|centimes| Amount::from_centimes(centimes).ok())
}
