//! A thousand files with two hundred images: each is looked up once, whoever asks, and never again.

use std::fs;
use std::thread;

use crate::debian::{self, Registry};
use crate::project::Project;

const FILES: usize = 1_000;
const IMAGES: usize = 200;

fn fill(project: &Project, host: &str) {
    for n in 0..FILES {
        let (one, other) = (n % IMAGES, (n * 7 + 3) % IMAGES);
        let text =
            format!("FROM {host}/many:{one} AS a\nFROM {host}/many:{other}\nCOPY --from={host}/many:{one} /a /a\n");
        project.write(&format!("service-{n:04}/Dockerfile"), &text);
    }
}

fn files(project: &Project) -> Vec<String> {
    (0..FILES).map(|n| project.read(&format!("service-{n:04}/Dockerfile"))).collect()
}

#[test]
fn a_thousand_files_ask_two_hundred_questions_and_none_the_second_time() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    for n in 0..IMAGES {
        registry.push_image("many", Some(&n.to_string()), "linux/amd64", &n.to_string());
    }
    let before = registry.manifests("HEAD");
    let whole = Project::new();
    fill(&whole, &host);
    whole.dopt(&["pin", "--write", "-q", "--required"]).expect(0);
    assert_eq!(registry.manifests("HEAD") - before, IMAGES, "each image is asked for once");
    assert_eq!(registry.manifests("GET"), 0);
    let pinned = files(&whole);
    assert!(pinned.iter().all(|text| text.matches("@sha256:").count() == 3));

    // In parts, with the lockfile of the whole, or one after the other with their own.
    for lock in [whole.read("dopt.lock"), String::new()] {
        let shards = Project::new();
        fill(&shards, &host);
        if !lock.is_empty() {
            shards.write("dopt.lock", &lock);
        }
        for shard in 0..4 {
            let names = (0..FILES).filter(|n| n % 4 == shard).map(|n| format!("service-{n:04}"));
            let names: Vec<String> = names.collect();
            let mut arguments = vec!["pin", "--write", "-q"];
            arguments.extend(names.iter().map(String::as_str));
            shards.dopt(&arguments).expect(0);
        }
        assert_eq!(files(&shards), pinned);
    }
    assert_eq!(registry.manifests("HEAD") - before, 2 * IMAGES, "a lockfile is asked before the registry");

    // All at the same time, each of them keeps what the others found.
    let shards = Project::new();
    fill(&shards, &host);
    thread::scope(|scope| {
        for tens in 0..10 {
            let name = format!("service-00{tens}");
            let names: Vec<String> = (0..10).map(|ones| format!("{name}{ones}")).collect();
            let shards = &shards;
            scope.spawn(move || {
                let mut arguments = vec!["pin", "--write", "-q"];
                arguments.extend(names.iter().map(String::as_str));
                shards.dopt(&arguments).expect(0);
            });
        }
    });
    assert_eq!(files(&shards)[..100], pinned[..100]);
    let mut wanted: Vec<usize> = (0..100).flat_map(|n| [n, (n * 7 + 3) % IMAGES]).collect();
    wanted.sort_unstable();
    wanted.dedup();
    assert_eq!(shards.read("dopt.lock").matches("[image.").count(), wanted.len());

    // The registry is gone, and the lockfile is enough.
    drop(registry);
    let offline = Project::new();
    fill(&offline, &host);
    fs::copy(whole.path("dopt.lock"), offline.path("dopt.lock")).unwrap();
    offline.dopt(&["pin", "--write", "-q", "--offline", "--required"]).expect(0);
    assert_eq!(files(&offline), pinned);
    let lock = offline.read("dopt.lock");
    assert_eq!(lock, whole.read("dopt.lock"));
    let names: Vec<&str> = lock.lines().filter(|line| line.starts_with("[image")).collect();
    assert!(names.len() == IMAGES && names.is_sorted(), "sorted");
    whole.dopt(&["pin"]).expect(0);
}
