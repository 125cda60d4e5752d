//! Temporary.
use def_engine::Memory;
use def_engine::recovery::Recovery;
use def_sim::*;
use def_trials::*;
fn go(seed: u64, op: u64, o: Outcome) {
    let s = power::Scenario::record(seed, Recovery::CAREFUL);
    let (i, f) = s.forks.iter().find(|(_, f)| f.number == op).unwrap();
    println!(
        "{seed} {op}: {} {:?}",
        f.operation,
        format!("{:?}", s.steps[*i]).chars().take(150).collect::<String>()
    );
    for (_, g) in s.forks.iter().filter(|(_, g)| g.number + 8 > op && g.number < op + 6) {
        println!("   {} {}", g.number, g.operation);
    }
    for mood in WeakReads::ALL {
        let w = f.cut(o);
        w.change(|s| s.flash.set_weak_reads(mood));
        w.record_forks(true);
        let mut m = Box::new(Memory::new());
        let mut h = Host::start(&w, s.authority.factory(), &mut m);
        println!("  {mood:?} {}", h.ask("QRY|STATUS")["recovery"]);
        drop(h);
        for g in w.take_forks() {
            println!("     {} {}", g.number, g.operation);
        }
    }
}
fn main() {
    go(2, 65, Outcome::new(Style::PrefixRestWeak, 263));
    go(3, 138, Outcome::new(Style::DoneButOneWeak, 553));
}
