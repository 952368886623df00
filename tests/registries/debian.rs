//! Debian's `docker-registry`, started for one test on a free port, and images to fill it with.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};

/// A registry with files of its own, gone with the value.
pub struct Registry {
    child: Child,
    port: u16,
    log: PathBuf,
}

/// Whether it can be started; says loudly where it cannot.
pub fn is_here() -> bool {
    let found = Command::new("docker-registry").arg("--version").output().is_ok();
    if !found {
        warn(
            "SKIPPED: docker-registry is not installed, so no real registry was asked (Debian package docker-registry)",
        );
    }
    found
}

pub fn warn(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

impl Registry {
    /// An open one, with its files below a folder.
    pub fn open(folder: &Path) -> Registry {
        Registry::start(folder, "", "")
    }

    /// With more lines for its configuration, at the top level and below `http:`. Registries of one folder have the same
    /// images.
    pub fn start(folder: &Path, more: &str, http: &str) -> Registry {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let (config, log) = (folder.join(format!("{number}.yml")), folder.join(format!("{number}.log")));
        // Somebody else may take the port in between, so several are tried.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let data = folder.join("data");
            let text = format!(
                "version: 0.1\nlog: {{level: info, formatter: text}}\n\
                 storage: {{filesystem: {{rootdirectory: {}}}}}\n{more}\nhttp:\n  addr: 127.0.0.1:{port}\n{http}\n",
                data.display()
            );
            fs::write(&config, text).unwrap();
            let mut command = Command::new("docker-registry");
            command.arg("serve").arg(&config).stdin(Stdio::null());
            let output = fs::File::create(&log).unwrap();
            command.stdout(output.try_clone().unwrap()).stderr(output);
            let mut child = command.spawn().unwrap();
            if answers(port, &mut child) {
                return Registry { child, port, log };
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("docker-registry does not start: {}", fs::read_to_string(&log).unwrap_or_default());
    }

    /// How often a blob was fetched.
    pub fn blobs_fetched(&self) -> usize {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains("\"GET /v2/") && line.contains("/blobs/")).count()
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How often a manifest was asked for with this method.
    pub fn manifests(&self, method: &str) -> usize {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let is_one = |line: &&str| line.contains(&format!("\"{method} /v2/")) && line.contains("/manifests/");
        log.lines().filter(is_one).count()
    }

    /// An image for one platform; its digest. Without a tag it is there under its digest only.
    pub fn push_image(&self, repository: &str, tag: Option<&str>, platform: &str, mark: &str) -> String {
        let (os, architecture) = platform.split_once('/').unwrap();
        let config = json!({
            "os": os, "architecture": architecture, "config": { "Env": [format!("MARK={mark}")] },
            "rootfs": { "type": "layers", "diff_ids": [] }
        });
        let config = config.to_string();
        let config_digest = self.push_blob(repository, config.as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": IMAGE,
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config.len() },
            "layers": []
        });
        self.push_manifest(repository, tag, IMAGE, &manifest.to_string())
    }

    /// An index of images for several platforms, with an attestation; the digests of the index and of the images.
    pub fn push_index(&self, repository: &str, tags: &[&str], platforms: &[&str], mark: &str) -> (String, Vec<String>) {
        let image = |platform: &&str| self.push_image(repository, None, platform, &format!("{mark} {platform}"));
        let images: Vec<String> = platforms.iter().map(image).collect();
        let mut entries: Vec<_> = platforms
            .iter()
            .zip(&images)
            .map(|(platform, digest)| {
                let (os, architecture) = platform.split_once('/').unwrap();
                let platform = json!({ "os": os, "architecture": architecture });
                json!({ "mediaType": IMAGE, "digest": digest, "size": 1, "platform": platform })
            })
            .collect();
        entries.push(json!({
            "mediaType": IMAGE, "digest": images[0], "size": 1,
            "platform": { "os": "unknown", "architecture": "unknown" },
            "annotations": { "vnd.docker.reference.type": "attestation-manifest" }
        }));
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries }).to_string();
        for tag in tags {
            self.push_manifest(repository, Some(tag), INDEX, &index);
        }
        (digest_of(index.as_bytes()), images)
    }

    fn push_manifest(&self, repository: &str, tag: Option<&str>, media_type: &str, text: &str) -> String {
        let digest = digest_of(text.as_bytes());
        let path = format!("/v2/{repository}/manifests/{}", tag.unwrap_or(&digest));
        let (status, _) = self.send("PUT", &path, media_type, text.as_bytes());
        assert_eq!(status, 201, "{path}");
        digest
    }

    fn push_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = digest_of(bytes);
        let (status, location) = self.send("POST", &format!("/v2/{repository}/blobs/uploads/"), "", b"");
        assert_eq!(status, 202);
        let path = location.split_once("://").unwrap().1.split_once('/').unwrap().1.to_owned();
        let (status, _) = self.send("PUT", &format!("/{path}&digest={digest}"), "application/octet-stream", bytes);
        assert_eq!(status, 201);
        digest
    }

    /// The status and where it leads to.
    fn send(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n",
            self.host()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let mut lines = BufReader::new(text.as_slice()).lines().map_while(Result::ok);
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let location = lines.find_map(|line| line.strip_prefix("Location: ").map(str::to_owned));
        (status, location.unwrap_or_default())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn answers(port: u16, child: &mut Child) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            // It may have been somebody else's port after all.
            return child.try_wait().is_ok_and(|ended| ended.is_none());
        }
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

pub fn digest_of(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}
