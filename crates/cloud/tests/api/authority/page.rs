use super::Way;

#[test]
fn the_page_of_the_authority_comes_from_here_and_takes_nothing_from_elsewhere() {
    let way = Way::without_machine("");
    for (path, kind) in [
        ("/authority", "text/html; charset=utf-8"),
        ("/authority/page.js", "text/javascript; charset=utf-8"),
        ("/authority/page.css", "text/css; charset=utf-8"),
    ] {
        let answer = way.bench.client().ask(&format!("GET {path}"), &[], None);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let loads =
            ["http://", "src=\"http", "href=\"http", "url(", "import(", "innerHTML", "insertAdjacentHTML"];
        assert!(loads.iter().all(|load| !answer.body.contains(load)), "{path}");
    }
}

#[test]
fn each_word_of_the_page_is_there_in_both_languages() {
    let way = Way::without_machine("");
    let ask = |path: &str| way.bench.client().ask(&format!("GET {path}"), &[], None).body;
    let (html, script) = (ask("/authority"), ask("/authority/page.js"));
    let (french, english) = script.split_once("\n  en: {").unwrap();
    let names = html.split("data-say=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut found = 0;
    for name in names {
        let said = format!("{name}: ");
        assert!(french.contains(&said) && english.contains(&said), "{name}");
        found += 1;
    }
    assert!(found >= 20, "{found}");
}
