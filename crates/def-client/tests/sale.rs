//! What a sale asks, and what it makes of the answers.

mod support;

use std::{sync::LazyLock, time::Duration};

use def_client::{Answer, Ending, Note, Offer, Question, Sale, SealDoubt, Step, Told, Unclear};
use def_protocol::{LogKey, Nonce, reply::Seal};
use fiscal::{Epoch, InvoiceNumber, PublicKey};
use proptest::prelude::*;

use support::{
    NONCE, OTHER, PAYLOAD, committed, logged, other_key, prepared, public_key, refusal, refused, replayed,
    seal, signer, status,
};

/// A device's time some hours after the payload's.
const SOON: &str = "2026-03-14T23:00:00";

fn nonce() -> Nonce {
    NONCE.parse().unwrap()
}

fn log(epoch: u32, number: u64) -> Question {
    Question::Log(LogKey { epoch: Some(Epoch(epoch)), number: InvoiceNumber::new(number).unwrap() })
}

fn ours(number: u64) -> Seal {
    seal(PAYLOAD, 0, number, SOON)
}

/// A sale that is told one thing after the other, and has to ask what is expected before each.
fn tell(sale: &mut Sale<'_>, script: Vec<(Question, Told)>) -> Option<Ending> {
    for (question, told) in script {
        while sale.step() == Step::Pause {
            sale.paused(Duration::from_millis(150));
        }
        assert_eq!(sale.step(), Step::Ask(question));
        sale.hear(told);
    }
    ended(sale)
}

fn ended(sale: &Sale<'_>) -> Option<Ending> {
    match sale.step() {
        Step::End(ending) => Some(*ending),
        _ => None,
    }
}

fn begin(script: Vec<(Question, Told)>) -> Option<Ending> {
    let offer = Offer::read(PAYLOAD).unwrap();
    let key = public_key();
    tell(&mut Sale::begin(&offer, &signer(), Some(&key)), script)
}

fn resume(script: Vec<(Question, Told)>) -> Option<Ending> {
    let offer = Offer::read(PAYLOAD).unwrap();
    tell(&mut Sale::resume(&offer, &signer(), None, &[Note::Committing]), script)
}

/// The device says that it is still the same.
fn same() -> (Question, Told) {
    (Question::Status, told(status(0, 106, SOON)))
}

const fn told(answer: Answer) -> Told {
    Told::Answer(answer)
}

fn to_commit() -> Vec<(Question, Told)> {
    vec![(Question::Prepare, told(prepared()))]
}

fn after_a_lost_commit(more: Vec<(Question, Told)>) -> Vec<(Question, Told)> {
    to_commit().into_iter().chain([(Question::Commit(nonce()), Told::Lost)]).chain(more).collect()
}

fn sealed(number: u64, before: bool) -> Option<Ending> {
    Some(Ending::Sealed { seal: Box::new(ours(number)), before })
}

#[test]
fn a_sale_is_prepared_committed_and_sealed() {
    let ending = begin(vec![
        (Question::Prepare, told(prepared())),
        (Question::Commit(nonce()), told(committed(&ours(105)))),
    ]);
    assert_eq!(ending, sealed(105, false));
}

#[test]
fn a_lost_prepare_is_asked_again_and_a_lost_commit_with_its_nonce() {
    let ending = begin(vec![
        (Question::Prepare, Told::Lost),
        same(),
        (Question::Prepare, told(prepared())),
        (Question::Commit(nonce()), Told::Lost),
        (Question::Commit(nonce()), Told::Lost),
        (Question::Commit(nonce()), told(committed(&ours(105)))),
    ]);
    assert_eq!(ending, sealed(105, false));
}

#[test]
fn only_a_nonce_that_sealed_nothing_is_prepared_again() {
    for code in ["NONCE_EXPIRED", "INVALID_NONCE"] {
        let ending = begin(after_a_lost_commit(vec![
            (Question::Commit(nonce()), told(refused(code))),
            same(),
            (Question::Prepare, told(prepared())),
            (Question::Commit(nonce()), told(committed(&ours(105)))),
        ]));
        assert_eq!(ending, sealed(105, false));
    }
}

#[test]
fn a_host_that_is_always_too_late_gives_up_after_five_nonces() {
    let mut script = Vec::new();
    for _ in 0..6 {
        script.extend(to_commit());
        script.push((Question::Commit(nonce()), told(refused("NONCE_EXPIRED"))));
    }
    assert_eq!(begin(script), Some(Ending::Held(refusal("NONCE_EXPIRED"))));
}

#[test]
fn bytes_that_were_sealed_are_fetched_and_who_may_have_their_receipt_is_known() {
    let fetched = |number| (log(0, number), told(logged(PAYLOAD, &ours(number))));
    // Someone had them sealed before this till did anything.
    assert_eq!(begin(vec![(Question::Prepare, told(replayed(0, 105))), fetched(105)]), sealed(105, true));
    // It was this till.
    let script = vec![
        (Question::Commit(nonce()), told(refused("INVALID_NONCE"))),
        same(),
        (Question::Prepare, told(replayed(0, 105))),
        fetched(105),
    ];
    assert_eq!(begin(after_a_lost_commit(script)), sealed(105, false));
    assert_eq!(resume(vec![(Question::Prepare, told(replayed(0, 105))), fetched(105)]), sealed(105, false));
    // It was resumed, and had not committed, or had heard of it already: someone else had it sealed.
    let offer = Offer::read(PAYLOAD).unwrap();
    for notes in [&[][..], &[Note::Committing, Note::SealedBefore]] {
        let signer = signer();
        let mut sale = Sale::resume(&offer, &signer, None, notes);
        let script = vec![(Question::Prepare, told(replayed(0, 105))), fetched(105)];
        assert_eq!(tell(&mut sale, script), sealed(105, true));
    }
}

#[test]
fn a_full_pool_is_waited_for_longer_than_a_nonce_lives() {
    let offer = Offer::read(PAYLOAD).unwrap();
    let signer = signer();
    let mut sale = Sale::begin(&offer, &signer, None);
    let mut waited = Duration::ZERO;
    while ended(&sale).is_none() {
        assert_eq!(sale.step(), Step::Ask(Question::Prepare));
        sale.hear(told(refused("DEVICE_BUSY")));
        if sale.step() == Step::Pause {
            sale.paused(Duration::from_millis(150));
            waited += Duration::from_millis(150);
        }
    }
    assert!((Duration::from_secs(7)..Duration::from_secs(10)).contains(&waited), "{waited:?}");
    assert_eq!(ended(&sale), Some(Ending::Held(refusal("DEVICE_BUSY"))));
}

#[test]
fn other_failures_of_the_moment_are_repeated_three_times() {
    for code in ["FRAME_INVALID", "SE_FAILURE"] {
        let mut script = to_commit();
        script.extend((0..3).map(|_| (Question::Commit(nonce()), told(refused(code)))));
        script.push((Question::Commit(nonce()), told(committed(&ours(105)))));
        assert_eq!(begin(script), sealed(105, false));
        let mut script = to_commit();
        script.extend((0..4).map(|_| (Question::Commit(nonce()), told(refused(code)))));
        // A chip that fails in the middle may have sealed it all the same.
        script.push((Question::Status, told(status(0, 1, SOON))));
        assert_eq!(begin(script), Some(Ending::Held(refusal(code))));
    }
}

#[test]
fn a_refusal_that_is_certain_is_said_at_once() {
    for code in ["SCHEMA_INVALID", "ALREADY_VOIDED", "CREDIT_EXCEEDS_ORIGINAL", "ORIGINAL_NOT_FOUND"] {
        let ending = begin(vec![(Question::Prepare, told(refused(code)))]);
        assert_eq!(ending, Some(Ending::Refused(refusal(code))));
    }
    for code in [
        "DEVICE_REVOKED",
        "WRONG_OUTLET",
        "STORAGE_FULL",
        "SYNC_REQUIRED",
        "CLOSURE_REQUIRED",
        "CLOCK_ROLLBACK_DETECTED",
        "NEW",
    ] {
        let ending = begin(vec![(Question::Prepare, told(refused(code)))]);
        assert_eq!(ending, Some(Ending::Held(refusal(code))));
    }
}

#[test]
fn after_a_lost_commit_a_refusal_is_believed_only_when_the_journal_has_no_such_sale() {
    let refused = || {
        vec![
            (Question::Commit(nonce()), told(refused("DEVICE_REVOKED"))),
            (Question::Status, told(status(0, 107, SOON))),
            (log(0, 106), told(logged(OTHER, &seal(OTHER, 0, 106, SOON)))),
        ]
    };
    let mut found = refused();
    found.push((log(0, 105), told(logged(PAYLOAD, &ours(105)))));
    assert_eq!(begin(after_a_lost_commit(found)), sealed(105, false));
    // An invoice of more than ten minutes before the payload's time: none before it can be it.
    let mut absent = refused();
    absent.push((log(0, 105), told(logged(OTHER, &seal(OTHER, 0, 105, "2026-03-14T07:00:00")))));
    let held = Some(Ending::Held(refusal("DEVICE_REVOKED")));
    assert_eq!(begin(after_a_lost_commit(absent)), held);
}

#[test]
fn a_resumed_sale_is_never_refused_without_a_look_at_the_journal() {
    let script = vec![
        (Question::Prepare, told(refused("ALREADY_VOIDED"))),
        (Question::Status, told(status(0, 2, SOON))),
        (log(0, 1), told(logged(PAYLOAD, &ours(1)))),
    ];
    assert_eq!(resume(script), sealed(1, false));
    let script = vec![
        (Question::Prepare, told(refused("ALREADY_VOIDED"))),
        (Question::Status, told(status(0, 1, SOON))),
    ];
    assert_eq!(resume(script), Some(Ending::Refused(refusal("ALREADY_VOIDED"))));
}

#[test]
fn a_search_that_does_not_reach_the_beginning_of_all_does_not_know() {
    let script = |epoch, last| {
        vec![
            (Question::Prepare, told(refused("DEVICE_REVOKED"))),
            (Question::Status, told(status(epoch, 2, SOON))),
            (log(epoch, 1), told(last)),
        ]
    };
    let other = |epoch| logged(OTHER, &seal(OTHER, epoch, 1, SOON));
    let elsewhere = |epoch| {
        let number = InvoiceNumber::new(1).unwrap();
        Some(Ending::Unclear(Unclear::Elsewhere { epoch: Epoch(epoch), number }))
    };
    // The first invoice of all was seen.
    assert_eq!(resume(script(0, other(0))), Some(Ending::Held(refusal("DEVICE_REVOKED"))));
    // There was an epoch before; another signer sealed this number, and this device maybe one before it.
    assert_eq!(resume(script(3, other(3))), elsewhere(3));
    assert_eq!(resume(script(0, refused("NOT_FOUND"))), elsewhere(0));
    // An answer to another question is none.
    let wrong = logged(OTHER, &seal(OTHER, 0, 7, SOON));
    assert!(matches!(resume(script(0, wrong)), Some(Ending::Unclear(Unclear::Foreign(_)))));
}

#[test]
fn what_is_refused_at_commit_is_looked_for_before_it_is_believed() {
    let mut script = to_commit();
    script.push((Question::Commit(nonce()), told(refused("STORAGE_CORRUPT"))));
    script.push((Question::Status, told(status(0, 106, SOON))));
    script.push((log(0, 105), told(logged(PAYLOAD, &ours(105)))));
    assert_eq!(begin(script), sealed(105, false));
}

#[test]
fn who_keeps_the_journal_is_told_that_it_has_to_be_searched_and_the_device_is_not() {
    let offer = Offer::read(PAYLOAD).unwrap();
    let begin = |script| tell(&mut Sale::begin(&offer, &signer(), None).without_search(), script);
    let unsearched = |code| Some(Ending::Unclear(Unclear::Unsearched(refusal(code))));
    let stale = vec![(Question::Prepare, told(refused("STALE_TIMESTAMP")))];
    assert_eq!(begin(stale), unsearched("STALE_TIMESTAMP"));
    let in_doubt = vec![(Question::Commit(nonce()), told(refused("STORAGE_CORRUPT")))];
    assert_eq!(begin(to_commit().into_iter().chain(in_doubt).collect()), unsearched("STORAGE_CORRUPT"));
    // Of what nobody doubts there is nothing to search.
    let held = begin(vec![(Question::Prepare, told(refused("DEVICE_REVOKED")))]);
    assert_eq!(held, Some(Ending::Held(refusal("DEVICE_REVOKED"))));
}

#[test]
fn after_a_loss_the_bytes_are_offered_to_the_same_device_only() {
    let other = r#"{"status":"OK","device_id":"DEF-000002","public_key_id":"0000000000000001","next_invoice_seq":1,"epoch":0}"#;
    let other = || told(Answer::Done(other.into()));
    let swapped = |ending| matches!(ending, Some(Ending::Unclear(Unclear::OtherDevice { .. })));
    assert!(swapped(begin(vec![(Question::Prepare, Told::Lost), (Question::Status, other())])));
    assert!(swapped(begin(after_a_lost_commit(vec![
        (Question::Commit(nonce()), told(refused("INVALID_NONCE"))),
        (Question::Status, other()),
    ]))));
    // Nor is its journal looked through in place of the right one's.
    assert!(swapped(resume(vec![
        (Question::Prepare, told(refused("WRONG_OUTLET"))),
        (Question::Status, other()),
    ])));
}

#[test]
fn a_sale_that_is_only_looked_for_is_not_offered() {
    let offer = Offer::read(PAYLOAD).unwrap();
    let look = |script| tell(&mut Sale::look(&offer, &signer(), None), script);
    assert_eq!(look(vec![(Question::Status, told(status(0, 1, SOON)))]), Some(Ending::Unsealed));
    let found = vec![
        (Question::Status, told(status(0, 106, SOON))),
        (log(0, 105), told(logged(PAYLOAD, &ours(105)))),
    ];
    assert_eq!(look(found), sealed(105, false));
}

#[test]
fn a_stale_payload_is_looked_for_and_then_refused_or_waits_for_the_clock() {
    let script = |now| {
        vec![
            (Question::Prepare, told(refused("STALE_TIMESTAMP"))),
            (Question::Status, told(status(0, 1, now))),
        ]
    };
    let stale = refusal("STALE_TIMESTAMP");
    assert_eq!(begin(script(SOON)), Some(Ending::Refused(stale.clone())));
    assert_eq!(begin(script("2026-03-13T12:00:00")), Some(Ending::Held(stale)));
    let mut found = script(SOON);
    found[1].1 = told(status(0, 106, SOON));
    found.push((log(0, 105), told(logged(PAYLOAD, &ours(105)))));
    assert_eq!(begin(found), sealed(105, true));
}

#[test]
fn what_was_erased_by_a_reset_is_for_the_ledger() {
    let script = vec![(Question::Prepare, told(replayed(0, 105))), (log(0, 105), told(refused("NOT_FOUND")))];
    let number = InvoiceNumber::new(105).unwrap();
    assert_eq!(begin(script), Some(Ending::Unclear(Unclear::Erased { epoch: Epoch(0), number })));
}

#[test]
fn four_silences_in_a_row_end_a_sale_and_an_answer_between_counts_anew() {
    // Once something was lost, the device is asked who it is first.
    let silences = |count| {
        let again = (1..count).map(|_| (Question::Status, Told::Lost));
        [(Question::Prepare, Told::Lost)].into_iter().chain(again)
    };
    assert_eq!(begin(silences(4).collect()), Some(Ending::Unclear(Unclear::Silent)));
    let mut script: Vec<_> = silences(3).collect();
    script.push(same());
    script.push((Question::Prepare, told(prepared())));
    script.extend((0..3).map(|_| (Question::Commit(nonce()), Told::Lost)));
    script.push((Question::Commit(nonce()), told(committed(&ours(105)))));
    assert_eq!(begin(script), sealed(105, false));
    let unasked = begin(vec![(Question::Prepare, Told::Unasked("gone".into()))]);
    assert_eq!(unasked, Some(Ending::Unclear(Unclear::NoLine("gone".into()))));
}

#[test]
fn a_journal_that_cannot_be_read_leaves_it_open() {
    let script = vec![
        (Question::Prepare, told(refused("STORAGE_CORRUPT"))),
        (Question::Status, told(refused("STORAGE_CORRUPT"))),
    ];
    let cannot = Unclear::CannotTell(refusal("STORAGE_CORRUPT"));
    assert_eq!(resume(script), Some(Ending::Unclear(cannot)));
}

#[test]
fn an_answer_of_another_protocol_is_no_seal() {
    for json in [r#"{"status":"OK"}"#, r#"{"status":"OK","invoice_seq":"105"}"#] {
        let mut script = to_commit();
        script.push((Question::Commit(nonce()), told(Answer::Done(json.into()))));
        assert!(matches!(begin(script), Some(Ending::Unclear(Unclear::Foreign(_)))));
    }
}

/// What becomes of a COMMIT that is answered so.
fn answered(seal: &Seal, key: Option<&PublicKey>) -> Option<Ending> {
    let offer = Offer::read(PAYLOAD).unwrap();
    let mut script = to_commit();
    script.push((Question::Commit(nonce()), told(committed(seal))));
    tell(&mut Sale::begin(&offer, &signer(), key), script)
}

#[test]
fn a_seal_that_is_not_of_this_sale_is_not_believed() {
    let doubt = |seal: &Seal, key| match answered(seal, key) {
        Some(Ending::Unclear(Unclear::Doubtful(doubt))) => Some(doubt),
        Some(Ending::Sealed { .. }) => None,
        other => panic!("{other:?}"),
    };
    let key = other_key();
    let mut foreign = ours(105);
    foreign.record.header.device = "DEF-000002".parse().unwrap();
    assert_eq!(doubt(&foreign, None), Some(SealDoubt::OtherSigner));
    let mut foreign = ours(105);
    foreign.record.header.key = key.id();
    assert_eq!(doubt(&foreign, None), Some(SealDoubt::OtherSigner));
    assert_eq!(doubt(&ours(105), None), None);
    assert_eq!(doubt(&ours(105), Some(&key)), Some(SealDoubt::Signature));
    assert_eq!(doubt(&seal(OTHER, 0, 105, SOON), None), Some(SealDoubt::OtherPayload));
    let mut others = seal(OTHER, 0, 105, SOON);
    others.payload_hash = ours(105).payload_hash;
    others.record.link.payload = ours(105).payload_hash;
    assert_eq!(doubt(&others, None), Some(SealDoubt::OtherFacts));
    let other = ours(106);
    let changes: [fn(&mut Seal, &Seal); 12] = [
        |seal, other| seal.invoice_seq = other.invoice_seq,
        |seal, other| seal.auth_code = other.auth_code,
        |seal, _| seal.device_id = "DEF-000002".parse().unwrap(),
        |seal, _| seal.timestamp = support::at("2026-03-14T23:00:01"),
        |seal, other| seal.qr_payload = other.qr_payload.clone(),
        |seal, other| seal.fiscal_number.number = other.fiscal_number.number,
        |seal, _| seal.fiscal_number.epoch = Epoch(1),
        |seal, _| seal.epoch = Epoch(1),
        |seal, other| seal.position = other.position,
        |seal, other| seal.record_hash = other.record_hash,
        |seal, other| seal.counter = other.counter,
        |seal, other| seal.signature = other.signature,
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut changed = ours(105);
        change(&mut changed, &other);
        assert_eq!(doubt(&changed, None), Some(SealDoubt::Contradiction), "change {place}");
    }
}

/// The journal's entries of other sales.
static OTHERS: LazyLock<Vec<Answer>> =
    LazyLock::new(|| (1..5).map(|number| logged(OTHER, &seal(OTHER, 0, number, SOON))).collect());

/// Any answer that a device, a damaged line or a liar may give.
fn any_told() -> impl Strategy<Value = Told> {
    let codes = [
        "DEVICE_BUSY",
        "NONCE_EXPIRED",
        "SE_FAILURE",
        "DEVICE_REVOKED",
        "ALREADY_VOIDED",
        "NOT_FOUND",
        "STALE_TIMESTAMP",
        "NEW",
    ];
    (0..14usize, 1..5u64).prop_map(move |(kind, number)| match kind {
        0 | 1 => Told::Lost,
        2 => told(prepared()),
        3 => told(replayed(0, number)),
        4 => told(status(0, number, SOON)),
        5 => told(OTHERS[number as usize - 1].clone()),
        code => told(refused(codes[code - 6])),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_comes_back_a_sale_ends_and_when_uncertain_not_before_it_asked_for_the_journal(
        answers in proptest::collection::vec(any_told(), 400),
        resumed: bool,
    ) {
        let offer = Offer::read(PAYLOAD).unwrap();
        let signer = signer();
        let mut sale = if resumed {
            Sale::resume(&offer, &signer, None, &[Note::Committing])
        } else {
            Sale::begin(&offer, &signer, None)
        };
        let (mut uncertain, mut surveyed) = (resumed, false);
        for answer in answers {
            match sale.step() {
                Step::Pause => sale.paused(Duration::from_millis(150)),
                Step::Ask(question) => {
                    uncertain |= matches!((question, &answer), (Question::Commit(_), Told::Lost));
                    surveyed |= question == Question::Status;
                    sale.hear(answer);
                }
                Step::End(_) => break,
            }
        }
        let ending = ended(&sale);
        prop_assert!(ending.is_some(), "it goes on for ever");
        if let Some(Ending::Refused(_) | Ending::Held(_)) = ending {
            prop_assert!(surveyed || !uncertain);
        }
        let sealed = matches!(ending, Some(Ending::Sealed { .. }));
        prop_assert!(!sealed, "no answer had its seal");
    }
}
