//! Where proxies connect: a WebSocket, from its upgrade to its end.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::{
        State,
        ws::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use def_protocol::reply::Attested;
use ledger::Refusal;
use tunnel::{FromCloud, MAX_MESSAGE, PATH, Place as Spot};

use super::{
    Devices, Link, alerts, grants,
    greeting::{Proven, Unwelcome, device_of, greet},
    health,
    link::Progress,
    session::{End, Session, expired, stop},
    switch,
    wire::{Farewell, Wire},
};
use crate::{
    app::App,
    problem::{Kind, Problem, words},
    server::ClientAddress,
};

/// It is not in the document: it is no question with an answer.
pub(crate) fn tunnel() -> Router<Arc<App>> {
    Router::new().route(PATH, get(connect))
}

async fn connect(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Some(devices) = app.devices.clone() else { return Problem::no_devices().into_response() };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(_) => {
            let detail = words(
                "cette adresse est celle des proxys : demandez un WebSocket",
                "this address is for proxies: ask for a WebSocket",
            );
            return Problem::new(Kind::RequestInvalid, detail).into_response();
        }
    };
    let address = address.map_or(IpAddr::from([0, 0, 0, 0]), |Extension(address)| address.0);
    let Some(place) = devices.unproven.take(address) else {
        let detail = words(
            "trop de proxys se connectent à la fois depuis cette adresse : réessayez dans quelques secondes",
            "too many proxies connect from this address at once: try again in a few seconds",
        );
        return Problem::new(Kind::Busy, detail)
            .with_retry_after(std::time::Duration::from_secs(5))
            .into_response();
    };
    upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).on_upgrade(move |socket| async move {
        serve(app, devices, socket, address, place).await;
    })
}

async fn serve(
    app: Arc<App>,
    devices: Arc<Devices>,
    socket: WebSocket,
    address: IpAddr,
    place: super::unproven::Place,
) {
    let mut stopping = devices.stopping.subscribe();
    let mut wire = Wire::new(socket);
    let greeted = tokio::select! {
        greeted = greet(&app, &devices, &mut wire, address) => greeted,
        () = stop(&mut stopping) => return,
    };
    drop(place);
    match greeted {
        Ok(proven) => match begin(&app, &devices, &mut wire, &proven).await {
            Ok((link, commands)) => {
                let session = Session::new(&app, &link, wire, proven.device.certificate_expires);
                devices.enter(&link).await;
                if !is_as_it_was(&app, &link).await {
                    devices.disconnect(link.device).await;
                }
                tracing::info!(device = %link.device, outlet = %link.outlet, %address, "a device is connected");
                after_welcome(&app, &devices, &link);
                let end = session.run(commands, stopping).await;
                devices.leave(&link);
                over(&app, &link, end).await;
            }
            Err(Unwelcome::Told(farewell)) => {
                tracing::info!(device = %proven.device.serial, code = farewell.code, "a device is not wanted");
                wire.refuse(&farewell).await;
            }
            Err(Unwelcome::Ended(ended)) => tracing::debug!(%ended, "a tunnel ended before it began"),
        },
        Err(Unwelcome::Told(farewell)) => {
            tracing::info!(%address, code = farewell.code, detail = farewell.detail, "a proxy is not let in");
            wire.refuse(&farewell).await;
        }
        Err(Unwelcome::Ended(ended)) => tracing::debug!(%address, %ended, "a proxy did not say who it is"),
    }
}

/// Whether a device is still what it was when it proved itself: whoever ended its life meanwhile saw no session to end.
async fn is_as_it_was(app: &Arc<App>, link: &Link) -> bool {
    let Ok(Some(now)) = device_of(app, link.device).await else { return false };
    now.state.is_alive() != link.retired && now.public_key == Some(link.key)
}

type Begun = (Arc<Link>, tokio::sync::mpsc::Receiver<super::link::Command>);

/// Welcomes a device that has proven itself, unless its certificate does not hold.
async fn begin(
    app: &Arc<App>,
    devices: &Arc<Devices>,
    wire: &mut Wire,
    proven: &Proven,
) -> Result<Begun, Unwelcome> {
    let device = &proven.device;
    let now = app.clock.now();
    let retired = !device.state.is_alive();
    let holds = device.certificate_expires.is_some_and(|until| now <= until);
    if !retired && !holds {
        return Err(Unwelcome::Told(expired()));
    }
    let unasked = |refusal: Refusal| {
        tracing::warn!(device = %device.serial, %refusal, "a device could not be welcomed");
        Unwelcome::Told(Farewell::new(
            "TRY_AGAIN",
            "the ledger cannot be asked now: try again in a few seconds",
        ))
    };
    // What it seals from there on would give numbers again.
    if !retired && grants::has_gone_back(app, device.outlet, proven.stands).await.map_err(unasked)? {
        let Attested { epoch, last_position, .. } = proven.stands;
        tracing::error!(device = %device.serial, outlet = %device.outlet, epoch = epoch.0, last_position,
            "a device's journal went back behind what the ledger holds of it: it is not let in, and has to be replaced");
        return Err(Unwelcome::Told(Farewell::new(
            "DEVICE_FORKED",
            "the ledger holds more of this device's journal than the device itself, or something else: it is an older \
             copy; keep it as evidence, and have it replaced",
        )));
    }
    let held = grants::held(app, device.outlet, device.serial).await.map_err(unasked)?;
    let spot = (held.position > 0).then_some(Spot { epoch: held.epoch.0, position: held.position });
    let manifest_version = Some(app.ledger.manifest().version());
    wire.say(&FromCloud::Welcome { outlet: device.outlet, held: spot, time: now, manifest_version }).await?;
    let whose = (device.serial, device.outlet, proven.key);
    let begun = Link::new(whose, devices.next_session(), now, retired, Progress { ..held });
    Ok(begun)
}

/// What a device that has come gets without asking.
fn after_welcome(app: &Arc<App>, devices: &Arc<Devices>, link: &Arc<Link>) {
    let (app, devices, link) = (Arc::clone(app), Arc::clone(devices), Arc::clone(link));
    tokio::spawn(async move {
        alerts::came(&app, &link).await;
        if link.retired {
            return grants::retire(&app, &devices, &link).await;
        }
        health::ask(&app, &link).await;
        grants::renew(&app, &devices, &link).await;
        grants::manifest(&app, &devices, &link).await;
        switch::go_on(&app, &devices, link.outlet).await;
    });
}

async fn over(app: &Arc<App>, link: &Arc<Link>, end: End) {
    match end {
        End::Broken(ended) => tracing::info!(device = %link.device, %ended, "a device's tunnel is over"),
        End::Closed(wire, None) => wire.close().await,
        End::Closed(wire, Some(farewell)) => {
            tracing::info!(device = %link.device, code = farewell.code, "a device's tunnel was ended");
            wire.refuse(&farewell).await;
        }
    }
    alerts::went(app, link);
}
