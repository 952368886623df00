//! `dopt size --pull` of a registry that is broken, or worse: the bytes that come have to be those of the manifest.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::debian::digest_of;
use crate::project::{Project, Run};
use crate::server::{Reply, Request, Server};

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = r#"{"os":"linux","architecture":"amd64","config":{},"rootfs":{"type":"layers","diff_ids":["x"]}}"#;

/// An archive with one file of 300,000 bytes that no compressor would make smaller.
fn layer() -> Vec<u8> {
    let mut seed = 7_u32;
    let mut content = Vec::new();
    for _ in 0..300_000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        content.push((seed >> 24) as u8);
    }
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, "data", &content[..]).unwrap();
    archive.into_inner().unwrap()
}

/// Reads an image whose layer is answered for by `blob`, which is told what is asked and what would be right.
fn pull(blob: impl Fn(&Request, &[u8]) -> Reply + Send + Sync + 'static) -> (Run, Server) {
    let right = layer();
    let (layer_digest, config_digest) = (digest_of(&right), digest_of(CONFIG.as_bytes()));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": IMAGE,
        "config": {"digest": config_digest, "size": CONFIG.len()},
        "layers": [{"digest": layer_digest, "size": right.len()}]
    });
    let manifest = manifest.to_string();
    let server = Server::start(move |request| {
        if request.path.contains("/manifests/") {
            return Reply::new(200).header("content-type", IMAGE).body(manifest.clone());
        }
        if request.path.ends_with(&config_digest) {
            return Reply::new(200).body(CONFIG);
        }
        if request.path.ends_with(&layer_digest) { blob(request, &right) } else { Reply::new(200) }
    });
    let project = Project::new();
    project.write("dopt.toml", "pin.timeout = 1\n");
    let name = format!("{}/a:1", server.host());
    (project.dopt(&["size", &name, "--registry", "--pull", "-f", "json"]), server)
}

/// Nothing is reported, for this reason.
#[track_caller]
fn refuses(code: i32, what: &str, blob: impl Fn(&Request, &[u8]) -> Reply + Send + Sync + 'static) {
    let (run, server) = pull(blob);
    run.expect(code).says(what).says(&server.host());
    assert_eq!(run.out, "", "something was reported");
}

#[test]
fn bytes_that_are_not_those_of_the_manifest_are_not_believed() {
    refuses(4, "sends other bytes under the digest sha256:", |_, right| {
        let mut wrong = right.to_vec();
        wrong[1000] ^= 1;
        Reply::new(200).body(wrong)
    });
    refuses(4, "sends more bytes for sha256:", |_, right| Reply::new(200).body([right, &[0; 1024]].concat()));
    refuses(4, "has no sha256:", |_, _| Reply::new(404));
    refuses(4, "answers with status 204", |_, _| Reply::new(204));
    refuses(5, "fails (500)", |_, _| Reply::new(500).header("retry-after", "3600"));
}

#[test]
fn a_redirect_to_another_server_learns_no_secret_and_leads_to_the_bytes() {
    let other = Server::start(|_| Reply::new(200).body(layer()));
    let place = format!("http://{}/elsewhere", other.host());
    let (run, _server) = pull(move |_, _| Reply::new(307).header("location", place.clone()));
    let found: Value = serde_json::from_str(&run.expect(0).out).unwrap();
    assert_eq!(found["bytes"], 300_000);
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_connection_that_breaks_is_taken_up_again_where_it_broke() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let (run, server) = pull(|request, right| {
        let start = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
        let start: usize = start.map_or(0, |start| start.parse().unwrap());
        let cut = (ASKED.fetch_add(1, Ordering::Relaxed) < 2).then_some(100_000);
        let reply = if start == 0 { Reply::new(200) } else { Reply::new(206) };
        Reply { cut, ..reply.body(&right[start..]) }
    });
    let found: Value = serde_json::from_str(&run.expect(0).out).unwrap();
    assert_eq!(found["bytes"], 300_000);
    let ranges: Vec<String> =
        server.requests().iter().filter_map(|request| request.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, ["bytes=100000-", "bytes=200000-"]);
}

#[test]
fn a_server_that_cannot_begin_in_the_middle_sends_all_of_it_again() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let (run, _server) = pull(|_, right| {
        let cut = (ASKED.fetch_add(1, Ordering::Relaxed) == 0).then_some(70_000);
        Reply { cut, ..Reply::new(200).body(right) }
    });
    let found: Value = serde_json::from_str(&run.expect(0).out).unwrap();
    assert_eq!(found["bytes"], 300_000);
}

#[test]
fn a_connection_that_breaks_every_time_or_falls_silent_ends_the_run() {
    refuses(5, "the connection breaks off", |_, right| Reply { cut: Some(10), ..Reply::new(200).body(right) });
    refuses(5, "gives no answer within 1 s", |_, right| Reply {
        drip: Duration::from_secs(30),
        ..Reply::new(200).body(right)
    });
}
