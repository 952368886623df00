//! Measures how many images `dopt pin` looks up in a second, where the registry answers at once and where each answer
//! takes 50 ms. Whole processes of the release binary; the registry is a thread of this program.
//!
//! With a latency, the limit is what eight questions at a time can be: images × latency ÷ 8. The last column says how
//! many times of it the run took.
#![allow(clippy::print_stdout)]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use server::{Reply, Server};

#[allow(dead_code)]
#[path = "../registries/server.rs"]
mod server;

const RUNS: usize = 5;
const JOBS: u32 = 8;

fn main() {
    println!("images  latency  images per second     wall ms, median of {RUNS}     times of the limit");
    for (images, latency) in [(200, 0), (2_000, 0), (200, 50), (1_000, 50)] {
        let latency = Duration::from_millis(latency);
        let mut times: Vec<Duration> = (0..RUNS).map(|_| measure(images, latency)).collect();
        times.sort();
        let median = times[RUNS / 2];
        let per_second = f64::from(images) / median.as_secs_f64();
        let limit = latency * images / JOBS;
        let ratio = match limit.is_zero() {
            true => String::new(),
            false => format!("{:.2}", median.as_secs_f64() / limit.as_secs_f64()),
        };
        let (latency, wall) = (latency.as_millis(), median.as_secs_f64() * 1e3);
        println!("{images:6}  {latency:4} ms  {per_second:17.0}  {wall:26.1}  {ratio:>21}");
    }
}

/// How long one run takes, from the start of the process to its end.
fn measure(images: u32, latency: Duration) -> Duration {
    let digest = format!("sha256:{}", "1".repeat(64));
    let server = Server::start(move |_| Reply {
        delay: latency,
        ..Reply::new(200)
            .header("content-type", "application/vnd.oci.image.index.v1+json")
            .header("docker-content-digest", digest.clone())
    });
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let text: String = (0..images).map(|n| format!("FROM {}/image:{n}\n", server.host())).collect();
    fs::write(folder.path().join("Dockerfile"), text).expect("a file can be written");
    let mut dopt = Command::new(env!("CARGO_BIN_EXE_dopt"));
    dopt.args(["pin", "--write", "--quiet", "--required"]).current_dir(folder.path());
    dopt.env("HOME", folder.path()).stdout(Stdio::null());
    let start = Instant::now();
    let status = dopt.status().expect("dopt runs");
    let took = start.elapsed();
    assert!(status.success() && server.requests().len() == images as usize);
    took
}
