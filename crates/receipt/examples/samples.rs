//! Makes sample receipts: `cargo run -p receipt --example samples -- DIR`.
//!
//! For each there is `NAME.txt`, which holds what its QR codes say, ours first, beside `NAME.png`, `NAME.pdf`, `NAME.svg` or `NAME.bin`;
//! `crates/receipt/tests/read_back DIR` reads the codes back.

#[path = "../tests/support/mod.rs"]
mod support;

use std::{error::Error, fs, num::NonZeroU32, path::Path};

use receipt::{Authority, AuthorityElements, Copy, Language, Paper, Print, Raster, Roll};
use support::{AUTHORITY_QR, Sold, authority, day, print, seal};

const PAPERS: [(&str, Paper, Raster); 3] = [
    ("a4", Paper::A4, Raster::Fine),
    ("80mm", Paper::Roll(Roll::Mm80), Raster::Fine),
    ("58mm", Paper::Roll(Roll::Mm58), Raster::Fine),
];

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::args().nth(1) else {
        return Err("say where to: cargo run -p receipt --example samples -- DIR".into());
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let duplicate = Print { copy: Copy::Duplicate(NonZeroU32::MIN.saturating_add(1)), ..print() };
    let english = Print { language: Language::English, ..print() };
    let day = day();
    let of_day =
        |name: &str| day.iter().find(|sold| sold.name.starts_with(name)).ok_or("an example is missing");
    write(folder, "sale", of_day("006")?, &print())?;
    write(folder, "company", of_day("003")?, &print())?;
    write(folder, "discount", of_day("015")?, &print())?;
    write(folder, "dollars", of_day("010")?, &print())?;
    write(folder, "english", of_day("016")?, &english)?;
    write(folder, "credit-note", of_day("012")?, &print())?;
    write(folder, "public-contract", of_day("017")?, &print())?;
    write(folder, "many-items", &many(40), &print())?;
    write(folder, "duplicate", of_day("005")?, &duplicate)?;
    let trial = AuthorityElements { is_test: true, ..authority() };
    write_with(folder, "authority", of_day("006")?, &Authority::Given(authority()), &print())?;
    write_with(folder, "authority-test", of_day("016")?, &Authority::Given(trial), &english)?;
    write_with(folder, "authority-pending", of_day("001")?, &Authority::Pending, &print())?;
    Ok(())
}

fn write(folder: &Path, name: &str, sold: &Sold, print: &Print) -> Result<(), Box<dyn Error>> {
    write_with(folder, name, sold, &Authority::Unsaid, print)
}

fn write_with(
    folder: &Path,
    name: &str,
    sold: &Sold,
    authority: &Authority,
    print: &Print,
) -> Result<(), Box<dyn Error>> {
    let receipt = sold.receipt_with(authority, print);
    let codes = match authority {
        Authority::Given(_) => format!("{}\n{AUTHORITY_QR}", sold.qr()),
        _ => sold.qr().to_owned(),
    };
    for (paper_name, paper, raster) in PAPERS {
        let base = format!("{name}-{paper_name}");
        let pages = receipt.png(paper, raster)?;
        for (index, page) in pages.iter().enumerate() {
            // `read_back` looks for the codes on all of them.
            let last = index + 1 == pages.len();
            let file = if last { format!("{base}.png") } else { format!("{base}.page-{}.png", index + 1) };
            fs::write(folder.join(file), page)?;
        }
        fs::write(folder.join(format!("{base}.pdf")), receipt.pdf(paper)?)?;
        fs::write(folder.join(format!("{base}.svg")), receipt.svg(paper)?.last().ok_or("no page")?)?;
        fs::write(folder.join(format!("{base}.txt")), &codes)?;
        if let Paper::Roll(roll) = paper {
            let thermal = format!("{base}-thermal");
            fs::write(folder.join(format!("{thermal}.png")), &receipt.png(paper, Raster::Thermal)?[0])?;
            fs::write(folder.join(format!("{thermal}.txt")), &codes)?;
            fs::write(folder.join(format!("{base}.bin")), receipt.escpos(roll))?;
        }
    }
    Ok(())
}

/// A sale of so many articles.
fn many(count: usize) -> Sold {
    let items: Vec<String> = (1..=count)
        .map(|index| {
            format!(
                r#"{{"code":"ART-{index:04}","description":"Article n° {index}, qualité supérieure, carton de {index} pièces","quantity":"{}","unit_price":"1500.00","tax_group":"standard_vat","taxable_unit":"carton"}}"#,
                index % 7 + 1
            )
        })
        .collect();
    let base: usize = (1..=count).map(|index| (index % 7 + 1) * 1_500).sum();
    let (tax, cents) = (base * 16 / 100, base * 16 % 100);
    let payload = format!(
        r#"{{"merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01","pos_terminal_id":"CAISSE-2","cashier_id":"C-03","invoice_type":"sale","timestamp":"2026-03-14T15:20:00","client":{{"registration":"A0912345B","classification":"Company"}},"items":[{}],"tax_groups":[{{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"{base}.00","tax_amount":"{tax}.{cents:02}"}}],"totals":{{"subtotal":"{base}.00","total_vat":"{tax}.{cents:02}","total":"{}.{cents:02}","currency":"CDF"}},"payments":[{{"method":"bank_transfer","amount":"{}.{cents:02}","instrument_id":"VIR-2026-0314"}}],"annex":{{"client_name":"Entreprise Générale Malembe SARL"}}}}"#,
        items.join(","),
        base + tax,
        base + tax,
    );
    seal("many-items", &payload)
}
