//! Measures `dopt fix` as a user runs it: whole processes, with the kernel's own account of CPU time and memory.
//!
//! `cargo bench` builds the release binary and prints a table. `cargo bench -- --against OTHER` runs another binary in
//! turn with ours on the same files (A B A B …, so that both see the same machine) and prints the ratio of the
//! medians. Other arguments choose workloads by a part of their names.
//!
//! The real Dockerfiles of `tests/corpus.rs` are taken where they are; without them those of `corpus/`, copied until
//! there are as many.
#![allow(clippy::print_stdout)]

mod workload;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;
use workload::Workload;

/// How often each process is run.
const RUNS: usize = 10;

/// A workload is cut short behind this time, but not before its third run.
const PATIENCE: Duration = Duration::from_mins(1);

fn main() {
    let plan = Plan::of(std::env::args().skip(1));
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    println!("{}", machine());
    println!("{HEADINGS}");
    for workload in workload::all(folder.path()) {
        if plan.takes(&workload.name) {
            plan.measure(&workload);
        }
    }
}

const HEADINGS: &str = concat!(
    "                                             CPU time, user + system, ms         wall ms    peak MiB\n",
    "workload                                          min   median      max   runs     median      median",
);

/// What the arguments ask for.
struct Plan {
    against: Option<PathBuf>,
    words: Vec<String>,
}

impl Plan {
    fn of(mut arguments: impl Iterator<Item = String>) -> Plan {
        let mut plan = Plan { against: None, words: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--against" => plan.against = Some(arguments.next().expect("--against needs a path").into()),
                // Cargo adds it.
                "--bench" => {}
                _ => plan.words.push(argument),
            }
        }
        plan
    }

    fn takes(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }

    fn measure(&self, workload: &Workload) {
        let ours = Path::new(env!("CARGO_BIN_EXE_dopt"));
        let mut binaries = vec![ours];
        binaries.extend(self.against.as_deref());
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); binaries.len()];
        // The first run reads the files into the page cache and is not counted.
        for binary in &binaries {
            run(binary, workload);
        }
        let start = Instant::now();
        for done in 0..RUNS {
            if done >= 3 && start.elapsed() > PATIENCE {
                break;
            }
            for (binary, costs) in binaries.iter().zip(&mut costs) {
                costs.push(run(binary, workload));
            }
        }
        println!("{}", row(workload, &costs[0]));
        if let Some(theirs) = costs.get(1) {
            let other = Workload { name: format!("  {}", binaries[1].display()), ..workload.clone() };
            println!("{}", row(&other, theirs));
            let cpu = |costs: &[Cost]| median(costs, |cost| millis(cost.cpu));
            println!("  ratio of the medians, ours to theirs {:21.3}", cpu(&costs[0]) / cpu(theirs));
        }
    }
}

/// What one process took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    cpu: Duration,
    wall: Duration,
    /// Bytes.
    peak: u64,
}

fn run(binary: &Path, workload: &Workload) -> Cost {
    let mut command = Command::new(binary);
    command.args(["fix", "--isolated", "--exit-zero", "--quiet"]).arg(&workload.path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("{} does not run: {error}", binary.display()));
    let used = child.wait4().expect("a child can be waited for");
    let wall = start.elapsed();
    // 4 is a file that BuildKit rejects; some of the real ones are such.
    let code = used.status.code();
    assert!(matches!(code, Some(0 | 4)), "{} ends with {}", binary.display(), used.status);
    Cost { cpu: used.rusage.utime + used.rusage.stime, wall, peak: used.rusage.maxrss }
}

fn row(workload: &Workload, costs: &[Cost]) -> String {
    let mut cpu: Vec<f64> = costs.iter().map(|cost| millis(cost.cpu)).collect();
    cpu.sort_by(f64::total_cmp);
    let middle = median(costs, |cost| millis(cost.cpu));
    let each = match workload.unit {
        "" => String::new(),
        "file" => format!("   {:.0} files per CPU second", workload.count as f64 * 1000.0 / middle),
        unit => format!("   {:.1} µs per {unit}", middle * 1000.0 / workload.count as f64),
    };
    format!(
        "{:44} {:8.1} {:8.1} {:8.1} {:6} {:10.1} {:11.1}{each}",
        workload.name,
        cpu[0],
        middle,
        cpu[cpu.len() - 1],
        costs.len(),
        median(costs, |cost| millis(cost.wall)),
        median(costs, |cost| cost.peak as f64 / 1_048_576.0),
    )
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(costs: &[Cost], value: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] }
}

/// The processor and how many of them there are.
fn machine() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores, {RUNS} runs of each", model.map_or("a processor", |(_, name)| name))
}
