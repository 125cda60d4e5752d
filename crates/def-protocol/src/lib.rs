//! What a fiscal memory (DEF) and its host say to each other over a serial line, for both ends.
//!
//! A [`FrameReader`] finds frames in bytes, [`Addressed::read`] finds a [`Request`] in a frame; a [`FrameWriter`]
//! frames what is sent, and [`json`] streams a reply of [`reply`] into it. [`token`] has the signed forms by which the
//! authority and the operator command a device. Nothing here allocates, does I/O or knows a clock.
//!
//! `docs/protocol.md` is the specification.

#![no_std]

#[cfg(test)]
extern crate std;

mod base64url;
mod code;
mod correlation;
mod frame;
pub mod json;
pub mod members;
mod nonce;
mod read;
pub mod reply;
mod request;
pub mod token;
mod with;
mod write;

pub use base64url::Base64Url;
pub use code::{ErrorCode, Remedy, UnknownCode};
pub use correlation::{Correlation, CorrelationForm};
pub use frame::{Checksum, FRAME_BYTES, FrameFault, FrameReader, FrameWriter, Output, REPLY_BYTES};
pub use nonce::{Nonce, NonceForm};
pub use request::{
    Addressed, ArticlesAsked, Command, Cursor, DumpAsked, DumpFormat, FirmwareAsked, FirmwarePiece,
    Initialisation, LogKey, Request, RequestFault, SnapshotPeriod, TimeSetting, TokenText,
};
