use super::{Body, Fields, Kind, Sink, TokenFault, bodies::short_text};

/// Has a device take a new firmware.
///
/// | bytes | what |
/// |---|---|
/// | 4 | build: its place in the line of all firmwares |
/// | 4 | length of the image, in bytes, not 0 |
/// | 32 | SHA-256 of the image |
/// | 1 + n | version, 1 to 64 bytes |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmwareOrder<'b> {
    /// Its place in the line of all firmwares: a device takes a higher one than its own only.
    pub build: u32,
    /// Of the image, in bytes.
    pub length: u32,
    /// SHA-256 of the image.
    pub digest: [u8; 32],
    /// As the device's status will state it.
    pub version: &'b str,
}

impl FirmwareOrder<'_> {
    /// The longest version, in bytes.
    pub const MAX_VERSION: usize = 64;
}

impl<'b> Body<'b> for FirmwareOrder<'b> {
    const KIND: Kind = Kind::Firmware;

    fn read(fields: &mut Fields<'b>) -> Result<Self, TokenFault> {
        let (build, length, digest) = (fields.u32()?, fields.u32()?, fields.array()?);
        if length == 0 {
            return Err(TokenFault::Field("length"));
        }
        Ok(Self { build, length, digest, version: short_text(fields.text()?, Self::MAX_VERSION)? })
    }

    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        if self.length == 0 {
            return Err(TokenFault::Field("length"));
        }
        out.put(&self.build.to_be_bytes())?;
        out.put(&self.length.to_be_bytes())?;
        out.put(&self.digest)?;
        out.put_text(short_text(self.version, Self::MAX_VERSION)?)
    }
}
