use super::{Broken, Census, run};

#[test]
fn no_invoice_is_finalised_twice_and_each_is_settled_in_the_end() {
    let mut census = Census::default();
    for seed in 0..25 {
        census.add(&run(seed, None).unwrap());
    }
    // A simulation in which nothing happens shows nothing.
    assert!(census.invoices > 500 && census.credit_notes > 50, "{census}");
    assert!(census.doubted_confirms > 50 && census.late > 20 && census.deaths > 20, "{census}");
    assert!(census.by_counters_not > 0, "{census}");
    assert!(census.by_list > 0 && census.by_portal > 0 && census.restores > 0, "{census}");
}

#[test]
fn a_seed_always_tells_the_same() {
    assert_eq!(run(7, None), run(7, None));
}

macro_rules! caught {
    ($($name:ident $broken:ident from $first:literal;)*) => {$(
        #[test]
        fn $name() {
            // A seed that notices it today is tried first.
            let mut seeds = ($first..400).chain(0..$first);
            let seen = seeds.find_map(|seed| run(seed, Some(Broken::$broken)).err());
            assert!(seen.is_some(), "no seed notices it");
        }
    )*};
}

caught! {
    a_request_after_a_lost_confirm_is_noticed RequestAfterLostConfirm from 0;
    taking_401_of_a_confirm_for_no_effect_is_noticed UnauthorizedIsNoEffect from 32;
    taking_503_of_a_confirm_for_no_effect_is_noticed ServerErrorIsNoEffect from 8;
    taking_error_20_of_a_confirm_for_no_effect_is_noticed UnknownUidIsNoEffect from 23;
    believing_one_reading_is_noticed OneReading from 56;
    believing_half_a_list_is_noticed PartialList from 81;
    taking_a_uid_that_is_gone_for_expired_is_noticed GoneIsExpired from 0;
    believing_counters_after_a_change_of_machine_is_noticed CountersAfterChange from 21;
    believing_counters_before_late_packets_is_noticed NoLatePackets from 91;
    requesting_what_an_agent_left_behind_is_noticed OrphanIsRequested from 3;
    ignoring_a_restored_backup_is_noticed IgnoreRestored from 1;
    dropping_a_code_when_overtaken_is_noticed DropOvertakenCode from 90;
    calling_before_the_intent_is_durable_is_noticed CallBeforeWriting from 1;
    believing_a_write_of_which_nothing_is_known_is_noticed IgnoreUnknownWrite from 225;
}
