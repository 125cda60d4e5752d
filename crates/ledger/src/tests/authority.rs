//! What the tax authority says of invoices: sealed once, found by the invoice, and in nobody's way.

use super::*;
use crate::{
    AuthorityElements, AuthorityFault, AuthorityNote, AuthoritySource, By, EpochReason, Place, Recorded,
    testing::TestDevice,
};

const CODE: &str = "YKAV7RVLAMCF7JNAAHX4KQ2M";
const OTHER: &str = "AAAA7RVLAMCF7JNAAHX4KQ2M";

fn shop() -> OutletId {
    SHOP.parse().unwrap()
}

pub(crate) fn elements(code: &str, source: AuthoritySource) -> AuthorityElements {
    AuthorityElements {
        nim: "CD01002345-1".parse().unwrap(),
        uid: Some("0b1f6a4e-7f0a-4f5c-9d53-1f1f6f5b9a10".parse().unwrap()),
        code: code.parse().unwrap(),
        date_time: Some("14/03/2026 09:04:20".parse().unwrap()),
        qr: Some("F;CD01002345-1;YKAV7RVLAMCF7JNAAHX4KQ2M;A2301457K;20260314090420".parse().unwrap()),
        counters: Some("64/64 FV".parse().unwrap()),
        total: Some("116.00".parse().unwrap()),
        vtotal: Some("16.00".parse().unwrap()),
        source,
        host: "edef.dgirdc.cd".parse().unwrap(),
        is_test: false,
    }
}

pub(crate) fn note_of(record: &Record, code: &str, source: AuthoritySource) -> AuthorityNote {
    let header = &record.header;
    let chain = crate::ChainId { outlet: header.outlet, epoch: header.epoch, signer: header.device };
    AuthorityNote {
        invoice: Place { chain, position: record.link.position },
        record_hash: record.hash(),
        elements: elements(code, source),
    }
}

impl Bench {
    fn authority(&self, record: &Record, code: &str, source: AuthoritySource) -> Result<Recorded, Refusal> {
        self.ledger.note_authority(shop(), note_of(record, code, source), None)
    }

    fn codes(&self) -> usize {
        self.events().into_iter().filter(|kind| *kind == EventKind::Authority).count()
    }

    /// The code that counts.
    fn code_of(&self, record: &Record) -> Option<String> {
        let place = note_of(record, CODE, AuthoritySource::Api).invoice;
        self.ledger.authority_at(place).unwrap().map(|elements| elements.code.to_string())
    }
}

#[test]
fn the_authoritys_elements_are_sealed_in_one_form_and_found_by_place_and_number() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    let number = sealing.sealed.elements(sealing.prefix, None).unwrap().fiscal_number;
    assert_eq!(bench.ledger.authority_of(&number).unwrap(), None);
    let recorded = bench.authority(&sealing.sealed, CODE, AuthoritySource::Api).unwrap();
    assert!(!recorded.repeated);
    let expected = format!(
        concat!(
            r#"{{"signer":"STELALA-01","epoch":0,"position":2,"number":1,"record_hash":"{}","nim":"CD01002345-1","#,
            r#""uid":"0b1f6a4e-7f0a-4f5c-9d53-1f1f6f5b9a10","code":"YKAV7RVLAMCF7JNAAHX4KQ2M","#,
            r#""date_time":"14/03/2026 09:04:20","#,
            r#""qr":"F;CD01002345-1;YKAV7RVLAMCF7JNAAHX4KQ2M;A2301457K;20260314090420","#,
            r#""counters":"64/64 FV","total":"116.00","vtotal":"16.00","source":"api","host":"edef.dgirdc.cd","test":false}}"#
        ),
        sealing.sealed.hash()
    );
    assert_eq!(recorded.row.body.as_deref(), Some(expected.as_str()));
    let said = elements(CODE, AuthoritySource::Api);
    assert_eq!(bench.ledger.authority_of(&number).unwrap(), Some(said.clone()));
    assert_eq!(
        bench.ledger.authority_at(note_of(&sealing.sealed, CODE, AuthoritySource::Api).invoice).unwrap(),
        Some(said)
    );
}

#[test]
fn the_same_code_repeats_the_record_and_another_is_refused() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    let first = bench.authority(&sealing.sealed, CODE, AuthoritySource::Api).unwrap();
    for source in AuthoritySource::ALL {
        let again = bench.authority(&sealing.sealed, CODE, source).unwrap();
        assert!(again.repeated && again.row == first.row, "{source:?}");
        let refusal = bench.authority(&sealing.sealed, OTHER, source).unwrap_err();
        assert!(
            matches!(&refusal, Refusal::Authority(AuthorityFault::TwoCodes { known }) if known.as_str() == CODE),
            "{refusal:?}"
        );
        assert!(!refusal.is_temporary());
    }
    assert_eq!(bench.codes(), 1);
}

#[test]
fn the_authoritys_own_answer_counts_before_what_was_typed_and_once() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    let typed = bench.authority(&sealing.sealed, CODE, AuthoritySource::Hand).unwrap();
    let refused = bench.authority(&sealing.sealed, OTHER, AuthoritySource::Hand).unwrap_err();
    assert!(matches!(refused, Refusal::Authority(AuthorityFault::TwoCodes { .. })), "{refused:?}");
    let answered = bench.authority(&sealing.sealed, OTHER, AuthoritySource::Api).unwrap();
    assert!(!answered.repeated);
    assert_eq!(bench.code_of(&sealing.sealed).as_deref(), Some(OTHER));
    assert!(bench.authority(&sealing.sealed, OTHER, AuthoritySource::Api).unwrap().repeated);
    assert_eq!(bench.authority(&sealing.sealed, CODE, AuthoritySource::Hand).unwrap().row, typed.row);
    assert!(bench.authority(&sealing.sealed, CODE, AuthoritySource::Api).is_err(), "a second answer");
    let place = note_of(&sealing.sealed, CODE, AuthoritySource::Api).invoice;
    let all: Vec<_> =
        bench.ledger.authority_records(place).unwrap().into_iter().map(|record| record.row).collect();
    assert_eq!(all, [typed.row, answered.row]);
}

#[test]
fn an_answer_with_the_typed_code_is_sealed_too_for_it_knows_more() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    bench.authority(&sealing.sealed, CODE, AuthoritySource::Hand).unwrap();
    assert!(!bench.authority(&sealing.sealed, CODE, AuthoritySource::Api).unwrap().repeated);
    assert!(bench.authority(&sealing.sealed, CODE, AuthoritySource::Api).unwrap().repeated);
    assert_eq!(bench.codes(), 2);
}

#[test]
fn an_imported_file_corrects_what_was_mistyped_once_and_the_answer_corrects_both() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    let third = "BBBB7RVLAMCF7JNAAHX4KQ2M";
    bench.authority(&sealing.sealed, CODE, AuthoritySource::Hand).unwrap();
    assert!(!bench.authority(&sealing.sealed, OTHER, AuthoritySource::Imported).unwrap().repeated);
    assert_eq!(bench.code_of(&sealing.sealed).as_deref(), Some(OTHER));
    assert!(bench.authority(&sealing.sealed, OTHER, AuthoritySource::Imported).unwrap().repeated);
    for code in [CODE, third] {
        assert!(bench.authority(&sealing.sealed, code, AuthoritySource::Imported).is_err(), "{code}");
    }
    assert!(bench.authority(&sealing.sealed, third, AuthoritySource::Hand).is_err());
    assert!(!bench.authority(&sealing.sealed, third, AuthoritySource::Api).unwrap().repeated);
    assert_eq!((bench.code_of(&sealing.sealed).as_deref(), bench.codes()), (Some(third), 3));
}

#[test]
fn an_imported_file_with_the_typed_code_is_sealed_too_for_it_knows_more() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    bench.authority(&sealing.sealed, CODE, AuthoritySource::Hand).unwrap();
    assert!(!bench.authority(&sealing.sealed, CODE, AuthoritySource::Imported).unwrap().repeated);
    assert_eq!(bench.codes(), 2);
}

#[test]
fn a_trial_neither_blocks_nor_counts_over_what_the_authority_answers() {
    for trial_first in [true, false] {
        let mut bench = Bench::new();
        let (_, sealing) = bench.sell();
        let real = note_of(&sealing.sealed, CODE, AuthoritySource::Hand);
        let mut trial = note_of(&sealing.sealed, OTHER, AuthoritySource::Api);
        trial.elements.is_test = true;
        let notes = if trial_first { [trial.clone(), real] } else { [real, trial.clone()] };
        for note in notes {
            assert!(!bench.ledger.note_authority(shop(), note, None).unwrap().repeated, "{trial_first}");
        }
        assert_eq!(bench.code_of(&sealing.sealed).as_deref(), Some(CODE), "{trial_first}");
        assert!(bench.ledger.note_authority(shop(), trial, None).unwrap().repeated);
    }
}

#[test]
fn what_names_no_invoice_of_this_outlet_is_refused() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    let right = note_of(&sealing.sealed, CODE, AuthoritySource::Api);
    let mut event = right.clone();
    event.invoice.position = fiscal::Position::FIRST;
    event.record_hash = bench.rows()[0].read().unwrap().hash();
    let mut nowhere = right.clone();
    nowhere.invoice.position = fiscal::Position::new(99).unwrap();
    let mut another = right.clone();
    another.record_hash = fiscal::RecordHash([9; 32]);
    for wrong in [event, nowhere, another] {
        let refusal = bench.ledger.note_authority(shop(), wrong, None).unwrap_err();
        assert!(matches!(refusal, Refusal::Authority(AuthorityFault::NoSuchInvoice)), "{refusal:?}");
    }
    bench.ledger.register(&outlet("KIN-LIMETE-02")).unwrap();
    let elsewhere = bench.ledger.note_authority("KIN-LIMETE-02".parse().unwrap(), right, None).unwrap_err();
    assert!(matches!(elsewhere, Refusal::WrongOutlet), "{elsewhere:?}");
    assert_eq!(bench.codes(), 0);
}

#[test]
fn two_notes_of_one_invoice_in_one_batch_make_one_record() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    bench.signer.1.store(true, Ordering::Relaxed);
    let blocker = bench.payload();
    bench.ledger.submit(offer(&blocker, None), |_| ());
    let (answers, heard) = mpsc::channel();
    for _ in 0..3 {
        let answers = answers.clone();
        let note = note_of(&sealing.sealed, CODE, AuthoritySource::Api);
        bench.ledger.submit_authority(shop(), note, None, move |answer| answers.send(answer).unwrap());
    }
    bench.signer.1.store(false, Ordering::Relaxed);
    let heard: Vec<Recorded> = heard.iter().take(3).map(Result::unwrap).collect();
    assert_eq!(heard.iter().filter(|recorded| !recorded.repeated).count(), 1);
    assert!(heard.iter().all(|recorded| recorded.row == heard[0].row));
    assert_eq!(bench.codes(), 1);
}

#[test]
fn notes_join_one_batch_with_sales() {
    let mut bench = Bench::new();
    let sold: Vec<Sealing> = (0..40).map(|_| bench.sell().1).collect();
    bench.signer.1.store(true, Ordering::Relaxed);
    let (answers, heard) = mpsc::channel();
    for sealing in &sold {
        let (noted, sealed) = (answers.clone(), answers.clone());
        let note = note_of(&sealing.sealed, CODE, AuthoritySource::Api);
        bench.ledger.submit_authority(shop(), note, None, move |answer| noted.send(answer.is_ok()).unwrap());
        let payload = bench.payload();
        bench.ledger.submit(offer(&payload, None), move |answer| sealed.send(answer.is_ok()).unwrap());
    }
    bench.signer.1.store(false, Ordering::Relaxed);
    assert!(heard.iter().take(80).all(|done| done));
    assert_eq!((bench.codes(), bench.rows().len()), (40, 1 + 80 + 40));
}

#[test]
fn credit_notes_are_judged_as_if_the_authority_had_said_nothing() {
    let mut bench = Bench::new();
    let original = bench.sell();
    bench.authority(&original.1.sealed, CODE, AuthoritySource::Api).unwrap();
    let note = bench.note(&original);
    let credited = bench.seal(&note, None).unwrap();
    bench.authority(&credited.sealed, OTHER, AuthoritySource::Api).unwrap();
    let more = bench.note(&original);
    assert!(matches!(bench.seal(&more, None), Err(Refusal::Credit(CreditFault::ExceedsOriginal { .. }))));
    assert_eq!(bench.code_of(&original.1.sealed).as_deref(), Some(CODE), "a note's code is its own");
}

#[test]
fn a_closure_says_the_same_of_a_day_with_the_authoritys_elements() {
    let totals = |noted: bool| {
        let mut bench = Bench::new();
        let (_, sealing) = bench.sell();
        bench.sell();
        if noted {
            bench.authority(&sealing.sealed, CODE, AuthoritySource::Api).unwrap();
        }
        let date = bench.now().date_at(fiscal::UtcOffset::KINSHASA);
        let body = bench.ledger.close(shop(), date, None).unwrap().row.body.unwrap();
        let (figures, _) = body.split_once(r#""position_start""#).unwrap();
        figures.to_owned()
    };
    assert_eq!(totals(true), totals(false));
}

#[test]
fn an_invoice_of_a_device_that_holds_the_line_is_noted_and_so_is_one_of_an_older_epoch() {
    let mut bench = Bench::new();
    let (_, first) = bench.sell();
    let mut device = TestDevice::new(SHOP, "DEF-000001", Epoch(0));
    device.boot(bench.now());
    bench.ledger.leave(shop(), device.id(), None).unwrap();
    let terms = bench.ledger.line(shop()).unwrap().close.unwrap();
    device.enter(&terms, bench.now());
    let sealed = device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    let before = bench.authority(&sealed.record, CODE, AuthoritySource::Api).unwrap_err();
    assert!(matches!(before, Refusal::Authority(AuthorityFault::NoSuchInvoice)), "it was not delivered");
    bench
        .ledger
        .deliver(Delivery::examine(device.journal.clone(), &device.standing()).unwrap(), None)
        .unwrap();
    bench.authority(&sealed.record, CODE, AuthoritySource::Api).unwrap();
    bench.ledger.open_epoch(shop(), EpochReason::Forced, None, None).unwrap();
    let noted = bench.authority(&first.sealed, OTHER, AuthoritySource::Api).unwrap();
    assert_eq!(noted.row.place.chain.epoch, Epoch(1));
    assert!(bench.authority(&first.sealed, OTHER, AuthoritySource::Api).unwrap().repeated);
    assert_eq!(bench.code_of(&sealed.record).as_deref(), Some(CODE));
    assert_eq!(bench.code_of(&first.sealed).as_deref(), Some(OTHER));
}

#[test]
fn an_invoice_that_is_flagged_is_not_for_the_authority() {
    let mut bench = Bench::new();
    bench.sell();
    let mut device = TestDevice::new(SHOP, "DEF-000001", Epoch(0));
    // It stands by, and sells all the same.
    let sealed = device.seal(&sale(SHOP, bench.now(), 50, "1"), bench.now());
    let taken = bench
        .ledger
        .deliver(Delivery::examine(vec![sealed.clone()], &device.standing()).unwrap(), None)
        .unwrap();
    assert_eq!(taken.non_compliant.len(), 1);
    for source in AuthoritySource::ALL {
        let refusal = bench.authority(&sealed.record, CODE, source).unwrap_err();
        assert!(matches!(refusal, Refusal::Authority(AuthorityFault::NonCompliant)), "{refusal:?}");
    }
}

#[test]
fn who_notes_is_in_the_log_of_acts_once() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    let by = By { actor: "sync".parse().unwrap(), tenant: None, request: "r-1".parse().unwrap() };
    for _ in 0..2 {
        let note = note_of(&sealing.sealed, CODE, AuthoritySource::Api);
        bench.ledger.note_authority(shop(), note, Some(by.clone())).unwrap();
    }
    let acts: Vec<_> =
        bench.database.tables().acts.iter().map(|act| (act.action, act.subject.clone())).collect();
    assert_eq!(acts, [("authority.note", "0/3".to_owned())]);
}

#[test]
fn another_process_sees_what_was_noted() {
    let mut bench = Bench::new();
    let (_, sealing) = bench.sell();
    let other = bench.another();
    bench.authority(&sealing.sealed, CODE, AuthoritySource::Api).unwrap();
    let note = note_of(&sealing.sealed, CODE, AuthoritySource::Api);
    assert!(other.note_authority(shop(), note.clone(), None).unwrap().repeated);
    assert_eq!(other.authority_at(note.invoice).unwrap(), Some(note.elements));
    other.stop();
}
