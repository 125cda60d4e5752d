//! The instructions that are used, each with the section of the data sheet that has it.

/// "Release Power-down / Device ID" (8.2, ABh). A part that is awake takes it for a question and changes nothing.
pub(crate) const WAKE: u8 = 0xAB;
/// "Enable Reset (66h) and Reset Device (99h)" (8.2). Two instructions, nothing between them.
pub(crate) const ENABLE_RESET: u8 = 0x66;
/// See [`ENABLE_RESET`].
pub(crate) const RESET: u8 = 0x99;
/// "Read JEDEC ID" (8.2, 9Fh): manufacturer, type, capacity.
pub(crate) const IDENTIFY: u8 = 0x9F;
/// "Read Status Register-1 (05h)" (8.2).
pub(crate) const STATUS_1: u8 = 0x05;
/// "Read Status Register-2 (35h)" (8.2).
pub(crate) const STATUS_2: u8 = 0x35;
/// "Read Status Register-3 (15h)" (8.2).
pub(crate) const STATUS_3: u8 = 0x15;
/// "Write Enable (06h)" (8.2): before each program and each erase.
pub(crate) const ENABLE_WRITE: u8 = 0x06;

/// The instructions that take an address, in one of two widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addressed {
    /// Reads on from an address to wherever the host stops.
    pub(crate) read: u8,
    /// Programs at most one page.
    pub(crate) program: u8,
    /// Erases one sector.
    pub(crate) erase: u8,
    /// How many bytes an address has.
    width: usize,
}

impl Addressed {
    /// Three bytes of address, 16 MiB: "Read Data (03h)", "Page Program (02h)", "Sector Erase (20h)", all 8.2.
    pub(crate) const THREE_BYTES: Self = Self { read: 0x03, program: 0x02, erase: 0x20, width: 3 };
    /// Four bytes whatever mode the part is in, W25Q256JV and W25Q512JV only: "Read Data with 4-Byte Address (13h)",
    /// "Page Program with 4-Byte Address (12h)", "Sector Erase with 4-Byte Address (21h)", all 8.2.
    pub(crate) const FOUR_BYTES: Self = Self { read: 0x13, program: 0x12, erase: 0x21, width: 4 };

    /// The instruction and the address behind it, highest byte first; the second value is their length.
    pub(crate) const fn head(self, instruction: u8, address: u32) -> ([u8; 5], usize) {
        let [a, b, c, d] = address.to_be_bytes();
        let head = if self.width == 3 { [instruction, b, c, d, 0] } else { [instruction, a, b, c, d] };
        (head, 1 + self.width)
    }
}
