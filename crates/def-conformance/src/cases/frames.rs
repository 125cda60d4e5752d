//! Section 2: frames.

use anyhow::{Context, Result, ensure};

use crate::{
    bench::Bench,
    case::Case,
    device::{sales::commit_of, same},
    document,
    frame::{ETX, Form, RS, STX},
    reply::{Reply, Status},
};

pub(super) const CASES: &[Case] = &[
    Case::new("2 frames", "the document's frames are answered, each in its own form", documented),
    Case::new("2 frames", "a correlation comes back, and none where there was none", correlation),
    Case::new(
        "2 frames",
        "a wrong checksum is FRAME_INVALID in the form that was meant, and nothing is executed",
        wrong,
    ),
    Case::new("2 frames", "a checksum has two or eight upper-case digits", digits),
    Case::new("2 frames", "CR and LF are dropped wherever they stand, and count for the checksum", line_ends),
    Case::new("2 frames", "an STX inside a frame begins it anew", restart),
    Case::new("2 frames", "bytes outside a frame are ignored", garbage),
    Case::new("2 frames", "a frame may be split anywhere", split),
    Case::new("2 frames", "requests in one write are answered one at a time, in order", order),
    Case::new("2 frames", "content has 25,600 bytes at most, CR and LF not counted", longest),
    Case::new(
        "2 frames",
        "a host that begins to speak in the middle of another's frame is understood",
        new_host,
    ),
];

fn documented(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for (form, name) in Form::ALL.into_iter().zip(["frame-none", "frame-lrc", "frame-crc32"]) {
        device.wire.send(&bytes(document::example(name))?)?;
        let reply = device.wire.answer_in(form)?;
        same("a status without correlation", (reply.status()?, reply.correlation), (Status::Ok, None))?;
    }
    device.wire.send(&bytes(document::example("frame-correlated"))?)?;
    let reply = device.wire.answer_in(Form::Crc)?;
    same("code and correlation", reply.named(), (Some("INVALID_NONCE"), Some("17")))?;
    Ok(())
}

fn correlation(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let most = document::limit("correlation");
    for name in ["1".to_owned(), "a".repeat(most - 1), "Zz09".repeat(most / 4)] {
        for request in ["QRY|STATUS", "QRY|NONSENSE", "QRY|LOG"] {
            let reply = device.wire.ask_as(format!("{request}@{name}").as_bytes(), Form::Crc)?;
            same("the correlation", reply.correlation.as_deref(), Some(name.as_str()))?;
        }
    }
    for name in ["a".repeat(most + 1), String::new(), "a-b".into(), "a_b".into(), "é".into(), "@1".into()] {
        let reply = device.wire.ask_as(format!("QRY|STATUS@{name}").as_bytes(), Form::Crc)?;
        same("a correlation that is none", reply.named(), (Some("SCHEMA_INVALID"), None))?;
    }
    same("no correlation", device.wire.ask_as(b"QRY|STATUS", Form::Crc)?.correlation, None)?;
    Ok(())
}

fn wrong(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payload = device.payload("CAISSE-1");
    let nonce = device.prepare(&payload)?;
    let content = commit_of(&nonce).replacen(' ', "@w7 ", 1);
    for form in [Form::Lrc, Form::Crc] {
        let good = form.frame(content.as_bytes());
        // Each byte of content and checksum in turn; what becomes STX, ETX or RS is another frame.
        for at in (1..good.len() - 1).step_by(4).chain([good.len() - 2]).filter(|at| !(11..=14).contains(at))
        {
            let mut bad = good.clone();
            bad[at] ^= 0x04;
            if [STX, ETX, RS].contains(&bad[at]) || bad[at] == b'\r' || good[at] == RS {
                continue;
            }
            let reply = device.unchanged(|device| {
                device.wire.send(&bad)?;
                device.wire.answer_in(form)
            })?;
            same("a flipped bit", reply.named(), (Some("FRAME_INVALID"), Some("w7")))?;
        }
    }
    let mut bad = Form::Crc.frame(b"QRY|STATUS@");
    bad[3] ^= 1;
    device.wire.send(&bad)?;
    let reply = device.wire.answer_in(Form::Crc)?;
    same("a correlation that cannot be read", reply.named(), (Some("FRAME_INVALID"), None))?;
    device.commit(&nonce, &payload)?;
    Ok(())
}

fn digits(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let content = b"QRY|STATUS";
    for trailer in ["", "3", "32 ", "032", "B263BD7", "b263bd7b", "0B263BD7B", "B263BD7BB263BD7B", "GGGGGGGG"]
    {
        let frame = [&[STX], &content[..], &[RS], trailer.as_bytes(), &[ETX]].concat();
        device.wire.send(&frame)?;
        let frame = device.wire.frame(std::time::Duration::from_secs(5))?.context("no answer")?;
        same(&format!("checksum {trailer:?}"), Reply::read(&frame)?.code(), Some("FRAME_INVALID"))?;
    }
    // `q` and `Q` differ in one bit, as `3` and `s` do not: an LRC in lower case is no LRC.
    let content = b"QRY|STATUS@1";
    let lrc = Form::Lrc.trailer(content);
    ensure!(lrc.iter().skip(1).all(|digit| digit.is_ascii_hexdigit()), "the case needs an LRC");
    same("an LRC", device.wire.ask_as(content, Form::Lrc)?.status()?, Status::Ok)?;
    Ok(())
}

fn line_ends(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for content in [
        "\r\nQRY|STATUS",
        "QRY\r\n|STATUS",
        "QRY|STA\nTUS@\r7",
        "QRY|STATUS\r\n\r\n",
        "\n\nQ\nR\nY\n|\nSTATUS",
    ] {
        for form in Form::ALL {
            same(content, device.wire.ask_as(content.as_bytes(), form)?.status()?, Status::Ok)?;
        }
    }
    // A checksum over the content without them is another.
    let wrong = [&[STX], &b"QRY|\nSTATUS"[..], &Form::Crc.trailer(b"QRY|STATUS"), &[ETX]].concat();
    device.wire.send(&wrong)?;
    same("CR and LF not counted", device.wire.answer_in(Form::Crc)?.code(), Some("FRAME_INVALID"))?;
    let mut in_trailer = Form::Crc.frame(b"QRY|STATUS");
    in_trailer.splice(15..15, *b"\r\n");
    in_trailer.insert(in_trailer.len() - 1, b'\n');
    device.wire.send(&in_trailer)?;
    same("CR and LF within the checksum", device.wire.answer_in(Form::Crc)?.status()?, Status::Ok)?;
    let payload = device.payload("CAISSE-1");
    let folded = payload.replace(r#","items""#, ",\r\n\"items\"");
    let reply = device.wire.ask_as(format!("TXN|PREPARE {folded}").as_bytes(), Form::Crc)?;
    let nonce = reply.value["nonce"].as_str().context("a folded payload is prepared")?.to_owned();
    device.commit(&nonce, &payload)?;
    Ok(())
}

fn restart(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let good = Form::Crc.frame(b"QRY|STATUS@r1");
    for broken in [&b"TXN|COMMIT {\"nonce\":\""[..], b"", b"QRY|STATUS\x1E32", b"\x1E", &[b'x'; 30_000]] {
        device.wire.send(&[&[STX], broken, &good].concat())?;
        let reply = device.wire.answer_in(Form::Crc)?;
        same(
            "the frame that was begun anew",
            (reply.status()?, reply.correlation.as_deref()),
            (Status::Ok, Some("r1")),
        )?;
    }
    device.wire.silent()?;
    Ok(())
}

fn garbage(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let all: Vec<u8> = (0..=255).filter(|byte| *byte != STX).collect();
    device.wire.send(&all)?;
    device.wire.send(b"QRY|STATUS\x03\x03\x1E\x03AT+GMI\r\n")?;
    device.wire.silent()?;
    let frames =
        [&all[..], &Form::Plain.frame(b"QRY|STATUS"), &all, &Form::Lrc.frame(b"QRY|STATUS"), &all].concat();
    device.wire.send(&frames)?;
    for form in [Form::Plain, Form::Lrc] {
        same("between garbage", device.wire.answer_in(form)?.status()?, Status::Ok)?;
    }
    device.wire.silent()?;
    Ok(())
}

fn split(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let frame = Form::Crc.frame(b"QRY|STATUS@split7");
    for at in 1..frame.len() {
        device.wire.send(&frame[..at])?;
        std::thread::sleep(std::time::Duration::from_millis(2));
        device.wire.send(&frame[at..])?;
        same("a frame in two pieces", device.wire.answer_in(Form::Crc)?.status()?, Status::Ok)?;
    }
    for byte in &frame {
        device.wire.send(&[*byte])?;
    }
    same("a frame byte by byte", device.wire.answer_in(Form::Crc)?.status()?, Status::Ok)?;
    device.wire.silent()?;
    Ok(())
}

fn order(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let requests: Vec<String> = (0..9)
        .map(|number| format!("{}@n{number}", ["QRY|STATUS", "QRY|NONSENSE", "RPT|X"][number % 3]))
        .collect();
    device
        .wire
        .send(&requests.iter().flat_map(|request| Form::Crc.frame(request.as_bytes())).collect::<Vec<_>>())?;
    for number in 0..requests.len() {
        let reply = device.wire.answer_in(Form::Crc)?;
        let wanted = [None, Some("UNKNOWN_COMMAND"), Some("SCHEMA_INVALID")][number % 3];
        same("the order of answers", reply.named(), (wanted, Some(format!("n{number}").as_str())))?;
    }
    Ok(())
}

fn longest(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let most = document::limit("content of a request");
    for form in Form::ALL {
        for (length, code) in [
            (most - 1, None),
            (most, None),
            (most + 1, Some("FRAME_INVALID")),
            (4 * most, Some("FRAME_INVALID")),
        ] {
            let content = padded("QRY|STATUS@long", length);
            let reply = device.wire.ask_as(content.as_bytes(), form)?;
            let found = reply.named();
            same(&format!("content of {length} bytes"), found, (code, Some("long")))?;
        }
    }
    let content = padded("QRY|STATUS", most).replace("  ", " \r\n ").into_bytes();
    ensure!(content.len() > most, "the case needs CR and LF");
    same("CR and LF are not counted", device.wire.ask_as(&content, Form::Crc)?.status()?, Status::Ok)?;
    same("after all of that", device.ask("QRY|STATUS")?.status()?, Status::Ok)?;
    Ok(())
}

fn padded(request: &str, length: usize) -> String {
    [request, &" ".repeat(length - request.len())].concat()
}

fn new_host(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for begun in
        [&b"\x02TXN|PREPARE {\"merchant_nif\":\""[..], b"\x02QRY|STATUS", b"\x02QRY|STATUS\x1EB2", b"\x02"]
    {
        device.wire.send(begun)?;
        device.wire.reopen()?;
        same("a new host's first frame", device.ask("QRY|STATUS")?.status()?, Status::Ok)?;
    }
    Ok(())
}

fn bytes(hexadecimal: &str) -> Result<Vec<u8>> {
    let digits: String = hexadecimal.split_whitespace().collect();
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    Ok(pairs.collect::<Result<_, _>>()?)
}
