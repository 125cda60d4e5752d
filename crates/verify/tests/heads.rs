//! Heads kept outside the database (L7), at their places.

mod support;

use fiscal::RecordHash;
use support::{Entry, cloud::two_epochs, found, public};
use verify::{Audit, HeadAt, HeadsFault, JournalVerdict, Rule, Trust};

fn head(entry: &Entry) -> HeadAt {
    let (header, link) = (&entry.record.header, &entry.record.link);
    HeadAt {
        outlet: header.outlet,
        signer: header.device,
        epoch: header.epoch,
        position: link.position,
        hash: entry.record.hash(),
        time: header.time,
    }
}

fn audited(entries: &[Entry], heads: &[HeadAt]) -> JournalVerdict {
    let trust = Trust::Keys(vec![public(1), public(2)]);
    let file: String = entries.iter().map(|entry| entry.line() + "\n").collect();
    Audit::new(&trust).heads(heads.iter().copied()).journal(file.as_bytes()).unwrap()
}

#[test]
fn heads_are_met_at_their_places_and_those_of_other_outlets_are_not_asked() {
    let entries = two_epochs();
    let mut heads: Vec<_> = entries.iter().map(head).collect();
    heads.push(heads[3]);
    heads.push(HeadAt { outlet: "OTHER".parse().unwrap(), hash: RecordHash([1; 32]), ..heads[2] });
    let journal = audited(&entries, &heads);
    assert_eq!((&journal.findings[..], journal.heads_met), (&[][..], entries.len() as u64));
}

#[test]
fn a_head_that_names_another_record_is_found_at_its_place() {
    let entries = two_epochs();
    let wrong = HeadAt { hash: RecordHash([1; 32]), ..head(&entries[4]) };
    let journal = audited(&entries, &[head(&entries[4]), wrong]);
    assert_eq!(found(&journal), [(Rule::HeadDiffers, "#5 (position 5, invoice 0/4)")]);
    assert_eq!(journal.heads_met, 1);
}

#[test]
fn a_truncated_end_is_found_by_any_head_behind_it() {
    let entries = two_epochs();
    let last = entries.last().unwrap();
    let journal = audited(&entries[..entries.len() - 1], &[head(&entries[0]), head(last)]);
    let place = format!("{} (CLOUD-01, epoch 1, position 3)", last.record.hash());
    assert_eq!(found(&journal), [(Rule::HeadMissing, place.as_str())]);
    // An epoch that is gone as a whole.
    let journal = audited(&entries[..13], &[head(last)]);
    assert_eq!(found(&journal), [(Rule::HeadMissing, place.as_str())]);
    // Nothing is left.
    let journal = audited(&[], &[head(last)]);
    assert_eq!(journal.findings.len(), 2);
}

#[test]
fn heads_of_before_a_part_are_counted_and_not_missing() {
    let entries = two_epochs();
    let heads: Vec<_> = entries.iter().map(head).collect();
    let other = HeadAt { signer: "OTHER".parse().unwrap(), ..heads[0] };
    let journal = audited(&entries[4..], &[&heads[..], &[other]].concat());
    assert_eq!((&journal.findings[..], journal.heads_before), (&[][..], 5));
    let second_epoch = audited(&entries[14..], &heads);
    assert_eq!((&second_epoch.findings[..], second_epoch.heads_before), (&[][..], 14));
}

#[test]
fn a_file_of_heads_reads_back_and_a_last_line_that_was_cut_does_not_count() {
    let heads: Vec<_> = two_epochs().iter().map(head).collect();
    let file: String = heads.iter().map(|head| head.to_json() + "\n").collect();
    let read = |text: &str, outlet| HeadAt::read_all(text.as_bytes(), outlet);
    assert_eq!(read(&file, None).unwrap(), heads);
    assert_eq!(read(&file, Some(heads[0].outlet)).unwrap(), heads);
    assert_eq!(read(&file, Some("OTHER".parse().unwrap())).unwrap(), []);
    for cut in 1..heads[0].to_json().len() {
        assert_eq!(read(&file[..file.len() - 1 - cut], None).unwrap(), heads[..heads.len() - 1], "{cut}");
    }
    assert_eq!(read(&file[..file.len() - 1], None).unwrap(), heads, "all but its line end");
    let broken = file.replacen("\"epoch\"", "\"epock\"", 1);
    assert!(matches!(read(&broken, None), Err(HeadsFault::Form { line: 1 })));
    let spaced = file.replacen("\"epoch\":0", "\"epoch\": 0", 2);
    assert!(matches!(read(&spaced, None), Err(HeadsFault::Form { line: 1 })));
}
