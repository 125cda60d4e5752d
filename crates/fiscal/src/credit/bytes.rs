//! The byte form of an account, for a voucher or a store, and of its balances alone, for a journal.

use heapless::Vec;

use super::{
    AccountFault, ClientHash, CreditAccount, CreditTerms, GroupBalance, LinesHash, OriginalIdentity,
    account::Groups,
};
use crate::{
    auth_code::AuthCode,
    decimal::{Amount, ExchangeRate, Rate},
    ids::{Currency, Epoch, GroupCode, InvoiceNumber, Nif, OutletId},
    invoice::{Classification, InvoiceType, PriceMode},
    rules::{GroupAmounts, limits},
    seal::{ByteReader, ByteWriter, RecordFault},
};

const VERSION: u8 = 1;

/// One group: code, rate, base and tax left.
const GROUP_LENGTH: usize = (1 + GroupCode::MAX_LENGTH) + 4 + 1 + AMOUNTS_LENGTH;
const AMOUNTS_LENGTH: usize = 8 + 8;

impl CreditAccount {
    /// The longest byte form that there is, in bytes.
    pub const MAX_LENGTH: usize = 1
        + (1 + Nif::MAX_LENGTH)
        + (1 + OutletId::MAX_LENGTH)
        + 4
        + 8
        + 10
        + 1
        + 3
        + 8
        + 1
        + 1
        + 32
        + 32
        + 4
        + 1
        + 1
        + limits::GROUPS * GROUP_LENGTH;

    /// The longest byte form of balances, in bytes.
    pub const BALANCES_MAX_LENGTH: usize = 1 + 4 + 1 + 1 + limits::GROUPS * AMOUNTS_LENGTH;

    /// Writes the whole account, as a voucher states it.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 1 | version, 1 |
    /// | 1 + n | NIF of the original |
    /// | 1 + n | its outlet id |
    /// | 4 | its epoch |
    /// | 8 | its number |
    /// | 10 | its authentication code, 80 bits (S4) |
    /// | 1 | its type: its place in [`InvoiceType::ALL`], from 1 |
    /// | 3 | its currency |
    /// | 8 | its exchange rate in ten-thousandths, 0 for CDF |
    /// | 1 | its price mode: 1 `ht`, 2 `ttc` |
    /// | 1 | its class of client: its place in [`Classification::ALL`], from 1 |
    /// | 32 | hash of its client |
    /// | 32 | hash of its lines |
    /// | 4 | how many notes it has |
    /// | 1 | 1 if it is void, else 0 |
    /// | 1 | number of groups, at most 16 |
    ///
    /// and for each group
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 1 + n | code |
    /// | 4 | digits of its rate |
    /// | 1 | how many of them are decimals: 2 to 4 |
    /// | 8 | base left, in centimes, two's complement |
    /// | 8 | tax left, in centimes, two's complement |
    ///
    /// Integers are big-endian; texts have their length before them.
    pub fn to_bytes(&self) -> Vec<u8, { Self::MAX_LENGTH }> {
        let terms = self.terms();
        let mut out = ByteWriter(Vec::new());
        out.put(&[VERSION]);
        out.put_text(terms.identity.nif.as_str());
        out.put_text(terms.identity.outlet.as_str());
        out.put(&terms.identity.epoch.0.to_be_bytes());
        out.put(&terms.identity.number.value().to_be_bytes());
        out.put(&terms.identity.auth_code.bits());
        out.put(&[terms.invoice_type as u8 + 1]);
        out.put(terms.currency.as_str().as_bytes());
        out.put(&terms.exchange_rate.map_or(0, ExchangeRate::ten_thousandths).to_be_bytes());
        out.put(&[terms.price_mode as u8 + 1, terms.classification as u8 + 1]);
        out.put(&terms.client.0);
        out.put(&terms.lines.0);
        out.put(&terms.notes.to_be_bytes());
        // An account has at most sixteen groups.
        out.put(&[u8::from(terms.voided), self.balances().count() as u8]);
        for balance in self.balances() {
            let (digits, decimals) = balance.rate.parts();
            out.put_text(balance.code.as_str());
            out.put(&digits.to_be_bytes());
            out.put(&[decimals]);
            put_amounts(&mut out, balance.left);
        }
        out.0
    }

    /// Reads what [`Self::to_bytes`] wrote of an account that was opened. Whether a voucher's bytes are the ledger's is
    /// for its signature to say.
    #[inline(never)] // The account is large: it is made in its place.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AccountFault> {
        let mut input = Fields::begin(bytes)?;
        let terms = read_terms(&mut input)?;
        let mut balances = Groups::new();
        for _ in 0..input.byte()? {
            let code = input.text("group")?;
            let digits = u32::from_be_bytes(input.array()?);
            let rate = Rate::from_parts(digits, input.byte()?).ok_or(AccountFault::Field("rate"))?;
            let balance = GroupBalance { code, rate, left: input.amounts()? };
            if balances.iter().any(|earlier| earlier.code == code) {
                return Err(AccountFault::Field("group"));
            }
            balances.push(balance).map_err(|_| AccountFault::Field("number of groups"))?;
        }
        input.end()?;
        Ok(Self::of(terms, balances))
    }

    /// Writes what notes change of an account, for whoever keeps the original.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 1 | version, 1 |
    /// | 4 | how many notes it has |
    /// | 1 | 1 if it is void, else 0 |
    /// | 1 | number of groups, at most 16 |
    /// | 8, 8 | for each group, in the original's order: base and tax left, in centimes, two's complement |
    ///
    /// Integers are big-endian.
    pub fn balances_to_bytes(&self) -> Vec<u8, { Self::BALANCES_MAX_LENGTH }> {
        let terms = self.terms();
        let mut out = ByteWriter(Vec::new());
        out.put(&[VERSION]);
        out.put(&terms.notes.to_be_bytes());
        // An account has at most sixteen groups.
        out.put(&[u8::from(terms.voided), self.balances().count() as u8]);
        self.balances().for_each(|balance| put_amounts(&mut out, balance.left));
        out.0
    }

    /// The account after the notes of which [`Self::balances_to_bytes`] told, from the account that its original opens.
    /// Balances that no notes could have left of it are refused.
    #[inline(never)] // The account is large: it is made in its place.
    pub fn with_balances(self, bytes: &[u8]) -> Result<Self, AccountFault> {
        let mut input = Fields::begin(bytes)?;
        let (notes, voided) = input.notes()?;
        let mut left: Vec<GroupAmounts, { limits::GROUPS }> = Vec::new();
        for _ in 0..input.byte()? {
            left.push(input.amounts()?).map_err(|_| AccountFault::Field("number of groups"))?;
        }
        input.end()?;
        self.after_notes(notes, voided, &left).ok_or(AccountFault::OtherOriginal)
    }
}

fn put_amounts<const N: usize>(out: &mut ByteWriter<N>, amounts: GroupAmounts) {
    out.put(&amounts.base.centimes().to_be_bytes());
    out.put(&amounts.tax.centimes().to_be_bytes());
}

fn read_terms(input: &mut Fields<'_>) -> Result<CreditTerms, AccountFault> {
    let identity = OriginalIdentity {
        nif: input.text("NIF")?,
        outlet: input.text("outlet")?,
        epoch: Epoch(u32::from_be_bytes(input.array()?)),
        number: InvoiceNumber::new(u64::from_be_bytes(input.array()?))
            .ok_or(AccountFault::Field("number"))?,
        auth_code: AuthCode::from_bits(input.array()?),
    };
    let invoice_type = input.place(InvoiceType::ALL, "invoice type")?;
    if invoice_type.is_credit() {
        return Err(AccountFault::Field("invoice type"));
    }
    let letters: [u8; 3] = input.array()?;
    let currency = core::str::from_utf8(&letters).ok().and_then(|letters| letters.parse().ok());
    let currency = currency.ok_or(AccountFault::Field("currency"))?;
    let parts = i64::from_be_bytes(input.array()?);
    let exchange_rate = match ExchangeRate::from_ten_thousandths(parts) {
        None if parts == 0 && currency == Currency::CDF => None,
        Some(rate) if currency != Currency::CDF => Some(rate),
        _ => return Err(AccountFault::Field("exchange rate")),
    };
    let price_mode = input.place(PriceMode::ALL, "price mode")?;
    let classification = input.place(Classification::ALL, "class of client")?;
    let (client, lines) = (ClientHash(input.array()?), LinesHash(input.array()?));
    let (notes, voided) = input.notes()?;
    Ok(CreditTerms {
        identity,
        invoice_type,
        currency,
        exchange_rate,
        price_mode,
        classification,
        client,
        lines,
        notes,
        voided,
    })
}

/// Takes fields from the front of some bytes, each with its fault.
struct Fields<'a>(ByteReader<'a>);

impl<'a> Fields<'a> {
    fn begin(bytes: &'a [u8]) -> Result<Self, AccountFault> {
        let mut input = Self(ByteReader(bytes));
        match input.byte()? {
            VERSION => Ok(input),
            version => Err(AccountFault::Version(version)),
        }
    }

    fn end(&self) -> Result<(), AccountFault> {
        if self.0.0.is_empty() { Ok(()) } else { Err(AccountFault::TrailingBytes) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AccountFault> {
        self.0.array().map_err(|_| AccountFault::Truncated)
    }

    fn byte(&mut self) -> Result<u8, AccountFault> {
        self.array().map(|[byte]| byte)
    }

    fn text<T: core::str::FromStr>(&mut self, of: &'static str) -> Result<T, AccountFault> {
        self.0.text().map_err(|fault| match fault {
            RecordFault::Truncated => AccountFault::Truncated,
            _ => AccountFault::Field(of),
        })
    }

    /// A value of a closed list by its place, from 1.
    fn place<T: Copy>(&mut self, list: &[T], of: &'static str) -> Result<T, AccountFault> {
        let place = usize::from(self.byte()?).checked_sub(1);
        place.and_then(|place| list.get(place)).copied().ok_or(AccountFault::Field(of))
    }

    /// How many notes there are and whether one is a void, which is then the only one.
    fn notes(&mut self) -> Result<(u32, bool), AccountFault> {
        let notes = u32::from_be_bytes(self.array()?);
        match self.byte()? {
            0 => Ok((notes, false)),
            1 if notes == 1 => Ok((notes, true)),
            _ => Err(AccountFault::Field("void")),
        }
    }

    fn amounts(&mut self) -> Result<GroupAmounts, AccountFault> {
        let [base, tax] = [self.array()?, self.array()?].map(|centimes| {
            Amount::from_centimes(i64::from_be_bytes(centimes)).map_err(|_| AccountFault::Field("balance"))
        });
        Ok(GroupAmounts { base: base?, tax: tax? })
    }
}
