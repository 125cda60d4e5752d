use std::io::{self, Write};

use serde_json::{Value, json};

use super::{super::ratio::Ratio, exchange::Ways, fleet::Fleet};

/// What tunnel and proxy may add to a bare exchange, at the median, in milliseconds.
const ADDED: f64 = 3.0;

/// Everything that was measured.
pub(super) struct Report {
    pub(super) ways: Ways,
    pub(super) fleet: Option<Fleet>,
}

impl Report {
    pub(super) fn ratios(&self) -> Vec<Ratio> {
        let Ways { bare, cloud, local } = &self.ways;
        let bare = bare.within(500);
        let mut ratios = vec![
            Ratio::at_most("added by tunnel and proxy, of 3 ms", (cloud.within(500) - bare) / ADDED, 1.0),
            Ratio::at_most("added by the proxy alone, of 3 ms", (local.within(500) - bare) / ADDED, 1.0),
        ];
        ratios.extend(self.fleet.as_ref().map(|fleet| {
            let offered = fleet.times.count().max(1) as f64;
            Ratio::at_least("sales in the ledger of those answered", fleet.held as f64 / offered, 1.0)
        }));
        ratios
    }

    pub(super) fn tables(&self, out: &mut impl Write, ratios: &[Ratio]) -> io::Result<()> {
        let Ways { bare, cloud, local } = &self.ways;
        writeln!(out, "{} sales each way, in turn; times in ms.\n", bare.count())?;
        writeln!(out, "                                                 p50      p99")?;
        let ways = [
            ("PREPARE and COMMIT at the device's port", bare),
            ("POST /invoices at the cloud, through its tunnel", cloud),
            ("POST /invoices at the proxy", local),
        ];
        for (name, sample) in ways {
            writeln!(out, "  {name:<46} {:>8.2} {:>8.2}", sample.within(500), sample.within(990))?;
        }
        if let Some(Fleet { outlets, times, wall, held, setting_up }) = &self.fleet {
            let rate = times.count() as f64 / wall.as_secs_f64().max(f64::MIN_POSITIVE);
            writeln!(
                out,
                "\n{outlets} outlets, each with its device and its proxy (set up in {:.1} s): {} sales in {:.1} s, {rate:.0} \
                 sealed/s;\n  p50 {:.2} ms, p99 {:.2} ms; {held} are in the ledger, each under its number",
                setting_up.as_secs_f64(),
                times.count(),
                wall.as_secs_f64(),
                times.within(500),
                times.within(990),
            )?;
        }
        writeln!(out, "\n  ratio                                          measured     limit")?;
        ratios.iter().try_for_each(|ratio| writeln!(out, "{ratio}"))
    }

    pub(super) fn json(&self, ratios: &[Ratio]) -> Value {
        let Ways { bare, cloud, local } = &self.ways;
        let way = |sample: &super::exchange::Sample| json!({ "p50_milliseconds": sample.within(500), "p99_milliseconds": sample.within(990) });
        let fleet = self.fleet.as_ref().map(|fleet| {
            json!({
                "outlets": fleet.outlets,
                "sales": fleet.times.count(),
                "held": fleet.held,
                "seconds": fleet.wall.as_secs_f64(),
                "p50_milliseconds": fleet.times.within(500),
                "p99_milliseconds": fleet.times.within(990),
            })
        });
        json!({
            "bare": way(bare), "cloud": way(cloud), "local": way(local), "fleet": fleet,
            "kept": ratios.iter().all(|ratio| ratio.kept),
        })
    }
}
