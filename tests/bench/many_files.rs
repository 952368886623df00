//! Measures `dopt fix` on 100,000 Dockerfiles made from the real ones: files per second on one thread and on two, peak
//! memory, and whether all that, and sixteen parts put together, come to the same.
//!
//! `cargo bench --bench many_files`; `DOPT_CORPUS` is the folder with the real files, `DOPT_FILES` another number of
//! files. Without the real files those of `corpus/` are copied.
#![allow(clippy::print_stdout)]

#[path = "../many_files/tree.rs"]
mod tree;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

const FILES: usize = 100_000;
const PARTS: usize = 16;
const RUNS: usize = 5;

fn main() {
    let count = std::env::var("DOPT_FILES").map_or(FILES, |text| text.parse().expect("DOPT_FILES is a number"));
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let root = folder.path().join("tree");
    // In a process of its own, so that what it keeps is not taken for that of dopt.
    if let Some(root) = std::env::args().skip_while(|argument| argument != "--make").nth(1) {
        return tree::make(Path::new(&root), &sources(), count);
    }
    let own = std::env::current_exe().expect("this program has a path");
    let made = Command::new(own).arg("--make").arg(&root).status().expect("this program runs again");
    assert!(made.success(), "the files could not be made");
    println!("{count} files, {RUNS} runs of each");
    println!("threads   files/s   median s   CPU s   peak MiB");
    for threads in ["1", "2"] {
        let output = folder.path().join(threads);
        let mut costs: Vec<Cost> = (0..RUNS).map(|_| run(&root, &["-q", "-j", threads], &output)).collect();
        costs.sort_by(|one, other| one.wall.total_cmp(&other.wall));
        let Cost { wall, cpu, .. } = costs[RUNS / 2];
        let peak = costs.iter().map(|cost| cost.peak).max().unwrap_or_default() as f64 / 1_048_576.0;
        println!("{threads:>7}  {:8.0}   {wall:8.2}  {cpu:6.2}   {peak:8.1}", count as f64 / wall);
    }
    // Not before: a process inherits the peak memory of the one that starts it.
    let [one, two] = ["1", "2"].map(|threads| fs::read(folder.path().join(threads)).expect("an output"));
    assert!(one == two, "two threads say something else than one");
    let (mut whole, mut together) = (BTreeMap::new(), BTreeMap::new());
    tree::diffs(&one, &mut whole);
    for part in 1..=PARTS {
        let output = folder.path().join("part");
        run(&root, &["-q", "--shard", &format!("{part}/{PARTS}")], &output);
        tree::diffs(&fs::read(&output).expect("an output"), &mut together);
    }
    assert!(whole == together, "the parts differ from the whole");
    println!("{} files would change; {PARTS} parts put together say the same", whole.len());
}

fn sources() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folder = std::env::var_os("DOPT_CORPUS").map(|folder| PathBuf::from(folder).join("real"));
    tree::files_in(&folder.unwrap_or(own))
}

/// What one process took: seconds, and bytes.
struct Cost {
    wall: f64,
    cpu: f64,
    peak: u64,
}

fn run(root: &Path, more: &[&str], output: &Path) -> Cost {
    let mut command = tree::fix(root, more);
    command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(File::create(output).expect("an output can be made"));
    let start = Instant::now();
    let child = command.spawn().expect("dopt runs");
    let used = child.wait4().expect("a child can be waited for");
    assert!(matches!(used.status.code(), Some(0 | 4)), "dopt ends with {}", used.status);
    Cost {
        wall: start.elapsed().as_secs_f64(),
        cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak: used.rusage.maxrss,
    }
}
