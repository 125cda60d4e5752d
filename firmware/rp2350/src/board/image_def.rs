//! The block by which the boot ROM knows the image, in its first 4,096 bytes.
#![allow(unsafe_code, reason = "it stands in a section of its own")]

use rp2350::picobin::{OWN_BLOCK, OWN_BLOCK_WORDS};

#[unsafe(link_section = ".start_block")]
#[used]
static IMAGE_DEF: [u32; OWN_BLOCK_WORDS] = OWN_BLOCK;
