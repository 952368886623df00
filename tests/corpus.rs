//! x
use dopt_syntax::{Document, dockerfile::Form};
#[test]
fn agrees() {
    let facts = std::fs::read_to_string("/tmp/corpus/buildkit.jsonl").unwrap();
    let mut bad = 0;
    let mut n = 0;
    let t = std::time::Instant::now();
    let mut el = std::time::Duration::ZERO;
    for line in facts.lines() {
        let fact: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = fact["file"].as_str().unwrap();
        let text = std::fs::read_to_string(format!("/tmp/corpus/{file}")).unwrap();
        let t0 = std::time::Instant::now();
        let doc = Document::parse(text);
        el += t0.elapsed();
        let ours: Vec<serde_json::Value> = doc.instructions().iter().map(|i| {
            let t = i.trigger.as_deref();
            let json = matches!(i.form, Form::Exec(_));
            let _ = t;
            serde_json::json!({"name": i.keyword.name(), "first_line": i.first_line, "last_line": i.last_line, "flags": i.flags.iter().map(|f| f.text.clone()).collect::<Vec<_>>(), "json": json, "heredocs": i.heredocs.len()})
        }).collect();
        n += 1;
        if fact["instructions"].as_array().unwrap() != &ours || !doc.problems().is_empty() {
            bad += 1;
            if bad < 10 {
                println!("{file} {:?}", doc.problems());
                for (a, b) in fact["instructions"].as_array().unwrap().iter().zip(&ours) {
                    if a != b {
                        println!("  {a}\n  {b}");
                    }
                }
            }
        }
    }
    println!("{bad} of {n} {:?} {:?}", t.elapsed(), el);
    assert_eq!(bad, 0);
}
