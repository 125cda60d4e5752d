//! The document of the API, made of the same table of routes that serves.

mod common;
mod document;

pub use document::document;
pub(crate) use document::start;

use std::sync::Arc;

use axum::middleware;
use registry::Permission;
use utoipa::openapi::{
    extensions::ExtensionsBuilder,
    path::{Operation, Paths},
    security::SecurityRequirement,
};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::{
    app::App,
    auth::{self, Needs},
};

/// The routes of one path and one need.
pub(crate) type Routes = UtoipaMethodRouter<Arc<App>>;

/// Member of an operation: which scope it needs.
const PERMISSION: &str = "x-permission";
/// The name of the security scheme.
pub(crate) const BEARER: &str = "bearer";

/// Who asks has to be known, and to have a permission.
pub(crate) fn needs(permission: Permission, routes: Routes) -> Routes {
    guarded(Needs::Permission(permission), permission.name(), routes)
}

/// Who asks has to be known, and to have one of two permissions: which, what is asked for decides. The first is the one
/// that is described.
pub(crate) fn needs_either(permission: Permission, other: Permission, routes: Routes) -> Routes {
    guarded(Needs::Either(permission, other), permission.name(), routes)
}

/// Who asks has to be known.
pub(crate) fn known(routes: Routes) -> Routes {
    guarded(Needs::AnyPermission, "any", routes)
}

/// Who asks has to be known, also a person who has not yet the second factor that his role needs.
pub(crate) fn identity(routes: Routes) -> Routes {
    guarded(Needs::Identity, "identity", routes)
}

/// Who asks has to be a person in a session, who may not yet have the second factor that his role needs.
pub(crate) fn person(routes: Routes) -> Routes {
    guarded(Needs::Person, "person", routes)
}

/// Anybody may ask, a little at a time.
pub(crate) fn public(routes: Routes) -> Routes {
    let (schemas, paths, router) = unguarded(routes);
    (schemas, paths, router.route_layer(middleware::from_fn(auth::admit_address)))
}

/// Anybody may sign in, a little at a time, whatever else is asked from where he is.
pub(crate) fn signing_in(routes: Routes) -> Routes {
    let (schemas, paths, router) = unguarded(routes);
    (schemas, paths, router.route_layer(middleware::from_fn(auth::admit_sign_in)))
}

fn unguarded(mut routes: Routes) -> Routes {
    for operation in operations(&mut routes.1) {
        operation.security = Some(Vec::new());
        mark(operation, "public");
        common::add(operation, common::PUBLIC);
    }
    routes
}

/// Anybody may ask as often as he likes: what machines around the cloud ask.
pub(crate) fn open(mut routes: Routes) -> Routes {
    for operation in operations(&mut routes.1) {
        operation.security = Some(Vec::new());
        mark(operation, "open");
        common::add(operation, common::OPEN);
    }
    routes
}

fn guarded(needs: Needs, name: &str, mut routes: Routes) -> Routes {
    for operation in operations(&mut routes.1) {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])]);
        mark(operation, name);
        common::add(operation, common::GUARDED);
    }
    let (schemas, paths, router) = routes;
    let admit = middleware::from_fn(move |request, next| auth::admit(needs, request, next));
    (schemas, paths, router.route_layer(admit))
}

fn mark(operation: &mut Operation, permission: &str) {
    operation.extensions = Some(ExtensionsBuilder::new().add(PERMISSION, permission).build());
}

fn operations(paths: &mut Paths) -> impl Iterator<Item = &mut Operation> {
    paths.paths.values_mut().flat_map(|item| {
        [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete, &mut item.put]
            .into_iter()
            .filter_map(Option::as_mut)
    })
}
