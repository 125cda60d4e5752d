//! `device dump`: the journal as a file.

mod part;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use def_client::HostFault;
use def_protocol::{
    DumpAsked, DumpFormat, Request,
    reply::{DigestLine, Dump, JournalLine},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use verify_cli::Lang;

use self::part::Part;
use super::{
    connection::{Connection, ConnectionArgs},
    failure::{Failure, Trouble},
    progress::Progress,
    speech::{Speech, counted, print_json, print_line, say},
    status,
};

/// Where the journal goes.
#[derive(Args)]
pub(crate) struct DumpCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The file, which must not be there yet; until it is whole it is FILE.part.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Records whole, or their hashes only.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines of a journal file, which the referee verifies.
    Json,
    /// What an auditor compares with a copy.
    Digest,
}

/// A line of the file.
trait Line: Serialize + DeserializeOwned {
    /// Its record's place in the chain.
    fn position(&self) -> u64;
}

impl Line for JournalLine<String> {
    fn position(&self) -> u64 {
        self.record.link.position.value()
    }
}

impl Line for DigestLine {
    fn position(&self) -> u64 {
        self.position
    }
}

impl DumpCommand {
    /// Reads the journal to its end, from where an interrupted dump left off.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let speech = self.connection.speech;
        if self.out.symlink_metadata().is_ok() {
            let out = self.out.display();
            let advice = say!(
                speech.lang,
                "{out} est déjà là : nommez un autre fichier, ou déplacez celui-ci",
                "{out} is there already: name another file, or move this one"
            );
            return Err(Trouble::new("file_taken", advice).into());
        }
        let mut device = self.connection.connect()?;
        let dumped = match self.format {
            Format::Json => run::<JournalLine<String>>(&mut device, self, DumpFormat::Json),
            Format::Digest => run::<DigestLine>(&mut device, self, DumpFormat::Digest),
        }?;
        Ok(self.say(speech, &dumped)?)
    }

    fn say(&self, speech: Speech, Dumped { records, resumed, .. }: &Dumped) -> std::io::Result<()> {
        let out = self.out.display();
        if speech.json {
            let file = out.to_string();
            return print_json(
                &json!({ "status": "OK", "file": file, "records": records, "resumed_after": resumed }),
            );
        }
        let lang = speech.lang;
        let count = counted(lang, *records, ["enregistrement", "enregistrements"], ["record", "records"]);
        if *resumed > 0 {
            print_line(&say!(
                lang,
                "repris après {resumed} enregistrements d'un vidage interrompu",
                "gone on after {resumed} records of an interrupted dump"
            ))?;
        }
        print_line(&say!(lang, "{count} dans {out}", "{count} in {out}"))?;
        match self.format {
            Format::Json => print_line(&say!(
                lang,
                "à vérifier : stelala verify journal {out} --trust CLÉ.pem",
                "to verify: stelala verify journal {out} --trust KEY.pem"
            )),
            Format::Digest => Ok(()),
        }
    }
}

struct Dumped {
    records: u64,
    resumed: u64,
}

fn run<L: Line>(
    device: &mut Connection,
    command: &DumpCommand,
    format: DumpFormat,
) -> Result<Dumped, Failure> {
    let lang = command.connection.speech.lang;
    let (mut part, last) = Part::open(&command.out)?;
    let resumed = part.records();
    let total = status::read(device)?.last_position;
    let mut progress = Progress::of("");
    let mut after = match last {
        None => 0,
        Some(last) => match position_of::<L>(device, &last, format)? {
            Some(position) => position,
            None => return Err(other_dump(lang, &part).into()),
        },
    };
    part.go_on()?;
    loop {
        let request = Request::Dump(DumpAsked { format, after });
        let chunk: Dump<Vec<L>> = device.tell(request)?;
        if !goes_on(&chunk, after, total) {
            return Err(device.failure(HostFault::Foreign { command: request.command() }));
        }
        for line in &chunk.records {
            part.add(&serde_json::to_string(line).map_err(anyhow::Error::from)?)?;
        }
        progress.at(part.records(), total.max(part.records()));
        if chunk.last {
            break;
        }
        after = chunk.chunk_index;
    }
    progress.clear();
    let records = part.records();
    part.finish(&command.out)?;
    Ok(Dumped { records, resumed })
}

/// So many records may come while a journal is read: that it was read, for one, and what the device notes by itself.
const NEWER: u64 = 1024;

/// Whether a chunk is of a journal: its records rise to where it says that it ends, and not beyond what the device has.
fn goes_on<L: Line>(chunk: &Dump<Vec<L>>, after: u64, newest: u64) -> bool {
    let mut end = after;
    let rises = chunk.records.iter().all(|line| {
        let before = std::mem::replace(&mut end, line.position());
        end > before
    });
    let has_an_end = chunk.last || !chunk.records.is_empty();
    rises && has_an_end && chunk.chunk_index == end && (end == after || end <= newest.saturating_add(NEWER))
}

/// The position of a line, if the device has the same record there.
fn position_of<L: Line>(
    device: &mut Connection,
    last: &str,
    format: DumpFormat,
) -> Result<Option<u64>, Failure> {
    let position = serde_json::from_str::<L>(last).ok().map(|line| line.position());
    let Some((position, after)) = position.and_then(|position| Some((position, position.checked_sub(1)?)))
    else {
        return Ok(None);
    };
    let chunk: Dump<Vec<L>> = device.tell(Request::Dump(DumpAsked { format, after }))?;
    let there = chunk.records.first().and_then(|line| serde_json::to_string(line).ok());
    Ok((there.as_deref() == Some(last)).then_some(position))
}

fn other_dump(lang: Lang, part: &Part) -> Trouble {
    let path = part.path().display();
    Trouble::new(
        "other_dump",
        say!(
            lang,
            "{path} est d'un autre appareil, d'un autre format ou abîmé : effacez-le, puis recommencez",
            "{path} is of another device, of another format or damaged: remove it, then begin again"
        ),
    )
}

#[cfg(test)]
mod tests {
    use def_protocol::reply::Accepted;

    use super::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct At(u64);

    impl Line for At {
        fn position(&self) -> u64 {
            self.0
        }
    }

    fn chunk(positions: &[u64], chunk_index: u64, last: bool) -> Dump<Vec<At>> {
        let records = positions.iter().copied().map(At).collect();
        Dump { status: Accepted::Ok, chunk_index, records, last }
    }

    #[test]
    fn positions_rise_from_what_was_asked_for_to_what_the_device_has() {
        for (right, after, last) in [
            (&[4, 5, 9][..], 3, false),
            (&[4], 3, true),
            (&[], 3, true),
            (&[21], 20, true),
            (&[20 + NEWER], 3, true),
        ] {
            let end = right.last().copied().unwrap_or(after);
            assert!(goes_on(&chunk(right, end, last), after, 20), "{right:?}");
        }
        for (wrong, chunk_index, last) in [
            (&[3, 4][..], 4, false),
            (&[4, 4], 4, false),
            (&[5, 4], 4, false),
            (&[4], 5, false),
            (&[4], 3, false),
            (&[], 3, false),
            (&[], 4, true),
            (&[21 + NEWER], 21 + NEWER, true),
        ] {
            assert!(!goes_on(&chunk(wrong, chunk_index, last), 3, 20), "{wrong:?}");
        }
    }
}
