//! The page on which a merchant reads how his invoices stand with the tax authority, and does what is to be done.

use std::sync::Arc;

use axum::Router;

use crate::{app::App, routes::pages::Page};

const PAGE: Page = Page {
    path: "/authority",
    title: "Factures à la DGI",
    show: "Montrer les factures",
    body: include_str!("page.html"),
    script: concat!(include_str!("words.js"), include_str!("files.js"), include_str!("page.js")),
    style: include_str!("page.css"),
};

pub(crate) fn page() -> Router<Arc<App>> {
    PAGE.routes()
}
