mod change;
mod create;
mod delete;
mod deliveries;
mod delivery;
mod delivery_view;
mod list;
mod ping;
mod resend;
mod rotate;
mod show;
mod view;

pub(super) use self::{
    change::*, create::*, delete::*, deliveries::*, delivery::*, list::*, ping::*, resend::*, rotate::*,
    show::*,
};
