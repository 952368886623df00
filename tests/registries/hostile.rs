//! A registry that is broken, or worse: whatever it answers, the file stays as it is, the reason names the registry,
//! and nobody else learns a secret.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::debian::digest_of;
use crate::project::{Project, Run};
use crate::server::{Reply, Request, Server};

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}"#;
const SECRET: &str = "hunter2-hostile";

fn manifest() -> Reply {
    Reply::new(200).header("content-type", IMAGE).body(MANIFEST)
}

fn good() -> Reply {
    manifest().header("docker-content-digest", digest_of(MANIFEST.as_bytes()))
}

/// Pins one image of a server; the server's requests come back too.
fn pin(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static, dockerfile: &str) -> (Run, Project, Server) {
    let server = Server::start(handler);
    let host = server.host();
    let project = Project::with(&dockerfile.replace("HOST", &host));
    let auth = BASE64_STANDARD.encode(format!("jane:{SECRET}"));
    project.docker_config(&format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{auth}\"}}}}}}"));
    project.write("dopt.toml", "pin.timeout = 1\n");
    let run = project.dopt(&["pin", "--write", "-v"]);
    (run, project, server)
}

/// Nothing is pinned, for this reason, which names the registry.
#[track_caller]
fn refuses(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static, dockerfile: &str, what: &str, code: &str) {
    let (run, project, server) = pin(handler, dockerfile);
    run.expect(0).says(&format!("{} {what}", server.host())).says(&format!("[{code}]"));
    assert!(!project.read("Dockerfile").contains("@sha256") || dockerfile.contains("@sha256"), "{}", run.said());
    assert_eq!(project.read("dopt.lock"), "", "nothing was learned");
    assert!(!run.said().contains(SECRET));
}

const PLAIN: &str = "FROM HOST/a:1\n";
/// Makes the manifest and the configuration be fetched.
const ARM: &str = "FROM --platform=linux/arm64 HOST/a:1\n";

#[test]
fn digests_that_do_not_agree_are_not_taken() {
    let other = digest_of(b"something else");
    let bad = "registry-misbehaves";
    let header = |value: &str| {
        let value = value.to_owned();
        move |_: &Request| manifest().header("docker-content-digest", value.clone())
    };
    refuses(header("sha256:12"), PLAIN, "names a digest that is none (a:1)", bad);
    refuses(header(&format!("sha512:{}", "0".repeat(128))), PLAIN, "names a digest that is none", bad);
    refuses(header(&other.to_uppercase()), PLAIN, "names a digest that is none", bad);
    // Where HEAD says no kind, the bytes are fetched, and have to agree.
    let said = other.clone();
    let lies = move |_: &Request| Reply::new(200).body(MANIFEST).header("docker-content-digest", said.clone());
    refuses(lies, PLAIN, "sends a manifest that has another digest than it says", bad);
    let said = other.clone();
    let changes = move |request: &Request| match request.method.as_str() {
        "HEAD" => manifest().header("docker-content-digest", said.clone()),
        _ => manifest(),
    };
    refuses(changes, ARM, "sends a manifest that has another digest than was asked for", bad);
    let config = |request: &Request| if request.path.contains("/blobs/") { Reply::new(200).body("[]") } else { good() };
    refuses(config, ARM, "sends a configuration that has another digest than was asked for", bad);
}

#[test]
fn without_a_digest_header_the_exact_bytes_are_hashed() {
    let (run, project, server) = pin(|_| manifest(), PLAIN);
    run.expect(0);
    let digest = digest_of(MANIFEST.as_bytes());
    assert_eq!(project.read("Dockerfile"), format!("FROM {}/a:1@{digest}\n", server.host()));
    let methods: Vec<String> = server.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["HEAD", "GET"]);
    let (run, project, _) = pin(|request| if request.method == "HEAD" { Reply::new(405) } else { good() }, PLAIN);
    run.expect(0);
    assert!(project.read("Dockerfile").contains(&digest), "a registry need not know HEAD");
}

#[test]
fn manifests_that_are_none_are_not_taken() {
    let bad = "registry-misbehaves";
    let sends = |content_type: &'static str, body: &'static str| {
        move |_: &Request| Reply::new(200).header("content-type", content_type).body(body)
    };
    refuses(sends(IMAGE, "{\"schemaVersion\":2,"), PLAIN, "sends a manifest that is no JSON", bad);
    refuses(sends("text/html", "<html>"), PLAIN, "sends a manifest that is no JSON", bad);
    refuses(sends(INDEX, "{}"), PLAIN, "sends a manifest that is neither", bad);
    refuses(sends(IMAGE, "{\"manifests\":[]}"), PLAIN, "sends a manifest of another kind than it says", bad);
    refuses(sends(IMAGE, "{\"schemaVersion\":1}"), PLAIN, "has the image in a form (schema 1)", bad);
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    refuses(move |_| Reply::new(200).header("content-type", old), PLAIN, "has the image in a form (schema 1)", bad);
    let cut = |_: &Request| Reply { cut: Some(40), ..manifest() };
    refuses(cut, PLAIN, "cannot be reached: the connection breaks off", "registry-unreachable");
    let huge = |_: &Request| Reply::new(200).header("content-type", IMAGE).body(vec![b' '; (4 << 20) + 1]);
    refuses(huge, PLAIN, "sends more than 4 MiB", bad);
    let index =
        format!("{{\"schemaVersion\":2,\"mediaType\":\"{INDEX}\",\"manifests\":[{{\"digest\":\"sha256:1\"}}]}}");
    let index = move |_: &Request| {
        Reply::new(200)
            .header("content-type", INDEX)
            .header("docker-content-digest", digest_of(index.as_bytes()))
            .body(index.clone())
    };
    refuses(index, ARM, "sends an index that cannot be read", bad);
    refuses(|_| Reply::new(404), PLAIN, "has no a:1", "image-not-found");
    refuses(|_| Reply::new(418), PLAIN, "answers with status 418", bad);
    refuses(|_| Reply::new(403), PLAIN, "does not accept the credentials for a", "registry-denied");
}

#[test]
fn another_image_under_the_digest_that_is_asked_for_is_not_taken() {
    let asked = digest_of(b"what the author pinned");
    let answer = |request: &Request| match request.path.contains("sha256") {
        true => good(),
        false => manifest().header("content-type", INDEX).header("docker-content-digest", digest_of(b"new")),
    };
    let server = Server::start(move |request| {
        let mut reply = answer(request);
        if !request.path.contains("sha256") {
            reply.headers.retain(|(name, value)| name != "content-type" || value == INDEX);
        }
        reply
    });
    let project = Project::with(&format!("FROM {}/a:1@{asked}\n", server.host()));
    let run = project.dopt(&["pin", "--update", "-v"]);
    run.says(&format!("{} has other bytes under this digest", server.host())).says("[registry-misbehaves]");
}

#[test]
fn slow_answers_end_in_time_and_are_not_waited_for_again_and_again() {
    let slow = |_: &Request| Reply { delay: Duration::from_secs(30), ..good() };
    refuses(slow, PLAIN, "gives no answer within 1 s", "registry-unreachable");
    let dripping = |_: &Request| Reply { drip: Duration::from_millis(100), ..manifest() };
    refuses(dripping, PLAIN, "gives no answer within 1 s", "registry-unreachable");
    let start = Instant::now();
    let many: String = (0..40).map(|n| format!("FROM HOST/a:{n}\n")).collect();
    let (run, ..) = pin(slow, &many);
    run.expect(0).says("gives no answer within 1 s");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_registry_that_is_busy_is_asked_again_when_it_says_so() {
    let answers = |busy: usize, reply: fn() -> Reply| {
        let count = AtomicUsize::new(0);
        move |_: &Request| if count.fetch_add(1, Ordering::Relaxed) < busy { reply() } else { good() }
    };
    let digest = digest_of(MANIFEST.as_bytes());
    let start = Instant::now();
    let (run, project, server) = pin(answers(1, || Reply::new(429).header("retry-after", "1")), PLAIN);
    assert!(project.read("Dockerfile").contains(&digest), "{}", run.said());
    assert!(start.elapsed() > Duration::from_secs(1) && server.requests().len() == 2);
    let (run, project, server) = pin(answers(3, || Reply::new(503)), PLAIN);
    assert!(project.read("Dockerfile").contains(&digest), "{}", run.said());
    assert_eq!(server.requests().len(), 4);

    let start = Instant::now();
    let much_later = |_: &Request| Reply::new(429).header("retry-after", "3600");
    refuses(much_later, PLAIN, "has had enough questions for now (429)", "registry-unreachable");
    assert!(start.elapsed() < Duration::from_secs(5), "nobody waits for an hour");
    refuses(|_| Reply::new(500), PLAIN, "fails (500)", "registry-unreachable");
}

#[test]
fn no_redirect_takes_a_secret_to_another_server() {
    let other = Server::start(|_| good());
    let elsewhere = format!("http://{}/v2/a/manifests/1", other.host());
    let registry = move |request: &Request| match request.header("authorization") {
        None => Reply::new(401).header("www-authenticate", "Basic realm=\"x\""),
        Some(_) => Reply::new(307).header("location", elsewhere.clone()),
    };
    let (run, project, server) = pin(registry, PLAIN);
    assert!(project.read("Dockerfile").contains("@sha256:"), "{}", run.said());
    let auth = BASE64_STANDARD.encode(format!("jane:{SECRET}"));
    assert!(server.requests().iter().any(|request| format!("{request:?}").contains(&auth)), "the registry was told");
    let received = format!("{:?}", other.requests());
    assert!(
        !other.requests().is_empty() && !received.contains(&auth) && !received.contains("authorization"),
        "{received}"
    );
    assert!(!format!("{}{}", run.said(), project.everything()).contains(SECRET));

    // One that asks for a password itself gets none either.
    let asking = Server::start(|_| Reply::new(401).header("www-authenticate", "Basic realm=\"x\""));
    let elsewhere = format!("http://{}/", asking.host());
    let (run, ..) = pin(move |_| Reply::new(302).header("location", elsewhere.clone()), PLAIN);
    run.says("[registry-denied]");
    assert!(asking.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_token_goes_to_its_registry_only_and_the_next_page_of_tags_too() {
    let other = Server::start(|_| good());
    let elsewhere = other.host();
    let token = "token-of-the-registry";
    let registry = move |request: &Request| {
        let host = request.header("host").unwrap_or_default();
        if request.path.starts_with("/token") {
            return Reply::new(200).body(format!("{{\"token\":\"{token}\"}}"));
        }
        if request.header("authorization") != Some(&format!("Bearer {token}")) {
            return Reply::new(401)
                .header("www-authenticate", format!("Bearer realm=\"http://{host}/token\",service=\"x\""));
        }
        match request.path.as_str() {
            path if path.contains("/tags/") => Reply::new(200)
                .header("link", format!("<http://{elsewhere}/v2/a/tags/list?last=1>; rel=\"next\""))
                .body("{\"tags\":[\"1.0\",\"2.0\"]}"),
            path if path.ends_with("/1.0") => Reply::new(307).header("location", format!("http://{elsewhere}/v2/a")),
            path if path.ends_with("/2.0") => good().header("docker-content-digest", digest_of(b"x")),
            _ => good(),
        }
    };
    let (run, project, _server) = pin(registry, "FROM HOST/a\n");
    run.expect(0);
    let received = format!("{:?}", other.requests());
    assert!(!received.contains(token) && !received.contains(SECRET), "{received}");
    assert!(!received.contains("tags/list"), "tags of another server are no tags of this one");
    assert!(!format!("{}{}", run.said(), project.everything()).contains(token));
}

#[test]
fn redirects_end() {
    let bad = "registry-misbehaves";
    let circle = |request: &Request| Reply::new(302).header("location", request.path.clone());
    refuses(circle, PLAIN, "redirects in a circle, or too often", bad);
    let count = AtomicUsize::new(0);
    let endless =
        move |_: &Request| Reply::new(302).header("location", format!("/{}", count.fetch_add(1, Ordering::Relaxed)));
    refuses(endless, PLAIN, "redirects in a circle, or too often", bad);
    refuses(|_| Reply::new(302), PLAIN, "redirects to no address", bad);
    let to = |target: &'static str| move |_: &Request| Reply::new(302).header("location", target);
    refuses(to("file:///etc/passwd"), PLAIN, "redirects to no address", bad);
    refuses(to("http://example.com/x"), PLAIN, "redirects to example.com without encryption", bad);
}

#[test]
fn plain_text_is_for_this_machine_and_for_hosts_that_are_listed() {
    let registry = Server::start(|_| good());
    let port = registry.host().rsplit_once(':').unwrap().1.to_owned();
    // A proxy leads every name to this machine.
    let proxy = Server::start(|_| Reply::new(500));
    let mut project = Project::with(&format!("FROM registry.example.com:{port}/a:1\n"));
    for scheme in ["http_proxy", "https_proxy"] {
        project.set(scheme, &format!("http://{}", proxy.host()));
    }
    let host = format!("registry.example.com:{port}");
    project.dopt(&["pin"]).says("[registry-unreachable]").says(&host);
    assert!(registry.requests().is_empty(), "nothing was sent in plain text");
    assert!(proxy.requests().iter().all(|request| request.method == "CONNECT" && request.path == host));
    project.write("dopt.toml", &format!("pin.insecure = [\"{host}\"]\n"));
    project.dopt(&["pin"]).expect(1).says(&digest_of(MANIFEST.as_bytes()));
    project.write("dopt.toml", "pin.insecure = [\"registry.example.com\"]\n");
    project.dopt(&["pin"]).says("[registry-unreachable]");
}
