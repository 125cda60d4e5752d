//! Pages as files: each output draws the marks that [`crate::page`] gives, and decides nothing.

pub(crate) mod pdf;
pub(crate) mod png;
pub(crate) mod svg;
