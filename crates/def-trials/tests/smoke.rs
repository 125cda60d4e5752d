//! A first day with a device.

use def_engine::Memory;
use def_sim::World;
use def_trials::{
    Authority, Host, Sale,
    authority::{OPENING, at},
};
use fiscal::PrivateKey;
use serde_json::json;

#[test]
fn a_device_is_bound_sells_closes_and_is_read() {
    let authority = Authority::default();
    let world = World::new(64, 7);
    world.change(|state| state.clock = def_sim::ManualClock::at(at(OPENING)));
    let mut memory = Box::new(Memory::new());
    let mut host = Host::start(&world, authority.factory(), &mut memory);
    println!("{}", host.ask("QRY|STATUS"));
    let pem = authority.operator.public_key().to_pem().replace('\n', "\\n");
    let init = format!(r#"CFG|INIT {{"activation_code":"{}","public_key":"{pem}"}}"#, authority.activation());
    let answer = host.ask(&init);
    println!("{answer}");
    assert_eq!(answer["status"], json!("OK"));
    for seed in 0..30 {
        let sale = Sale::of("CAISSE-1", at(OPENING), 5, seed);
        let answer = host.sell(&sale.payload());
        assert_eq!(answer["invoice_seq"], json!(seed + 1), "{answer}");
        host.rest();
    }
    println!("{}", host.ask("QRY|LOG 17"));
    println!("{}", host.ask(r#"RPT|X {"period":"session"}"#));
    println!("{}", host.ask(r#"RPT|A {"since":"2026-03-14","until":"2026-03-14"}"#));
    println!("{}", host.ask(r#"RPT|Z {"date":"2026-03-14"}"#));
    println!("{}", host.ask(r#"RPT|Z {"date":"2026-03-14"}"#));
    println!("{}", host.ask(r#"ADM|DUMPLOG {"format":"digest"}"#));
    let before = host.ask("QRY|STATUS");
    drop(host);
    world.cut();
    world.reboot();
    let mut memory = Box::new(Memory::new());
    let mut host = Host::start(&world, authority.factory(), &mut memory);
    let after = host.ask("QRY|STATUS");
    println!("{before}\n{after}");
    assert_eq!(after["next_invoice_seq"], json!(31));
    assert_eq!(after["corrupt"], json!(null));
}
