use fiscal::{CivilDate, UtcOffset};
use ledger::ManifestBook;
use registry::{NewPlace, Reach};

use super::{Subject, world::*};

/// The default list, and one more entry: the standard rate, changed from a day on.
fn with_change(days: u32, rate: &str) -> String {
    let day = CivilDate::from_days(at(0).days() + days).unwrap();
    let list = ManifestBook::default_book().to_json();
    let code = ManifestBook::default_book().groups()[0].code;
    let entry = format!(
        r#"{{"code":"{code}","letter":"P","french":"Essai","english":"Trial","rate":"{rate}","valid_from":"{day}"}}"#
    );
    format!("{},{entry}]", list.strip_suffix(']').unwrap())
}

fn import(world: &mut World, document: &str) -> Result<u32, &'static str> {
    let answer = world.registry().import_manifest(&Reach::Platform, document, &by("usr:operator"), at(0));
    answer.map(|book| book.version()).map_err(|fault| fault.code())
}

pub(crate) fn the_default_manifest_holds_until_one_is_imported(subject: &dyn Subject) {
    const FIRST: u32 = ManifestBook::DEFAULT_VERSION + 1;
    let mut world = World::new(subject);
    assert_eq!(world.registry().newest_manifest().unwrap().version(), ManifestBook::DEFAULT_VERSION);
    assert_eq!(world.registry().manifests(None, 10).unwrap().len(), 1);
    let (first, second) = (with_change(10, "0.18"), with_change(20, "0.19"));
    assert_eq!(import(&mut world, &first), Ok(FIRST));
    assert_eq!(import(&mut world, &second), Ok(FIRST + 1));
    let mut registry = world.registry();
    let newest = registry.newest_manifest().unwrap();
    assert_eq!(
        (newest.version(), newest.groups()),
        (FIRST + 1, ManifestBook::read(&second, FIRST + 1).unwrap().groups())
    );
    assert_eq!(registry.manifest_document(FIRST).unwrap(), first);
    assert_eq!(registry.manifest(FIRST).unwrap().version(), FIRST);
    assert_eq!(registry.manifest(ManifestBook::DEFAULT_VERSION).unwrap().version(), FIRST - 1);
    assert_eq!(code(registry.manifest(FIRST + 2)), "NOT_FOUND");
    let all = registry.manifests(None, 10).unwrap();
    let versions: Vec<u32> = all.iter().map(|record| record.version).collect();
    assert_eq!(versions, [FIRST - 1, FIRST, FIRST + 1]);
    assert_eq!(all[1].imported, Some((at(0), "usr:operator".to_owned())));
    assert_eq!(registry.manifests(None, 2).unwrap(), all[..2]);
    assert_eq!(registry.manifests(Some(FIRST), 10).unwrap(), all[2..]);
    let acts = registry.acts(&Reach::Platform, None, 10).unwrap();
    let told: Vec<_> = acts.iter().map(|act| (act.action.as_str(), act.subject.clone())).collect();
    assert_eq!(told, [FIRST + 1, FIRST].map(|version| ("manifest.import", version.to_string())));
}

pub(crate) fn a_manifest_that_changes_today_or_the_past_is_refused(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    // 1,773,000,000 is 20:00 in universal time: at UTC+2 this day lasts, at UTC+5 the next has begun.
    assert_eq!(at(0).to_string(), "2026-03-08T20:00:00");
    world.place(&merchant, "A");
    assert_eq!(import(&mut world, &with_change(0, "0.18")), Err("MANIFEST_PAST"));
    let new = NewPlace { zone: UtcOffset::from_minutes(300).unwrap(), ..new_place(&merchant, "EAST") };
    let own = Reach::Merchant(merchant.clone());
    world.registry().create_place(&own, &new, signer(), &by("a"), at(0)).unwrap();
    assert_eq!(import(&mut world, &with_change(1, "0.18")), Err("MANIFEST_PAST"));
    assert_eq!(import(&mut world, "[]"), Err("MANIFEST_EMPTY"));
    assert_eq!(import(&mut world, &" ".repeat(1024 * 1024 + 1)), Err("MANIFEST_FORM"));
    assert_eq!(world.registry().manifests(None, 10).unwrap().len(), 1);
    assert!(world.acts(&Reach::Platform).iter().all(|act| act.action != "manifest.import"));
    assert_eq!(import(&mut world, &with_change(2, "0.18")), Ok(ManifestBook::DEFAULT_VERSION + 1));
}

pub(crate) fn only_the_platform_imports_manifests(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    for reach in [Reach::Merchant(merchant.clone()), Reach::Outlet(merchant.clone(), outlet("A"))] {
        let answer = world.registry().import_manifest(&reach, &with_change(10, "0.18"), &by("a"), at(0));
        assert_eq!(code(answer), "PLATFORM_ONLY");
    }
}
