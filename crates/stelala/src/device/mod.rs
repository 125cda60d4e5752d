//! Fiscal memories: at a COM port, behind a serial server, simulated here, or emulated by QEMU.

mod articles;
mod call;
mod closure;
mod connection;
mod dump;
mod factory_file;
mod failure;
mod figures;
mod init;
mod input;
mod line;
mod log;
mod outlet;
mod page;
mod power_failure;
mod progress;
mod put;
mod qemu;
mod receipts;
mod reprint;
mod seal;
mod simulate;
mod slip;
mod snapshot;
mod speech;
mod status;
mod time;
mod update;
mod withdraw;
mod words;

use std::process::ExitCode;

use clap::Subcommand;

use self::{failure::Failure, speech::Speech};
pub(crate) use self::{receipts::ReceiptFolder, simulate::Simulated};

/// What can be done with devices.
#[derive(Subcommand)]
pub(crate) enum DeviceCommand {
    /// Says how the device is, and what it needs.
    ///
    /// First whether it seals, then its outlet, next number, clock beside this machine's, memory and secure element,
    /// and last what is to be done about each warning. With --json it is the device's answer to QRY|STATUS as it came.
    Status(status::StatusCommand),
    /// Binds a new device to an outlet by its activation code.
    ///
    /// The device makes its own key, signs with it that it belongs to the outlet, and answers with the public half,
    /// which is verified here and kept in a file: who has that file verifies the device's receipts. When the answer is
    /// lost, the same command gets it again. Then set the clock with `stelala device time`.
    Init(init::InitCommand),
    /// Sets the device's clock by the operator's signature.
    ///
    /// In three ways. Without options: says what has to be signed, the device's challenge, which holds for a minute.
    /// With --timestamp and --signature: delivers what the operator's service signed. With --authority: signs here, for
    /// devices of the development realm. A device whose clock lost its power seals nothing until it is set.
    Time(time::TimeCommand),
    /// Sells: has each payload sealed once, and prints each receipt once.
    ///
    /// The till's folder keeps every sale before it is offered to the device, so this can be interrupted anywhere,
    /// also by `kill -9` or a power cut: the same command again finishes what was begun, and each sale ends with one
    /// seal and one original receipt. A file is sold as it is, byte for byte; one that was sold before is not sold again.
    ///
    /// Receipts are files, NUMBER.txt and, for reprints, NUMBER-duplicata-1.txt. Exit code 1: a sale was refused, or is
    /// to be resumed.
    Seal(seal::SealCommand),
    /// Prints one more copy of a receipt, which says DUPLICATA.
    ///
    /// Copies are counted in the till's folder; the device is not needed. A receipt whose printing was interrupted is
    /// finished first.
    Reprint(reprint::ReprintCommand),
    /// Takes back a sale that is not sealed: the client left, or it was rung up elsewhere.
    ///
    /// The device's journal is looked through first. A sale that is in it is sealed: its receipt is printed, and a credit
    /// note takes it back. A sale of which only a person can know what became of it, because its device is lost for
    /// instance, is ended by --settled; the till then asks no device.
    Withdraw(withdraw::WithdrawCommand),
    /// Shows a sealed invoice.
    ///
    /// The security elements, the totals and the tax groups, from the device's journal. --payload prints the canonical
    /// payload only, for `stelala verify payload -`.
    Log(log::LogCommand),
    /// Closes the business day (Z), or repeats its closure.
    ///
    /// All invoices of that day and before that are not closed yet are, by a record that the device signs and numbers.
    /// Asked again for the same day, the device repeats the closure, and the report says so.
    Z(closure::ClosureCommand),
    /// Shows what was sold since the last closure or since midnight (X).
    ///
    /// It closes nothing, and can be asked as often as one likes.
    X(snapshot::SnapshotCommand),
    /// Lists what was sold, article by article (A).
    ///
    /// Over some business days, both included, credit notes subtracted. All pages of the device's answer become one
    /// table, one JSON object (--json) or one file for a spreadsheet (--csv).
    A(articles::ArticlesCommand),
    /// Saves the device's whole journal in a file.
    ///
    /// An interrupted dump goes on after the last whole line of FILE.part, once the device has shown that it has the
    /// same record there. The file of the format json is what `stelala verify journal` judges.
    Dump(dump::DumpCommand),
    /// Brings a newer firmware, which the device starts on trial and keeps if it does.
    ///
    /// The operator's order names build, length and SHA-256 of the image. Sales may go on meanwhile; an update that was
    /// interrupted goes on where it was, if the device kept its power.
    Update(update::UpdateCommand),
    /// Sends one request as it is, and prints the answer.
    ///
    /// What is no request of docs/protocol.md is refused before it is sent. It is asked once: an answer that is lost is
    /// said to be. Signs of life of a long answer go to standard error. Frame, checksum and correlation are added here.
    Call(call::CallCommand),
    /// Stands in for a fiscal memory, at a path, until it is interrupted.
    ///
    /// On its first start a state directory is made, and, where no root is named, keys of the development realm in
    /// its `authority` folder: `stelala authority activate --keys DIR/authority` then binds the device. SIGINT and
    /// SIGTERM end it; `kill -9` is a power cut, and the next start goes on from there.
    Simulate(simulate::SimulateCommand),
    /// Runs the firmware of a fiscal memory in an emulated machine, behind a path, until it is interrupted.
    ///
    /// As `simulate`, but real machine code on a Cortex-M4 with a Winbond flash: QEMU (qemu-system-arm) is the machine. The
    /// firmware is built from the clone of the repository that this is run in. SIGINT and SIGTERM end it; `kill -9` is a
    /// power cut, and the next start goes on from there.
    Qemu(qemu::QemuCommand),
    /// Owns the machine of `device qemu`, and cuts its power when that process is gone.
    #[command(name = "qemu-guard", hide = true)]
    QemuGuard(qemu::GuardCommand),
}

impl DeviceCommand {
    /// Does what it is told. A fault of a device is said in words that people can use, or as an object.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let device = match self {
            Self::Simulate(command) => Some(command.run()),
            Self::Qemu(command) => Some(command.run()),
            Self::QemuGuard(command) => Some(command.run()),
            _ => None,
        };
        if let Some(ended) = device {
            return Ok(ended.unwrap_or_else(|fault| Failure::from(fault).show(Speech::ENGLISH)));
        }
        Ok(self.ask().unwrap_or_else(|failure| failure.show(self.speech())))
    }

    fn ask(&self) -> Result<ExitCode, Failure> {
        match self {
            Self::Status(command) => command.run()?,
            Self::Init(command) => command.run()?,
            Self::Time(command) => command.run()?,
            Self::Seal(command) => return command.run(),
            Self::Reprint(command) => command.run()?,
            Self::Withdraw(command) => return command.run(),
            Self::Log(command) => command.run()?,
            Self::Z(command) => command.run()?,
            Self::X(command) => command.run()?,
            Self::A(command) => command.run()?,
            Self::Dump(command) => command.run()?,
            Self::Update(command) => command.run()?,
            Self::Call(command) => command.run()?,
            Self::Simulate(command) => return Ok(command.run()?),
            Self::Qemu(command) => return Ok(command.run()?),
            Self::QemuGuard(command) => return Ok(command.run()?),
        }
        Ok(ExitCode::SUCCESS)
    }

    const fn speech(&self) -> Speech {
        match self {
            Self::Status(command) => command.connection.speech,
            Self::Init(command) => command.connection.speech,
            Self::Time(command) => command.connection.speech,
            Self::Seal(command) => command.connection.speech,
            Self::Reprint(command) => command.speech,
            Self::Withdraw(command) => command.connection.speech,
            Self::Log(command) => command.connection.speech,
            Self::Z(command) => command.connection.speech,
            Self::X(command) => command.connection.speech,
            Self::A(command) => command.connection.speech,
            Self::Dump(command) => command.connection.speech,
            Self::Update(command) => command.connection.speech,
            Self::Call(command) => command.connection.speech,
            Self::Simulate(_) | Self::Qemu(_) | Self::QemuGuard(_) => Speech::ENGLISH,
        }
    }
}
