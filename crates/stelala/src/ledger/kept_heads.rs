//! Heads that were kept outside the database.

use std::{collections::BTreeMap, fs::File, path::Path};

use ::verify::{HeadAt, Lines};
use anyhow::{Context, bail};
use fiscal::OutletId;

/// So many are held at once.
const MOST: usize = 200_000;

/// Heads by outlet.
#[derive(Default)]
pub(super) struct KeptHeads {
    heads: BTreeMap<OutletId, Vec<HeadAt>>,
    count: usize,
}

impl KeptHeads {
    /// Adds those of a file. A last line without its end was cut short by a crash.
    pub(super) fn read(&mut self, path: &Path) -> anyhow::Result<()> {
        let name = path.display();
        let mut lines = Lines::new(File::open(path).with_context(|| name.to_string())?);
        let (mut line, mut number) = (Vec::new(), 0_u64);
        loop {
            line.clear();
            if !lines.next(&mut line).with_context(|| name.to_string())? {
                return Ok(());
            }
            number += 1;
            match HeadAt::read(line.trim_ascii_end()) {
                Some(head) => self.add(head),
                None if !line.ends_with(b"\n") => return Ok(()),
                None => {
                    bail!("{name}: line {number} is no head: choose the file of heads, as it was written")
                }
            }
        }
    }

    pub(super) fn into_inner(self) -> BTreeMap<OutletId, Vec<HeadAt>> {
        self.heads
    }

    fn add(&mut self, head: HeadAt) {
        self.heads.entry(head.outlet).or_default().push(head);
        self.count += 1;
        if self.count > MOST {
            self.thin();
        }
    }

    /// Each head stands for all records before it in its chain, so that every second of them says as much, with the last
    /// one of each chain.
    fn thin(&mut self) {
        self.count = 0;
        for heads in self.heads.values_mut() {
            let mut last: BTreeMap<_, HeadAt> = BTreeMap::new();
            for head in heads.iter() {
                let newest = last.entry((head.signer, head.epoch)).or_insert(*head);
                if head.position > newest.position {
                    *newest = *head;
                }
            }
            let mut at = 0;
            heads.retain(|head| {
                at += 1;
                at % 2 == 0 || last.get(&(head.signer, head.epoch)) == Some(head)
            });
            self.count += heads.len();
        }
    }
}
