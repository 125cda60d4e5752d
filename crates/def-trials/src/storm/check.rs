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
                let most = if aftermath.press_knows { 1 } else { *copies };
                assert!(*copies <= most && originals <= 1, "{copies} copies, {originals} originals");
                assert!(originals == 1 || !aftermath.press_knows, "there is an original");
            }
            Stage::Refused(refusal) => {
                assert!(sealed.is_empty() && papers.is_empty(), "{refusal}, and yet it is sealed");
            }
            Stage::Meant => {
                assert!(aftermath.revoked && papers.is_empty(), "a sale stayed open");
                assert!(sealed.is_empty(), "a sale is sealed and its till does not know");
            }
            other => panic!("a sale is left half done: {other:?}"),
        }
    }
}

/// The invoices of this till, by their payload.
fn journal(bench: &Bench) -> BTreeMap<PayloadHash, Vec<RecordHash>> {
    let mut found: BTreeMap<PayloadHash, Vec<RecordHash>> = BTreeMap::new();
    let ask = |request: String| bench.order(Order::Ask(request)).answer;
    let status = ask("QRY|STATUS".into());
    assert_eq!(status["corrupt"], Value::Null, "{status}");
    let mut after = 0;
    loop {
        let chunk = ask(format!(r#"ADM|DUMPLOG {{"format":"digest","after":{after}}}"#));
        for record in chunk["records"].as_array().expect("records") {
            if record["kind"] == "invoice" {
                let hash = PayloadHash::from_hex(text(&record["payload_hash"])).expect("a hash");
                let record = RecordHash::from_hex(text(&record["record_hash"])).expect("a hash");
                found.entry(hash).or_default().push(record);
            }
        }
        after = chunk["chunk_index"].as_u64().expect("a cursor");
        if chunk["last"] == Value::Bool(true) {
            return found;
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
