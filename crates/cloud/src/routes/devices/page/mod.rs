//! The page on which a technician reads how devices are.

use std::sync::Arc;

use axum::Router;

use crate::{app::App, routes::pages::Page};

const PAGE: Page = Page {
    path: "/devices",
    title: "Mémoires fiscales",
    show: "Montrer les mémoires",
    body: include_str!("page.html"),
    script: concat!(include_str!("words.js"), include_str!("page.js")),
    style: include_str!("page.css"),
};

pub(crate) fn page() -> Router<Arc<App>> {
    PAGE.routes()
}
