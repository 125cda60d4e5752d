use ledger::{Appended, StoreFault};

use super::{
    Shop, Subject,
    acts::acts_at,
    line::unfit,
    shop::{act, key_row, sale},
};

pub(crate) fn raw_sql_cannot_change_or_delete_what_was_sealed(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell(2);
    let mut part = shop.part(rows.clone());
    part.keys = vec![key_row("guarded-key", &rows[0])];
    part.acts = vec![act(&rows[0], "guarded")];
    part.unfit = vec![unfit(shop.outlet.id, 1, 7)];
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    let outlet = shop.outlet.id;
    let mut attempts = vec![
        format!("UPDATE records SET body = '{{}}' WHERE outlet = '{outlet}'"),
        format!("UPDATE records SET time = time + 1 WHERE outlet = '{outlet}'"),
        format!("DELETE FROM records WHERE outlet = '{outlet}'"),
        format!("UPDATE sales SET position = 2 WHERE outlet = '{outlet}'"),
        format!("DELETE FROM sales WHERE outlet = '{outlet}'"),
        format!("UPDATE idempotency SET position = 2 WHERE outlet = '{outlet}'"),
        format!("DELETE FROM heads WHERE outlet = '{outlet}'"),
        format!("UPDATE outlets SET nif = 'A0000000A' WHERE id = '{outlet}'"),
        format!("DELETE FROM outlets WHERE id = '{outlet}'"),
        format!("UPDATE acts SET actor = 'nobody' WHERE outlet = '{outlet}'"),
        format!("DELETE FROM acts WHERE outlet = '{outlet}'"),
        format!("UPDATE unfit SET reason = 'body' WHERE outlet = '{outlet}'"),
        format!("DELETE FROM unfit WHERE outlet = '{outlet}'"),
    ];
    attempts.extend(
        ["records", "sales", "heads", "outlets", "acts", "unfit"].map(|table| subject.truncate(table)),
    );
    for sql in attempts {
        let refused = subject.raw(&sql).expect_err(&sql);
        assert!(refused.contains("never") || refused.contains("stays the first"), "{sql}: {refused}");
        assert!(refused.contains(": "), "it says what to do: {refused}");
    }
    assert_eq!(shop.stored(), rows);
    assert_eq!(shop.store.known(outlet, &[sale(&rows[0])], &[]).unwrap().sales, rows[..1]);
    assert_eq!(shop.store.outlet(outlet).unwrap(), Some(shop.outlet.clone()));
}

pub(crate) fn raw_sql_cannot_move_a_head_back(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    shop.sell_and_keep(1);
    let outlet = shop.outlet.id;
    for set in ["generation = generation - 1", "epoch = 0", "outlet = 'ANOTHER'"] {
        let refused =
            subject.raw(&format!("UPDATE heads SET {set} WHERE outlet = '{outlet}'")).expect_err(set);
        assert!(refused.contains("never goes back"), "{refused}");
    }
    assert_eq!(shop.store.head(outlet).unwrap().unwrap(), shop.head);
}

pub(crate) fn a_database_that_is_opened_again_holds_everything(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell_and_keep(3);
    let mut store = subject.open().unwrap().connect().unwrap();
    assert_eq!(store.records(shop.head.chain, None, 10).unwrap(), rows);
    assert_eq!(store.head(shop.outlet.id).unwrap().unwrap(), shop.head);
    assert_eq!(store.outlet(shop.outlet.id).unwrap().unwrap(), shop.outlet);
}

/// Runs last: other cases could not open the database meanwhile.
pub(crate) fn a_database_of_another_version_is_refused(subject: &dyn Subject) {
    let open = subject.open().unwrap();
    for version in [4, 999] {
        subject.set_version(version);
        let refused = subject.open().err();
        let connected = open.connect().err();
        subject.set_version(3);
        for fault in [refused, connected] {
            assert!(
                matches!(fault, Some(StoreFault::Version { found, known: 3 }) if found == version),
                "{fault:?}"
            );
        }
    }
    open.connect().unwrap();
}

pub(crate) fn a_database_of_an_older_version_is_brought_up_to_date(subject: &dyn Subject) {
    for version in [1, 2] {
        // An outlet that has sold nothing yet; its totals and its hash are 32 bytes that differ.
        let rows = |bytes: &str| {
            format!(
                "INSERT INTO outlets (id, nif, prefix, zone_minutes) VALUES ('OLD-1', 'A2301457K', 'OLDSHOP1', 60); \
                 INSERT INTO heads (outlet, epoch, signer, hash, time, totals, generation) \
                 VALUES ('OLD-1', 4, 'CLOUD-1', {bytes}, 0, {bytes}, 6);"
            )
        };
        let (path, opened) = subject.open_older(version, &rows);
        let head = opened.unwrap().connect().unwrap().head("OLD-1".parse().unwrap()).unwrap().unwrap();
        assert_eq!((head.chain.epoch.0, head.generation, head.totals), (4, 6, vec![7; 32]));
        assert_eq!(head.holder, None);
        // Opened a second time there is nothing to bring up to date.
        let database = subject.open_beside(&path).unwrap();
        let mut shop = Shop::with(subject, database.connect().unwrap());
        let rows = shop.sell(1);
        shop.head.holder = Some("DEF-000001".parse().unwrap());
        let mut part = shop.part(rows.clone());
        part.acts = vec![act(&rows[0], "after")];
        part.unfit = vec![unfit(shop.outlet.id, 1, 7)];
        assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
        assert_eq!(acts_at(&mut *shop.store, shop.outlet.id).len(), 1);
        assert_eq!(shop.store.unfit(shop.outlet.id, None, 9).unwrap().len(), 1);
        assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap().holder, shop.head.holder);
        // Each is found by its own index.
        for again in [
            "CREATE INDEX acts_by_tenant ON acts (seq);",
            "CREATE INDEX acts_by_outlet ON acts (seq);",
            "CREATE INDEX line_ends ON records (seq);",
            "CREATE INDEX flags ON records (seq);",
        ] {
            let refused = shop.store.change(&mut |statements| statements.script(again)).unwrap_err();
            assert!(refused.to_string().contains("already exists"), "{refused}");
        }
    }
}

pub(crate) fn a_database_that_cannot_be_brought_up_to_date_stays_as_it_is(subject: &dyn Subject) {
    for (version, name) in [(1, "acts_by_tenant"), (1, "flags"), (2, "flags")] {
        let in_the_way = |_: &str| format!("CREATE TABLE {name} (wrong BIGINT);");
        let (path, refused) = subject.open_older(version, &in_the_way);
        let first = refused.err().unwrap().to_string();
        assert!(first.contains(name), "{first}");
        // Were what is made before it kept, it would be what is in the way now.
        assert_eq!(subject.open_beside(&path).err().unwrap().to_string(), first);
    }
}
