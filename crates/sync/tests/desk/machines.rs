use edef::Dialect;
use registry::Reach;
use sync::{DeskFault, JobState, Machine, MachineChange, MachineState, NewMachine, Owner};

use crate::{
    Office,
    invoices::{finalised, settle},
    sheets::CODES,
    world::{TestVault, entropy, merchant},
};

const NIF: &str = "A2301457K";
const TOKEN: &str = "a-secret-of-the-authority";

fn new(office: &Office, nim: &str) -> NewMachine {
    NewMachine {
        url: office.world.authority.url().parse().unwrap(),
        nim: nim.parse().unwrap(),
        nif: NIF.parse().unwrap(),
        isf: "STELALA".parse().unwrap(),
        dialect: Dialect::default(),
        token: TOKEN.parse().unwrap(),
        outlets: vec![office.outlet()],
        exclusive: true,
        is_test: false,
    }
}

fn create(office: &Office, new: &NewMachine, seed: u64) -> Result<Machine, DeskFault> {
    let world = &office.world;
    let owner = Owner {
        merchant: &world.merchant,
        nif: NIF.parse().unwrap(),
        outlets: &world.outlets,
        is_platform: false,
    };
    let mut random = entropy(seed);
    world.desk(|desk| desk.create_machine(new, owner, &TestVault, &mut random, office.asked()))
}

fn change(office: &Office, machine: &Machine, change: &MachineChange) -> Result<Machine, DeskFault> {
    let world = &office.world;
    let owner = Owner {
        merchant: &world.merchant,
        nif: NIF.parse().unwrap(),
        outlets: &world.outlets,
        is_platform: false,
    };
    let mut random = entropy(9);
    world
        .desk(|desk| desk.change_machine(&machine.id, change, owner, &TestVault, &mut random, office.asked()))
}

fn count(office: &Office, machine: &Machine) {
    let baseline = r#"{"total":7,"unexplained":0,"era":1,"at":1}"#;
    office.execute(
        "UPDATE sync_machines SET baseline = $1, era = 1 WHERE id = $2",
        &[crate::text(&baseline), crate::text(&machine.id)],
    );
}

#[test]
fn a_token_is_kept_sealed_and_never_told() {
    let office = Office::new();
    let machine = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    assert!(!format!("{machine:?}").contains(TOKEN));
    let mut store = office.world.database.connect().unwrap();
    let rows =
        ledger::look(&mut *store, |statements| statements.query("SELECT token FROM sync_machines", &[]));
    let rows: Result<Vec<ledger::Cells>, ledger::StoreFault> = rows;
    let kept = format!("{:?}", rows.unwrap());
    assert!(kept.contains(machine.id.as_str()) && !kept.contains(TOKEN), "{kept}");
    let acts = office.acts("machine.create");
    assert!(acts[0].contains("CD01000001-1") && !acts[0].contains(TOKEN), "{acts:?}");
}

#[test]
fn a_machine_is_one_by_its_address_and_nim_and_an_outlet_has_one() {
    let office = Office::new();
    create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    assert!(matches!(create(&office, &new(&office, "CD01000001-1"), 2), Err(DeskFault::MachineTaken)));
    let other = new(&office, "CD01000002-1");
    let refused = create(&office, &other, 3);
    assert!(matches!(refused, Err(DeskFault::OutletTaken(outlet)) if outlet == office.outlet()));
    let other = NewMachine { outlets: Vec::new(), ..other };
    create(&office, &other, 4).unwrap();
    assert_eq!(office.acts("machine.create").len(), 2);
}

#[test]
fn a_nif_an_outlet_or_a_token_that_is_not_right_is_refused() {
    let office = Office::new();
    let right = new(&office, "CD01000001-1");
    let foreign = NewMachine { nif: "B9999999Z".parse().unwrap(), ..right.clone() };
    assert!(matches!(create(&office, &foreign, 1), Err(DeskFault::NifNotYours)));
    let foreign = NewMachine { outlets: vec!["ELSEWHERE".parse().unwrap()], ..right.clone() };
    assert!(matches!(create(&office, &foreign, 1), Err(DeskFault::NotFound("outlet"))));
    // {"exp":1773000000}, before the test's clock.
    let expired = NewMachine { token: "e30.eyJleHAiOjE3NzMwMDAwMDB9.c2ln".parse().unwrap(), ..right };
    assert!(matches!(create(&office, &expired, 1), Err(DeskFault::TokenExpired)));
}

#[test]
fn a_machine_that_is_made_again_goes_on_in_its_row_and_what_counters_said_is_forgotten() {
    let office = Office::new();
    let reach = Reach::Merchant(office.world.merchant.clone());
    let first = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    count(&office, &first);
    let removed = office.world.desk(|desk| desk.remove_machine(&reach, &first.id, office.asked())).unwrap();
    assert_eq!((removed.state, removed.outlets.len(), removed.baseline), (MachineState::Stopped, 0, None));
    assert!(office.world.desk(|desk| desk.machines(&reach, false)).unwrap().is_empty());
    assert!(matches!(change(&office, &first, &MachineChange::default()), Err(DeskFault::MachineStopped)));
    let again = create(&office, &new(&office, "CD01000001-1"), 2).unwrap();
    assert_eq!((&again.id, again.baseline, again.era.0), (&first.id, None, 1));
    assert!(again.generation > removed.generation && removed.generation > first.generation);
}

#[test]
fn a_new_address_makes_the_counters_unknown_and_a_new_token_does_not() {
    let office = Office::new();
    let machine = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    count(&office, &machine);
    let token =
        MachineChange { token: Some("another-secret-entirely".parse().unwrap()), ..Default::default() };
    let after = change(&office, &machine, &token).unwrap();
    assert!(after.baseline.is_some() && after.generation == machine.generation + 1);
    let url = MachineChange {
        url: Some(format!("{}/other", machine.url.as_str()).parse().unwrap()),
        ..Default::default()
    };
    let after = change(&office, &machine, &url).unwrap();
    assert_eq!((after.baseline, after.generation), (None, machine.generation + 2));
}

#[test]
fn a_token_goes_to_another_server_only_when_it_is_entered_with_its_address() {
    let office = Office::new();
    let machine = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    for address in ["http://127.0.0.1:9", "http://localhost:9", "https://127.0.0.1:9"] {
        let url = MachineChange { url: Some(address.parse().unwrap()), ..Default::default() };
        assert_eq!(change(&office, &machine, &url).unwrap_err().code(), "TOKEN_NEEDED", "{address}");
    }
    let with_it = MachineChange {
        url: Some("http://127.0.0.1:9".parse().unwrap()),
        token: Some("another-secret-entirely".parse().unwrap()),
        ..Default::default()
    };
    assert_eq!(change(&office, &machine, &with_it).unwrap().url.as_str(), "http://127.0.0.1:9");
}

#[test]
fn a_paused_machine_says_by_whom_and_a_blocked_one_works_again_with_a_new_token() {
    let office = Office::new();
    let machine = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    let pause = |paused| MachineChange { paused: Some(paused), ..Default::default() };
    let paused = change(&office, &machine, &pause(true)).unwrap();
    assert!(matches!(paused.state, MachineState::Paused { by, .. } if by == "usr_mbuyi"));
    assert_eq!(change(&office, &machine, &pause(false)).unwrap().state, MachineState::Ready);
    let sql = "UPDATE sync_machines SET state = 'blocked', state_note = 'unauthorized', state_since = 1";
    office.execute(sql, &[]);
    let token =
        MachineChange { token: Some("another-secret-entirely".parse().unwrap()), ..Default::default() };
    assert_eq!(change(&office, &machine, &token).unwrap().state, MachineState::Ready);
}

#[test]
fn nobody_reaches_a_machine_of_another_merchant_or_outlet() {
    let office = Office::new();
    let machine = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    let own = office.world.merchant.clone();
    for (reach, found) in [
        (Reach::Platform, true),
        (Reach::Merchant(own.clone()), true),
        (Reach::Merchant(merchant(77)), false),
        (Reach::Outlet(own.clone(), office.outlet()), true),
        (Reach::Outlet(own, office.world.outlets[1]), false),
    ] {
        let got = office.world.desk(|desk| desk.machine(&reach, &machine.id));
        assert_eq!(got.is_ok(), found, "{reach:?}");
        assert_eq!(office.world.desk(|desk| desk.machines(&reach, true)).unwrap().len(), usize::from(found));
    }
}

#[test]
fn who_enters_a_number_does_not_learn_whether_it_is_another_merchants() {
    let office = Office::new();
    let machine = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    // The authority has answered to him.
    count(&office, &machine);
    let other = merchant(77);
    let owner = Owner { merchant: &other, nif: NIF.parse().unwrap(), outlets: &[], is_platform: false };
    let enter = |nim, seed| {
        let (mut random, new) = (entropy(seed), NewMachine { outlets: Vec::new(), ..new(&office, nim) });
        office.world.desk(|desk| desk.create_machine(&new, owner, &TestVault, &mut random, office.asked()))
    };
    let [his, nobodys] = [enter("CD01000001-1", 2), enter("CD01000009-9", 3)].map(Result::unwrap);
    assert_ne!(his.id, machine.id);
    let told = |machine: Machine| Machine { id: nobodys.id.clone(), nim: None, ..machine };
    assert_eq!(told(his.clone()), told(nobodys.clone()));
    // His own he knows.
    assert!(matches!(enter("CD01000001-1", 4), Err(DeskFault::MachineTaken)));
}

#[test]
fn who_gave_a_number_up_does_not_take_it_from_whom_the_authority_has_answered_since() {
    let office = Office::new();
    let machine = create(&office, &new(&office, "CD01000001-1"), 1).unwrap();
    count(&office, &machine);
    let reach = Reach::Merchant(office.world.merchant.clone());
    office.world.desk(|desk| desk.remove_machine(&reach, &machine.id, office.asked())).unwrap();
    let other = merchant(77);
    let owner = Owner { merchant: &other, nif: NIF.parse().unwrap(), outlets: &[], is_platform: false };
    let his = NewMachine { outlets: Vec::new(), ..new(&office, "CD01000001-1") };
    let mut random = entropy(2);
    let his =
        office.world.desk(|desk| desk.create_machine(&his, owner, &TestVault, &mut random, office.asked()));
    count(&office, &his.unwrap());
    let again = create(&office, &new(&office, "CD01000001-1"), 3);
    assert!(matches!(again, Err(DeskFault::MachineTaken)), "{again:?}");
}

#[test]
fn nobody_but_the_platform_points_a_real_outlet_to_a_test_service() {
    let office = Office::new();
    let hosts = edef::Hosts::default();
    let url = edef::ApiUrl::read("https://edef.dgirdc.cd/prod", &hosts).unwrap();
    let real = NewMachine { url: url.clone(), outlets: Vec::new(), ..new(&office, "CD01000001-1") };
    let machine = create(&office, &real, 1).unwrap();
    assert!(!machine.is_test);
    let test = new(&office, "CD01000002-1");
    assert_eq!(create(&office, &test, 2).unwrap_err().code(), "OTHER_KIND");
    // Nor by removing the real one before, nor by another address of it.
    let reach = Reach::Merchant(office.world.merchant.clone());
    let change_url =
        MachineChange { url: Some(office.world.authority.url().parse().unwrap()), ..Default::default() };
    assert_eq!(change(&office, &machine, &change_url).unwrap_err().code(), "OTHER_KIND");
    office.world.desk(|desk| desk.remove_machine(&reach, &machine.id, office.asked())).unwrap();
    assert_eq!(create(&office, &test, 3).unwrap_err().code(), "OTHER_KIND");
    // The platform may; its outlets are the platform's to choose, too.
    let world = &office.world;
    let owner = Owner {
        merchant: &world.merchant,
        nif: NIF.parse().unwrap(),
        outlets: &world.outlets,
        is_platform: true,
    };
    let mut random = entropy(4);
    let none = NewMachine { outlets: Vec::new(), ..test };
    let made = world.desk(|desk| desk.create_machine(&none, owner, &TestVault, &mut random, office.asked()));
    let made = made.unwrap();
    let outlets = MachineChange { outlets: Some(vec![office.outlet()]), ..Default::default() };
    assert_eq!(change(&office, &made, &outlets).unwrap_err().code(), "OTHER_KIND");
    let of = sync::AlertsOf { sight: sync::Sight::All, merchant: None };
    let alerts = world.desk(|desk| desk.alerts(of, sync::AlertFilter::default(), None, 99)).unwrap();
    let told = alerts
        .iter()
        .any(|alert| alert.kind == sync::AlertKind::TestMachine && alert.about == made.id.as_str());
    assert!(told);
}

#[test]
fn a_test_service_is_told_for_each_outlet_that_it_takes_and_as_long_as_invoices_went_there() {
    let office = Office::new();
    let of = sync::AlertsOf { sight: sync::Sight::All, merchant: None };
    let told = || {
        let alerts = office.world.desk(|desk| desk.alerts(of, sync::AlertFilter::default(), None, 99));
        alerts.unwrap().into_iter().find(|alert| alert.kind == sync::AlertKind::TestMachine)
    };
    let remove = |machine: &Machine| {
        let reach = Reach::Merchant(office.world.merchant.clone());
        office.world.desk(|desk| desk.remove_machine(&reach, &machine.id, office.asked())).unwrap();
    };
    let none = NewMachine { outlets: Vec::new(), ..new(&office, "CD01000001-1") };
    let machine = create(&office, &none, 1).unwrap();
    let before = told().unwrap();
    office.pass(1);
    let outlets = MachineChange { outlets: Some(vec![office.outlet()]), ..Default::default() };
    let machine = change(&office, &machine, &outlets).unwrap();
    let after = told().unwrap();
    assert!(after.seen > before.seen && after.detail.contains(&office.outlet().to_string()), "{after:?}");
    remove(&machine);
    assert_eq!(told(), None, "nothing went there");

    let machine = create(&office, &new(&office, "CD01000001-1"), 2).unwrap();
    office.sell();
    let id = office.follow()[0].id;
    let sql = "UPDATE sync_jobs SET state = 'SYNCED', code = 'AAAAFEW73TJMEJCGFOCXPDOX', machine = $1 WHERE id = $2";
    office.execute(sql, &[crate::text(&machine.id), crate::text(&id)]);
    remove(&machine);
    assert!(told().is_some());
}

/// The outlet of a machine gets another one.
fn moved(office: &Office, machine: &Machine) -> Machine {
    let none = MachineChange { outlets: Some(Vec::new()), ..MachineChange::default() };
    office.world.change_machine(&machine.id, &none);
    office.world.machine(&[office.outlet()])
}

#[test]
fn what_a_fast_clock_sealed_after_a_move_can_be_of_the_e_mcf_before() {
    let office = Office::new();
    let (before, _) = office.with_sales(0);
    let now = moved(&office, &before);
    office.pass(60);
    office.sell();
    let job = office.follow().pop().unwrap();
    office.doubt(job.id, &now);
    office.execute("UPDATE sync_jobs SET intent = NULL", &[]);
    assert_eq!(settle(&office, job.id, &finalised(&before, CODES[0])).unwrap().state, JobState::Synced);
}

#[test]
fn in_an_older_database_the_invoices_sealed_about_then_tell_which_e_mcf_the_outlet_had() {
    let office = Office::new();
    let (before, jobs) = office.with_sales(2);
    office.doubt(jobs[0].id, &before);
    settle(&office, jobs[0].id, &finalised(&before, CODES[0])).unwrap();
    let now = moved(&office, &before);
    office.execute("DELETE FROM sync_served", &[]);
    office.doubt(jobs[1].id, &now);
    office.execute("UPDATE sync_jobs SET intent = NULL", &[]);
    let settled = settle(&office, jobs[1].id, &finalised(&before, CODES[1])).unwrap();
    assert_eq!(settled.state, JobState::Synced);
}
