use std::sync::atomic::{AtomicU8, Ordering};

use super::*;

/// Other bytes each time.
fn entropy(bytes: &mut [u8]) {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    bytes.fill(NEXT.fetch_add(1, Ordering::Relaxed));
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(1_780_000_000 + seconds).unwrap()
}

fn till(name: &str) -> TerminalId {
    name.parse().unwrap()
}

fn opened() -> (tempfile::TempDir, Tills) {
    let folder = tempfile::tempdir().unwrap();
    let tills = Tills::open(&folder.path().join("proxy.sqlite")).unwrap();
    (folder, tills)
}

#[test]
fn a_till_pairs_once_by_its_code_and_is_known_by_its_token() {
    let (_folder, mut tills) = opened();
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    let token = tills.redeem(till("TILL-1"), &code, at(60), entropy).unwrap();
    assert_eq!(tills.authenticate(token.reveal()).unwrap(), Some(till("TILL-1")));
    assert_eq!(tills.list().unwrap(), [Till { terminal: till("TILL-1"), paired: at(60) }]);
    assert_eq!(tills.redeem(till("TILL-1"), &code, at(61), entropy).unwrap_err().code(), "PAIRING_REFUSED");
    assert_eq!(tills.authenticate("stt_x").unwrap(), None);
    assert_eq!(tills.authenticate(TillToken::new(&[255; 32]).reveal()).unwrap(), None);
}

#[test]
fn a_code_is_for_one_till_and_for_ten_minutes() {
    let (_folder, mut tills) = opened();
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    assert!(tills.redeem(till("TILL-2"), &code, at(1), entropy).is_err());
    assert!(tills.redeem(till("TILL-1"), &code, at(CODE_SECONDS.unsigned_abs()), entropy).is_err());
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    assert!(tills.redeem(till("TILL-1"), &code, at(CODE_SECONDS.unsigned_abs() - 1), entropy).is_ok());
}

#[test]
fn after_five_wrong_tries_the_right_code_is_wrong_too() {
    let (_folder, mut tills) = opened();
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    for _ in 0..MOST_TRIES - 1 {
        assert!(tills.redeem(till("TILL-1"), "0000-0000", at(1), entropy).is_err());
    }
    // The last try is still one.
    assert!(tills.redeem(till("TILL-1"), &code, at(1), entropy).is_ok());
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    for wrong in ["0000-0000", "", "no code", "1111-1111", "2222-2222"] {
        assert!(tills.redeem(till("TILL-1"), wrong, at(1), entropy).is_err());
    }
    assert!(tills.redeem(till("TILL-1"), &code, at(1), entropy).is_err());
}

#[test]
fn a_new_code_ends_the_one_before_and_a_new_token_too() {
    let (_folder, mut tills) = opened();
    let first = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    let second = tills.new_code(till("TILL-1"), at(1), entropy).unwrap().to_string();
    assert!(tills.redeem(till("TILL-1"), &first, at(2), entropy).is_err());
    let token = tills.redeem(till("TILL-1"), &second, at(3), entropy).unwrap();
    let third = tills.new_code(till("TILL-1"), at(4), entropy).unwrap().to_string();
    assert!(tills.authenticate(token.reveal()).unwrap().is_some(), "until the till pairs, it sells");
    let newer = tills.redeem(till("TILL-1"), &third, at(5), entropy).unwrap();
    assert_eq!(tills.authenticate(token.reveal()).unwrap(), None);
    assert_eq!(tills.authenticate(newer.reveal()).unwrap(), Some(till("TILL-1")));
}

#[test]
fn a_revoked_till_is_refused_by_a_proxy_that_runs() {
    let (folder, mut tills) = opened();
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    let token = tills.redeem(till("TILL-1"), &code, at(1), entropy).unwrap();
    let mut other = Tills::open(&folder.path().join("proxy.sqlite")).unwrap();
    assert!(other.revoke(till("TILL-1")).unwrap());
    assert!(!other.revoke(till("TILL-1")).unwrap());
    assert_eq!(tills.authenticate(token.reveal()).unwrap(), None);
    assert!(tills.list().unwrap().is_empty());
}

#[test]
fn revoking_ends_a_code_that_was_not_used_yet() {
    let (_folder, mut tills) = opened();
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    assert!(tills.revoke(till("TILL-1")).unwrap());
    assert!(tills.redeem(till("TILL-1"), &code, at(1), entropy).is_err());
}

#[test]
fn neither_codes_nor_tokens_are_in_the_file() {
    let (folder, mut tills) = opened();
    let pending = tills.new_code(till("TILL-2"), at(0), entropy).unwrap().to_string();
    let code = tills.new_code(till("TILL-1"), at(0), entropy).unwrap().to_string();
    let token = tills.redeem(till("TILL-1"), &code, at(1), entropy).unwrap();
    drop(tills);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [token.reveal(), &pending, &pending.replace('-', "")] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}

#[test]
fn a_shop_has_so_many_tills_and_no_more() {
    let (_folder, mut tills) = opened();
    for index in 0..MOST_TILLS {
        let name = till(&format!("TILL-{index}"));
        tills
            .tables
            .execute(
                "insert into paired_tills values (?1, ?2, 0)",
                params![name.as_str(), TillToken::new(&[u8::try_from(index).unwrap(); 32]).hash()],
            )
            .unwrap();
    }
    assert_eq!(tills.new_code(till("ONE-MORE"), at(0), entropy).unwrap_err().code(), "TOO_MANY_TILLS");
    assert!(tills.new_code(till("TILL-7"), at(0), entropy).is_ok(), "one that is there may pair again");
    tills.revoke(till("TILL-8")).unwrap();
    assert!(tills.new_code(till("ONE-MORE"), at(0), entropy).is_ok());
}
