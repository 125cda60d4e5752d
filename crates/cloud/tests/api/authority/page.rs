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
fn each_word_of_a_page_is_there_in_both_languages_and_none_of_its_holes_is_left() {
    let way = Way::without_machine("");
    let ask = |path: &str| way.bench.client().ask(&format!("GET {path}"), &[], None).body;
    for (page, least) in [("/authority", 20), ("/devices", 5)] {
        let (html, script) = (ask(page), ask(&format!("{page}/page.js")));
        assert!(!html.contains(['{', '}']), "{html}");
        let names: Vec<_> =
            html.split("data-say=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(names.len() >= least, "{names:?}");
        for name in names {
            let (_, said) = script.split_once(&format!("\n  {name}: [")).unwrap();
            let (said, _) = said.split_once("],\n").unwrap();
            assert!(said.contains(", \"") || said.contains(",\n    \""), "{name}: {said}");
        }
    }
}
