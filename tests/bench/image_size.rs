//! Measures `dopt size` against `gzip -dc | tar -t` on the same layer, and its memory on an image of 4 GB.
//!
//! `cargo bench --bench image_size` takes files of this machine's `/usr`, up to 600 MB, and runs both in turn.
#![allow(clippy::print_stdout)]

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tar::{Builder, Header};
use wait4::Wait4;

const RUNS: usize = 5;
const LAYER_BYTES: u64 = 600_000_000;
const FILES: u64 = 200_000;
const FILE_BYTES: u64 = 20_000;

fn main() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    println!("{:42} {:>9} {:>9} {:>9} {:>11}", "workload", "wall s", "cpu s", "MB/s", "peak MiB");
    for (name, program) in [("gzip", "gzip -6"), ("zstd", "zstd -3 -q")] {
        if Command::new(name).arg("--version").output().is_err() {
            println!("SKIPPED: {name} is not installed");
            continue;
        }
        compare(folder.path(), name, program);
    }
    large();
}

/// One layer of real files, read by us and by the usual programs.
fn compare(folder: &Path, name: &str, compressor: &str) {
    let (layout, bytes) = layout(&folder.join(name), compressor);
    let layer =
        fs::read_dir(layout.join("blobs/sha256")).unwrap().flatten().max_by_key(|file| file.metadata().unwrap().len());
    let layer = layer.expect("a layer").path();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(run(Command::new(env!("CARGO_BIN_EXE_dopt")).arg("size").arg(&layout)));
        let script = format!("{name} -dc {} | tar -t", layer.display());
        theirs.push(run(Command::new("sh").args(["-c", &script])));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    row(&format!("dopt size, one {name} layer"), &ours, bytes);
    row(&format!("{name} -dc | tar -t"), &theirs, bytes);
    println!("  ratio of the wall times {:.2}", ours.wall.as_secs_f64() / theirs.wall.as_secs_f64());
}

/// 4 GB in 200,000 files, which comes through a pipe.
fn large() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopt"));
    command.args(["size", "-"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().expect("dopt starts");
    let input = child.stdin.take().expect("a pipe");
    write_large(BufWriter::with_capacity(1 << 20, input)).expect("dopt reads");
    let used = child.wait4().expect("a child can be waited for");
    assert!(used.status.success(), "dopt ends with {}", used.status);
    let cost = Cost { wall: start.elapsed(), cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss };
    row("dopt size, 4 GB in 200,000 files, piped", &cost, FILES * FILE_BYTES);
}

fn write_large(mut out: impl Write) -> io::Result<()> {
    let file_blocks = 1 + FILE_BYTES.div_ceil(512);
    out.write_all(header("layer.tar", (FILES * file_blocks + 2) * 512).as_bytes())?;
    let mut content = vec![0; (file_blocks as usize - 1) * 512];
    for number in 0..FILES {
        out.write_all(header(&format!("usr/lib/folder-{}/file-{number}", number / 100), FILE_BYTES).as_bytes())?;
        content[..8].copy_from_slice(&number.to_le_bytes());
        out.write_all(&content)?;
    }
    out.write_all(&[0; 1024])?;
    for (name, text) in [
        ("c.json", r#"{"os":"linux","architecture":"amd64"}"#),
        ("manifest.json", r#"[{"Config":"c.json","RepoTags":["large:1"],"Layers":["layer.tar"]}]"#),
    ] {
        out.write_all(header(name, text.len() as u64).as_bytes())?;
        let mut block = [0; 512];
        block[..text.len()].copy_from_slice(text.as_bytes());
        out.write_all(&block)?;
    }
    out.write_all(&[0; 1024])?;
    out.flush()
}

fn header(path: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_path(path).expect("a short path");
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header
}

/// An OCI layout with one layer of this machine's files, and the bytes of the layer's archive.
fn layout(root: &Path, compressor: &str) -> (PathBuf, u64) {
    let blobs = root.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("a folder");
    let plain = root.join("layer.tar");
    let mut builder = Builder::new(BufWriter::new(File::create(&plain).expect("a file")));
    let mut left = LAYER_BYTES;
    for folder in ["/usr/lib", "/usr/share", "/usr/bin"] {
        add(Path::new(folder), &mut builder, &mut left);
    }
    builder.into_inner().and_then(|mut file| file.flush()).expect("it can be written");
    let bytes = fs::metadata(&plain).expect("it is there").len();
    let stored = root.join("stored");
    let script = format!("{compressor} -c {} > {}", plain.display(), stored.display());
    assert!(Command::new("sh").args(["-c", &script]).status().expect("a shell").success());
    fs::remove_file(&plain).expect("it is ours");
    let layer = blob(&blobs, &stored);
    let described = |text: String| {
        fs::write(&stored, text).expect("it is ours");
        blob(&blobs, &stored)
    };
    let config = described(r#"{"os":"linux","architecture":"amd64","history":[]}"#.to_owned());
    let manifest = described(format!(r#"{{"config":{config},"layers":[{layer}]}}"#));
    fs::write(root.join("index.json"), format!(r#"{{"manifests":[{manifest}]}}"#)).expect("a file");
    (root.to_owned(), bytes)
}

/// Stores a file as a blob; what a manifest says of it. Read in pieces, for what this process has in memory the kernel
/// counts to its children too.
fn blob(folder: &Path, path: &Path) -> String {
    let (mut file, mut sum, mut piece) = (File::open(path).expect("it is there"), Sha256::new(), vec![0; 1 << 16]);
    let mut size = 0;
    loop {
        match file.read(&mut piece).expect("it can be read") {
            0 => break,
            bytes => {
                sum.update(&piece[..bytes]);
                size += bytes;
            }
        }
    }
    let hex: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    fs::rename(path, folder.join(&hex)).expect("it is ours");
    format!(r#"{{"digest":"sha256:{hex}","size":{size}}}"#)
}

fn add(folder: &Path, builder: &mut Builder<impl Write>, left: &mut u64) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let Ok(data) = path.symlink_metadata() else { continue };
        if data.is_dir() {
            add(&path, builder, left);
        } else if data.is_file() && data.len() < *left {
            let name = path.strip_prefix("/").expect("it is below the root");
            let Ok(file) = File::open(&path) else { continue };
            let mut header = Header::new_gnu();
            header.set_metadata(&data);
            builder.append_data(&mut header, name, file.take(data.len())).expect("it can be written");
            *left -= data.len();
        }
    }
}

/// What a process and its children took.
struct Cost {
    wall: Duration,
    cpu: Duration,
    /// Bytes.
    peak: u64,
}

fn run(command: &mut Command) -> Cost {
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
    let used = child.wait4().expect("a child can be waited for");
    assert!(used.status.success(), "{command:?} ends with {}", used.status);
    Cost { wall: start.elapsed(), cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss }
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.wall);
    costs.swap_remove(costs.len() / 2)
}

fn row(name: &str, cost: &Cost, bytes: u64) {
    println!(
        "{name:42} {:>9.2} {:>9.2} {:>9.0} {:>11.1}",
        cost.wall.as_secs_f64(),
        cost.cpu.as_secs_f64(),
        bytes as f64 / 1e6 / cost.wall.as_secs_f64(),
        cost.peak as f64 / 1_048_576.0,
    );
}
