//! What may be asked, one verb in each file.

mod account;
mod acts;
mod api_keys;
mod audit;
mod authority;
mod devices;
mod docs;
mod file_answer;
mod health;
mod invitations;
mod invoices;
mod keys;
mod merchants;
mod metrics;
mod modes;
mod outlets;
mod pages;
mod pki;
mod place;
mod receipts;
mod reports;
mod sessions;
mod submissions;
mod tax_manifests;
mod users;
mod verify;
mod vouchers;
mod webhooks;
mod whose;

pub(crate) use audit::Exports;
pub(crate) use invoices::{replayed, void};
pub(crate) use pki::Published;
pub use submissions::{incomplete_words, row_words};
pub(crate) use vouchers::vouch_for;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, Uri},
    middleware,
};
use registry::Permission::{
    Audit, Close, Credit, EndDevices, Platform, ReadAuthority, ReadDevices, ReadInvoices, ReadKeys,
    ReadMerchant, ReadOutlets, ReadReports, ReadUsers, ReadWebhooks, Seal, SettleAuthority, WriteAuthority,
    WriteDevices, WriteKeys, WriteManifests, WriteMerchant, WriteOutlets, WriteUsers, WriteWebhooks,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    observe::observe,
    openapi::{self, identity, known, needs, needs_either, open, person, public, signing_in},
    problem::{Kind, Problem, words},
};

/// All routes, and who may ask them.
pub(crate) fn table() -> OpenApiRouter<Arc<App>> {
    of_authority(of_devices(OpenApiRouter::with_openapi(openapi::start())))
        .routes(needs_either(Seal, Credit, routes!(invoices::create)))
        .routes(needs_either(Seal, Credit, routes!(invoices::batch)))
        .routes(needs(ReadInvoices, routes!(invoices::list)))
        .routes(needs(ReadInvoices, routes!(invoices::show)))
        .routes(needs(ReadInvoices, routes!(invoices::status)))
        .routes(needs(ReadInvoices, routes!(receipts::print)))
        .routes(needs(Credit, routes!(invoices::reissue)))
        .routes(needs(ReadInvoices, routes!(invoices::non_compliant)))
        .routes(public(routes!(verify::verify_qr, verify::verify_scanned_qr)))
        .routes(public(routes!(verify::verify_number)))
        .routes(needs(Close, routes!(reports::close)))
        .routes(needs(ReadReports, routes!(reports::closed)))
        .routes(needs(ReadReports, routes!(reports::snapshot)))
        .routes(needs(ReadReports, routes!(reports::articles)))
        .routes(needs(Audit, routes!(audit::export)))
        .routes(needs(Audit, routes!(acts::list)))
        .routes(needs(Platform, routes!(merchants::create)))
        .routes(needs(ReadMerchant, routes!(merchants::list)))
        .routes(needs(ReadMerchant, routes!(merchants::show)))
        .routes(needs(WriteMerchant, routes!(merchants::change)))
        .routes(needs(WriteOutlets, routes!(outlets::create)))
        .routes(needs(ReadOutlets, routes!(outlets::list)))
        .routes(needs(ReadOutlets, routes!(outlets::show)))
        .routes(needs(WriteOutlets, routes!(outlets::change)))
        .routes(needs(WriteKeys, routes!(api_keys::create)))
        .routes(needs(ReadKeys, routes!(api_keys::list)))
        .routes(needs(ReadKeys, routes!(api_keys::show)))
        .routes(needs(WriteKeys, routes!(api_keys::revoke)))
        .routes(needs(WriteUsers, routes!(users::create)))
        .routes(needs(ReadUsers, routes!(users::list)))
        .routes(needs(ReadUsers, routes!(users::show)))
        .routes(needs(WriteUsers, routes!(users::change)))
        .routes(needs(WriteUsers, routes!(users::reinvite)))
        .routes(signing_in(routes!(invitations::accept)))
        .routes(signing_in(routes!(sessions::open)))
        .routes(identity(routes!(sessions::current)))
        .routes(person(routes!(sessions::close)))
        .routes(person(routes!(account::begin_totp)))
        .routes(person(routes!(account::confirm_totp)))
        .routes(person(routes!(account::change_password)))
        .routes(needs(WriteManifests, routes!(tax_manifests::create)))
        .routes(known(routes!(tax_manifests::list)))
        .routes(known(routes!(tax_manifests::show)))
        .routes(needs(WriteWebhooks, routes!(webhooks::create)))
        .routes(needs(ReadWebhooks, routes!(webhooks::list)))
        .routes(needs(ReadWebhooks, routes!(webhooks::show)))
        .routes(needs(WriteWebhooks, routes!(webhooks::change)))
        .routes(needs(WriteWebhooks, routes!(webhooks::delete)))
        .routes(needs(WriteWebhooks, routes!(webhooks::rotate)))
        .routes(needs(WriteWebhooks, routes!(webhooks::ping)))
        .routes(needs(ReadWebhooks, routes!(webhooks::deliveries)))
        .routes(needs(ReadWebhooks, routes!(webhooks::delivery)))
        .routes(needs(WriteWebhooks, routes!(webhooks::resend)))
        .routes(open(routes!(keys::list)))
        .routes(open(routes!(health::alive)))
        .routes(open(routes!(health::ready)))
        .routes(open(routes!(metrics::show)))
}

/// Those of devices, and who seals where.
fn of_devices(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    router
        .routes(needs(WriteDevices, routes!(devices::register)))
        .routes(needs(ReadDevices, routes!(devices::list)))
        .routes(needs(ReadDevices, routes!(devices::show)))
        .routes(needs(WriteDevices, routes!(devices::renew_code)))
        .routes(needs(WriteDevices, routes!(devices::rotate)))
        .routes(needs(Platform, routes!(devices::homologate)))
        .routes(needs(ReadDevices, routes!(devices::request)))
        .routes(needs(EndDevices, routes!(devices::end)))
        .routes(needs(ReadDevices, routes!(modes::show)))
        .routes(needs(WriteDevices, routes!(modes::change)))
        .routes(needs(Credit, routes!(vouchers::create)))
        .routes(open(routes!(pki::bundle)))
        .routes(open(routes!(pki::revocation_list)))
        .routes(open(routes!(pki::issuing)))
        .routes(open(routes!(pki::root)))
}

/// Those of the way to the tax authority.
fn of_authority(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    router
        .routes(needs(ReadAuthority, routes!(authority::summary)))
        .routes(needs(ReadAuthority, routes!(authority::alerts)))
        .routes(needs(Platform, routes!(authority::close_alert)))
        .routes(needs(WriteAuthority, routes!(authority::create_machine)))
        .routes(needs(ReadAuthority, routes!(authority::list_machines)))
        .routes(needs(ReadAuthority, routes!(authority::show_machine)))
        .routes(needs(WriteAuthority, routes!(authority::change_machine)))
        .routes(needs(WriteAuthority, routes!(authority::delete_machine)))
        .routes(needs(ReadAuthority, routes!(submissions::list)))
        .routes(needs(WriteAuthority, routes!(submissions::export)))
        .routes(needs(SettleAuthority, routes!(submissions::hand_out)))
        .routes(needs(SettleAuthority, routes!(submissions::hand_out_again)))
        .routes(needs(SettleAuthority, routes!(submissions::give_back)))
        .routes(needs_either(SettleAuthority, WriteAuthority, routes!(submissions::import)))
        .routes(needs(ReadAuthority, routes!(submissions::submission)))
        .routes(needs(WriteAuthority, routes!(submissions::retry)))
        .routes(needs(WriteAuthority, routes!(submissions::retry_all)))
        .routes(needs(SettleAuthority, routes!(submissions::settle)))
        .routes(needs(SettleAuthority, routes!(submissions::withdraw)))
}

/// All routes, served.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = table().split_for_parts();
    router
        .merge(docs::pages())
        .merge(devices::page())
        .merge(authority::page())
        .merge(crate::devices::tunnel())
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

async fn unknown(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(120).collect();
    Problem::new(
        Kind::NotFound,
        words(
            format!("{path} : il n'y a rien à cette adresse"),
            format!("{path}: there is nothing at this path"),
        ),
    )
}

async fn not_allowed(method: Method) -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        words(
            format!("cette adresse ne connaît pas {method} : voyez l'en-tête Allow"),
            format!("this path does not know {method}: see the header Allow"),
        ),
    )
}
