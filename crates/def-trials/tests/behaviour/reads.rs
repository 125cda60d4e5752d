//! What a long journal costs: questions do not search the flash, and a start reads a bounded part of it.

use def_trials::Authority;

use crate::shop::Shop;

impl Shop {
    /// How many bytes of flash are read for an answer.
    fn cost(&mut self, request: &str) -> u64 {
        let before = self.world.state().flash.bytes_read();
        self.ok(request);
        self.world.state().flash.bytes_read() - before
    }
}

#[test]
fn status_and_reports_read_no_more_of_a_long_journal_than_of_a_short_one() {
    let mut shop = Shop::with(512, Authority::default());
    let costs = |shop: &mut Shop| {
        shop.close("2026-03-14");
        [
            shop.cost("QRY|STATUS"),
            shop.cost(r#"RPT|X {"period":"session"}"#),
            shop.cost(r#"RPT|X {"period":"day"}"#),
            shop.cost("QRY|LOG 3"),
            shop.cost(r#"RPT|Z {"date":"2026-03-14"}"#),
        ]
    };
    for _ in 0..20 {
        shop.sell();
    }
    let short = costs(&mut shop);
    for _ in 0..800 {
        shop.sell();
        shop.host.rest();
    }
    let long = costs(&mut shop);
    assert_eq!(short[..3], [0, 0, 0], "the status and X are known");
    assert_eq!(long[..3], [0, 0, 0]);
    // A binary search over headers of 120 bytes, and at most one sector of records with the headers around it.
    for (short, long) in short.into_iter().zip(long) {
        assert!(long <= short + 8 * 120 + 4_096, "{short} and then {long} bytes");
    }
}

#[test]
fn a_start_reads_all_headers_and_a_bounded_number_of_records() {
    let mut shop = Shop::with(1_024, Authority::default());
    let mut costs = Vec::new();
    for _ in 0..3 {
        for _ in 0..700 {
            shop.pass(1_000);
            shop.sell();
            shop.host.rest();
        }
        let before = shop.world.state().flash.bytes_read();
        shop.reboot();
        costs.push(shop.world.state().flash.bytes_read() - before);
    }
    let headers = 1_024 * 120;
    // 1,024 invoices and what follows the newest checkpoint, of which each record is read at most twice.
    assert!(
        costs.iter().all(|cost| *cost > headers && *cost < headers + 2 * (1_024 + 700) * 512),
        "{costs:?}"
    );
    assert!(costs[2] < costs[1] + costs[1] / 2, "it does not grow with the journal: {costs:?}");
}
