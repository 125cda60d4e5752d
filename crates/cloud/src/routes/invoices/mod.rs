mod batch;
mod create;
mod document;
mod list;
mod non_compliant;
mod offered;
mod reissue;
mod sealing;
mod show;
mod status;
mod view;
mod void;

pub(super) use self::{batch::*, create::*, list::*, non_compliant::*, reissue::*, show::*, status::*};
pub(crate) use self::{create::replayed, void::void};
