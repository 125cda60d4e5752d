macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $code:literal $name:literal),* $(,)?) => {
        /// The records that are no invoices. Their bodies are text, made and read by the rooms that write them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum EventKind { $($(#[$doc])* $variant = $code),* }

        impl EventKind {
            /// Every one, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The byte in the header.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The word by which digests and findings name it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The kind with this code.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Totals over every record since the closure before (D12).
    Closure 0x10 "closure",
    /// A new epoch begins (D9).
    Epoch 0x11 "epoch",
    /// A signer leaves in good order and seals no more (L2).
    Close 0x12 "close",
    /// A signer takes over from another (L2).
    HandOver 0x13 "hand_over",
    /// The ledger holds everything up to here (D10).
    Acknowledgement 0x14 "acknowledgement",
    /// The device was bound to an outlet (D6).
    Provisioned 0x20 "provisioned",
    /// The device started.
    Boot 0x21 "boot",
    /// What was found and decided after a power cut (D11).
    Recovery 0x22 "recovery",
    /// The clock was set (D8).
    TimeSet 0x23 "time_set",
    /// A key or a certificate was installed or replaced.
    Certificate 0x24 "certificate",
    /// A tax manifest was provisioned (P7).
    Manifest 0x25 "manifest",
    /// The life cycle went on: revoked, decommissioned (D7).
    State 0x26 "state",
    /// The journal was exported.
    Export 0x27 "export",
    /// The device tested itself.
    SelfTest 0x28 "self_test",
    /// The firmware was replaced.
    Update 0x29 "update",
    /// A block of numbers was lent to a delegated key (O2).
    Lease 0x40 "lease",
    /// Numbers that will never be used (O3).
    VoidRange 0x41 "void_range",
    /// A range of another signer's chain is held (L1).
    Anchor 0x42 "anchor",
    /// The authority's security elements of an invoice (A1).
    Authority 0x43 "authority",
    /// Something an auditor has to look at (L2, L4, L6).
    Flag 0x44 "flag",
    /// A key ends at a number (S6).
    Revocation 0x45 "revocation",
    /// Payloads past their legal retention were erased (L9).
    Erasure 0x46 "erasure",
    /// Leave to credit an original at another signer, once (L5).
    Voucher 0x47 "voucher",
}
