use registry::{Maker, PersonChange, Reach, RegistryFault, Role, UserId};

use super::{
    super::{Subject, world::*},
    staff::*,
};

fn role(role: Role) -> PersonChange {
    PersonChange { role: Some(role), ..PersonChange::default() }
}

impl World {
    fn stop(&mut self, id: &UserId) -> Result<registry::Person, RegistryFault> {
        self.registry().stop_person(&Maker::MACHINE, id, &by("a"), at(1))
    }

    fn change_to(&mut self, id: &UserId, change: &PersonChange) -> Result<registry::Person, RegistryFault> {
        self.registry().change_person(&Maker::MACHINE, id, change, &by("a"), at(1))
    }
}

pub(crate) fn a_person_changes_as_far_as_his_post_is_one(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [merchant, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    world.place(&merchant, "A");
    world.place(&other, "B");
    let before = world.invite(&new_person(Some(&merchant), Role::Cashier, "a@example.cd")).person;
    let id = before.id.clone();
    let change = PersonChange {
        name: Some(label("Béatrice")),
        role: Some(Role::Supervisor),
        outlet: Some(Some(outlet("A"))),
        stopped: None,
    };
    let after = world.change_to(&id, &change).unwrap();
    assert_eq!(
        (after.name.as_str(), after.role, after.outlet),
        ("Béatrice", Role::Supervisor, Some(outlet("A")))
    );
    assert_eq!(world.registry().person(&Reach::Platform, &id).unwrap(), after);
    let at_b = PersonChange { outlet: Some(Some(outlet("B"))), ..PersonChange::default() };
    assert_eq!(code(world.change_to(&id, &at_b)), "NOT_FOUND");
    assert_eq!(code(world.change_to(&id, &role(Role::Operator))), "ROLE_ELSEWHERE");
    assert_eq!(code(world.change_to(&id, &role(Role::Owner))), "OWNER_OF_OUTLET");
    assert_eq!(code(world.change_to(&UserId::new([9; 20]), &change)), "NOT_FOUND");
    assert_eq!(world.registry().person(&Reach::Platform, &id).unwrap(), after);
    let whole = PersonChange { outlet: Some(None), role: Some(Role::Owner), ..PersonChange::default() };
    assert_eq!(world.change_to(&id, &whole).unwrap().reach(), Reach::Merchant(merchant));
}

pub(crate) fn nobody_raises_himself_or_frees_himself_of_his_outlet(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    let shop =
        world.invite(&in_outlet(new_person(Some(&merchant), Role::Manager, "a@example.cd"), "A")).person;
    let whole = world.invite(&new_person(Some(&merchant), Role::Manager, "b@example.cd")).person;
    let free = PersonChange { outlet: Some(None), ..PersonChange::default() };
    for (person, change, expected) in
        [(&shop, free, "WHOLE_MERCHANT"), (&whole, role(Role::Owner), "BEYOND_MAKER")]
    {
        let own = by(person.id.as_str());
        let outcome = world.registry().change_person(&maker_of(person), &person.id, &change, &own, at(1));
        assert_eq!(code(outcome), expected);
    }
}

pub(crate) fn the_last_owner_and_the_last_operator_stay(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [merchant, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    world.member_of(&other, Role::Owner, "elsewhere@example.cd");
    for (whose, top, lower) in
        [(Some(&merchant), Role::Owner, Role::Manager), (None, Role::Operator, Role::Auditor)]
    {
        let first = world.member(&new_person(whose, top, "first@example.cd")).person.id;
        let refused = |world: &mut World| {
            assert_eq!(code(world.stop(&first)), "LAST_OWNER");
            assert_eq!(code(world.change_to(&first, &role(lower))), "LAST_OWNER");
        };
        refused(&mut world);
        // Somebody who was only invited may never come; whoever is something else does not count.
        let invited = world.invite(&new_person(whose, top, "second@example.cd"));
        world.member(&new_person(whose, Role::Auditor, "auditor@example.cd"));
        refused(&mut world);
        let second = world.accept(&invited, PASSWORD, at(1)).unwrap().id;
        world.stop(&first).unwrap();
        assert_eq!(code(world.stop(&second)), "LAST_OWNER");
        world.registry().resume_person(&Maker::MACHINE, &first, &by("a"), at(1)).unwrap();
        assert_eq!(world.change_to(&second, &role(lower)).unwrap().role, lower);
        refused(&mut world);
        // His name is no post.
        let name = PersonChange { name: Some(label("B")), ..PersonChange::default() };
        world.change_to(&first, &name).unwrap();
    }
}

pub(crate) fn two_owners_who_stop_each_other_leave_one(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let owners: Vec<_> = ["a@example.cd", "b@example.cd"]
        .iter()
        .map(|address| world.member_of(&merchant, Role::Owner, address).person)
        .collect();
    for _ in 0..4 {
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let stop = |(number, owner): (usize, &registry::Person)| {
                let (maker, id) = (maker_of(owner), owner.id.clone());
                scope.spawn(move || {
                    let mut process = World::again(subject, 100 + number as u64);
                    let outcome = process.registry().stop_person(&maker, &id, &by("a"), at(1));
                    outcome.map(|person| person.id).map_err(|fault| fault.code())
                })
            };
            let threads: Vec<_> = owners.iter().enumerate().map(stop).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let stopped: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        assert_eq!(stopped.len(), 1, "{outcomes:?}");
        assert!(outcomes.contains(&Err("LAST_OWNER")), "{outcomes:?}");
        world.registry().resume_person(&Maker::MACHINE, stopped[0], &by("a"), at(1)).unwrap();
    }
}
