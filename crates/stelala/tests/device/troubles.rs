//! What goes wrong at a counter, and what is said then.

use std::{fs, net::TcpListener, process::Stdio, thread, time::Duration};

use super::{
    bench::{Bench, EVENING, examples},
    bridge::{Loss, bridge},
};

/// The sentence in French and in English, and the object.
fn said_in_three_ways(bench: &Bench, command: &str, more: &[&str], code: &str, words: [&str; 2]) {
    let ask = |last: &[&str]| bench.run(&[&["device", command][..], more, last].concat());
    for (lang, words) in [("fr", words[0]), ("en", words[1])] {
        let said = ask(&["--lang", lang]);
        assert!(said.code == 2 && said.err.contains(words) && said.out.is_empty(), "{words}: {said:?}");
    }
    let said = ask(&["--json"]);
    let object = &said.objects()[0];
    assert_eq!((said.code, &object["status"], &object["code"]), (2, &"ERR".into(), &code.into()), "{said:?}");
    for member in ["detail", "remedy", "advice"] {
        assert!(object[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {object}");
    }
    assert!(said.err.is_empty(), "{said:?}");
}

#[test]
fn what_is_no_port_is_said_to_be_none() {
    let bench = Bench::new("no_port");
    fs::write(bench.folder.join("file"), "").unwrap();
    let no_wait = |port| ["--port", port, "--wait", "0"];
    said_in_three_ways(
        &bench,
        "status",
        &no_wait("nowhere"),
        "no_line",
        ["branchez l'appareil", "plug the device in"],
    );
    for port in ["/dev/null", "file", "."] {
        said_in_three_ways(
            &bench,
            "status",
            &no_wait(port),
            "no_line",
            ["pas un port série", "no serial port"],
        );
    }
    // Nothing listens at the port that was just given back.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = format!("tcp://{free}");
    said_in_three_ways(&bench, "status", &no_wait(&address), "no_line", ["rien n'écoute", "nothing listens"]);
    assert!(bench.names(".").iter().all(|name| name == "file"), "nothing is left behind");
}

#[test]
fn a_port_at_which_nobody_answers_is_said_to_be_silent() {
    let bench = Bench::new("silent_port");
    let _silent = def_sim::Terminal::open(bench.folder.join("port")).unwrap();
    let said = bench.ask("call", &["QRY|STATUS", "--json"]);
    assert_eq!((said.code, &said.objects()[0]["code"]), (2, &"silent".into()), "asked once: {said:?}");
    let said = bench.ask("status", &["--lang", "en"]);
    assert!(said.code == 2 && said.err.contains("nothing answers at port"), "{said:?}");
}

#[test]
fn a_device_that_comes_late_is_waited_for() {
    let bench = Bench::new("comes_late");
    let asking = bench
        .command(&["device", "status", "--port", "port", "--wait", "30", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(300));
    let _simulator = bench.simulate();
    let output = asking.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_port_and_a_till_belong_to_one_program_at_a_time() {
    let (bench, _simulator) = Bench::ready("in_use");
    fs::write(bench.folder.join("sale.json"), &examples()[0].1).unwrap();
    // A till that is held by this test.
    let held = def_client::Folder::of_till(bench.folder.join("held")).unwrap();
    let till = ["--port", "port", "--till", "held", "sale.json"];
    said_in_three_ways(
        &bench,
        "seal",
        &till,
        "till_in_use",
        ["un autre programme vend", "another program sells"],
    );
    drop(held);
    // A port that is held by a program that asks.
    let port = fs::File::options().read(true).write(true).open(bench.folder.join("port")).unwrap();
    port.lock().unwrap();
    let other = ["--port", "port", "--wait", "0", "--till", "other", "sale.json"];
    said_in_three_ways(
        &bench,
        "seal",
        &other,
        "no_line",
        ["un autre programme utilise", "another program uses"],
    );
    assert_eq!(bench.names("other/open"), [""; 0], "nothing was offered");
    drop(port);
    assert_eq!(bench.ask("seal", &["--till", "other", "sale.json"]).code, 0);
}

#[test]
fn a_refusal_says_why_and_what_to_do_and_ends_with_1() {
    let bench = Bench::new("refusals");
    let _simulator = bench.simulate();
    let said = bench.ask("z", &["--date", "2026-03-14"]);
    assert!(
        said.code == 1 && said.err.contains("NOT_PROVISIONED") && said.err.contains("device init"),
        "{said:?}"
    );
    let object = bench.object("call", &["QRY|LOG 1", "--lang", "en"]);
    assert_eq!((&object["code"], &object["remedy"]), (&"NOT_PROVISIONED".into(), &"person".into()));
    assert!(object["advice"].as_str().unwrap().contains("binds it"), "{object}");
    let said = bench.ask("z", &["--lang", "en"]);
    assert!(said.code == 2 && said.err.contains("which day it is"), "{said:?}");
}

#[test]
fn a_raw_request_is_answered_as_it_is_and_what_is_none_is_not_sent() {
    let (bench, _simulator) = Bench::ready("raw");
    let said = bench.ask("call", &["QRY|STATUS"]);
    assert!(said.code == 0 && said.out.starts_with("{\"status\":\"OK\",\"firmware_version\":"), "{said:?}");
    let (_, payload) = &examples()[0];
    fs::write(bench.folder.join("request"), format!("TXN|PREPARE {payload}\n")).unwrap();
    let said = bench.ask("call", &["@request"]);
    assert!(said.code == 0 && said.out.contains("\"nonce\":"), "{said:?}");
    let before = bench.status()["metrics"]["errors"].clone();
    for wrong in ["QRY|STATE", "QRY|LOG", "qry|status", "RPT|X {\"period\":\"week\"}", ""] {
        let said = bench.ask("call", &[wrong, "--lang", "en"]);
        assert!(said.code == 2 && said.err.contains("nothing was sent"), "{wrong}: {said:?}");
    }
    assert_eq!(bench.status()["metrics"]["errors"], before);
}

#[test]
fn payloads_that_nobody_can_seal_are_refused_before_anything_is_sold() {
    let (bench, _simulator) = Bench::ready("bad_payload");
    let (_, good) = &examples()[0];
    fs::write(bench.folder.join("good.json"), format!("{good}\n")).unwrap();
    fs::write(bench.folder.join("bad.json"), good.replace("\"total\":\"19500.00\"", "\"total\":\"1950.00\""))
        .unwrap();
    let said = bench.ask("seal", &["--till", "till", "good.json", "bad.json", "--lang", "en"]);
    assert!(said.code == 2 && said.err.contains("bad.json") && said.err.contains("totals.total"), "{said:?}");
    assert_eq!(bench.status()["next_invoice_seq"], 1);
    let said = bench.ask("seal", &["--till", "till", "good.json", "missing.json"]);
    assert!(said.code == 2 && said.err.contains("missing.json"), "{said:?}");
    // A newline at the end is the file's, not the payload's.
    assert_eq!(bench.object("seal", &["--till", "till", "good.json"])["outcome"], "sealed");
    assert_eq!(bench.object("seal", &["--till", "till", "good.json"])["outcome"], "sold_before");
    assert_eq!(bench.names("till/receipts").len(), 1);
}

#[test]
fn refused_sales_are_over_and_held_ones_wait_for_the_next_time() {
    let (bench, simulator) = Bench::ready("held");
    let day = examples();
    for (name, text) in &day {
        fs::write(bench.folder.join(name), text).unwrap();
    }
    // Its reference is a placeholder.
    let note = &day[11].0;
    let said = bench.ask("seal", &["--till", "till", &day[0].0, note, &day[1].0, "--lang", "en"]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in [
        "REFUSED",
        "ORIGINAL_NOT_FOUND",
        "correct the credit note's reference",
        "2 sales sealed",
        "1 refused for good",
    ] {
        assert!(said.out.contains(part), "{part}: {said:?}");
    }
    assert_eq!((bench.names("till/sales").len(), bench.names("till/open").len()), (3, 0));
    // After a change of battery nothing is sealed until the clock is set.
    drop(simulator);
    let lost = ["device", "simulate", "--state", "def", "--link", "port", "--clock-lost"];
    let _simulator = bench.simulate_with(&lost);
    let said = bench.ask("seal", &["--till", "till", &day[2].0, &day[3].0, "--lang", "en"]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in [
        "HELD",
        "CLOCK_ROLLBACK_DETECTED",
        "`stelala device time` sets it",
        "1 sale to resume",
        "not offered: 004",
    ] {
        assert!(said.out.contains(part), "{part}: {said:?}");
    }
    assert_eq!(bench.ask("time", &["--authority", "def/authority", "--at", "2026-03-14T18:50:00"]).code, 0);
    let said = bench.ask("seal", &["--till", "till", &day[2].0, &day[3].0, &day[3].0, "--lang", "en"]);
    assert!(said.code == 0 && said.out.contains("To finish from the last time: 1 sale"), "{said:?}");
    assert!(said.out.contains("2 sales sealed") && !said.out.contains("before"), "each once: {said:?}");
    assert_eq!((bench.names("till/open").len(), bench.names("till/receipts").len()), (0, 4));
}

#[test]
fn a_device_behind_a_serial_server_is_asked_the_same_way() {
    let (bench, _simulator) = Bench::ready("tcp");
    let address = bridge(bench.folder.join("port"), Loss::Nothing);
    fs::write(bench.folder.join("sale.json"), &examples()[0].1).unwrap();
    let ask = |command: &str, more: &[&str]| {
        bench.run(&[&["device", command, "--port", &address][..], more].concat())
    };
    let sold = ask("seal", &["--till", "till", "sale.json"]);
    assert_eq!(sold.code, 0, "{sold:?}");
    assert!(ask("log", &["1"]).out.starts_with("KINGOMBE01-0-00000001 FV"));
    assert_eq!(ask("dump", &["--out", "journal.jsonl"]).code, 0);
    let verdict = bench.run(&["verify", "journal", "journal.jsonl", "--key", "device.pem"]);
    assert_eq!(verdict.code, 0, "{verdict:?}");
}

#[test]
fn a_key_that_is_not_the_devices_is_noticed_before_anything_is_sold() {
    let (bench, _simulator) = Bench::ready("other_key");
    fs::write(bench.folder.join("sale.json"), &examples()[0].1).unwrap();
    let sale = ["--port", "port", "--till", "till", "--key", "def/authority/root.pem", "sale.json"];
    said_in_three_ways(&bench, "seal", &sale, "other_key", ["cette caisse attend", "this till expects"]);
    assert_eq!(bench.status()["next_invoice_seq"], 1);
}

#[test]
fn a_receipt_of_another_sale_is_never_written_over() {
    let (bench, _simulator) = Bench::ready("other_receipt");
    fs::write(bench.folder.join("sale.json"), &examples()[0].1).unwrap();
    fs::create_dir(bench.folder.join("receipts")).unwrap();
    fs::write(bench.folder.join("receipts/KINGOMBE01-0-00000001.txt"), "of another").unwrap();
    let seal = |receipts| {
        bench.ask("seal", &["--till", "till", "--receipts", receipts, "sale.json", "--lang", "en"])
    };
    let said = seal("receipts");
    assert!(said.code == 2 && said.err.contains("is sealed") && said.err.contains("--receipts"), "{said:?}");
    let said = seal("more");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(bench.read("more/KINGOMBE01-0-00000001.txt").contains("KINGOMBE01-0-00000001"));
    assert_eq!(bench.read("receipts/KINGOMBE01-0-00000001.txt"), "of another");
}

#[test]
fn a_sale_that_is_not_sealed_is_withdrawn_and_one_that_is_gets_its_receipt() {
    let (bench, simulator) = Bench::ready("withdrawn");
    for (name, example) in [("left.json", 0), ("sealed.json", 1)] {
        fs::write(bench.folder.join(name), &examples()[example].1).unwrap();
    }
    drop(simulator);
    let simulate = |more: &[&str]| {
        let arguments = ["device", "simulate", "--state", "def", "--link", "port"];
        bench.simulate_with(&[&arguments, more].concat())
    };
    let withdraw =
        |name| bench.ask("withdraw", &["--till", "till", "--why", "the client left", name, "--lang", "en"]);
    // Offered, and held: after a change of battery nothing is sealed until the clock is set.
    let device = simulate(&["--clock-lost"]);
    let said = bench.ask("seal", &["--till", "till", "left.json", "--lang", "en"]);
    assert!(said.code == 1 && said.out.contains("HELD"), "{said:?}");
    assert_eq!(bench.ask("time", &["--authority", "def/authority", "--at", EVENING]).code, 0);
    let said = withdraw("left.json");
    assert!(said.code == 0 && said.out.contains("the sale is withdrawn"), "{said:?}");
    drop(device);
    // The power fails when the sale is sealed, and stays away.
    let device = simulate(&["--power-fails", "after-commit=1"]);
    let said = bench.ask("seal", &["--wait", "0", "--till", "till", "sealed.json", "--lang", "en"]);
    assert_eq!(said.code, 1, "{said:?}");
    drop(device);
    let _device = simulate(&[]);
    let said = withdraw("sealed.json");
    assert!(said.code == 1 && said.err.contains("is sealed as KINGOMBE01-0-00000001"), "{said:?}");
    assert!(bench.names("till/receipts").contains(&"KINGOMBE01-0-00000001.txt".to_owned()));
    assert_eq!(bench.names("till/open"), [""; 0]);
    // Who sells it again means it anew.
    assert_eq!(bench.ask("seal", &["--till", "till", "left.json"]).code, 0);
    let settled = ["--till", "till", "--why", "no", "--settled", "left.json", "--json"];
    let said = bench.ask("withdraw", &settled);
    assert!(said.code == 2 && said.out.contains("not_open"), "{said:?}");
}
