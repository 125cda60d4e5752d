//! Who asks from where: what is limited for one address is not limited for another.

use crate::bench::{Bench, Client};

const FEW: &str = "[limits]\npublic_per_second = 1\npublic_burst = 3";
/// Far more than pass, however slow the machine is.
const MANY: usize = 50;

/// The status of a question with a key that nobody has, for addresses that the header names.
fn guess(client: &mut Client, forwarded: &str) -> u16 {
    let key = format!("Bearer stk_{}", "A".repeat(43));
    let headers = [("Authorization", key.as_str()), ("X-Forwarded-For", forwarded)];
    client.ask("GET /api/v1/invoices", &headers, None).status
}

#[test]
fn who_guesses_keys_is_held_up_whatever_a_header_says() {
    let bench = Bench::with(FEW);
    let mut client = bench.client();
    let statuses: Vec<u16> =
        (0..MANY).map(|place| guess(&mut client, &format!("198.51.100.{place}"))).collect();
    assert_eq!(statuses[..3], [401; 3]);
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn behind_a_trusted_proxy_who_guesses_is_held_up_and_others_are_not() {
    let bench = Bench::with(&format!("[http]\ntrusted_proxies = [\"127.0.0.1\"]\n{FEW}"));
    let mut client = bench.client();
    let statuses: Vec<u16> =
        (0..MANY).map(|place| guess(&mut client, &format!("203.0.113.{place}, 198.51.100.1"))).collect();
    assert!(statuses.contains(&429), "what it says itself does not count: {statuses:?}");
    assert_eq!(guess(&mut client, "198.51.100.2"), 401);
    assert_eq!(guess(&mut client, "2001:db8::1"), 401);
}
