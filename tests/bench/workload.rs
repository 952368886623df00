//! What is measured: a folder of real files, one small file, and files that grow.
//!
//! Everything is written piece by piece: a process inherits the peak memory of the one that starts it, so this one has
//! to stay small.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something to run `dopt fix` on.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What the table calls it.
    pub name: String,
    /// The file or folder.
    pub path: PathBuf,
    /// How many of `unit` there are.
    pub count: usize,
    /// What the time is divided by: `file`, `RUN`, or nothing.
    pub unit: &'static str,
}

/// How many files the folder should have where the real ones are not here.
const FILES: usize = 6_294;

/// How large the largest step is.
const LARGEST: usize = 10_000_000;

/// All workloads; their files are made in `folder`.
pub fn all(folder: &Path) -> Vec<Workload> {
    let mut found = vec![real_files().unwrap_or_else(|| copied_files(folder)), small_file()];
    for count in [10, 100, 1_000, 10_000] {
        found.push(file(folder, format!("{count} cheap RUNs that become one"), count, |out, n| {
            writeln!(out, "RUN mkdir -p /srv/app/{n} && chown app /srv/app/{n}")
        }));
    }
    for count in [10, 100, 1_000, 10_000] {
        found.push(file(folder, format!("{count} apt-get RUNs with ENV between"), count, |out, n| {
            writeln!(out, "ENV STEP={n}\nRUN apt-get update && apt-get install -y package-{n}")
        }));
    }
    for count in [10, 100, 1_000] {
        found.push(file(folder, format!("{count} RUNs that read the lists of the first"), count, |out, n| {
            let update = if n == 0 { "apt-get update && " } else { "" };
            writeln!(out, "ENV STEP={n}\nRUN {update}apt-get install -y package-{n}")
        }));
    }
    found.push(large_step(folder));
    found
}

fn real_files() -> Option<Workload> {
    let folder = std::env::var_os("DOPT_CORPUS").map(PathBuf::from).or_else(unpack)?;
    let path = folder.join("real");
    let count = std::fs::read_dir(&path).ok()?.count();
    Some(Workload { name: format!("{count} real files"), path, count, unit: "file" })
}

fn unpack() -> Option<PathBuf> {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/real.tar.xz");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    if !archive.exists() {
        return None;
    }
    std::fs::create_dir_all(&folder).ok()?;
    let status = Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(&folder).status();
    status.is_ok_and(|status| status.success()).then_some(folder)
}

fn copied_files(folder: &Path) -> Workload {
    let path = folder.join("copies");
    std::fs::create_dir(&path).expect("the folder is new");
    let own = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).expect("the corpus is here");
    let own: Vec<PathBuf> = own.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()).collect();
    for n in 0..FILES {
        std::fs::copy(&own[n % own.len()], path.join(format!("{n}.Dockerfile"))).expect("files can be copied");
    }
    Workload { name: format!("{FILES} copied files"), path, count: FILES, unit: "file" }
}

fn small_file() -> Workload {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/web-app.Dockerfile");
    Workload { name: "one small file".to_owned(), path, count: 1, unit: "" }
}

fn file(
    folder: &Path,
    name: String,
    count: usize,
    step: impl Fn(&mut dyn Write, usize) -> std::io::Result<()>,
) -> Workload {
    let path = folder.join(format!("{}.Dockerfile", name.replace(' ', "-")));
    let mut out = BufWriter::new(File::create(&path).expect("the folder is ours"));
    writeln!(out, "FROM debian:12").expect("the disk has room");
    (0..count).for_each(|n| step(&mut out, n).expect("the disk has room"));
    out.flush().expect("the disk has room");
    Workload { name, path, count, unit: "RUN" }
}

fn large_step(folder: &Path) -> Workload {
    let mut workload = file(folder, "one RUN of 10 MB".to_owned(), 1, |out, _| {
        write!(out, "RUN apt-get update && apt-get install -y")?;
        (0..LARGEST / 20).try_for_each(|n| write!(out, " \\\n  package-{n:07}"))?;
        writeln!(out)
    });
    workload.unit = "";
    workload
}
