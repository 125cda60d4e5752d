//! What must hold when the storm is over, by the device's own journal.

use std::collections::BTreeMap;

use def_client::Stage;
use fiscal::{PayloadHash, RecordHash};
use serde_json::Value;

use super::{
    device::{Bench, Order},
    till::Aftermath,
};

pub(super) fn check(bench: &Bench, aftermath: &Aftermath) {
    let journal = journal(bench);
    let kept = |sale: &PayloadHash| aftermath.kept.iter().any(|intent| intent.hash() == *sale);
    // A till that crashed before it wrote a sale down has not offered it to anyone.
    for sale in aftermath.meant.keys().filter(|sale| !kept(sale)) {
        let printed = aftermath.papers.iter().any(|paper| paper.sale == *sale);
        assert!(!journal.contains_key(sale) && !printed, "a sale is sealed and nobody meant it");
    }
    for intent in &aftermath.kept {
        let sale = intent.hash();
        assert_eq!(aftermath.meant.get(&sale).map(String::as_str), Some(intent.payload()));
        let sealed = journal.get(&sale).map_or(&[][..], Vec::as_slice);
        let papers: Vec<_> = aftermath.papers.iter().filter(|paper| paper.sale == sale).collect();
        let originals = papers.iter().filter(|paper| paper.copy == 1).count();
        match intent.stage() {
            Stage::Printed { seal, copies } => {
                assert_eq!(sealed, [seal.record_hash], "one seal, and this one");
                assert!(papers.iter().all(|paper| paper.record == seal.record_hash), "no paper has another");
                assert!(papers.iter().any(|paper| paper.copy == *copies), "the last copy came out");
                assert!(originals <= 1, "{originals} originals");
                assert!(*copies == 1 || !aftermath.press_knows, "a duplicate that nobody asked for");
                assert!(originals == 1 || !aftermath.press_knows, "there is an original");
            }
            Stage::Refused(refusal) => {
                assert!(sealed.is_empty() && papers.is_empty(), "{refusal}, and yet it is sealed");
            }
            Stage::Meant { .. } => {
                assert!(aftermath.revoked && papers.is_empty(), "a sale stayed open");
                assert!(sealed.is_empty(), "a sale is sealed and its till does not know");
            }
            other => panic!("a sale is left half done: {other:?}"),
        }
    }
}

/// The invoices of the device, by their payload, when all is over.
fn journal(bench: &Bench) -> BTreeMap<PayloadHash, Vec<RecordHash>> {
    let status = bench.order(Order::Ask("QRY|STATUS".into())).answer;
    assert_eq!(status["corrupt"], Value::Null, "{status}");
    journal_now(bench).expect("a device that has power gives its journal")
}

/// The same in the middle of it; none when the device has no power, or loses it.
pub(super) fn journal_now(bench: &Bench) -> Option<BTreeMap<PayloadHash, Vec<RecordHash>>> {
    let mut found: BTreeMap<PayloadHash, Vec<RecordHash>> = BTreeMap::new();
    let mut after = 0;
    loop {
        let request = format!(r#"ADM|DUMPLOG {{"format":"digest","after":{after}}}"#);
        let chunk = bench.order(Order::Ask(request)).answer;
        for record in chunk["records"].as_array()? {
            if record["kind"] == "invoice" {
                let hash = PayloadHash::from_hex(text(&record["payload_hash"])).expect("a hash");
                let record = RecordHash::from_hex(text(&record["record_hash"])).expect("a hash");
                found.entry(hash).or_default().push(record);
            }
        }
        after = chunk["chunk_index"].as_u64()?;
        if chunk["last"] == Value::Bool(true) {
            return Some(found);
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
