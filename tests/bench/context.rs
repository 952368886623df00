//! Measures `dopt ignore` on a context of 1,000,000 files: `cargo bench --bench context`.
//!
//! Half of the files lie in `node_modules` folders, half beside sources; there are 20,000 folders. The files are empty,
//! because only their names and sizes are looked at, but for those that steer builds. Making them takes a minute.
#![allow(clippy::print_stdout)]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

const FILES: usize = 1_000_000;
const IN_A_FOLDER: usize = 50;
const RUNS: usize = 5;

/// A file as projects have it, with exceptions at its end.
const OLD: &str = "*.log\n**/*.log\ntmp\n**/tmp/*\n**/.cache\n**/*.bak\n**/?.orig\n**/[Tt]humbs.db\nsrc/p1/**\n!src/p1/m1\ndocs/**/*.pdf\n";

fn main() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    make(folder.path());
    println!("a context of {FILES} files                wall s    user s     sys s   peak MiB");
    measure("without a .dockerignore", folder.path(), None);
    measure("with one that has exceptions", folder.path(), Some(OLD));
    measure("with one that hides half of it", folder.path(), Some("**/node_modules\n"));
}

fn make(root: &Path) {
    fs::write(root.join("Dockerfile"), "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n").unwrap();
    let git = root.join(".git");
    fs::create_dir(&git).unwrap();
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    for number in 0..FILES / IN_A_FOLDER {
        let top = if number % 2 == 0 { "src" } else { "node_modules" };
        let folder = root.join(format!("{top}/p{}/m{}", number / 400, number % 400));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..IN_A_FOLDER - 3 {
            let ending = ["ts", "js", "json", "md", "css"][file % 5];
            File::create(folder.join(format!("module-{file}.{ending}"))).unwrap();
        }
        File::create(folder.join("x.log")).unwrap();
        File::create(folder.join(".DS_Store")).unwrap();
        fs::write(folder.join("package.json"), "{\"name\": \"x\", \"scripts\": {\"build\": \"tsc\"}}\n").unwrap();
    }
}

fn measure(name: &str, context: &Path, old: Option<&str>) {
    let file = context.join(".dockerignore");
    match old {
        Some(text) => fs::write(&file, text).unwrap(),
        None => drop(fs::remove_file(&file)),
    }
    let mut runs = Vec::new();
    for _ in 0..=RUNS {
        let start = Instant::now();
        let dopt = Command::new(env!("CARGO_BIN_EXE_dopt"))
            .args(["ignore", "--quiet"])
            .current_dir(context)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cost = dopt.wait4().unwrap();
        let wall = start.elapsed().as_secs_f64();
        let (user, system) = (cost.rusage.utime.as_secs_f64(), cost.rusage.stime.as_secs_f64());
        runs.push((wall, user, system, cost.rusage.maxrss as f64 / f64::from(1 << 20)));
    }
    // The first run reads the folders into the cache and is not counted.
    runs.remove(0);
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (wall, user, system, peak) = runs[RUNS / 2];
    println!("{name:40} {wall:9.2} {user:9.2} {system:9.2} {peak:10.1}");
}
