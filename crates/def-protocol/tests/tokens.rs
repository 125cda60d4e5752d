//! A token says what its issuer signed, to one device, in one realm, for some time, and nothing else is a token.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use def_protocol::{
    Base64Url, ErrorCode, Nonce,
    token::{
        Acknowledgement, Activation, Body, FirmwareOrder, HandOver, NewState, Newest, Policy, Realm, Reset,
        Scope, SignFault, StateChange, TaxManifest, TimeGrant, Token, TokenFault, Unverified, Voucher, sign,
    },
};
use fiscal::{
    Amount, CivilDate, Classification, CreditAccount, DEFAULT_MANIFEST, DeviceId, Epoch, InvoiceNumber,
    InvoiceType, ManifestGroup, OriginalIdentity, RecordHash, Signature, SignatureFault, Timestamp,
    UtcOffset, Validated,
};
use support::{PAYLOAD, public_key, sealed_invoice, signing_key};

const ISSUER: u8 = 9;

fn device() -> DeviceId {
    "BONO-USB-001".parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn scope() -> Scope {
    Scope {
        realm: Realm::Production,
        device: device(),
        not_before: time("2026-02-04T10:00:00"),
        not_after: time("2026-02-05T10:00:00"),
    }
}

fn activation() -> Activation {
    Activation {
        nif: "A1234567Z".parse().unwrap(),
        outlet: "OUTLET-001".parse().unwrap(),
        prefix: "KING".parse().unwrap(),
        epoch: Epoch(1),
        first_number: InvoiceNumber::new(106),
        offset: UtcOffset::LUBUMBASHI,
        policy: Policy { days: 3, invoices: 5_000, cdf: "50000000.00".parse().unwrap() },
        dgi: public_key(4),
        operator: public_key(5),
    }
}

fn newest() -> Newest {
    Newest { epoch: Epoch(0), number: InvoiceNumber::new(105).unwrap(), hash: RecordHash([0x5A; 32]) }
}

fn enter() -> HandOver {
    HandOver::Enter {
        epoch: Epoch(2),
        next_number: InvoiceNumber::new(106).unwrap(),
        previous: RecordHash([0x6B; 32]),
        floor: time("2026-02-04T10:15:32"),
    }
}

fn acknowledgement() -> Acknowledgement {
    Acknowledgement { newest: newest(), time: time("2026-02-04T10:30:00"), revoke: false }
}

fn voucher() -> Voucher {
    let sale = Validated::read(PAYLOAD).unwrap();
    let identity = OriginalIdentity {
        nif: sale.invoice().merchant_nif,
        outlet: sale.invoice().outlet_id,
        epoch: Epoch(0),
        number: InvoiceNumber::new(105).unwrap(),
        auth_code: sealed_invoice().signature.auth_code(),
    };
    Voucher { id: [7; 16], account: CreditAccount::open(identity, &sale).unwrap() }
}

fn issued<'i, B: Body<'i>>(scope: &Scope, body: &B) -> String {
    let mut buffer = vec![0; B::MAX_BYTES];
    sign(scope, body, &signing_key(ISSUER), &mut buffer).unwrap().to_string()
}

fn read<'b, B: Body<'b>>(text: &str, buffer: &'b mut Vec<u8>) -> Result<Token<'b, B>, TokenFault> {
    buffer.resize(B::MAX_BYTES, 0);
    Unverified::<B>::from_text(text, buffer)?.verify(&public_key(ISSUER))
}

fn bytes(text: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let mut buffer = vec![0; text.len()];
    Base64UrlUnpadded::decode(text, &mut buffer).unwrap().to_vec()
}

/// Everything that holds of every kind of token, as a macro because bodies borrow from what they are read from.
macro_rules! is_a_token {
    ($body:expr, $type:ty) => {{
        let body = $body;
        let text = issued(&scope(), &body);
        let refused = |text: &str| read::<$type>(text, &mut Vec::new()).is_err();
        let mut buffer = Vec::new();
        let token = read::<$type>(&text, &mut buffer).unwrap();
        assert_eq!(token.body(), &body);
        assert_eq!(*token.scope(), scope());
        assert!((0..text.len()).all(|length| refused(&text[..length])), "every part is refused");
        let whole = bytes(&text);
        for at in 0..whole.len() {
            let flip = 1 << (at % 8);
            let mut wrong = whole.clone();
            wrong[at] ^= flip;
            assert!(refused(&Base64Url(&wrong).to_string()), "byte {at} flipped by {flip:#x}");
        }
        let mut longer = whole.clone();
        longer.insert(whole.len() - Signature::LENGTH, 0);
        assert!(refused(&Base64Url(&longer).to_string()), "a byte more in the body");
        let mut longer = whole.clone();
        longer.push(0);
        assert!(refused(&Base64Url(&longer).to_string()), "a byte after the signature");
        assert!(refused(&format!("{text}=")) && refused(&format!(" {text}")));
    }};
}

#[test]
fn an_activation_is_read_as_it_was_signed_and_refused_cut_changed_or_longer() {
    is_a_token!(activation(), Activation);
    is_a_token!(Activation { first_number: None, ..activation() }, Activation);
}

#[test]
fn so_is_every_other_kind() {
    is_a_token!(Reset { epoch: Epoch(1), newest: Some(newest()) }, Reset);
    is_a_token!(Reset { epoch: Epoch(1), newest: None }, Reset);
    is_a_token!(HandOver::Leave { epoch: Epoch(2) }, HandOver);
    is_a_token!(enter(), HandOver);
    is_a_token!(acknowledgement(), Acknowledgement);
    is_a_token!(Acknowledgement { revoke: true, ..acknowledgement() }, Acknowledgement);
    is_a_token!(StateChange { state: NewState::Revoked, reason: "volé à Limete" }, StateChange<'_>);
    is_a_token!(StateChange { state: NewState::Decommissioned, reason: "x" }, StateChange<'_>);
    is_a_token!(TaxManifest::new(3, &DEFAULT_MANIFEST.groups[..2]), TaxManifest<'_>);
    is_a_token!(voucher(), Voucher);
    is_a_token!(
        FirmwareOrder { build: 8, length: 9, digest: [7; 32], version: "2026.12.01" },
        FirmwareOrder<'_>
    );
    is_a_token!(
        FirmwareOrder { build: 0, length: u32::MAX, digest: [0; 32], version: "1" },
        FirmwareOrder<'_>
    );
}

#[test]
fn a_token_speaks_to_its_device_in_its_realm_from_its_first_to_its_last_second() {
    let mut buffer = Vec::new();
    let text = issued(&scope(), &activation());
    let token = read::<Activation>(&text, &mut buffer).unwrap();
    let at = |now: &str| token.for_device(device(), Realm::Production, time(now));
    assert_eq!(at("2026-02-04T09:59:59"), Err(TokenFault::TooEarly));
    assert_eq!(at("2026-02-04T10:00:00"), Ok(()));
    assert_eq!(at("2026-02-05T10:00:00"), Ok(()));
    assert_eq!(at("2026-02-05T10:00:01"), Err(TokenFault::Expired));
    let other = "BONO-USB-002".parse().unwrap();
    let noon = time("2026-02-04T12:00:00");
    assert_eq!(token.for_device(other, Realm::Production, noon), Err(TokenFault::OtherDevice));
    assert_eq!(token.for_device(device(), Realm::Development, noon), Err(TokenFault::OtherRealm));
    assert_eq!(token.addressed_to(device(), Realm::Production), Ok(()));
    assert_eq!(token.addressed_to(other, Realm::Production), Err(TokenFault::OtherDevice));
    assert_eq!(token.addressed_to(device(), Realm::Development), Err(TokenFault::OtherRealm));
}

#[test]
fn a_token_of_one_kind_is_none_of_another_and_says_so() {
    let reset = issued(&scope(), &Reset { epoch: Epoch(1), newest: None });
    assert_eq!(read::<HandOver>(&reset, &mut Vec::new()).unwrap_err(), TokenFault::OtherKind);
    assert_eq!(TokenFault::OtherKind.code(), ErrorCode::Unauthorized);
}

#[test]
fn another_key_or_another_half_of_the_signature_is_refused() {
    let text = issued(&scope(), &activation());
    let mut buffer = vec![0; Activation::MAX_BYTES];
    let unverified = Unverified::<Activation>::from_text(&text, &mut buffer).unwrap();
    assert_eq!(unverified.verify(&public_key(8)).unwrap_err(), TokenFault::False);
    let mut whole = bytes(&text);
    let at = whole.len() - Signature::LENGTH;
    let signature = p256::ecdsa::Signature::from_slice(&whole[at..]).unwrap();
    let high = p256::ecdsa::Signature::from_scalars(*signature.r(), -*signature.s()).unwrap();
    whole[at..].copy_from_slice(&high.to_bytes());
    let high = Base64Url(&whole).to_string();
    let fault = TokenFault::Signature(SignatureFault::HighS);
    assert_eq!(read::<Activation>(&high, &mut Vec::new()).unwrap_err(), fault);
    assert_eq!(fault.code(), ErrorCode::Unauthorized);
}

#[test]
fn a_seal_is_no_token_and_a_token_no_seal() {
    // Both are signed as hashes, under tags of their own.
    let text = issued(&scope(), &HandOver::Leave { epoch: Epoch(0) });
    let whole = bytes(&text);
    let (signed, signature) = whole.split_last_chunk::<{ Signature::LENGTH }>().unwrap();
    let untagged = RecordHash(fiscal::PayloadHash::of(signed).0);
    let signature = Signature::from_bytes(*signature).unwrap();
    assert!(public_key(ISSUER).verify(&untagged, &signature).is_err());
    let tagged = [b"stelala-token--1", signed].concat();
    let tagged = RecordHash(fiscal::PayloadHash::of(&tagged).0);
    assert!(public_key(ISSUER).verify(&tagged, &signature).is_ok());
}

#[test]
fn the_digest_is_of_what_is_signed_and_not_of_the_signature() {
    let mut buffer = Vec::new();
    let text = issued(&scope(), &acknowledgement());
    let whole = bytes(&text);
    let digest = read::<Acknowledgement>(&text, &mut buffer).unwrap().digest();
    assert_eq!(digest, fiscal::PayloadHash::of(&whole[..whole.len() - Signature::LENGTH]).0);
    let mut other = Vec::new();
    let revoking = issued(&scope(), &Acknowledgement { revoke: true, ..acknowledgement() });
    assert_ne!(read::<Acknowledgement>(&revoking, &mut other).unwrap().digest(), digest);
}

#[test]
fn what_no_device_would_read_is_not_signed() {
    fn refused<'i, B: Body<'i>>(scope: &Scope, body: &B) -> TokenFault {
        let mut buffer = vec![0; B::MAX_BYTES];
        match sign(scope, body, &signing_key(ISSUER), &mut buffer) {
            Err(SignFault::Token(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }
    let turned = Scope { not_after: time("2026-02-04T09:59:59"), ..scope() };
    assert_eq!(refused(&turned, &acknowledgement()), TokenFault::Field("validity"));
    let state = |reason| StateChange { state: NewState::Revoked, reason };
    let longest = "x".repeat(StateChange::MAX_REASON);
    let longer = "x".repeat(StateChange::MAX_REASON + 1);
    assert!(!issued(&scope(), &state(&longest)).is_empty());
    assert_eq!(refused(&scope(), &state(&longer)), TokenFault::Field("text"));
    assert_eq!(refused(&scope(), &state("")), TokenFault::Field("text"));
    assert_eq!(refused(&scope(), &state("a\nb")), TokenFault::Field("text"));
    let mut negative = activation();
    negative.policy.cdf = -Amount::MAX;
    assert_eq!(refused(&scope(), &negative), TokenFault::Field("bound in CDF"));
    assert_eq!(refused(&scope(), &TaxManifest::new(1, &[])), TokenFault::Field("number of entries"));
}

#[test]
fn a_token_at_the_limit_of_its_kind_is_read_and_a_longer_one_is_not() {
    assert_eq!(Activation::MAX_CHARACTERS, 1_024);
    let longest = "A".repeat(Activation::MAX_CHARACTERS);
    assert_ne!(read::<Activation>(&longest, &mut Vec::new()).unwrap_err(), TokenFault::TooLong);
    let longer = longest + "A";
    assert_eq!(read::<Activation>(&longer, &mut Vec::new()).unwrap_err(), TokenFault::TooLong);
    let text = issued(&scope(), &activation());
    let mut exact = vec![0; bytes(&text).len()];
    assert!(Unverified::<Activation>::from_text(&text, &mut exact).is_ok());
    exact.pop();
    assert_eq!(Unverified::<Activation>::from_text(&text, &mut exact).unwrap_err(), TokenFault::TooLong);
}

fn largest_manifest(names: &[String]) -> Vec<ManifestGroup<'_>> {
    let code = |name: &str| name[..32].parse().unwrap();
    let groups = names.iter().zip(DEFAULT_MANIFEST.groups.iter().cycle());
    groups
        .map(|(name, group)| ManifestGroup {
            code: code(name),
            french: name,
            english: name,
            rate: "9.9999".parse().unwrap(),
            valid_from: CivilDate::constant(9_999, 12, 31),
            ..*group
        })
        .collect()
}

#[test]
fn the_largest_manifest_has_48_entries_of_the_longest_texts() {
    let scope = Scope { device: "a".repeat(DeviceId::MAX_LENGTH).parse().unwrap(), ..scope() };
    let names: Vec<_> = (0..49).map(|at| format!("{at:064}")).collect();
    let names: Vec<_> = names.iter().map(|name| name.chars().rev().collect::<String>()).collect();
    // 48 entries of 177 bytes do not fit 6,144 bytes: what an issuer may use is the length, not each limit at once.
    let groups = largest_manifest(&names);
    let fits = (1..=48).rev().find(|count| {
        let mut buffer = vec![0; TaxManifest::MAX_BYTES];
        sign(&scope, &TaxManifest::new(1, &groups[..*count]), &signing_key(ISSUER), &mut buffer).is_ok()
    });
    assert_eq!(fits, Some(34));
    let mut buffer = vec![0; TaxManifest::MAX_BYTES];
    let everything = TaxManifest::new(u32::MAX, &groups[..34]);
    let text = sign(&scope, &everything, &signing_key(ISSUER), &mut buffer).unwrap().to_string();
    let mut read_into = Vec::new();
    assert_eq!(read::<TaxManifest<'_>>(&text, &mut read_into).unwrap().body(), &everything);

    let short: Vec<_> = (0..3).flat_map(|_| DEFAULT_MANIFEST.groups.iter().copied()).collect();
    let text = issued(&scope, &TaxManifest::new(1, &short));
    let mut read_into = Vec::new();
    let token = read::<TaxManifest<'_>>(&text, &mut read_into).unwrap();
    assert!(token.body().entries().eq(short.iter().copied()));
    let more = [&short[..], &short[..1]].concat();
    let mut buffer = vec![0; TaxManifest::MAX_BYTES];
    assert!(sign(&scope, &TaxManifest::new(1, &more), &signing_key(ISSUER), &mut buffer).is_err());
}

#[test]
fn a_manifest_may_end_a_group_by_an_entry_for_no_invoice_and_no_client() {
    let none = ManifestGroup { invoice_types: &[], classifications: &[], ..DEFAULT_MANIFEST.groups[0] };
    let some = ManifestGroup {
        invoice_types: &[InvoiceType::Export, InvoiceType::ExportCredit],
        classifications: &[Classification::Embassy],
        ..DEFAULT_MANIFEST.groups[1]
    };
    let groups = [none, some];
    let text = issued(&scope(), &TaxManifest::new(1, &groups));
    let mut buffer = Vec::new();
    let token = read::<TaxManifest<'_>>(&text, &mut buffer).unwrap();
    assert!(token.body().entries().eq(groups));
    assert_eq!(token.body().version(), 1);
}

#[test]
fn the_longest_voucher_fits_a_payload() {
    use fiscal::{GroupBalance, VoucherToken};
    let balances = voucher().account.balances().next().unwrap();
    let codes = (0..16).map(|at| GroupBalance { code: format!("{at:032}").parse().unwrap(), ..balances });
    let account = CreditAccount::resume(*voucher().account.terms(), codes);
    let scope = Scope { device: "a".repeat(DeviceId::MAX_LENGTH).parse().unwrap(), ..scope() };
    let text = issued(&scope, &Voucher { id: [0xFF; 16], account });
    assert!(VoucherToken::new(&text).is_ok(), "{} characters", text.len());
}

#[test]
fn a_time_is_bound_to_realm_device_time_challenge_and_newest_record() {
    let grant = TimeGrant {
        realm: Realm::Production,
        device: device(),
        timestamp: time("2026-02-04T10:00:00"),
        challenge: Nonce([0x5C; 16]),
        newest: None,
    };
    let signature = grant.sign(&signing_key(5)).unwrap();
    assert_eq!(grant.verify(&public_key(5), &signature), Ok(()));
    assert_eq!(grant.verify(&public_key(4), &signature), Err(TokenFault::False));
    let mut challenge = grant.challenge;
    challenge.0[15] ^= 1;
    for other in [
        TimeGrant { realm: Realm::Development, ..grant },
        TimeGrant { device: "BONO-USB-002".parse().unwrap(), ..grant },
        TimeGrant { timestamp: time("2026-02-04T10:00:01"), ..grant },
        TimeGrant { challenge, ..grant },
        TimeGrant { newest: Some(RecordHash([1; 32])), ..grant },
    ] {
        assert_eq!(other.verify(&public_key(5), &signature), Err(TokenFault::False), "{other:?}");
    }
}

/// Bytes that the right key signed, whatever they are.
fn signed(bytes: &[u8]) -> String {
    use fiscal::PrivateKey;
    let hash = RecordHash(fiscal::PayloadHash::of(&[b"stelala-token--1", bytes].concat()).0);
    let signature = Signature::normalised(signing_key(ISSUER).sign(&hash).unwrap()).unwrap();
    Base64Url(&[bytes, signature.as_bytes()].concat()).to_string()
}

/// What stands before the signature.
fn unsigned<'i, B: Body<'i>>(body: &B) -> Vec<u8> {
    let whole = bytes(&issued(&scope(), body));
    whole[..whole.len() - Signature::LENGTH].to_vec()
}

/// Where a body begins: after version, realm, kind, device and validity.
const BODY: usize = 3 + 1 + "BONO-USB-001".len() + 8 + 8;

#[test]
fn even_a_signed_token_has_one_form() {
    fn fault<'b, B: Body<'b> + std::fmt::Debug>(bytes: &[u8], buffer: &'b mut Vec<u8>) -> TokenFault {
        read::<B>(&signed(bytes), buffer).unwrap_err()
    }
    macro_rules! assert_fault {
        ($type:ty, $body:expr, $at:expr, $byte:expr, $fault:expr) => {{
            let mut wrong = unsigned::<$type>(&$body);
            assert!(read::<$type>(&signed(&wrong), &mut Vec::new()).is_ok());
            wrong[$at] = $byte;
            assert_eq!(fault::<$type>(&wrong, &mut Vec::new()), $fault, "byte {}", $at);
        }};
    }
    let field = TokenFault::Field;
    assert_fault!(Acknowledgement, acknowledgement(), 0, 2, TokenFault::Version(2));
    assert_fault!(Acknowledgement, acknowledgement(), 1, b'p', field("realm"));
    assert_fault!(Acknowledgement, acknowledgement(), 2, 7, TokenFault::OtherKind);
    assert_fault!(Acknowledgement, acknowledgement(), 4, b' ', field("device id"));
    assert_fault!(Acknowledgement, acknowledgement(), BODY - 13, 1, field("validity"));
    assert_fault!(Acknowledgement, acknowledgement(), BODY - 8, 1, field("time"));
    assert_fault!(Acknowledgement, acknowledgement(), BODY + 44 + 8, 2, field("yes or no"));
    assert_fault!(Acknowledgement, acknowledgement(), BODY + 11, 0, field("invoice number"));
    assert_fault!(Reset, Reset { epoch: Epoch(1), newest: None }, BODY + 20, 1, field("invoice number"));
    assert_fault!(HandOver, enter(), BODY, 3, field("direction"));
    assert_fault!(HandOver, enter(), BODY, 1, TokenFault::TrailingBytes);
    let state = StateChange { state: NewState::Revoked, reason: "stolen" };
    assert_fault!(StateChange<'_>, state, BODY, 3, field("state"));
    assert_fault!(StateChange<'_>, state, BODY + 2, 0xFF, field("text"));
    assert_fault!(StateChange<'_>, state, BODY + 2, b'\n', field("text"));
    assert_fault!(StateChange<'_>, state, BODY + 1, 7, TokenFault::Truncated);
    assert_fault!(StateChange<'_>, state, BODY + 1, 5, TokenFault::TrailingBytes);
    let zone = BODY + 10 + 11 + 5 + 4 + 8;
    // Only 0 is none: what is no number does not have the device stand by.
    assert_fault!(Activation, activation(), zone - 8, 0x80, field("invoice number"));
    assert_fault!(Activation, activation(), zone, 0x7F, field("zone"));
    assert_fault!(Activation, activation(), zone + 2 + 6, 0xFF, field("bound in CDF"));
    assert_fault!(Activation, activation(), zone + 2 + 14, 5, field("public key"));
    assert_fault!(Activation, activation(), zone + 2 + 14, 4, field("public key"));
    let manifest = TaxManifest::new(1, &DEFAULT_MANIFEST.groups[..1]);
    let end = unsigned(&manifest).len();
    assert_fault!(TaxManifest<'_>, manifest, BODY + 4, 0, field("number of entries"));
    assert_fault!(TaxManifest<'_>, manifest, BODY + 4, 49, field("number of entries"));
    assert_fault!(TaxManifest<'_>, manifest, BODY + 4, 2, TokenFault::Truncated);
    assert_fault!(TaxManifest<'_>, manifest, BODY + 5 + 7, b'Q', field("letter"));
    assert_fault!(TaxManifest<'_>, manifest, end - 2, 0x40, field("set of invoice types"));
    assert_fault!(TaxManifest<'_>, manifest, end - 1, 0x20, field("set of client classes"));
    assert_fault!(TaxManifest<'_>, manifest, end - 6, 0xFF, field("date"));
    assert_fault!(Voucher, voucher(), BODY + 16, 9, field("credit account"));
    let firmware = FirmwareOrder { build: 8, length: 9, digest: [7; 32], version: "1" };
    assert_fault!(FirmwareOrder<'_>, firmware, BODY + 7, 0, field("length"));
    assert_fault!(FirmwareOrder<'_>, firmware, BODY + 41, 7, field("text"));
}

#[test]
fn a_signed_token_of_another_length_is_none() {
    let mut longer = unsigned(&acknowledgement());
    longer.push(0);
    let fault = read::<Acknowledgement>(&signed(&longer), &mut Vec::new()).unwrap_err();
    assert_eq!(fault, TokenFault::TrailingBytes);
    for length in 0..longer.len() - 1 {
        let text = signed(&longer[..length]);
        assert!(read::<Acknowledgement>(&text, &mut Vec::new()).is_err(), "{length} bytes");
    }
}
