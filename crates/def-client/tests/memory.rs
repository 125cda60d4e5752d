//! A till's memory on a real disk, and what a till does with it.

mod support;

use std::{fs, io, path::Path, time::Duration};

use def_client::{
    Folder, Host, Intent, Job, Line, Outcome, Pace, PrintFault, Printer, Stage, StoreFault, Till, TillFault,
    Unclear,
};
use def_protocol::{Addressed, Checksum, FrameReader, FrameWriter, Output, Request};
use fiscal::{PayloadHash, Validated};

use support::{OTHER, PAYLOAD, committed, logged, prepared, refused, replayed, seal, status};

const SOON: &str = "2026-03-14T23:00:00";

/// A device that answers by a rule, over a line that never fails.
struct Desk<A> {
    answer: A,
    requests: FrameReader<Box<[u8]>>,
    replies: Vec<u8>,
}

impl<A: FnMut(Request<'_>) -> def_client::Answer> Desk<A> {
    fn host(answer: A) -> Host<Self, Still> {
        let requests = FrameReader::new(vec![0; 64 * 1024].into_boxed_slice());
        Host::new(Self { answer, requests, replies: Vec::new() }, Still, 1)
    }
}

impl<A: FnMut(Request<'_>) -> def_client::Answer> Line for Desk<A> {
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn close(&mut self) {}

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            if self.requests.push(*byte).is_some() {
                let asked = Addressed::read(self.requests.content()).unwrap();
                let json = match (self.answer)(asked.request) {
                    def_client::Answer::Done(json) => json,
                    def_client::Answer::Refused(refusal) => {
                        let mut object = serde_json::to_value(refusal).unwrap();
                        object["status"] = "ERR".into();
                        object.to_string()
                    }
                };
                let mut out = Bytes(Vec::new());
                let mut frame = FrameWriter::begin(&mut out, asked.correlation, Checksum::Crc32);
                frame.bytes(json.as_bytes());
                frame.finish();
                self.replies.extend(out.0);
            }
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _: Duration) -> io::Result<usize> {
        let length = self.replies.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.replies[..length]);
        self.replies.drain(..length);
        Ok(length)
    }
}

struct Bytes(Vec<u8>);

impl Output for Bytes {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

struct Still;

impl Pace for Still {
    fn elapsed(&mut self) -> Duration {
        Duration::ZERO
    }

    fn pause(&mut self, _: Duration) {}
}

/// A printer that does as it is told, and knows what it did or not.
#[derive(Default)]
struct Press {
    copies: Vec<u32>,
    knows: bool,
    fault: Option<PrintFault>,
    place: String,
}

impl Printer for Press {
    fn print(&mut self, job: &Job<'_>) -> Result<(), PrintFault> {
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => {
                self.copies.push(job.copy);
                Ok(())
            }
        }
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn came_out(&mut self, job: &Job<'_>) -> Option<bool> {
        self.knows.then(|| self.copies.contains(&job.copy))
    }
}

/// A device that has sealed nothing, and seals each sale under the next number.
fn seller(mut next: u64) -> impl FnMut(Request<'_>) -> def_client::Answer {
    let mut open = String::new();
    move |request| match request {
        Request::Prepare(payload) => {
            open = String::from_utf8(payload.to_vec()).unwrap();
            prepared()
        }
        Request::Commit(_) => {
            next += 1;
            committed(&seal(&open, 0, next - 1, SOON))
        }
        Request::Status => status(0, next, SOON),
        other => panic!("{other:?}"),
    }
}

fn till(place: &Path) -> Till<Folder> {
    Till::new(Folder::of_till(place).unwrap(), None)
}

fn hash(payload: &str) -> PayloadHash {
    Validated::read(payload.as_bytes()).unwrap().hash()
}

fn sealed(outcome: Outcome) -> Intent {
    match outcome {
        Outcome::Sealed(intent) => intent,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sale_is_sealed_once_and_printed_once_however_often_it_is_sold() {
    let place = tempfile::tempdir().unwrap();
    let (mut host, mut press) = (Desk::host(seller(1)), Press::default());
    for _ in 0..3 {
        let mut till = till(place.path());
        // Who holds two answers of one sale cannot print two originals either.
        let outcomes = [till.sell(PAYLOAD, &mut host).unwrap(), till.sell(PAYLOAD, &mut host).unwrap()];
        for intent in outcomes.map(sealed) {
            assert_eq!(intent.number().unwrap().number.value(), 1);
            till.print(intent.hash(), &mut press).unwrap();
        }
        assert!(till.unfinished().unwrap().is_empty());
    }
    assert_eq!(press.copies, [1]);
}

#[test]
fn a_sale_that_was_sold_is_not_offered_to_another_device() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let _ = till.sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap();
    let mut host = Desk::host(|request| panic!("asked {request:?}"));
    assert_eq!(sealed(till.sell(PAYLOAD, &mut host).unwrap()).number().unwrap().number.value(), 1);
}

#[test]
fn a_sale_that_was_offered_waits_for_its_device() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let mut full = Desk::host(|request| match request {
        Request::Status => status(0, 1, SOON),
        _ => refused("STORAGE_FULL"),
    });
    assert!(matches!(till.sell(PAYLOAD, &mut full), Ok(Outcome::Held(_))));
    let mut other = Desk::host(|request| match request {
        Request::Status => def_client::Answer::Done(
            r#"{"status":"OK","device_id":"DEF-000002","public_key_id":"0000000000000001"}"#.into(),
        ),
        other => panic!("{other:?}"),
    });
    for _ in 0..2 {
        let outcome = till.sell(PAYLOAD, &mut other).unwrap();
        assert!(matches!(outcome, Outcome::Unclear(Unclear::OtherDevice { .. })), "{outcome:?}");
    }
    sealed(till.resume(hash(PAYLOAD), &mut Desk::host(seller(1))).unwrap());
}

#[test]
fn a_device_without_a_key_is_none_that_a_sale_waits_for() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let mut new = Desk::host(|request| match request {
        Request::Status => def_client::Answer::Done(
            r#"{"status":"OK","device_id":"DEF-000001","public_key_id":null,"next_invoice_seq":1,"epoch":0}"#
                .into(),
        ),
        _ => refused("NOT_PROVISIONED"),
    });
    assert!(matches!(till.sell(PAYLOAD, &mut new), Ok(Outcome::Held(_))));
    sealed(till.sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap());
}

#[test]
fn bytes_that_someone_else_had_sealed_get_a_duplicate_also_when_their_seal_comes_late() {
    let place = tempfile::tempdir().unwrap();
    let mut press = Press::default();
    let mut cut_off = Desk::host(|request| match request {
        Request::Prepare(_) => replayed(0, 105),
        Request::Status => status(0, 106, SOON),
        _ => refused("STORAGE_CORRUPT"),
    });
    let outcome = till(place.path()).sell(PAYLOAD, &mut cut_off).unwrap();
    assert!(matches!(outcome, Outcome::Unclear(Unclear::CannotTell(_))), "{outcome:?}");
    let mut well = Desk::host(|request| match request {
        Request::Prepare(_) => replayed(0, 105),
        Request::Status => status(0, 106, SOON),
        Request::Log(_) => logged(PAYLOAD, &seal(PAYLOAD, 0, 105, SOON)),
        other => panic!("{other:?}"),
    });
    let mut till = till(place.path());
    let intent = sealed(till.resume(hash(PAYLOAD), &mut well).unwrap());
    till.print(intent.hash(), &mut press).unwrap();
    assert_eq!(press.copies, [2]);
}

#[test]
fn a_number_that_another_sale_has_is_believed_of_no_one() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let _ = till.sell(PAYLOAD, &mut Desk::host(seller(7))).unwrap();
    let fault = till.sell(OTHER, &mut Desk::host(seller(7))).unwrap_err();
    assert!(matches!(fault, TillFault::NumberTaken(number) if number.number.value() == 7), "{fault}");
    assert!(matches!(till.print(hash(OTHER), &mut Press::default()), Err(TillFault::NotSealed(_))));
}

#[test]
fn a_printer_that_printed_nothing_is_tried_again_and_one_that_may_have_gets_a_duplicate() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let sale = sealed(till.sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap()).hash();
    let nothing = Some(PrintFault::NothingPrinted("no paper".into()));
    let mut press = Press { fault: nothing, ..Press::default() };
    assert!(till.print(sale, &mut press).is_err());
    press.fault = Some(PrintFault::Unknown("unplugged".into()));
    assert!(till.print(sale, &mut press).is_err());
    assert_eq!(till.unfinished().unwrap().len(), 1);
    let printed = till.print(sale, &mut press).unwrap();
    assert!(matches!(printed.stage(), Stage::Printed { copies: 2, .. }));
    assert_eq!(press.copies, [2]);
    // One that knows gets the original.
    let sale = sealed(till.sell(OTHER, &mut Desk::host(seller(2))).unwrap()).hash();
    let mut press =
        Press { knows: true, fault: Some(PrintFault::Unknown("unplugged".into())), ..Press::default() };
    assert!(till.print(sale, &mut press).is_err());
    till.print(sale, &mut press).unwrap();
    till.reprint("KINGOMBE01-0-00000002".parse().unwrap(), &mut press).unwrap();
    assert_eq!(press.copies, [1, 2]);
}

#[test]
fn a_copy_that_was_interrupted_at_one_printer_is_a_duplicate_at_another() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let sale = sealed(till.sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap()).hash();
    let fault = Some(PrintFault::Unknown("unplugged".into()));
    let mut press = Press { knows: true, fault, place: "counter".into(), ..Press::default() };
    assert!(till.print(sale, &mut press).is_err());
    let mut other = Press { knows: true, place: "office".into(), ..Press::default() };
    till.print(sale, &mut other).unwrap();
    assert_eq!(other.copies, [2]);
}

#[test]
fn of_two_tills_that_meant_the_same_sale_one_prints_the_original() {
    let places = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut held = Desk::host(|request| match request {
        Request::Status => status(0, 1, SOON),
        _ => refused("CLOCK_ROLLBACK_DETECTED"),
    });
    for place in &places {
        assert!(matches!(till(place.path()).sell(PAYLOAD, &mut held), Ok(Outcome::Held(_))));
    }
    let mut press = Press::default();
    let mut first = till(places[0].path());
    let sale = sealed(first.resume(hash(PAYLOAD), &mut Desk::host(seller(1))).unwrap()).hash();
    first.print(sale, &mut press).unwrap();
    let mut replaying = Desk::host(|request| match request {
        Request::Prepare(_) => replayed(0, 1),
        Request::Status => status(0, 2, SOON),
        Request::Log(_) => logged(PAYLOAD, &seal(PAYLOAD, 0, 1, SOON)),
        other => panic!("{other:?}"),
    });
    let mut second = till(places[1].path());
    let sale = sealed(second.resume(hash(PAYLOAD), &mut replaying).unwrap()).hash();
    second.print(sale, &mut press).unwrap();
    assert_eq!(press.copies, [1, 2]);
}

#[test]
fn a_seal_that_someone_put_into_the_till_is_not_printed() {
    let place = tempfile::tempdir().unwrap();
    let sale = sealed(till(place.path()).sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap()).hash();
    let mut strict = Till::new(Folder::of_till(place.path()).unwrap(), Some(support::other_key()));
    let fault = strict.print(sale, &mut Press::default()).unwrap_err();
    assert!(matches!(fault, TillFault::Doubtful(..)), "{fault}");
    drop(strict);
    // Nor are copies counted from where someone wrote that they are.
    let path = place.path().join(format!("sales/{sale}.json"));
    let kept = fs::read_to_string(&path).unwrap().replace("\"stage\": \"sealed\"", "\"stage\": \"printed\"");
    let number = "KINGOMBE01-0-00000001".parse().unwrap();
    for (copies, is_damaged) in [("0", true), ("4294967295", false)] {
        let kept = kept.replace("\"before\": false", &format!("\"copies\": {copies}"));
        fs::write(&path, kept).unwrap();
        let fault = till(place.path()).reprint(number, &mut Press::default()).unwrap_err();
        let damaged = matches!(fault, TillFault::Store(StoreFault::Damaged { .. }));
        assert!(damaged == is_damaged && (damaged || matches!(fault, TillFault::TooManyCopies)), "{fault}");
    }
}

#[test]
fn links_and_pipes_in_a_tills_folder_are_not_followed() {
    let place = tempfile::tempdir().unwrap();
    let precious = place.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    let mut till = till(&place.path().join("till"));
    let sale = |name: &str| place.path().join(format!("till/sales/{}{name}", hash(PAYLOAD)));
    std::os::unix::fs::symlink(&precious, sale(".json.unfinished")).unwrap();
    sealed(till.sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap());
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    fs::remove_file(sale(".json")).unwrap();
    std::os::unix::fs::symlink(&precious, sale(".json")).unwrap();
    assert!(matches!(
        till.sell(PAYLOAD, &mut Desk::host(seller(1))),
        Err(TillFault::Store(StoreFault::Io { .. }))
    ));
}

#[test]
fn a_sale_is_withdrawn_when_the_journal_does_not_have_it_and_printed_when_it_has() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let mut full = Desk::host(|request| match request {
        Request::Status => status(0, 1, SOON),
        _ => refused("STORAGE_FULL"),
    });
    for payload in [PAYLOAD, OTHER] {
        assert!(matches!(till.sell(payload, &mut full), Ok(Outcome::Held(_))));
    }
    assert_eq!(till.withdraw(hash(PAYLOAD), "the client left", &mut full).unwrap(), Outcome::Withdrawn);
    assert_eq!(till.resume(hash(PAYLOAD), &mut full).unwrap(), Outcome::Withdrawn);
    let mut has_it = Desk::host(|request| match request {
        Request::Status => status(0, 2, SOON),
        Request::Log(_) => logged(OTHER, &seal(OTHER, 0, 1, SOON)),
        other => panic!("{other:?}"),
    });
    let intent = sealed(till.withdraw(hash(OTHER), "the client left", &mut has_it).unwrap());
    assert_eq!(intent.number().unwrap().number.value(), 1);
    assert!(matches!(till.settle(hash(OTHER), "seen"), Err(TillFault::NotOpen(_))));
}

#[test]
fn what_nobody_can_know_a_person_settles() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let mut erased = Desk::host(|request| match request {
        Request::Prepare(_) => replayed(0, 3),
        Request::Status => status(1, 1, SOON),
        _ => refused("NOT_FOUND"),
    });
    let outcome = till.sell(PAYLOAD, &mut erased).unwrap();
    assert!(matches!(outcome, Outcome::Unclear(Unclear::Erased { .. })), "{outcome:?}");
    assert_eq!(till.settle(hash(PAYLOAD), "the ledger has it as 0/3").unwrap(), Outcome::Withdrawn);
    assert!(till.unfinished().unwrap().is_empty());
}

#[test]
fn what_a_crash_leaves_beside_a_sale_is_tidied() {
    let place = tempfile::tempdir().unwrap();
    let mark = |payload| place.path().join("open").join(hash(payload).to_string());
    let mut till = till(place.path());
    let sale = sealed(till.sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap()).hash();
    assert!(mark(PAYLOAD).exists());
    till.print(sale, &mut Press::default()).unwrap();
    assert!(!mark(PAYLOAD).exists());
    // A mark of a sale that is done, one of a sale that was never written, a file that was being written.
    for path in [mark(PAYLOAD), mark(OTHER), place.path().join("sales/half.unfinished")] {
        fs::write(path, "").unwrap();
    }
    assert!(till.unfinished().unwrap().is_empty());
    assert!(!mark(PAYLOAD).exists() && !mark(OTHER).exists());
}

#[test]
fn damage_is_named_and_nothing_is_sold_or_printed_over_it() {
    let place = tempfile::tempdir().unwrap();
    let mut till = till(place.path());
    let sale = sealed(till.sell(PAYLOAD, &mut Desk::host(seller(1))).unwrap()).hash();
    let path = place.path().join(format!("sales/{sale}.json"));
    let whole = fs::read_to_string(&path).unwrap();
    let other = seal(PAYLOAD, 0, 2, SOON);
    for damaged in [
        whole[..200].to_owned(),
        whole.replace("\"stage\": \"sealed\"", "\"stage\": \"sealed!\""),
        // One element of another seal, another payload, another sale.
        whole.replacen("\"invoice_seq\": 1,", "\"invoice_seq\": 2,", 1),
        whole.replacen("KINGOMBE01-0-00000001", "KINGOMBE01-0-00000002", 1),
        whole.replacen(&seal(PAYLOAD, 0, 1, SOON).auth_code.to_string(), &other.auth_code.to_string(), 1),
        whole.replace("fufu", "fofo").replace("Fufu", "Fofo"),
    ] {
        assert_ne!(damaged, whole);
        fs::write(&path, damaged).unwrap();
        let mut host = Desk::host(|request| panic!("asked {request:?}"));
        let faults = [
            till.sell(PAYLOAD, &mut host).map(drop).unwrap_err(),
            till.print(sale, &mut Press::default()).map(drop).unwrap_err(),
            till.unfinished().map(drop).unwrap_err(),
        ];
        for fault in faults {
            assert!(matches!(fault, TillFault::Store(StoreFault::Damaged { .. })), "{fault}");
        }
    }
}

#[test]
fn a_folder_is_one_programs_at_a_time_and_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;

    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("a/till");
    let first = Folder::of_till(&folder).unwrap();
    assert!(matches!(Folder::of_till(&folder), Err(StoreFault::InUse { .. })));
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    drop(first);
    Folder::of_till(&folder).unwrap();
}
