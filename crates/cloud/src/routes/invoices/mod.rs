mod answer;
mod create;
mod find;
mod show;

pub(super) use self::{create::create, find::find, show::show};
