//! Audit exports: written in parts, gone on with, signed, and each way of being false.

mod support;

use std::{convert::Infallible, num::NonZeroUsize};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Chain, EventKind, Head, HeadState, PayloadHash, Position, Record, RecordHash};
use support::{
    Entry,
    cloud::{cloud_chain, ledger, two_epochs},
    export::{Export, attester, sign},
    key, public, sale, seal_sale,
    till::Till,
    verdict,
};
use verify::{
    Audit, ExportFault, ExportIssueFault, ExportList, ExportManifest, ExportPart, ExportVerdict, HeadAt,
    JournalVerdict, Language, PartFault, PartFile, PartWriter, Report, Rule, Trust,
};

fn found(verdict: &ExportVerdict) -> Vec<(Rule, &str)> {
    let all = verdict.findings.iter().chain(&verdict.journal.findings);
    all.map(|finding| (finding.rule, finding.place.as_str())).collect()
}

fn part(number: u32) -> PartFile {
    PartFile::of(number.try_into().unwrap())
}

#[test]
fn an_export_is_true_as_its_records_are_and_a_part_ends_with_its_epoch() {
    let entries = two_epochs();
    let export = Export::of(&entries, 5);
    let records: Vec<_> = export.parts.iter().map(|part| (part.epoch.0, part.records)).collect();
    assert_eq!(records, [(0, 5), (0, 5), (0, 4), (1, 3)]);
    let verdict_of_export = export.audited(&export.manifest());
    assert!(verdict_of_export.is_true(), "{:?}", found(&verdict_of_export));
    assert_eq!(verdict_of_export.journal, verdict(&entries));
    let trust = Trust::Keys(vec![public(1), public(2)]);
    for threads in [2, 5] {
        let audit = Audit::new(&trust).threads(NonZeroUsize::new(threads).unwrap());
        assert_eq!(export.audited_by(audit, &export.manifest()), verdict_of_export);
    }
    let report = Report::of_export(&verdict_of_export, &trust, Language::English);
    assert_eq!((report.title.as_str(), report.complete), ("TRUE: this export is intact", true));
    let unproven = export.list().sign(&attester(), sign(8)).unwrap();
    let unproven = export.audited(&ExportManifest::read_unproven(&unproven).unwrap());
    let report = Report::of_export(&unproven, &trust, Language::English);
    assert!(report.valid && !report.complete && report.title.starts_with("TRUE IN PART"));
    assert!(report.does_not_prove.iter().any(|line| line.starts_with("Who made the list")));
}

#[test]
fn an_export_of_a_hand_over_has_the_parts_of_each_signer() {
    let mut cloud = ledger();
    cloud.event(EventKind::Close, "{}", "2026-02-06T08:00:00");
    let device = Chain { device: "BONO-USB-001".parse().unwrap(), ..cloud_chain(1) };
    let mut device = Till::of(device, key(1), cloud.state().handed_over(None));
    device.sell(&sale(30), "2026-02-06T09:00:00");
    device.event(EventKind::Close, "{}", "2026-02-06T10:00:00");
    let begun = cloud.entries.len();
    cloud.go_on(device.state().handed_over(cloud.state().position));
    cloud.event(EventKind::HandOver, "{}", "2026-02-06T11:00:00");
    let entries = [&cloud.entries[..begun], &device.entries, &cloud.entries[begun..]].concat();
    let export = Export::of(&entries, 100);
    assert_eq!(export.parts.len(), 3);
    let verdict = export.audited(&export.manifest());
    assert!(verdict.is_true(), "{:?}", found(&verdict));
}

#[test]
fn one_part_alone_is_true_in_part_and_heads_elsewhere_are_not_asked() {
    let entries = two_epochs();
    let export = Export::of(&entries, 5);
    let manifest = export.manifest().only(part(2)).unwrap();
    let trust = Trust::Keys(vec![public(1), public(2)]);
    let heads = entries.iter().map(|Entry { record, .. }| HeadAt {
        outlet: record.header.outlet,
        signer: record.header.device,
        epoch: record.header.epoch,
        position: record.link.position,
        hash: record.hash(),
        time: record.header.time,
    });
    let verdict = export.audited_by(Audit::new(&trust).heads(heads), &manifest);
    assert!(verdict.is_true(), "{:?}", found(&verdict));
    assert_eq!((verdict.journal.lines, verdict.journal.heads_met, verdict.journal.is_part), (5, 5, true));
    let report = Report::of_export(&verdict, &trust, Language::English);
    assert!(report.title.ends_with("other parts were not read") && !report.complete);
    assert_eq!(export.manifest().only(part(9)).unwrap_err(), ExportFault::NoSuchPart(part(9)));
}

#[test]
fn a_missing_part_is_named_and_what_it_had_is_missed() {
    let mut export = Export::of(&two_epochs(), 5);
    export.files.remove(&part(2));
    let verdict = export.audited(&export.manifest());
    let place = "part-000003.jsonl#1 (position 11, invoice 0/8)";
    assert_eq!(found(&verdict)[0], (Rule::PartMissing, "part-000002.jsonl"));
    for rule in [Rule::PositionGap, Rule::ChainBroken, Rule::NumberGap] {
        assert!(found(&verdict).contains(&(rule, place)), "{rule:?}");
    }
    // At the end nothing else would show it.
    let mut export = Export::of(&two_epochs(), 5);
    export.files.remove(&part(4));
    assert_eq!(found(&export.audited(&export.manifest())), [(Rule::PartMissing, "part-000004.jsonl")]);
    export.files.clear();
    let verdict = export.audited(&export.manifest());
    assert_eq!(verdict.findings.len(), 4);
    assert_eq!(verdict.journal.findings[0].rule, Rule::JournalEmpty);
}

#[test]
fn each_changed_byte_of_a_part_is_found_by_its_hash() {
    let export = Export::of(&two_epochs()[..3], 5);
    let manifest = export.manifest();
    let file = &export.files[&part(1)];
    // What no record shows: a space, another way to write a character, a line feed.
    let changes: [(&str, &str); 4] = [
        ("\",\"payload", "\", \"payload"),
        ("\"record\"", "\"\\u0072ecord\""),
        ("\n", "\r\n"),
        ("}\"}\n", "}\"}"),
    ];
    for (from, to) in changes {
        let text = std::str::from_utf8(file).unwrap();
        let at = text.rfind(from).unwrap();
        let changed = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        let files = [(part(1), changed.into_bytes())].into();
        let verdict = Export { files, parts: export.parts.clone() }.audited(&manifest);
        assert_eq!(found(&verdict), [(Rule::PartChanged, "part-000001.jsonl")], "{from:?}");
    }
    let mut longer = file.clone();
    longer.push(b'\n');
    let files = [(part(1), longer)].into();
    let verdict = Export { files, parts: export.parts.clone() }.audited(&manifest);
    let lines = [(Rule::PartChanged, "part-000001.jsonl"), (Rule::LineForm, "part-000001.jsonl#4")];
    assert_eq!(found(&verdict), lines);
}

#[test]
fn a_list_that_states_other_records_than_its_parts_have_is_found() {
    let export = Export::of(&ledger().entries, 5);
    for change in [
        |part: &mut ExportPart| part.signer = "OTHER".parse().unwrap(),
        |part: &mut ExportPart| part.head = RecordHash([1; 32]),
        |part: &mut ExportPart| part.last = Position::new(15).unwrap(),
    ] {
        let mut list = export.list();
        change(list.parts.last_mut().unwrap());
        list.parts[2].records = list.parts[2].last.value() - list.parts[2].first.value() + 1;
        if list.parts[2].signer != list.parts[1].signer {
            list.parts[2].previous = export.parts[2].previous;
        }
        let jws = list.sign(&attester(), sign(8)).unwrap();
        let verdict = export.audited(&ExportManifest::read(&jws, &attester()).unwrap());
        assert_eq!(found(&verdict), [(Rule::PartRange, "part-000003.jsonl")]);
    }
}

#[test]
fn a_list_of_another_outlet_or_merchant_is_found() {
    let export = Export::of(&ledger().entries, 100);
    let (outlet, nif) = ("OTHER".parse().unwrap(), "B1234567Z".parse().unwrap());
    for list in [ExportList { outlet, ..export.list() }, ExportList { nif, ..export.list() }] {
        let jws = list.sign(&attester(), sign(8)).unwrap();
        let verdict = export.audited(&ExportManifest::read(&jws, &attester()).unwrap());
        assert_eq!(found(&verdict), [(Rule::ManifestOwner, "")]);
    }
}

#[test]
fn lines_are_named_by_their_part_also_where_a_sale_is_sealed_twice() {
    let mut till = Till::open(key(1));
    [1, 2, 3, 1].iter().for_each(|second| till.sell(&sale(*second), "2026-02-04T13:00:00"));
    let export = Export::of(&till.entries, 2);
    let verdict = export.audited(&export.manifest());
    let place = "part-000002.jsonl#2 (position 4, invoice 0/4)";
    assert_eq!(found(&verdict), [(Rule::SaleTwice, place)]);
}

#[test]
fn a_list_is_signed_only_when_its_parts_follow_each_other() {
    let export = Export::of(&two_epochs(), 5);
    let refused = |change: fn(&mut Vec<ExportPart>)| {
        let mut list = export.list();
        change(&mut list.parts);
        assert_eq!(list.sign(&attester(), sign(8)), Err(ExportIssueFault::Parts));
    };
    refused(|parts| parts.clear());
    refused(|parts| parts.rotate_left(1));
    refused(|parts| parts.retain(|part| part.file != self::part(2)));
    refused(|parts| parts.swap(1, 2));
    refused(|parts| parts[1].records += 1);
    refused(|parts| parts[3].epoch = fiscal::Epoch(0));
    refused(|parts| parts[..3].iter_mut().for_each(|part| part.epoch = fiscal::Epoch(2)));
    refused(|parts| parts.push(parts[3]));
    let wrong_key: Result<_, ExportIssueFault<Infallible>> = export.list().sign(&attester(), sign(7));
    assert_eq!(wrong_key, Err(ExportIssueFault::SignatureFalse));
    assert_eq!(export.list().sign(&attester(), |_| Err("away")), Err(ExportIssueFault::Sign("away")));
}

#[test]
fn a_list_reads_back_as_it_was_signed_and_only_under_its_key() {
    let export = Export::of(&two_epochs(), 5);
    let jws = export.list().sign(&attester(), sign(8)).unwrap();
    let read = |text: &str| ExportManifest::read(text, &attester());
    assert_eq!(read(&jws).unwrap().list(), &export.list());
    assert_eq!(ExportManifest::read(&jws, &public(7)), Err(ExportFault::SignatureFalse));
    let signed_as = |typ: &str, change: fn(&mut String)| {
        let body = Base64UrlUnpadded::decode_vec(jws.split('.').nth(1).unwrap()).unwrap();
        let mut body = String::from_utf8(body).unwrap();
        change(&mut body);
        let head = format!(r#"{{"alg":"ES256","typ":"{typ}","kid":""}}"#);
        let [head, body] = [head, body].map(|part| Base64UrlUnpadded::encode_string(part.as_bytes()));
        let text = format!("{head}.{body}");
        let signature = sign(8)(
            &sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), &text)).into(),
        );
        format!("{text}.{}", Base64UrlUnpadded::encode_string(&signature.unwrap()))
    };
    const TYPE: &str = "stelala-export+jwt";
    assert_eq!(read(&signed_as(TYPE, |_| ())).unwrap().list(), &export.list());
    for (typ, change, fault) in [
        ("stelala-trust+jwt", (|_| ()) as fn(&mut String), ExportFault::Kind),
        (TYPE, |body| *body = body.replace("\"version\":1", "\"version\":2"), ExportFault::Version(2)),
        (TYPE, |body| *body = body.replace("\"version\":1", "\"version\":1,\"x\":1"), ExportFault::Form),
        (TYPE, |body| *body = body.replace("part-000002", "../t-000002"), ExportFault::Form),
        (TYPE, |body| *body = body.replace("part-000002", "part-2"), ExportFault::Form),
        (TYPE, |body| *body = body.replace("part-000002", "part-000003"), ExportFault::Parts),
        (TYPE, |body| *body = body.replace("\"records\":5", "\"records\":6"), ExportFault::Parts),
    ] {
        assert_eq!(read(&signed_as(typ, change)), Err(fault));
    }
    assert_eq!(read("a.b.c"), Err(ExportFault::Form));
    assert_eq!(read(""), Err(ExportFault::Form));
}

/// Records in a chain whose signatures nobody asks.
fn records(count: u64) -> Vec<(Record, String)> {
    let mut head = Head::open(support::chain(&key(1)), HeadState::START);
    let signature = seal_sale(&mut Head::open(*head.chain(), HeadState::START), &key(1), 1).record.signature;
    let link = |at| {
        let body = format!("{{\"at\":{at}}}");
        let hash = PayloadHash::of(body.as_bytes());
        let linked = head.link_event(EventKind::Boot, hash, support::at(at)).unwrap();
        (Record { header: *linked.header(), link: *linked.link(), signature }, body)
    };
    (0..count).map(link).collect()
}

#[test]
fn a_part_has_room_for_10000_records() {
    let records = records(ExportPart::MOST_RECORDS + 1);
    let mut writer = PartWriter::new(Vec::new(), PartFile::FIRST);
    let (last, most) = records.split_last().unwrap();
    for (record, body) in most {
        writer.write(record, Some(body)).unwrap();
    }
    assert!(!writer.takes(&last.0));
    assert!(matches!(writer.write(&last.0, None), Err(PartFault::NotNext)));
    let (bytes, part) = writer.finish().unwrap();
    assert_eq!((part.records, part.last.value()), (10_000, 10_000));
    // A longer one is no part.
    let line = verify::JournalLine::new(&last.0, None).to_json() + "\n";
    let longer = [&bytes[..], line.as_bytes()].concat();
    assert_eq!(ExportPart::read(&bytes[..], PartFile::FIRST).unwrap(), part);
    assert!(matches!(ExportPart::read(&longer[..], PartFile::FIRST), Err(PartFault::Content)));
}

#[test]
fn an_export_is_gone_on_with_from_its_files_and_a_part_that_was_cut_is_seen() {
    let entries = two_epochs();
    let export = Export::of(&entries, 5);
    for described in &export.parts {
        let bytes = &export.files[&described.file];
        assert_eq!(&ExportPart::read(&bytes[..], described.file).unwrap(), described);
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            assert!(
                matches!(ExportPart::read(&bytes[..cut], described.file), Err(PartFault::Content)),
                "{cut}"
            );
        }
    }
    // Written again, it is the same.
    assert_eq!(Export::of(&entries, 5).files, export.files);
    // A later export has the parts of the earlier, and more.
    let mut later = Export::of(&entries[..10], 5);
    let rest = Export::of(&entries[10..], 5);
    for part in rest.parts {
        let file = later.parts.last().unwrap().file.next().unwrap();
        later.files.insert(file, rest.files[&part.file].clone());
        later.parts.push(ExportPart { file, ..part });
    }
    assert_eq!((later.parts, later.files), (export.parts, export.files));
}

#[test]
fn a_part_takes_the_next_record_of_its_chain_only() {
    let records = records(3);
    let mut writer = PartWriter::new(Vec::new(), PartFile::FIRST);
    writer.write(&records[0].0, None).unwrap();
    assert!(!writer.takes(&records[0].0) && !writer.takes(&records[2].0) && writer.takes(&records[1].0));
    let mut other = records[1].0;
    other.header.epoch = fiscal::Epoch(1);
    assert!(!writer.takes(&other));
    other = records[1].0;
    other.link.previous = RecordHash([1; 32]);
    assert!(!writer.takes(&other));
    assert!(matches!(PartWriter::new(Vec::new(), PartFile::FIRST).finish(), Err(PartFault::Empty)));
}

#[test]
fn a_part_is_of_one_chain() {
    let entries = ledger().entries;
    let export = Export::of(&entries[..3], 5);
    let mut mixed = entries[..3].to_vec();
    mixed[1].record.header.epoch = fiscal::Epoch(1);
    let bytes: Vec<u8> = mixed.iter().flat_map(|entry| (entry.line() + "\n").into_bytes()).collect();
    assert!(matches!(ExportPart::read(&bytes[..], PartFile::FIRST), Err(PartFault::Content)));
    // An attester that would sign for it all the same.
    let sha256 = sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), &bytes)).into();
    let parts = vec![ExportPart { sha256, ..export.parts[0] }];
    let lying = Export { parts, files: [(part(1), bytes)].into() };
    let verdict = lying.audited(&lying.manifest());
    assert_eq!(found(&verdict)[0], (Rule::PartRange, "part-000001.jsonl"));
}

#[test]
fn a_part_is_named_by_its_number_in_one_way() {
    for (number, name) in
        [(1, "part-000001.jsonl"), (999_999, "part-999999.jsonl"), (1_000_000, "part-1000000.jsonl")]
    {
        assert_eq!(part(number).to_string(), name);
        assert_eq!(name.parse(), Ok(part(number)));
    }
    for name in [
        "part-000000.jsonl",
        "part-1.jsonl",
        "part-0000001.jsonl",
        "part-+00001.jsonl",
        "part-000001.json",
        "../part-000001.jsonl",
        "",
    ] {
        assert_eq!(name.parse::<PartFile>(), Err(()), "{name}");
    }
    assert_eq!(part(u32::MAX).next(), None);
}

#[test]
fn of_too_many_findings_of_parts_the_first_are_kept() {
    let export = Export::of(&records_entries(150), 1);
    let manifest = export.manifest();
    let none = Export { files: Default::default(), parts: export.parts };
    let verdict = none.audited(&manifest);
    assert_eq!(verdict.findings.len(), JournalVerdict::MOST_FINDINGS);
    assert_eq!(verdict.more_findings, 50);
}

fn records_entries(count: u64) -> Vec<Entry> {
    records(count).into_iter().map(|(record, payload)| Entry { record, payload }).collect()
}
