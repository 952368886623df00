//! What comes out for many files is the same for every number of threads, and for parts that are put together.

#[path = "many_files/tree.rs"]
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

const FILES: usize = 1_200;
const PARTS: usize = 16;

#[test]
fn threads_and_parts_change_nothing() {
    let root = tempfile::tempdir().unwrap();
    tree::make(root.path(), &tree::files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")), FILES);
    for format in [&["-f", "diff", "-v"][..], &["-f", "json"], &["--stat"]] {
        let outputs: Vec<_> = ["1", "2", "2", "7"]
            .map(|jobs| tree::fix(root.path(), &[format, &["-j", jobs]].concat()).output().unwrap())
            .into();
        assert!(outputs[0].stdout.len() > 10_000, "{format:?} prints next to nothing");
        assert!(outputs.iter().all(|other| *other == outputs[0]), "{format:?} differs");
    }

    let mut whole = BTreeMap::new();
    tree::diffs(&tree::fix(root.path(), &["-q"]).output().unwrap().stdout, &mut whole);
    let (mut together, mut sizes) = (BTreeMap::new(), Vec::new());
    for part in 1..=PARTS {
        let before = together.len();
        let shard = format!("{part}/{PARTS}");
        tree::diffs(&tree::fix(root.path(), &["-q", "--shard", &shard]).output().unwrap().stdout, &mut together);
        sizes.push(together.len() - before);
    }
    assert!(whole.len() > FILES / 2, "next to nothing changes");
    assert!(whole == together, "the parts differ from the whole");
    assert!(sizes.iter().all(|size| *size > whole.len() / PARTS / 2), "the parts are too different: {sizes:?}");
}
