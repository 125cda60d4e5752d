//! The second flash, which stands for what is not the journal's: the secure element and the factory's page.
//!
//! | sector of 4,096 bytes | what |
//! |---|---|
//! | 0 | the factory page, 256 bytes, written before the first start |
//! | 1, 2 | the secure element's entries, one sector after the other in turn |

/// Where the factory page is.
pub const FACTORY_PAGE: u32 = 0;
/// Where the entries are: two sectors.
pub const ENTRIES: [u32; 2] = [4096, 8192];
