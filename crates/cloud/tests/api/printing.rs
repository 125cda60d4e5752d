//! Receipts in their five forms.

use fiscal::Invoice;

use crate::{
    bench::{Bench, payload},
    raw::{Raw, ask},
};

fn print(bench: &Bench, number: u8, receipt: &str) -> Raw {
    ask(bench.address, &format!("GET /api/v1/receipts/{receipt}"), Some(number), &[], "")
}

/// Some invoices of the day: of several groups, in dollars, to a company, with a discount.
const DAY: [&str; 4] = [
    include_str!("../../../../examples/day/001-bread-and-eggs.json"),
    include_str!("../../../../examples/day/003-cement-and-nails-company.json"),
    include_str!("../../../../examples/day/010-solar-kit-usd.json"),
    include_str!("../../../../examples/day/015-discounted-television.json"),
];

const FORMS: [(&str, &str, &[u8]); 5] = [
    ("txt", "text/plain; charset=utf-8", b""),
    ("svg", "image/svg+xml", b"<svg"),
    ("png", "image/png", b"\x89PNG"),
    ("pdf", "application/pdf", b"%PDF-1.7"),
    ("escpos", "application/octet-stream", b"\x1b@"),
];

#[test]
fn a_sealed_invoice_is_printed_in_all_forms() {
    let bench = Bench::start();
    let mut client = bench.client();
    for (number, sale) in (1..).zip(DAY) {
        let seal = client.sell(1, None, sale.trim_end());
        assert_eq!(seal.status, 201, "{seal:?}");
        let seal = seal.json();
        let total = Invoice::read(sale.trim_end().as_bytes()).unwrap().totals.total;
        for (extension, media_type, begins) in FORMS {
            let name = format!("KINGOMBE01-0-{number:08}.{extension}");
            let answer = print(&bench, 1, &name);
            assert_eq!((answer.status, answer.header("content-type")), (200, Some(media_type)), "{name}");
            assert!(answer.body.starts_with(begins) && answer.body.len() > 500, "{name}");
            assert!(answer.header("content-disposition").unwrap().contains(&name));
            if extension == "txt" {
                let shown: String = answer.text().split_whitespace().collect();
                assert!(shown.contains(seal["qr_payload"].as_str().unwrap()), "{}", answer.text());
                assert!(shown.contains("MamanNzuzi") && shown.contains("KIN-GOMBE-01"), "{}", answer.text());
                assert!(!total.to_string().is_empty() && !shown.contains("DUPLICATA"));
            }
            let again = print(&bench, 1, &name);
            assert_eq!(answer.body, again.body, "{name}: the same each time");
        }
    }
}

#[test]
fn paper_language_and_copy_are_as_they_are_asked_for() {
    let bench = Bench::start();
    bench.client().sell(1, None, &payload(1));
    let widest = |answer: &Raw| answer.text().lines().map(|line| line.chars().count()).max();
    let number = "KINGOMBE01-0-00000001";
    assert_eq!(widest(&print(&bench, 1, &format!("{number}.txt?paper=58"))), Some(32));
    assert_eq!(widest(&print(&bench, 1, &format!("{number}.txt?paper=80"))), Some(48));
    let copy = print(&bench, 1, &format!("{number}.txt?copy=7&language=en"));
    assert!(copy.text().contains("DUPLICATA") && copy.text().contains('7'), "{}", copy.text());
    let [french, english] =
        ["fr", "en"].map(|language| print(&bench, 1, &format!("{number}.txt?language={language}")));
    assert_ne!(french.body, english.body);
    for form in ["svg", "png", "pdf"] {
        let [a4, roll] =
            ["a4", "58"].map(|paper| print(&bench, 1, &format!("{number}.{form}?paper={paper}")));
        assert_eq!((a4.status, roll.status), (200, 200));
        assert_ne!(a4.body, roll.body, "{form}");
    }
    for (wrong, status) in [
        ("txt?paper=a4", 400),
        ("txt?paper=61", 400),
        ("txt?copy=0", 400),
        ("txt?copy=100", 400),
        ("txt?language=sw", 400),
        ("txt?colour=red", 400),
        ("svg?page=2", 404),
        ("gif", 404),
        ("", 404),
    ] {
        let answer = print(&bench, 1, &format!("{number}.{wrong}"));
        assert_eq!(answer.status, status, "{wrong}");
        answer.code();
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let bench = Bench::start();
    let sale = payload(1);
    let name = Invoice::read(sale.as_bytes()).unwrap().items.iter().next().unwrap().description.to_string();
    let hostile = "</text><script>alert(1)</script>&<!--";
    let sealed = bench.client().sell(1, None, &sale.replace(&name, hostile));
    assert_eq!(sealed.status, 201, "{sealed:?}");
    let svg = print(&bench, 1, "KINGOMBE01-0-00000001.svg");
    assert!(!svg.text().contains("<script") && !svg.text().contains("<!--"), "it is no element");
    assert!(svg.text().contains("&lt;/text&gt;") || svg.text().contains("&lt;script"), "{}", svg.text());
    assert!(svg.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(svg.header("x-content-type-options"), Some("nosniff"));
    for (extension, ..) in FORMS {
        assert_eq!(print(&bench, 1, &format!("KINGOMBE01-0-00000001.{extension}")).status, 200);
    }
}

#[test]
fn a_receipt_that_is_not_there_or_anothers_is_not_found() {
    let bench = Bench::start();
    bench.client().sell(1, None, &payload(1));
    let none = print(&bench, 1, "KINGOMBE01-0-00000002.txt");
    let other = print(&bench, 2, "KINGOMBE01-0-00000001.txt");
    assert_eq!((none.status, other.status, &none.body), (404, 404, &other.body));
    assert_eq!(print(&bench, 1, "KINGOMBE01-0-00000001.txt").status, 200);
}
