use std::str::FromStr;

use serde::Deserialize;
use utoipa::IntoParams;

use super::Page;
use crate::problem::Problem;

/// Which part of a list of things that merchants have.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listed {
    /// Those of one merchant; the platform sees all merchants' without it.
    pub(crate) merchant_id: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl Listed {
    /// Which page.
    pub(crate) fn page<T: FromStr>(&self) -> Result<Page<T>, Problem> {
        Page::read(self.limit, self.cursor.as_deref())
    }
}
