//! What is drawn: its codes read, its text is text, and nothing is cut off.

#![allow(clippy::unwrap_used, clippy::float_arithmetic, reason = "tests panic, and measure in millimetres")]

mod support;

use std::num::NonZeroU32;

use receipt::{Copy, Ink, Paper, Raster, Roll};
use support::{Sold, day, decode_png, print, read_qr, seal};

const PAPERS: [Paper; 3] = [Paper::A4, Paper::Roll(Roll::Mm80), Paper::Roll(Roll::Mm58)];

fn of_day(name: &str) -> Sold {
    day().into_iter().find(|sold| sold.name.starts_with(name)).unwrap()
}

#[test]
fn the_code_of_a_picture_reads_on_every_paper_at_every_resolution() {
    let sold = of_day("010");
    let receipt = sold.receipt(&print());
    for paper in PAPERS {
        for raster in [Raster::Thermal, Raster::Screen, Raster::Fine] {
            let pages = receipt.png(paper, raster).unwrap();
            let (width, height, greys) = decode_png(pages.last().unwrap());
            assert_eq!(read_qr(width, height, &greys), [sold.qr()], "{paper:?} {raster:?}");
        }
    }
}

#[test]
fn a_thermal_picture_is_as_wide_as_the_printer_prints() {
    let receipt = of_day("001").receipt(&print());
    for roll in [Roll::Mm58, Roll::Mm80] {
        let thermal = &receipt.png(Paper::Roll(roll), Raster::Thermal).unwrap()[0];
        assert_eq!(decode_png(thermal).0, roll.dots());
    }
    let (width, height, _) = decode_png(&receipt.png(Paper::A4, Raster::Fine).unwrap()[0]);
    assert_eq!((width, height), (210 * 12, 297 * 12));
}

#[test]
fn nothing_is_drawn_at_the_edge_of_the_paper() {
    let sold = bounds();
    let receipt = sold.receipt(&print());
    for paper in PAPERS {
        for page in receipt.png(paper, Raster::Screen).unwrap() {
            let (width, height, greys) = decode_png(&page);
            let margin = 3 * 6;
            let inked = |x: usize, y: usize| greys[y * width + x] != 255;
            let sides = (0..height).any(|y| (0..margin).any(|x| inked(x, y) || inked(width - 1 - x, y)));
            let ends = (0..width).any(|x| (0..margin).any(|y| inked(x, y) || inked(x, height - 1 - y)));
            assert!(!sides && !ends, "{paper:?}");
        }
    }
}

/// 150 items, as many of them as long as a payload allows, and other texts of 128 bytes.
fn bounds() -> Sold {
    let long = format!("{}très longue description", "Désignation ".repeat(8));
    assert!((120..=128).contains(&long.len()), "{}", long.len());
    let item = |code: &str, description: &str| {
        format!(
            r#"{{"code":"{code}","description":"{description}","quantity":"1.000","unit_price":"9999999.9900","tax_group":"g","taxable_unit":"kg"}}"#
        )
    };
    let (wide, narrow) = (item(&"C".repeat(32), &long), item("C", "x"));
    let items: Vec<&str> =
        (0..150).map(|index| if index % 4 == 0 { wide.as_str() } else { narrow.as_str() }).collect();
    let payload = format!(
        r#"{{"merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01","pos_terminal_id":"CAISSE-2","cashier_id":"C-03","invoice_type":"sale","timestamp":"2026-03-14T15:20:00","client":{{"registration":"A0912345B","classification":"Company"}},"items":[{}],"tax_groups":[{{"code":"g","name":"{long}","rate":"0.16","base_amount":"1499999998.50","tax_amount":"239999999.76"}}],"totals":{{"subtotal":"1499999998.50","total_vat":"239999999.76","total":"1739999998.26","currency":"CDF"}},"payments":[{{"method":"bank_transfer","amount":"1739999998.26","instrument_id":"{}"}}],"annex":{{"client_name":"{}","comments":["{long}"],"ext":[["{long}","{long}"]]}}}}"#,
        items.join(","),
        "V".repeat(128),
        "N".repeat(128),
    );
    assert!((23_000..=24_576).contains(&payload.len()), "{}", payload.len());
    seal("bounds", &payload)
}

#[test]
fn an_invoice_of_150_items_takes_several_pages_and_loses_none() {
    let sold = bounds();
    let copy = Copy::Duplicate(NonZeroU32::MIN);
    let receipt = sold.receipt(&receipt::Print { copy, ..print() });
    let pages = receipt.svg(Paper::A4).unwrap();
    assert!((5..12).contains(&pages.len()), "{}", pages.len());
    let texts: Vec<String> = pages.iter().flat_map(|page| svg_texts(page)).collect();
    assert_eq!(texts.iter().filter(|text| *text == "9 999 999,99").count(), 300);
    assert_eq!(
        texts.iter().filter(|text| *text == "Qté").count(),
        pages.len() - usize::from(!pages.last().unwrap().contains("Qté"))
    );
    assert_eq!(texts.iter().filter(|text| text.starts_with("DUPLICATA")).count(), 2);
    assert!(texts.contains(&format!("{} / {}", pages.len(), pages.len())));
    let page_codes = pages.iter().map(|page| svg_codes(page)).collect::<Vec<_>>().concat();
    assert_eq!(page_codes, [sold.qr()]);
}

fn svg_texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().replace('\u{A0}', " ")).collect()
}

/// Reads the modules out of the path and the code out of the modules.
fn svg_codes(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let paths = document.descendants().filter(|node| node.has_tag_name("path"));
    let code = |path: &str| {
        const SIDE: usize = 110;
        let mut greys = vec![255; SIDE * 3 * SIDE * 3];
        for stretch in path.split('M').skip(1) {
            let (x, rest) = stretch.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let (x, y, length): (usize, usize, usize) =
                (x.parse().unwrap(), y.parse().unwrap(), length.parse().unwrap());
            for row in (y + 4) * 3..(y + 5) * 3 {
                greys[row * SIDE * 3 + (x + 4) * 3..][..length * 3].fill(0);
            }
        }
        read_qr(SIDE * 3, SIDE * 3, &greys)
    };
    paths.flat_map(|path| code(path.attribute("d").unwrap())).collect()
}

#[test]
fn an_svg_holds_its_text_as_text_and_its_code_reads() {
    for sold in day().iter().step_by(7) {
        let receipt = sold.receipt(&print());
        for paper in PAPERS {
            let pages = receipt.svg(paper).unwrap();
            let texts = pages.iter().flat_map(|page| svg_texts(page)).collect::<Vec<_>>().join("\n");
            let elements = &sold.elements;
            let code = elements.auth_code.as_deref().unwrap();
            let in_fours = [&code[..4], &code[4..8], &code[8..12], &code[12..]].join(" ");
            for element in [
                elements.fiscal_number.as_deref().unwrap(),
                elements.device_id.as_deref().unwrap(),
                &in_fours,
            ] {
                assert!(texts.contains(element), "{paper:?}: {element}");
            }
            assert!(texts.contains("14/03/2026 "), "{paper:?}");
            assert_eq!(pages.iter().flat_map(|page| svg_codes(page)).collect::<Vec<_>>(), [sold.qr()]);
        }
    }
}

#[test]
fn the_code_is_at_the_lower_right_of_a_page_and_in_the_middle_of_a_roll() {
    let receipt = of_day("010").receipt(&print());
    for (paper, width) in
        [(Paper::A4, 210.0), (Paper::Roll(Roll::Mm80), 80.0), (Paper::Roll(Roll::Mm58), 58.0)]
    {
        let svg = receipt.svg(paper).unwrap().concat();
        let (_, place) = svg.split_once("translate(").unwrap();
        let (place, rest) = place.split_once(')').unwrap();
        let (x, y) = place.split_once(' ').unwrap();
        let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
        // The lower left finder ends the longest column; its last module is the code's last row.
        let rows =
            rest.split('M').filter_map(|part| part.split_once(' ')?.1.split_once('h')?.0.parse::<u16>().ok());
        let side = 0.5 * f64::from(rows.max().unwrap() + 1);
        if paper == Paper::A4 {
            assert!((x + side - 194.0).abs() <= 0.5 && y > 120.0, "{x} {y}");
        } else {
            assert!((x + side / 2.0 - width / 2.0).abs() <= 0.5, "{x} {side}");
        }
    }
}

#[test]
fn markup_in_a_payload_is_text_in_an_svg() {
    let hostile = r#"<script>alert(1)</script> & ]]> &amp; 'q' --> \"x\""#;
    let base = include_str!("../../../vectors/canonical/valid_sale_ht_one_item.json");
    let sold = seal("hostile", &base.replace("Service Plan", hostile));
    let mut print = print();
    print.merchant.as_mut().unwrap().name = "</text><image href='http://x'/>".to_owned();
    for paper in PAPERS {
        let svg = sold.receipt(&print).svg(paper).unwrap().concat();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let known = ["svg", "title", "style", "rect", "text", "path"];
        assert!(
            document
                .descendants()
                .filter(|node| node.is_element())
                .all(|node| known.contains(&node.tag_name().name()))
        );
        assert!(
            !document
                .descendants()
                .any(|node| node.attributes().any(|a| a.name().starts_with("on") || a.name() == "href"))
        );
        let texts = svg_texts(&svg).concat().replace(' ', "");
        assert!(texts.contains(&hostile.replace("\\\"", "\"").replace(' ', "")), "{texts}");
    }
}

#[test]
fn a_pdf_is_an_archive_form_with_a_page_for_each_picture() {
    let sold = bounds();
    let receipt = sold.receipt(&print());
    let pdf = receipt.pdf(Paper::A4).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-1.7"));
    assert!(
        text.contains("<pdfaid:part>2</pdfaid:part>")
            && text.contains("<pdfaid:conformance>B</pdfaid:conformance>")
    );
    assert!(text.contains(&format!("/Count {}", receipt.svg(Paper::A4).unwrap().len())));
    for roll in [Roll::Mm58, Roll::Mm80] {
        let pdf = receipt.pdf(Paper::Roll(roll)).unwrap();
        assert!(String::from_utf8_lossy(&pdf).contains("/Count 1"));
    }
}

#[test]
fn the_same_receipt_gives_the_same_bytes() {
    let (first, second) = (of_day("003").receipt(&print()), of_day("003").receipt(&print()));
    for paper in PAPERS {
        assert_eq!(first.pdf(paper).unwrap(), second.pdf(paper).unwrap());
        assert_eq!(first.svg(paper).unwrap(), second.svg(paper).unwrap());
    }
    assert_eq!(first.escpos(Roll::Mm58), second.escpos(Roll::Mm58));
    let paper = Paper::Roll(Roll::Mm58);
    assert_eq!(first.png(paper, Raster::Thermal).unwrap(), second.png(paper, Raster::Thermal).unwrap());
}

#[test]
fn a_terminal_shows_a_code_that_reads() {
    for sold in day().iter().step_by(9) {
        let receipt = sold.receipt(&print());
        for ink in [Ink::Ansi, Ink::DarkOnLight] {
            let blocks = receipt.qr_blocks(ink);
            assert_eq!(read_blocks(&blocks, ink), [sold.qr()], "{ink:?}");
        }
    }
}

fn read_blocks(blocks: &str, ink: Ink) -> Vec<String> {
    let lines: Vec<Vec<char>> = blocks
        .lines()
        .map(|line| line.trim_start_matches("\x1b[30;107m").trim_end_matches("\x1b[0m").chars().collect())
        .collect();
    assert!(lines.iter().all(|line| line.len() <= 80));
    assert_eq!(blocks.contains('\x1b'), ink == Ink::Ansi);
    let (width, height) = (lines[0].len() * 3, lines.len() * 6);
    let greys: Vec<u8> = (0..width * height)
        .map(|at| {
            let (x, y) = (at % width, at / width);
            let inked = match lines[y / 6][x / 3] {
                '█' => true,
                '▀' => y % 6 < 3,
                '▄' => y % 6 >= 3,
                _ => false,
            };
            if inked { 0 } else { 255 }
        })
        .collect();
    read_qr(width, height, &greys)
}
