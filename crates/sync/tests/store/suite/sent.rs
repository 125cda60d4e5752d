use ledger::Cell;
use sync::{Book, Follower, JobState};

use super::{book, change, follow};
use crate::world::{World, all_are, all_recorded, fiscal_of};

pub(crate) fn jobs_are_due_in_turn_over_the_outlets_of_a_machine(world: &World) {
    let [crowded, quiet, other] = [world.outlets[0], world.outlets[1], world.outlets[2]];
    let machine = world.machine(&[crowded, quiet]);
    for _ in 0..12 {
        world.sell(crowded);
    }
    for outlet in [quiet, quiet, other] {
        world.sell(outlet);
    }
    follow(world, &mut Follower::default());
    let mut book = book(world, "one");
    let due = book.due(&machine.id, world.clock.at(), 4).unwrap();
    let outlets: Vec<_> = due.iter().map(|job| job.place.chain.outlet).collect();
    assert_eq!(outlets, [crowded, quiet, crowded, quiet]);
    // One at a time they take turns, too.
    let next = |book: &mut sync::StoreBook| {
        book.due(&machine.id, world.clock.at(), 1).unwrap()[0].place.chain.outlet
    };
    let turns = [next(&mut book), next(&mut book), next(&mut book)];
    assert_eq!(turns, [crowded, quiet, crowded]);
    assert!(due.iter().all(|job| job.machine.as_ref() == Some(&machine.id)));
}

pub(crate) fn every_invoice_is_sent_once_and_its_elements_are_in_the_ledger(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    let machine = world.machine(&[here]);
    world.machine(&[there]);
    let agent = world.agent(1, 8);
    let sold: Vec<_> = (0..14).map(|index| world.sell(world.outlets[index % 2])).collect();
    let jobs = world.until(|jobs| all_recorded(jobs, 14));
    assert_eq!(world.finalised(), (14, 14));
    for sale in sold {
        let noted = world.ledger.authority_of(&fiscal_of(&sale)).unwrap().unwrap();
        let job = jobs.iter().find(|job| job.fiscal == fiscal_of(&sale)).unwrap();
        assert_eq!(noted.code.to_string(), job.elements.as_ref().unwrap().code.to_string());
        assert!(noted.is_test);
    }
    // They are counted a moment after they are written.
    agent.stop();
    let figures = agent.figures();
    assert_eq!((figures.jobs, figures.recorded, figures.panics), (14, 14, 0));
    // What the authority says of its tax groups is kept.
    assert_eq!(world.desk(|desk| desk.rates(&machine.id, 9)).unwrap().len(), 1);
}

pub(crate) fn a_credit_note_waits_for_its_original(world: &World) {
    let [here, there] = [world.outlets[0], world.outlets[1]];
    world.machine(&[there]);
    let sale = world.sell(here);
    // Its outlet has no machine yet.
    let agent = world.agent(1, 4);
    world.sell(there);
    world.until(|jobs| jobs.iter().filter(|job| job.state == JobState::Synced).count() == 1);
    agent.stop();
    let note = world.void(here, &sale);
    world.machine(&[here]);
    let _agent = world.agent(2, 4);
    let jobs = world.until(|jobs| all_recorded(jobs, 3));
    let of = |fiscal| jobs.iter().find(|job| job.fiscal == fiscal).unwrap();
    let original = of(fiscal_of(&sale)).elements.as_ref().unwrap().code;
    let reference = world.authority.look(|world| {
        let code = of(fiscal_of(&note)).elements.as_ref().unwrap().code;
        world.invoice(code.as_str()).unwrap().reference.clone()
    });
    assert_eq!(reference.as_deref(), Some(original.as_str()));
    assert_eq!(world.finalised(), (3, 3));
}

pub(crate) fn a_job_whose_row_cannot_be_read_holds_nobody_up(world: &World) {
    let outlet = world.outlets[0];
    let machine = world.machine(&[outlet]);
    for _ in 0..3 {
        world.sell(outlet);
    }
    follow(world, &mut Follower::default());
    let spoilt = world.jobs().iter().find(|job| job.place.position.value() == 2).unwrap().id;
    change(world, |statements| {
        let values = [Cell::Text("no number".to_owned()), Cell::Text(spoilt.to_string())];
        statements.execute("UPDATE sync_jobs SET fiscal = $1 WHERE id = $2", &values).map(|_| ())
    });
    assert_eq!(book(world, "one").due(&machine.id, world.clock.at(), 9).unwrap().len(), 2);
    let _agent = world.agent(1, 4);
    let count = || {
        let mut synced = 0;
        let mut store = world.database.connect().unwrap();
        let sql = "SELECT id FROM sync_jobs WHERE outlet = $1 AND state = 'SYNCED'";
        store
            .look(&mut |statements| {
                synced = statements.query(sql, &[Cell::Text(outlet.to_string())])?.len();
                Ok(())
            })
            .unwrap();
        synced
    };
    for _ in 0..1_000 {
        if world.finalised() == (2, 2) && count() == 2 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the others were not sent: {:?} {}", world.finalised(), count());
}

pub(crate) fn more_machines_than_places_have_their_turns(world: &World) {
    for outlet in &world.outlets {
        world.machine(std::slice::from_ref(outlet));
        for _ in 0..6 {
            world.sell(*outlet);
        }
    }
    let agent = world.agent(1, 1);
    world.until(|jobs| all_recorded(jobs, 18));
    assert!(agent.figures().driven <= 1 && agent.figures().turns >= 3, "{:?}", agent.figures());
    assert_eq!(world.finalised(), (18, 18));
}

pub(crate) fn two_agents_send_each_invoice_once(world: &World) {
    for outlet in &world.outlets {
        world.machine(std::slice::from_ref(outlet));
    }
    let other = crate::world::ledger(&world.database, &world.clock, world.number + 500_000);
    let agents = [world.agent(1, 2), world.agent_over(other.clone(), 2, 2)];
    for index in 0..30 {
        world.sell(world.outlets[index % 3]);
    }
    let jobs = world.until(|jobs| all_recorded(jobs, 30));
    assert!(all_are(&jobs, 30, JobState::Synced));
    assert_eq!(world.finalised(), (30, 30));
    assert_eq!(agents.iter().map(|agent| agent.figures().jobs).sum::<u64>(), 30);
    drop(agents);
    other.stop();
}
