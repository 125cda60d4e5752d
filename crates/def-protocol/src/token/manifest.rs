use fiscal::{CivilDate, DgiLetter, ManifestGroup};

use super::{Body, Fields, Kind, Sink, TokenFault, bodies::short_text, masks};

/// The tax groups that a device accepts from now on (P7), in the place of all that it had.
///
/// | bytes | what |
/// |---|---|
/// | 4 | version of the manifest |
/// | 1 | number of entries, 1 to 48 |
///
/// and for each entry
///
/// | bytes | what |
/// |---|---|
/// | 1 + n | code |
/// | 1 | the DGI's letter |
/// | 1 + n | name in French, 1 to 64 bytes |
/// | 1 + n | name in English, 1 to 64 bytes |
/// | 1 + n | rate as text, like `0.16` |
/// | 4 | valid from: days since 1970-01-01 |
/// | 1 | invoice types: bit n is the nth of [`fiscal::InvoiceType::ALL`] |
/// | 1 | client classes: bit n is the nth of [`fiscal::Classification::ALL`] |
#[derive(Clone, Copy, Debug)]
pub struct TaxManifest<'b> {
    version: u32,
    entries: Entries<'b>,
}

impl<'b> TaxManifest<'b> {
    /// The most entries that there are.
    pub const MAX_ENTRIES: usize = 48;
    /// The longest name, in bytes.
    pub const MAX_NAME: usize = 64;

    /// A manifest to be signed.
    pub const fn new(version: u32, groups: &'b [ManifestGroup<'b>]) -> Self {
        Self { version, entries: Entries(Source::Listed(groups)) }
    }

    /// Which version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Its entries, in their order.
    pub const fn entries(&self) -> Entries<'b> {
        self.entries
    }
}

impl PartialEq for TaxManifest<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.entries.eq(other.entries)
    }
}

impl<'b> Body<'b> for TaxManifest<'b> {
    const KIND: Kind = Kind::Manifest;
    const MAX_CHARACTERS: usize = 8_192;

    fn read(fields: &mut Fields<'b>) -> Result<Self, TokenFault> {
        let version = fields.u32()?;
        let [count] = fields.array()?;
        if !(1..=Self::MAX_ENTRIES).contains(&usize::from(count)) {
            return Err(TokenFault::Field("number of entries"));
        }
        let entries = Entries(Source::Encoded { left: count, fields: *fields });
        for _ in 0..count {
            read_entry(fields)?;
        }
        Ok(Self { version, entries })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        let count = self.entries.count();
        if !(1..=Self::MAX_ENTRIES).contains(&count) {
            return Err(TokenFault::Field("number of entries"));
        }
        out.put(&self.version.to_be_bytes())?;
        out.put(&[count as u8])?;
        self.entries.into_iter().try_for_each(|entry| write_entry(&entry, out))
    }
}

/// The entries of a [`TaxManifest`], made one by one.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'b>(Source<'b>);

#[derive(Clone, Copy, Debug)]
enum Source<'b> {
    Listed(&'b [ManifestGroup<'b>]),
    Encoded { left: u8, fields: Fields<'b> },
}

impl<'b> Iterator for Entries<'b> {
    type Item = ManifestGroup<'b>;

    fn next(&mut self) -> Option<ManifestGroup<'b>> {
        match &mut self.0 {
            Source::Listed(groups) => {
                let (group, rest) = groups.split_first()?;
                *groups = rest;
                Some(*group)
            }
            Source::Encoded { left, fields } => {
                *left = left.checked_sub(1)?;
                // Every entry was read once when the token was.
                read_entry(fields).ok()
            }
        }
    }
}

fn read_entry<'b>(fields: &mut Fields<'b>) -> Result<ManifestGroup<'b>, TokenFault> {
    let code = fields.parsed("tax group")?;
    let [letter] = fields.array()?;
    let letter = DgiLetter::new(letter).ok_or(TokenFault::Field("letter"))?;
    let french = short_text(fields.text()?, TaxManifest::MAX_NAME)?;
    let english = short_text(fields.text()?, TaxManifest::MAX_NAME)?;
    let rate = fields.parsed("rate")?;
    let valid_from = CivilDate::from_days(fields.u32()?).ok_or(TokenFault::Field("date"))?;
    let [types, classes] = fields.array()?;
    Ok(ManifestGroup {
        code,
        letter,
        french,
        english,
        rate,
        valid_from,
        invoice_types: masks::invoice_types(types).ok_or(TokenFault::Field("set of invoice types"))?,
        classifications: masks::classifications(classes).ok_or(TokenFault::Field("set of client classes"))?,
    })
}

fn write_entry(entry: &ManifestGroup<'_>, out: &mut Sink<'_>) -> Result<(), TokenFault> {
    out.put_text(entry.code.as_str())?;
    // The letters are A to P.
    out.put(&[entry.letter.as_char() as u8])?;
    out.put_text(short_text(entry.french, TaxManifest::MAX_NAME)?)?;
    out.put_text(short_text(entry.english, TaxManifest::MAX_NAME)?)?;
    out.put_displayed(entry.rate)?;
    out.put(&entry.valid_from.days().to_be_bytes())?;
    out.put(&[
        masks::invoice_type_mask(entry.invoice_types),
        masks::classification_mask(entry.classifications),
    ])
}
