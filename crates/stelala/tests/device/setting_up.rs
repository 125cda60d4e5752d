//! From the factory to the first sale.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use super::{
    bench::{Bench, EVENING, PROGRAM, Simulator, examples},
    bridge::{Loss, bridge},
};

#[test]
fn a_new_device_says_what_it_needs_until_it_is_ready() {
    let bench = Bench::new("needs");
    let _simulator = bench.simulate();
    let said = bench.ask("status", &[]);
    assert!(said.out.starts_with("DEF-000001 : neuf") && said.out.contains("device init"), "{said:?}");
    bench.bind();
    let said = bench.ask("status", &["--lang", "en"]);
    assert!(said.out.contains("seals nothing while its clock has no time"), "{said:?}");
    assert!(said.out.contains("set its clock: `stelala device time`"), "{said:?}");
    assert_eq!(bench.ask("time", &["--authority", "def/authority"]).code, 0);
    let said = bench.ask("status", &["--lang", "en"]);
    assert!(said.out.starts_with("DEF-000001: ready to seal") && !said.out.contains("To do"), "{said:?}");
    assert!(said.out.contains("KINGOMBE01-0-00000001") && said.out.contains("as this machine"), "{said:?}");
    let status = bench.status();
    assert_eq!((&status["status"], &status["lifecycle"]), (&"OK".into(), &"provisioned".into()));
}

#[test]
fn binding_again_with_the_same_code_ends_well_and_with_another_does_not() {
    let bench = Bench::new("init_again");
    let _simulator = bench.simulate();
    bench.bind();
    let first = bench.read("device.pem");
    let operator = ["--public-key", "def/authority/operator.pem"];
    let init = |more: &[&str]| bench.ask("init", &[&operator, more].concat());
    // As after a lost answer: the same code, and the key is where it was, or somewhere else.
    assert_eq!(init(&["--code", "@code", "--key", "device.pem"]).code, 0);
    let said = init(&["--code", "@code", "--lang", "en"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains("DEF-000001 is bound to KIN-GOMBE-01") && said.out.contains("device time"),
        "{said:?}"
    );
    assert_eq!((bench.read("DEF-000001.pem"), bench.read("device.pem")), (first.clone(), first.clone()));

    fs::write(bench.folder.join("taken.pem"), bench.read("def/authority/root.pem")).unwrap();
    let said = init(&["--code", "@code", "--key", "taken.pem", "--lang", "en"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("another --key"), "{said:?}");
    assert_eq!(bench.read("taken.pem"), bench.read("def/authority/root.pem"), "nothing is written over");

    std::thread::sleep(std::time::Duration::from_secs(1));
    let said = init(&["--code", &bench.activation()]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("ALREADY_PROVISIONED") && said.err.contains("prenez-en un autre"), "{said:?}");
    let said = init(&["--code", "no code", "--json"]);
    assert_eq!((said.code, &said.objects()[0]["code"]), (2, &"no_activation_code".into()));
}

#[test]
fn a_key_that_is_none_of_the_codes_is_refused_and_the_right_one_binds() {
    let bench = Bench::new("wrong_key");
    let _simulator = bench.simulate();
    fs::write(bench.folder.join("code"), bench.activation()).unwrap();
    let said = bench.ask("init", &["--code", "@code", "--public-key", "def/authority/root.pem"]);
    assert!(said.code == 1 && said.err.contains("UNAUTHORIZED"), "{said:?}");
    let said = bench.ask("init", &["--code", "@code", "--public-key", "code"]);
    assert!(said.code == 2 && said.err.contains("public key in PEM"), "{said:?}");
    bench.bind();
}

#[test]
fn the_time_is_set_by_a_signature_that_was_made_elsewhere() {
    let bench = Bench::new("time_elsewhere");
    let _simulator = bench.simulate();
    bench.bind();
    let said = bench.ask("time", &["--lang", "en"]);
    assert!(said.code == 0 && said.out.contains("--signature SIGNATURE"), "{said:?}");
    let challenge = bench.object("time", &[])["challenge"].as_str().unwrap().to_owned();
    assert!(said.out.contains(&challenge), "{challenge}: {said:?}");

    let sign = |more: &[&str]| {
        let signer =
            ["authority", "time", "--keys", "def/authority", "--device", "DEF-000001", "--challenge"];
        bench.run(&[&signer, &[challenge.as_str(), "--at", EVENING][..], more].concat()).out.trim().to_owned()
    };
    let signature = sign(&[]);
    let another = bench.ask("time", &["--timestamp", "2026-03-14T18:41:00", "--signature", &signature]);
    assert!(another.code == 1 && another.err.contains("UNAUTHORIZED"), "{another:?}");
    let set = bench.ask("time", &["--timestamp", EVENING, "--signature", &signature]);
    assert!(set.code == 0 && set.out.contains("2026-03-14 19:40:0"), "{set:?}");
    let used = bench.ask("time", &["--timestamp", EVENING, "--signature", &signature]);
    assert_eq!(used.code, 1, "a challenge is used once: {used:?}");
}

#[test]
fn a_clock_goes_back_before_the_newest_record_only_when_that_is_meant() {
    let (bench, _simulator) = Bench::ready("time_back");
    fs::write(bench.folder.join("sale.json"), &examples()[0].1).unwrap();
    assert_eq!(bench.ask("seal", &["--till", "till", "sale.json"]).code, 0);
    let earlier = ["--authority", "def/authority", "--at", "2026-03-14T18:00:00"];
    assert_eq!(bench.ask("time", &earlier).code, 1);
    assert_eq!(bench.ask("time", &[&earlier[..], &["--back"]].concat()).code, 0);
    assert!(bench.status()["time"].as_str().unwrap().starts_with("2026-03-14T18:00:0"));
}

#[test]
fn when_the_answer_to_a_time_is_lost_the_clock_says_whether_it_is_set() {
    let bench = Bench::new("time_lost");
    let _simulator = bench.simulate();
    bench.bind();
    let set = |loss| {
        let address = bridge(bench.folder.join("port"), loss);
        let time = ["device", "time", "--port", &address, "--authority", "def/authority", "--at", EVENING];
        bench.run(&[&time[..], &["--json"]].concat())
    };
    let said = set(Loss::Request);
    assert_eq!((said.code, &said.objects()[0]["code"]), (2, &"time_not_set".into()), "{said:?}");
    assert_eq!(bench.status()["clock"], "lost");
    let said = set(Loss::Answer);
    assert_eq!((said.code, &said.objects()[0]["clock"]), (0, &"ok".into()), "{said:?}");
    assert_eq!(bench.status()["clock"], "ok");
}

/// The lines of the first page are typed as they stand.
#[test]
fn the_first_session_of_the_help_works() {
    let bench = Bench::new("first_session");
    fs::create_dir(bench.folder.join("target")).unwrap();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    std::os::unix::fs::symlink(fs::canonicalize(examples).unwrap(), bench.folder.join("examples")).unwrap();
    let page = bench.run(&["--help"]).out;
    let (_, rest) = page.split_once("A first session").unwrap();
    let (session, _) = rest.split_once("\n\n").unwrap();
    let (_, session) = session.split_once('\n').unwrap();
    let session = session.replace("\\\n", " ").replace("stelala device", &format!("{PROGRAM} device"));
    let session = session.replace("stelala authority", &format!("{PROGRAM} authority"));
    let lines: Vec<&str> = session.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 5, "{session}");
    let shell = |line: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec {line}")]).current_dir(&bench.folder);
        command
    };
    let mut simulator = shell(lines[0]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(simulator.stdout.take().unwrap());
    let _simulator = Simulator(simulator);
    let mut said = String::new();
    while !said.contains("listening at") {
        assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
    }
    for line in &lines[1..] {
        let output = shell(line).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        said = String::from_utf8(output.stdout).unwrap();
    }
    assert!(said.contains("KINGOMBE01-0-00000001") && said.contains('█'), "{said}");
}
