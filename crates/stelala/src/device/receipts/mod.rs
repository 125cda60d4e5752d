//! A printer of files: each copy of a receipt is a file, there whole or not at all, and there once.

mod disk;
mod fault;
mod mark;
mod tray;

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use def_client::{Job, PrintFault, Printer};
use def_protocol::reply::Seal;
use fiscal::UtcOffset;
use receipt::{Copy, Elements, Ink, Language, Merchant, Paper, Print, Raster, Receipt, Roll};
use verify_cli::Lang;

use self::{
    disk::Real,
    mark::{JobName, Sheet},
    tray::Tray,
};
use super::speech;

/// How receipts look, and where they go.
#[derive(Args)]
pub(super) struct ReceiptArgs {
    /// Where receipts go; else TILL/receipts.
    #[arg(long, help_heading = "Receipts", value_name = "DIR")]
    receipts: Option<PathBuf>,
    /// How wide the paper is, in millimetres.
    #[arg(long, help_heading = "Receipts", value_enum, default_value_t = Width::Mm80)]
    paper: Width,
    /// In which formats, separated by commas.
    #[arg(long, help_heading = "Receipts", value_enum, value_delimiter = ',', default_value = "text")]
    format: Vec<Format>,
    /// The name above the shop's door.
    #[arg(long, help_heading = "Receipts", value_name = "NAME")]
    merchant: Option<String>,
    /// A line below it, such as the address; may be given several times.
    #[arg(long, help_heading = "Receipts", value_name = "TEXT", requires = "merchant")]
    merchant_line: Vec<String>,
    /// Show each receipt here too, with its QR code.
    #[arg(long, help_heading = "Receipts", conflicts_with = "json")]
    show: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Width {
    /// 32 columns.
    #[value(name = "58")]
    Mm58,
    /// 48 columns.
    #[value(name = "80")]
    Mm80,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// UTF-8.
    Text,
    /// Bytes for a thermal printer.
    Escpos,
    /// A document.
    Pdf,
    /// A drawing.
    Svg,
    /// A picture.
    Png,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Escpos => "escpos",
            Self::Pdf => "pdf",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// A folder of receipts: `NUMBER.txt`, `NUMBER-duplicata-1.txt`, …
pub(crate) struct ReceiptFolder {
    path: PathBuf,
    tray: Tray<Real>,
    roll: Roll,
    formats: Vec<Format>,
    print: Print,
    lang: Lang,
    show: bool,
}

impl ReceiptArgs {
    /// Makes the folder of a till, if it is not there. Receipts show the outlet's time.
    pub(super) fn open(&self, till: &Path, zone: UtcOffset, lang: Lang) -> anyhow::Result<ReceiptFolder> {
        let path = self.receipts.clone().unwrap_or_else(|| till.join("receipts"));
        let tray = tray(&path)?;
        let language = match lang {
            Lang::Fr => Language::French,
            Lang::En => Language::English,
        };
        let merchant = self.merchant.clone().map(|name| Merchant { name, lines: self.merchant_line.clone() });
        let roll = match self.paper {
            Width::Mm58 => Roll::Mm58,
            Width::Mm80 => Roll::Mm80,
        };
        let print = Print { merchant, zone, language, copy: Copy::Original };
        Ok(ReceiptFolder { path, tray, roll, formats: self.format.clone(), print, lang, show: self.show })
    }
}

impl ReceiptFolder {
    /// For the demonstration: every format, in French, Kinshasa's time, on paper of 80 mm. The folder is made.
    pub(crate) fn of_demo(path: &Path, merchant: Merchant) -> anyhow::Result<Self> {
        let tray = tray(path)?;
        let print = Print { merchant: Some(merchant), ..Print::default() };
        let formats = Format::value_variants().to_vec();
        Ok(Self { path: path.into(), tray, roll: Roll::Mm80, formats, print, lang: Lang::Fr, show: false })
    }

    /// Where receipts go.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// An original as a terminal shows it, with its QR code.
    pub(crate) fn shown(&self, payload: &str, seal: &Seal) -> anyhow::Result<String> {
        let receipt = self.receipt(&Job { payload, seal, copy: 1 }).map_err(anyhow::Error::msg)?;
        Ok(self.as_shown(&receipt))
    }

    fn receipt(&self, job: &Job<'_>) -> Result<Receipt, String> {
        let copy = job.duplicate().map_or(Copy::Original, Copy::Duplicate);
        let elements = elements(job).ok_or("the seal cannot be written")?;
        let print = Print { copy, ..self.print.clone() };
        Receipt::new(job.payload.as_bytes(), &elements, &print).map_err(|refusal| self.words(&refusal))
    }

    fn sheets(&self, name: &JobName, job: &Job<'_>) -> Result<Vec<Sheet>, String> {
        let receipt = self.receipt(job)?;
        let sheet = |format: &Format| {
            let bytes = self.bytes(&receipt, *format)?;
            Ok(Sheet { name: name.file(format.extension()), bytes })
        };
        self.formats.iter().map(sheet).collect()
    }

    fn bytes(&self, receipt: &Receipt, format: Format) -> Result<Vec<u8>, String> {
        let paper = Paper::Roll(self.roll);
        let made = match format {
            Format::Text => Ok(receipt.text(self.roll).into_bytes()),
            Format::Escpos => Ok(receipt.escpos(self.roll)),
            Format::Pdf => receipt.pdf(paper),
            // A roll is one page.
            Format::Svg => receipt.svg(paper).map(|pages| pages.concat().into_bytes()),
            Format::Png => receipt.png(paper, Raster::Screen).map(|pages| pages.concat()),
        };
        made.map_err(|refusal| self.words(&refusal))
    }

    fn words(&self, refusal: &receipt::Refusal) -> String {
        format!("{}: {}", refusal.code(), refusal.sentence(self.print.language))
    }

    fn as_shown(&self, receipt: &Receipt) -> String {
        let ink = if std::io::stdout().is_terminal() { Ink::Ansi } else { Ink::DarkOnLight };
        format!("{}\n{}", receipt.text(self.roll), receipt.qr_blocks(ink))
    }
}

impl Printer for ReceiptFolder {
    fn print(&mut self, job: &Job<'_>) -> Result<(), PrintFault> {
        let name = JobName::of(job);
        let came_now = self.tray.put_out(&name, || self.sheets(&name, job), self.lang)?;
        if came_now
            && self.show
            && let Ok(receipt) = self.receipt(job)
        {
            // The file is the print; a closed terminal is no reason to print again.
            let _ = speech::print(&self.as_shown(&receipt));
        }
        Ok(())
    }

    fn place(&self) -> String {
        self.tray.place()
    }

    fn came_out(&mut self, job: &Job<'_>) -> Option<bool> {
        self.tray.came_out(&JobName::of(job))
    }
}

fn tray(folder: &Path) -> anyhow::Result<Tray<Real>> {
    Tray::open(folder).map_err(|fault| anyhow::anyhow!("{}: {fault}", folder.display()))
}

/// The seal as a receipt takes it.
fn elements(job: &Job<'_>) -> Option<Elements> {
    serde_json::to_value(job.seal).and_then(serde_json::from_value).ok()
}
