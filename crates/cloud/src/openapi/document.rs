use utoipa::openapi::{
    ComponentsBuilder, Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::TagBuilder,
};

use super::{BEARER, common};
use crate::{problem::ProblemBody, routes};

/// In the order in which a reader meets them.
const TAGS: &[(&str, &str)] = &[
    ("Invoices", "Seal a sale, and find it again."),
    ("Receipts", "What is printed."),
    ("Verification", "What anybody may ask of a receipt, without a key."),
    ("Reports", "Z closes a day, X shows the day so far, A counts articles."),
    ("Audit", "Take the records away, signed, and read who did what."),
    ("Merchants", "Taxpayers, and their outlets."),
    ("Devices", "Fiscal memories (DEF): register, switch, watch, replace."),
    (
        "Authority",
        "The tax authority (DGI): its machines, what waits, what was refused, what only a person can settle.",
    ),
    ("API keys", "What tills, ERPs and scripts ask with."),
    ("People", "Who signs in, with which role."),
    ("Sessions", "Sign in, with a password and a second factor."),
    ("Tax manifests", "Tax groups and rates, dated."),
    ("Webhooks", "Be told, instead of asking."),
    ("Service", "Keys, health, figures."),
];

const ABOUT: &str = include_str!("about.md");

/// The document of the API, version 3.1 of OpenAPI.
pub fn document() -> OpenApi {
    let (_, mut document) = routes::table().split_for_parts();
    document.info = info();
    document.tags = Some(
        TAGS.iter()
            .map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build())
            .collect(),
    );
    if let Some(components) = &mut document.components {
        common::list_codes(components);
    }
    document
}

/// What the document begins with, before the routes.
pub(crate) fn start() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key (`stk_…`), or the token of a session (`sts_…`)."))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .schema_from::<ProblemBody<'_>>()
        .build();
    OpenApiBuilder::new().info(info()).components(Some(components)).build()
}

fn info() -> Info {
    InfoBuilder::new()
        .title("Stelala")
        .version("1")
        .description(Some(ABOUT))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build()
}
