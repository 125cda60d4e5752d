use crate::bench::{Bench, CANONICAL, bearer, key, payload};

#[test]
fn without_a_known_key_nothing_is_said() {
    let bench = Bench::start();
    let mut client = bench.client();
    let unknown = bearer(7);
    let basic = format!("Basic {}", key(1).reveal());
    for headers in [
        &[][..],
        &[("Authorization", &*unknown)],
        &[("Authorization", &*basic)],
        &[("Authorization", "Bearer")],
    ] {
        for line in ["GET /api/v1/invoices/KINGOMBE01-0-00000001", "GET /api/v1/invoices?outlet_id=x"] {
            let answer = client.ask(line, headers, None);
            assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"));
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
        let mut headers = headers.to_vec();
        headers.push(("Content-Type", CANONICAL));
        let answer = bench.client().ask("POST /api/v1/invoices", &headers, Some(&payload(1)));
        assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"));
    }
}

#[test]
fn a_payload_that_breaks_a_rule_is_told_which_and_where_in_french_or_english() {
    let bench = Bench::start();
    let mut client = bench.client();
    let wrong = payload(1).replacen("\"500.00\"", "\"600.00\"", 1);
    let bearer = bearer(1);
    for (language, word) in [("fr-CD", "base"), ("en", "base")] {
        let headers =
            [("Authorization", &*bearer), ("Content-Type", CANONICAL), ("Accept-Language", language)];
        let answer = client.ask("POST /api/v1/invoices", &headers, Some(&wrong));
        assert_eq!((answer.status, answer.code().as_str()), (422, "SCHEMA_INVALID"));
        assert_eq!(answer.header("content-language"), Some(&language[..2]));
        let json = answer.json();
        assert_eq!(json["member"], "tax_groups[0].base_amount");
        assert_eq!(json["errors"][0]["reason"], "base_mismatch");
        assert!(json["detail"].as_str().unwrap().contains(word));
    }
}

#[test]
fn bytes_that_are_not_canonical_are_refused_by_the_member_at_fault() {
    let bench = Bench::start();
    let mut client = bench.client();
    let payload = payload(1);
    for (wrong, reason) in [
        (payload.replacen(',', ", ", 1), "white_space"),
        (format!("{payload}\n"), "trailing_bytes"),
        (payload[..100].to_owned(), "truncated"),
        (String::new(), "truncated"),
    ] {
        let answer = client.sell(1, None, &wrong);
        assert_eq!((answer.status, answer.code().as_str()), (422, "SCHEMA_INVALID"));
        assert_eq!(answer.json()["errors"][0]["reason"], reason, "{answer:?}");
    }
}

#[test]
fn other_media_types_are_refused() {
    let bench = Bench::start();
    let bearer = bearer(1);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/vnd.stelala+json", ""] {
        let headers = [("Authorization", &*bearer), ("Content-Type", kind)];
        let answer = bench.client().ask("POST /api/v1/invoices", &headers, Some(&payload(1)));
        assert_eq!((answer.status, answer.code().as_str()), (415, "MEDIA_TYPE_UNSUPPORTED"), "{kind:?}");
    }
}

#[test]
fn an_idempotency_key_that_is_none_is_refused_before_anything_is_sealed() {
    let bench = Bench::start();
    let mut client = bench.client();
    for key in ["short", "with space", &"a".repeat(65)] {
        let answer = client.sell(1, Some(key), &payload(1));
        assert_eq!((answer.status, answer.code().as_str()), (400, "REQUEST_INVALID"), "{key}");
    }
    for second in ["sale-0001", "sale-0002", ""] {
        let bearer = bearer(1);
        let headers = [
            ("Authorization", &*bearer),
            ("Content-Type", CANONICAL),
            ("Idempotency-Key", "sale-0001"),
            ("Idempotency-Key", second),
        ];
        let answer = client.ask("POST /api/v1/invoices", &headers, Some(&payload(1)));
        assert_eq!((answer.status, answer.code().as_str()), (400, "REQUEST_INVALID"), "{second:?}");
    }
    assert_eq!(client.sell(1, None, &payload(1)).json()["invoice_seq"], 1);
}

#[test]
fn a_payload_stamped_in_the_future_or_of_an_unknown_original_is_refused() {
    let bench = Bench::start();
    let mut client = bench.client();
    let ahead = payload(1);
    let stamped = ahead[ahead.find("\"timestamp\":\"").unwrap() + 13..][..19].to_owned();
    let answer = client.sell(1, None, &ahead.replace(&stamped, "2999-01-01T00:00:00"));
    assert_eq!((answer.status, answer.code().as_str()), (422, "STALE_TIMESTAMP"));
    let note = include_str!("../../../../examples/day/012-return-of-paint.json");
    let answer = client.sell(1, None, note);
    assert_eq!((answer.status, answer.code().as_str()), (422, "ORIGINAL_NOT_FOUND"));
}

#[test]
fn an_outlet_that_is_not_registered_is_refused_to_the_owner_too() {
    let bench = Bench::start();
    let answer = bench.client().sell(3, None, &payload(1).replace("KIN-GOMBE-01", "KIN-NOWHERE"));
    assert_eq!((answer.status, answer.code().as_str()), (403, "WRONG_OUTLET"));
}

#[test]
fn who_runs_the_platform_sells_for_nobody() {
    let bench = Bench::start();
    let answer = bench.client().sell(9, None, &payload(1));
    assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"));
}

#[test]
fn unknown_paths_and_methods_are_problems_too() {
    let bench = Bench::start();
    let mut client = bench.client();
    for path in ["/api", "/api/v1/invoices/", "/api/v2/invoices", "/api/v1/invoices/a/b"] {
        let answer = client.get(path, 1);
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"), "{path}");
    }
    let answer = client.ask("DELETE /api/v1/invoices", &[], None);
    assert_eq!((answer.status, answer.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
    let allowed = answer.header("allow").unwrap();
    assert!(["GET", "POST"].iter().all(|method| allowed.contains(method)), "{allowed}");
    assert_eq!(client.ask("POST /metrics", &[], Some("")).code(), "METHOD_NOT_ALLOWED");
    assert_eq!(client.ask("HEAD /healthz", &[], None).status, 200);
}
