//! Every route of the document, asked with each role, with another merchant's key, and with none.

use registry::Permission;

use crate::world::{NEIGHBOUR, ROLES, STRANGER, World, operations};

/// These ask for more than a permission: only the platform does them, whatever else one may.
const PLATFORMS_OWN: &[(&str, &str)] = &[];

#[test]
fn a_role_may_what_its_permissions_say_and_nothing_else() {
    let world = World::make();
    let mut walked = 0;
    for operation in operations() {
        let Ok(permission) = operation.permission.parse::<Permission>() else { continue };
        // Who may not comes first: what is made, changed or stopped by who may is so afterwards.
        let mut roles = ROLES;
        roles.sort_by_key(|(_, role)| role.may().has(permission));
        for (number, role) in roles {
            let line = operation.line(&world.things);
            let answer = operation.ask(&mut world.bench.client(), &line, Some(number));
            let is_forbidden = answer.status == 403;
            let its_own =
                PLATFORMS_OWN.contains(&(&operation.method, &operation.path)) && !role.is_of_platform();
            let expected = !role.may().has(permission) || its_own;
            assert_eq!(is_forbidden, expected, "{line} as {role:?}: {answer:?}");
            assert!(answer.status < 500, "{line} as {role:?}: {answer:?}");
            walked += 1;
        }
    }
    assert!(walked >= 6 * 25, "{walked}");
}

#[test]
fn another_merchants_key_sees_and_changes_nothing() {
    let world = World::make();
    let secrets: Vec<&String> =
        ["fiscal_number", "merchant_id", "key_id", "user_id", "webhook_id", "delivery_id", "auth_code"]
            .iter()
            .map(|name| &world.things[*name])
            .collect();
    for operation in
        operations().iter().filter(|operation| operation.permission.parse::<Permission>().is_ok())
    {
        let line = operation.line(&world.things);
        let answer = operation.ask(&mut world.bench.client(), &line, Some(STRANGER));
        let names_a_thing = operation.path.contains('{') && !operation.path.contains("tax-manifests")
            || line.contains("outlet_id=");
        if names_a_thing {
            // Stopping and importing are the platform's, which all know.
            assert!(matches!(answer.status, 403 | 404), "{line}: {answer:?}");
            let nowhere = operation.line(
                &world.things.iter().map(|(name, value)| (name.clone(), nowhere(name, value))).collect(),
            );
            let none = operation.ask(&mut world.bench.client(), &nowhere, Some(STRANGER));
            assert_eq!((answer.status, &answer.body), (none.status, &none.body), "{line} is as {nowhere}");
        }
        for secret in &secrets {
            assert!(!answer.body.contains(secret.as_str()), "{line} shows {secret}: {answer:?}");
        }
    }
}

#[test]
fn a_key_of_one_outlet_sees_nothing_of_the_next_one() {
    let world = World::make();
    let of_outlet = ["fiscal_number", "receipt", "outlet_id"];
    for operation in
        operations().iter().filter(|operation| operation.permission.parse::<Permission>().is_ok())
    {
        let line = operation.line(&world.things);
        let names_it = of_outlet.iter().any(|name| operation.path.contains(&format!("{{{name}}}")))
            || line.contains("outlet_id=");
        if names_it {
            let answer = operation.ask(&mut world.bench.client(), &line, Some(NEIGHBOUR));
            assert!(matches!(answer.status, 403 | 404), "{line}: {answer:?}");
            assert!(!answer.body.contains(world.things["auth_code"].as_str()), "{line}: {answer:?}");
        }
    }
}

#[test]
fn without_a_key_only_what_is_public_is_answered() {
    let world = World::make();
    for operation in operations() {
        let line = operation.line(&world.things);
        let answer = operation.ask(&mut world.bench.client(), &line, None);
        let is_public = matches!(operation.permission.as_str(), "public" | "open");
        let is_sign_in = operation.path == "/api/v1/sessions";
        assert!(is_sign_in || (answer.status == 401) != is_public, "{line}: {answer:?}");
        let unknown = operation.ask(&mut world.bench.client(), &line, Some(99));
        assert!(is_sign_in || (unknown.status == 401) != is_public, "{line}: {unknown:?}");
    }
}

/// The same form, and nobody's.
fn nowhere(name: &str, value: &str) -> String {
    match name {
        "fiscal_number" => "NOWHERE-0-00000001".to_owned(),
        "receipt" => "NOWHERE-0-00000001.txt".to_owned(),
        "outlet_id" => "NOWHERE-01".to_owned(),
        "merchant_id" | "key_id" | "user_id" | "webhook_id" | "delivery_id" => {
            format!("{}_00000000000000000000", value.split('_').next().unwrap_or_default())
        }
        _ => value.to_owned(),
    }
}
