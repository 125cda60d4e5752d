use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::{
    app::App,
    problem::{Kind, Problem, words},
};

/// A whole body, if it is not too large and arrives in time.
pub(crate) async fn read_body(app: &App, body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let Ok(read) = tokio::time::timeout(app.body, Limited::new(body, most).collect()).await else {
        let seconds = app.body.as_secs();
        return Err(Problem::new(
            Kind::BodyTooSlow,
            words(
                format!("le corps n'est pas arrivé en {seconds} s : renvoyez-le"),
                format!("the body did not arrive within {seconds} s: send it again"),
            ),
        ));
    };
    match read {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(fault) if fault.is::<LengthLimitError>() => Err(Problem::new(
            Kind::PayloadTooLarge,
            words(format!("le corps a au plus {most} octets"), format!("the body has at most {most} bytes")),
        )),
        Err(_) => Err(Problem::new(
            Kind::RequestInvalid,
            words(
                "le corps s'est arrêté avant sa fin : renvoyez-le",
                "the body ended before it was complete: send it again",
            ),
        )),
    }
}

/// The media type of the body, without its parameters, in small letters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
