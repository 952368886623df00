//! `dopt size` of images in a real registry, compared with the registry's own files and with what buildah saves.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::debian::{self, Registry};
use crate::project::Project;
use crate::storage::{Storage, is_root, text};

const DOCKERFILE: &str = "\
FROM scratch
COPY busybox /bin/busybox
RUN [\"/bin/busybox\", \"sh\", \"-c\", \"/bin/busybox --install -s /bin\"]
RUN mkdir -p /var/lib/apt/lists && head -c 3000000 /dev/urandom > /var/lib/apt/lists/main
COPY app /srv/app
RUN chown -R 1000:1000 /srv/app
";

/// A storage with an image of several steps, built in the project.
fn built(project: &Project) -> Option<Storage> {
    let found = if is_root() { Storage::new() } else { Err("only root can build images here".to_owned()) };
    let storage = match found {
        Ok(storage) => storage,
        Err(why) => {
            debian::warn(&format!("SKIPPED: {why}, so no image was read from a registry"));
            return None;
        }
    };
    let busybox = text(Command::new("sh").args(["-c", "command -v busybox"]).output()).unwrap();
    fs::copy(busybox, project.path("busybox")).unwrap();
    project.write("app", &"hello\n".repeat(50_000));
    project.write("Dockerfile", DOCKERFILE);
    let context = project.path("").display().to_string();
    storage.buildah(&["build", "--quiet", "--layers", "--tag", "localhost/shop:1", &context]).unwrap();
    Some(storage)
}

fn size(project: &Project, arguments: &[&str]) -> Value {
    let run = project.dopt(&[&["size", "-f", "json", "--registry"], arguments].concat());
    serde_json::from_str(&run.expect(0).out).unwrap_or_else(|_| panic!("{}", run.said()))
}

fn layers(found: &Value, field: &str) -> Vec<u64> {
    found["layers"].as_array().unwrap().iter().map(|layer| layer[field].as_u64().unwrap()).collect()
}

/// Where the registry keeps a blob.
fn blob(folder: &Path, digest: &str) -> std::path::PathBuf {
    let hex = digest.strip_prefix("sha256:").unwrap();
    folder.join(format!("data/docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]))
}

#[test]
fn a_registry_is_asked_for_the_manifest_and_with_pull_for_the_layers() {
    if !debian::is_here() {
        return;
    }
    let mut project = Project::new();
    let Some(storage) = built(&project) else { return };
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let name = format!("{}/shop:1", registry.host());
    let push = ["push", "--quiet", "--tls-verify=false", "localhost/shop:1"];
    storage.buildah(&[&push[..], &[&format!("docker://{name}")]].concat()).unwrap();
    let temporary = project.outside("tmp");
    project.set("TMPDIR", &temporary.display().to_string());

    let outline = size(&project, &[&name, "--dockerfile", "Dockerfile"]);
    assert_eq!(registry.blobs_fetched(), 1, "no more than the configuration is fetched");
    let stored = |layer: &Value| fs::metadata(blob(folder.path(), layer["name"].as_str().unwrap())).unwrap().len();
    let theirs: Vec<u64> = outline["layers"].as_array().unwrap().iter().map(stored).collect();
    assert_eq!(layers(&outline, "stored_bytes"), theirs);
    assert_eq!(layers(&outline, "line"), [2, 3, 4, 5, 6]);
    assert_eq!((&outline["pulled"], &outline["stored_bytes"]), (&false.into(), &theirs.iter().sum::<u64>().into()));

    // A second image that ends three steps earlier, with the same layers below.
    let small = format!("{}/shop:small", registry.host());
    project.write("Dockerfile.small", &DOCKERFILE.lines().take(3).collect::<Vec<_>>().join("\n"));
    let context = project.path("").display().to_string();
    let file = project.path("Dockerfile.small").display().to_string();
    storage
        .buildah(&["build", "--quiet", "--layers", "--tag", "localhost/shop:small", "--file", &file, &context])
        .unwrap();
    storage.buildah(&[&push[..3], &["localhost/shop:small", &format!("docker://{small}")]].concat()).unwrap();
    let fetched = registry.blobs_fetched();
    let both = size(&project, &[&name, &small]);
    assert_eq!(registry.blobs_fetched(), fetched + 2, "no more than the configurations is fetched");
    assert_eq!(both["before"]["stored_bytes"], outline["stored_bytes"]);
    assert_eq!(both["after"]["stored_bytes"], both["shared_bytes"]);
    assert_eq!(both["shared_bytes"], theirs[0] + theirs[1]);
    project.dopt(&["size", "--registry", &name, &small]).expect(0).says("are in the first, too");

    let pulled = size(&project, &[&name, "--pull", "--dockerfile", "Dockerfile"]);
    assert_eq!(layers(&pulled, "stored_bytes"), theirs);
    for layer in pulled["layers"].as_array().unwrap() {
        let path = blob(folder.path(), layer["name"].as_str().unwrap());
        let listed = text(Command::new("tar").arg("-tvzf").arg(path).output()).unwrap();
        let files = listed.lines().filter(|line| line.starts_with('-'));
        let sum: u64 = files.map(|line| line.split_whitespace().nth(2).unwrap().parse::<u64>().unwrap()).sum();
        assert_eq!(layer["bytes"], sum, "{listed}");
    }
    // The same bytes, by way of a file.
    let archive = project.path("shop.tar").display().to_string();
    storage.buildah(&["push", "--quiet", "localhost/shop:1", &format!("docker-archive:{archive}")]).unwrap();
    let run = project.dopt(&["size", "-f", "json", &archive, "--dockerfile", "Dockerfile"]);
    let saved: Value = serde_json::from_str(&run.out).unwrap();
    for field in ["bytes", "archive_bytes", "engine_bytes", "wasted_bytes", "efficiency", "findings", "classes"] {
        assert_eq!(pulled[field], saved[field], "{field}");
    }
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "something was put on the disk");

    // Zstandard, where this buildah has it.
    let other = format!("{}/shop:zstd", registry.host());
    let zstd = ["--compression-format", "zstd", "localhost/shop:1", &format!("docker://{other}")];
    match storage.buildah(&[&push[..3], &zstd[..]].concat()) {
        Ok(_) => assert_eq!(size(&project, &[&other, "--pull"])["bytes"], pulled["bytes"]),
        Err(why) => debian::warn(&format!("SKIPPED: buildah compresses no layers with Zstandard here: {why}")),
    }
}

#[test]
fn without_an_engine_the_registry_is_asked_and_what_is_missing_is_told() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    registry.push_index("acme/app", &["1"], &["linux/amd64", "linux/arm64"], "x");
    let mut project = Project::new();
    // No engine is found there.
    let empty = project.outside("empty").display().to_string();
    project.set("PATH", &empty);
    let name = format!("{host}/acme/app:1");
    let run = project.dopt(&["size", &name, "--platform", "linux/arm64"]);
    run.expect(0).says("linux/arm64").says("compressed, in 0 layers").says("--pull reads the layers");
    project.dopt(&["size", &name, "--platform", "linux/s390x"]).expect(4).says("linux/amd64, linux/arm64");
    project.dopt(&["size", &name, "--platform", "linux/arm64", "--tree", "/"]).expect(2).says("add --pull");
    project.dopt(&["size", &name, &name, "--platform", "linux/arm64"]).expect(0).says("0 layers → 0 layers");
    let missing = project.dopt(&["size", &format!("{host}/acme/none:1")]);
    missing.expect(4).says("no engine to ask").says(&format!("{host} has no acme/none:1"));
    project.dopt(&["size", "127.0.0.1:1/gone:1"]).expect(5).says("the connection is refused");
    project.dopt(&["size", &name, "--engine", "docker"]).expect(5).says("docker is not installed");
}
