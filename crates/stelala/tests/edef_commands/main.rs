//! The operator's commands over the way to the tax authority, beside a cloud that runs and one that does not.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod bench;

use std::{fs, io::Write, os::unix::fs::PermissionsExt, process::Stdio};

use bench::{Bench, NIM, OUTLET, number_of, write_secret};
use edef_sim::{Endpoint, FaultKind};

#[test]
fn a_machine_is_added_changed_paused_resumed_and_removed_and_its_token_is_never_shown() {
    let bench = Bench::new();
    let url = bench.simulator.url();
    let add = "edef machine add --nif A2301457K --isf STELALA-1 --token-file token";
    let arguments = ["--nim", NIM, "--outlet", OUTLET, "--url", url.as_str()];
    bench.bad(add, &arguments, "token");
    bench.write_token("token");
    fs::set_permissions(bench.path().join("token"), fs::Permissions::from_mode(0o644)).unwrap();
    bench.bad(add, &arguments, "chmod 600");
    bench.write_token("token");
    bench.bad(add, &["--nim", NIM, "--outlet", OUTLET, "--url", "https://example.com"], "[authority] hosts");
    bench.bad(add, &["--nim", NIM, "--outlet", "NOWHERE", "--url", &url], "outlet");
    let added = bench.good(add, &arguments);
    assert!(added.contains(NIM) && added.contains(OUTLET) && added.contains("ESSAI"), "{added}");
    bench.bad(add, &arguments, "registered already");

    let paused = bench.good("edef machine pause --lang en", &[NIM]);
    assert!(paused.contains("paused since") && paused.contains("(machine)"), "{paused}");
    let id = paused.split(' ').next().unwrap();
    let resumed = bench.good("edef machine resume --lang en", &[id]);
    assert!(resumed.contains("  ready  "), "{resumed}");
    let changed = bench.good("edef machine change --exclusive false --isf OTHER-1 --lang en", &[id]);
    assert!(changed.contains("shared"), "{changed}");
    bench.bad("edef machine change", &[id], "--token-file");

    // From the standard input, as a password manager gives it.
    let mut command = bench.command("edef machine change --token-file -", &[id]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(bench.token().as_bytes()).unwrap();
    assert!(process.wait_with_output().unwrap().status.success());
    write_secret(bench.path(), "word", "Bearer not a token\n");
    let (refused, code) = bench.said("edef machine change --token-file word", &[id]);
    assert!(code == 2 && !refused.contains("not a token"), "{refused}");

    let list = bench.good("edef machine list --lang en", &[]);
    assert!(list.lines().count() == 1 && list.contains("token until 20"), "{list}");
    let removed = bench.good("edef machine remove --lang en", &[NIM]);
    assert!(removed.contains("removed") && removed.contains("no outlet"), "{removed}");
    assert_eq!(bench.good("edef machine list", &[]), "");
    bench.bad("edef machine pause", &[NIM], "no e-MCF here has the NIM");
    let all = bench.good("edef machine list --all", &[]);
    let token = bench.token();
    for text in [added, paused, resumed, changed, list, removed, all] {
        assert!(!text.contains(&token), "{text}");
    }
}

#[test]
fn what_is_sold_arrives_and_status_list_and_show_tell_it_in_both_languages() {
    let bench = Bench::with_machine();
    let cloud = bench.run();
    let sold = cloud.sell();
    let number = number_of(&sold);
    let shown = bench.until(number, "SYNCED");
    let [finalised] = &bench.finalised()[..] else { panic!("{shown}") };
    let grouped: Vec<&str> = (0..6).map(|four| &finalised.code[four * 4..four * 4 + 4]).collect();
    assert!(shown.contains(&grouped.join("-")) && shown.contains(&finalised.qr), "{shown}");
    for cause in ["requested", "confirming", "confirmed"] {
        assert!(shown.contains(&format!("  {cause}\n")), "{cause}: {shown}");
    }
    let french = bench.good("edef show", &[number]);
    assert!(french.contains("La DGI l'a normalisée.") && french.contains("réponse de la DGI"), "{french}");
    let status = bench.good("edef status --lang en", &[]);
    assert!(status.contains("SYNCED") && status.contains("none") && status.contains(NIM), "{status}");
    assert_eq!(bench.good("edef list", &[]), "", "nothing is open");
    let list = bench.good("edef list --state synced --outlet", &[OUTLET]);
    assert!(list.starts_with(number) && list.contains(&grouped.join("-")), "{list}");
    bench.bad("edef show", &["KINONE-0-00000099"], "is not known here");
    bench.bad("edef list --state LOST", &[], "SYNCED_WITHOUT_CODE");
    bench.bad("edef retry", &[number], "SYNCED");
    bench.bad("edef settle --not-there --reason x", &[number], "SYNCED");
}

#[test]
fn what_was_refused_is_sent_again_by_hand_or_withdrawn_with_its_cancellation() {
    let bench = Bench::with_machine();
    let cloud = bench.run();
    bench.fault(FaultKind::Refuse(8), Endpoint::Request);
    let first = cloud.sell();
    let shown = bench.until(number_of(&first), "FAILED");
    assert!(shown.contains("refused"), "{shown}");
    let (status, code) = bench.said("edef status --lang en", &[]);
    assert!(code == 1 || status.contains("FAILED"), "{status}");
    bench.good("edef retry", &[number_of(&first)]);
    bench.until(number_of(&first), "SYNCED");

    bench.fault(FaultKind::Totals(50_000), Endpoint::Request);
    let second = cloud.sell();
    let shown = bench.until(number_of(&second), "DIFFERS");
    assert!(shown.contains("Differences"), "{shown}");
    let withdraw = ["--reason", "sold again"];
    bench.bad("edef withdraw", &[&[number_of(&second)][..], &withdraw].concat(), "RAN");
    let note = cloud.void(&second);
    bench.until_known(number_of(&note));
    let said = bench.good("edef withdraw", &[&[number_of(&second)][..], &withdraw].concat());
    assert_eq!(said.matches(" WITHDRAWN ").count(), 2, "{said}");
    assert_eq!(bench.finalised().len(), 1);

    bench.fault(FaultKind::Refuse(8), Endpoint::Request);
    let third = cloud.sell();
    bench.until(number_of(&third), "FAILED");
    let said = bench.good("edef retry --all --lang en --state FAILED --outlet", &[OUTLET]);
    assert!(said.starts_with("1 invoices were put back"), "{said}");
    bench.until(number_of(&third), "SYNCED");
}

#[test]
fn a_code_that_was_lost_is_imported_or_typed_and_a_row_that_is_refused_ends_with_1() {
    let bench = Bench::with_machine();
    let cloud = bench.run();
    let mut sold = Vec::new();
    for _ in 0..2 {
        bench.fault(FaultKind::NoCode, Endpoint::Confirm);
        let sale = cloud.sell();
        bench.until(number_of(&sale), "SYNCED_WITHOUT_CODE");
        sold.push(sale);
    }
    let finalised = bench.finalised();
    let csv = |code: &str| {
        format!(
            "rn;nim;codeDEFDGI;dateTime;total\n{};{NIM};{code};{};3480\n",
            number_of(&sold[0]),
            finalised[0].date_time
        )
    };
    fs::write(bench.path().join("wrong.csv"), csv("TOO-SHORT")).unwrap();
    let (said, code) = bench.said("edef import wrong.csv", &[]);
    assert!(code == 1 && said.contains("ligne 2") && said.contains("CODE_FORM"), "{said}");
    assert!(said.contains("24 lettres"), "{said}");
    fs::write(bench.path().join("portal.csv"), csv(&finalised[0].code)).unwrap();
    let dry = bench.good("edef import portal.csv --dry-run --lang en", &[]);
    assert!(dry.contains("would be taken") && dry.contains("Nothing was changed."), "{dry}");
    bench.until(number_of(&sold[0]), "SYNCED_WITHOUT_CODE");
    let said = bench.good("edef import portal.csv --lang en", &[]);
    assert!(said.contains("1 taken, 0 were before, 0 refused"), "{said}");
    let shown = bench.until(number_of(&sold[0]), "SYNCED");
    assert!(shown.contains("a file that a person imported") && shown.contains("TEST"), "{shown}");
    let said = bench.good("edef import portal.csv --lang en", &[]);
    assert!(said.contains("0 taken, 1 were before"), "{said}");
    fs::write(bench.path().join("no.csv"), "a;b\n1;2\n").unwrap();
    bench.bad("edef import no.csv", &[], "rn");

    let number = number_of(&sold[1]);
    let typed = ["--reason", "seen in the portal", "--date-time", &finalised[1].date_time, "--code"];
    let settle = |code: &str| [&[number][..], &typed, &[code]].concat().join("\u{1f}");
    let settle = |code: &str| settle(code).split('\u{1f}').map(str::to_owned).collect::<Vec<_>>();
    let reused = settle(&finalised[0].code);
    bench.bad(
        "edef settle",
        &reused.iter().map(String::as_str).collect::<Vec<_>>(),
        "another invoice has this code",
    );
    let right = settle(&finalised[1].code);
    let said = bench.good("edef settle", &right.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(said.contains(": SYNCED "), "{said}");
    let (status, code) = bench.said("edef status --lang en", &[]);
    assert!(code == 1 && status.contains("settled_by_person"), "{status}");

    let list = |more: &[&str]| bench.good("edef alerts --cause settled-by-person", more);
    let first = list(&[]).lines().next().unwrap().to_owned();
    let [about, seen] = [2, 3].map(|column| first.split("  ").nth(column).unwrap());
    let close = format!("edef close-alert --lang en --reason compared --seen {seen}");
    let close = close.as_str();
    let early = "edef close-alert --lang en --reason compared --seen 2026-03-14T08:00:00.000Z";
    bench.bad(early, &["settled_by_person", about], "told again");
    let closed = bench.good(close, &["settled_by_person", about]);
    assert!(closed.contains(about) && closed.contains("(over since 20"), "{closed}");
    assert_eq!(bench.good(close, &["settled_by_person", about]), closed, "a second time changes nothing");
    assert!(!list(&[]).contains(about) && list(&["--all"]).contains(about));
    bench.bad(close, &["backlog", OUTLET], "ends by itself");
    bench.bad(close, &["settled_by_person", "nothing"], "check the id");
    bench.bad("edef alerts --cause nothing", &[], "settled_by_person");
}

#[test]
fn what_waits_is_exported_handed_out_and_taken_back() {
    let bench = Bench::with_machine();
    bench.good("edef machine pause", &[NIM]);
    let cloud = bench.run();
    let sold = cloud.sell();
    let number = number_of(&sold);
    bench.until(number, "PENDING");
    let said = bench.good("edef export --hand-out --state FAILED --lang en --out nothing.csv", &[]);
    assert!(said.starts_with("There is nothing to hand out: no file was written"), "{said}");
    assert!(!bench.path().join("nothing.csv").exists());
    let (status, _) = bench.said("edef status --lang en", &[]);
    assert!(!status.contains("handed_out"), "{status}");
    let said = bench.good("edef export --lang en --out unsent.csv", &[]);
    assert!(said.contains("1 invoices, 0 are not in it"), "{said}");
    let text = fs::read_to_string(bench.path().join("unsent.csv")).unwrap();
    assert!(text.contains(number) && !text.contains("codeDEFDGI"), "{text}");
    let mode = fs::metadata(bench.path().join("unsent.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    bench.bad("edef export --out unsent.csv", &[], "unsent.csv");
    bench.good("edef export --format xlsx --out unsent.xlsx", &[]);
    assert!(fs::read(bench.path().join("unsent.xlsx")).unwrap().starts_with(b"PK"));
    let items = bench.good("edef export --part items --out items.csv", &[]);
    assert!(fs::read_to_string(bench.path().join("items.csv")).unwrap().contains("Pain"), "{items}");
    bench.until(number, "PENDING");

    let said = bench.good("edef export --hand-out --lang en --out by-hand.csv", &[]);
    let id = said.lines().find_map(|line| line.strip_prefix("Hand-out ")).unwrap();
    let read = |name: &str| fs::read_to_string(bench.path().join(name)).unwrap();
    assert!(read("by-hand.csv").contains("codeDEFDGI"), "{said}");
    bench.good("edef export --out again.csv --again", &[id]);
    assert_eq!(read("by-hand.csv"), read("again.csv"));
    bench.bad("edef give-back --reason x", &[id], "minutes");
    bench.bad("edef give-back --reason x", &["17"], "hand-out");
    let shown = bench.until(number, "AMBIGUOUS");
    assert!(shown.contains("given to a person"), "{shown}");
    bench.good("edef machine resume", &[NIM]);
    bench.bad("edef settle --not-there --reason x", &[number], "minutes");
    let code = "TEST-FEW7-3TJM-EJCG-FOCX-PDOX";
    let results = format!("rn;nim;codeDEFDGI;total\n{number};{NIM};{code};3480\n");
    fs::write(bench.path().join("results.csv"), results).unwrap();
    bench.good("edef import results.csv", &[]);
    let shown = bench.until(number, "SYNCED");
    assert!(shown.contains(code), "{shown}");
    assert!(bench.finalised().is_empty(), "it was not sent");
}

#[test]
fn a_backup_carries_the_way_to_the_authority() {
    let bench = Bench::with_machine();
    let cloud = bench.run();
    let sold = cloud.sell();
    let number = number_of(&sold);
    let before = bench.until(number, "SYNCED");
    drop(cloud);
    bench.good("ledger backup --out b", &[]);
    fs::create_dir(bench.path().join("d")).unwrap();
    for file in ["keys.json", "passphrase", "cloud.toml"] {
        fs::copy(bench.path().join(file), bench.path().join("d").join(file)).unwrap();
    }
    bench.good("ledger restore --config d/cloud.toml --from b --without-heads", &[]);
    let after = bench.good("edef show --lang en --config d/cloud.toml", &[number]);
    let happened = |text: &str| text.split_once("What happened").unwrap().1.to_owned();
    assert_eq!(happened(&before), happened(&after));
    let machines = bench.good("edef machine list --config d/cloud.toml", &[]);
    assert_eq!(machines, bench.good("edef machine list", &[]));
}

#[test]
fn up_brings_the_day_to_a_simulated_authority_and_goes_on_with_it() {
    let bench = Bench::new();
    let up = "up --dir cloud --port 0 --once";
    let first = bench.good(up, &[]);
    assert!(
        first.contains("\n44 invoices are at the simulated authority, and its codes in the ledger.\n"),
        "{first}"
    );
    let machines = bench.good("edef machine list --config cloud/cloud.toml", &[]);
    assert_eq!(machines.lines().count(), 2, "{machines}");
    let second = bench.good(up, &[]);
    assert!(second.contains("\n44 invoices are at the simulated authority"), "{second}");
    let again = bench.good("edef machine list --config cloud/cloud.toml", &[]);
    let ids =
        |list: &str| list.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&machines), ids(&again), "they are registered once");
    let (status, code) = bench.said("edef status --lang en --config cloud/cloud.toml", &[]);
    assert_eq!(code, 0, "{status}");
    let text = bench.good("verify ledger --config cloud/cloud.toml --lang en --json", &[]);
    assert!(text.contains("\"valid\": true") && text.contains("\"records\": 97"), "{text}");
}
