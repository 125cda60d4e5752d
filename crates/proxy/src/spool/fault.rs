/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolFault {
    /// The database says so.
    #[error(
        "the spool cannot be used ({0}): see to the disk's room and health; what was sealed is in the device"
    )]
    Database(#[from] rusqlite::Error),
    /// What was read is none of what was written.
    #[error(
        "the spool is damaged ({0}): put proxy.sqlite aside and start again, the device's journal fills a new one"
    )]
    Damaged(&'static str),
    /// The device shows another journal than the one that was read before.
    #[error(
        "record {position} of the device is another one than was read before: keep the spool and the device, and call a technician"
    )]
    Fork {
        /// Where.
        position: u64,
    },
    /// The device left records out.
    #[error("the device's journal goes on at {found} where {expected} was expected: call a technician")]
    Gap {
        /// The next one.
        expected: u64,
        /// What came.
        found: u64,
    },
}
