//! Makes what the factory and an update need from the linked program, and checks the reviewed files.

use std::{fs, process::ExitCode};

use def_engine::FactoryPage;
use def_protocol::token::Realm;
use fiscal::PublicKey;
use rp2350::{
    factory::{
        self,
        image::{Image, MAPPED_AT},
        otp,
        sizes::Sizes,
        uf2,
    },
    layout::SECTOR_BYTES,
};

const HELP: &str = "\
image uf2 ELF FILE.uf2      what the boot ROM's loader takes, in the factory
image bin ELF FILE.bin      the bytes of a slot
image update ELF FILE.bin   the same to be started on trial: what `device update` sends
image verify ELF FILE.uf2   whether the file puts exactly that program into a slot
image sizes ELF             what it takes of the board; fails above the limits
image page SERIAL production|development ROOT MIB FILE.bin
                            the factory page; ROOT is the root's compressed point in hexadecimal, MIB the journal's flash
image check                 checks otp.json, otp-locks.json and partitions.json
image check-part FILE.json  checks a file with some of the settings of otp.json

ELF is the program that `cargo build --release -p rp2350 --target thumbv8m.main-none-eabihf` links, signed by
`picotool seal` or not.";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["uf2", elf, file] => {
            image(elf).and_then(|image| save(file, &uf2::write(image.bytes(), MAPPED_AT, uf2::RP2350_ARM_S)))
        }
        ["bin", elf, file] => image(elf).and_then(|image| save(file, image.bytes())),
        ["update", elf, file] => image(elf).and_then(|image| save(file, image.for_trial().bytes())),
        ["verify", elf, file] => verify(elf, file),
        ["sizes", elf] => sizes(elf),
        ["page", serial, realm, root, mib, file] => {
            page(serial, realm, root, mib).and_then(|page| save(file, &page.to_bytes()))
        }
        ["check"] => factory::check_files().map(|()| println!("the files are as they must be")),
        ["check-part", file] => check_part(file),
        _ => Err(HELP.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn load(file: &str) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|fault| format!("cannot read {file}: {fault}"))
}

fn verify(elf: &str, file: &str) -> Result<(), String> {
    let image = image(elf)?;
    let (begin, bytes) =
        uf2::read(&load(file)?, uf2::RP2350_ARM_S).map_err(|fault| format!("{file}: {fault}"))?;
    let padding = bytes.len().checked_sub(image.bytes().len()).filter(|padding| *padding < uf2::PAYLOAD);
    if begin != MAPPED_AT || padding.is_none() || !bytes.starts_with(image.bytes()) {
        return Err(format!("{file} is not {elf}: make it with `image uf2`"));
    }
    println!("{file} puts it at {begin:#x}");
    Ok(())
}

fn sizes(elf: &str) -> Result<(), String> {
    let sizes = Sizes::of(&load(elf)?).map_err(|fault| format!("{elf}: {fault}"))?;
    if !sizes.fit() {
        return Err(format!("{elf} is too large: {sizes}"));
    }
    println!("{sizes}");
    Ok(())
}

fn image(elf: &str) -> Result<Image, String> {
    let image = Image::from_elf(&load(elf)?).map_err(|fault| format!("{elf}: {fault}"))?;
    let definition = image.definition();
    let (build, rollback) = (definition.build.unwrap_or_default(), definition.rollback.unwrap_or_default());
    println!("{} bytes, build {build}, rollback version {rollback}", image.bytes().len());
    Ok(image)
}

fn check_part(file: &str) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|fault| format!("cannot read {file}: {fault}"))?;
    otp::check_part(&text).map_err(|fault| format!("{file}: {fault}"))?;
    println!("{file} has reviewed settings only");
    Ok(())
}

fn page(serial: &str, realm: &str, root: &str, mib: &str) -> Result<FactoryPage, String> {
    // What is burnt is burnt for good: only what a part of the product can have.
    let mib: u32 =
        mib.parse().ok().filter(|mib| (1..=64).contains(mib)).ok_or("MIB is 1 to 64: the product has 64")?;
    let realm = match realm {
        "production" => Realm::Production,
        "development" => Realm::Development,
        _ => return Err("a device is for production or for development".into()),
    };
    Ok(FactoryPage {
        serial: serial
            .parse()
            .map_err(|_| "SERIAL is 1 to 20 letters, digits, dots, dashes or underscores".to_owned())?,
        realm,
        root: point(root).ok_or("ROOT is 66 hexadecimal digits of a point of P-256")?,
        sectors: mib * ((1 << 20) / SECTOR_BYTES),
    })
}

fn point(root: &str) -> Option<PublicKey> {
    let bytes: Option<Vec<u8>> =
        (0..33).map(|at| u8::from_str_radix(root.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    PublicKey::from_sec1(&bytes.filter(|_| root.len() == 66)?).ok()
}

fn save(file: &str, bytes: &[u8]) -> Result<(), String> {
    fs::write(file, bytes).map_err(|fault| format!("cannot write {file}: {fault}"))?;
    println!("{file}: {} bytes", bytes.len());
    Ok(())
}
