use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// A file as an answer: nobody on its way keeps it, and a browser takes it for what its type says.
pub(super) struct FileAnswer {
    pub(super) media_type: &'static str,
    /// What it is called: letters, digits, hyphens and dots.
    pub(super) name: String,
    pub(super) shown: Shown,
    pub(super) body: Body,
}

/// What a browser does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It saves it.
    Saved,
    /// It shows it.
    Inline,
}

impl IntoResponse for FileAnswer {
    fn into_response(self) -> Response {
        let Self { media_type, name, shown, body } = self;
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let how = match shown {
            Shown::Saved => "attachment",
            Shown::Inline => "inline",
        };
        // Such a name is always a header's value.
        if let Ok(named) = HeaderValue::try_from(format!("{how}; filename=\"{name}\"")) {
            headers.insert(header::CONTENT_DISPOSITION, named);
        }
        response
    }
}
