//! Registries that want to know who asks: passwords, tokens, certificates. Nobody else may learn a secret.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use crate::debian::{self, Registry};
use crate::project::{Project, Run};
use crate::server::{Reply, Request, Server};

const USER: &str = "jane";
const PASSWORD: &str = "hunter2-registry";
/// The password as `htpasswd -B` writes it.
const HTPASSWD: &str = "jane:$2b$05$tISixP/bh0el72OmX8FgNuiRh45DwAOec1ANbRTcVnsnbXbqnTZB6\n";

fn basic(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

/// No output and no file of the project has a secret, as it is or encoded.
#[track_caller]
fn keeps_secrets(run: &Run, project: &Project) {
    for secret in [PASSWORD, &basic(USER, PASSWORD), "identity-token-of-jane", "Bearer "] {
        assert!(!run.said().contains(secret), "a secret was printed:\n{}", run.said());
        assert!(!project.everything().contains(secret), "a secret was written");
    }
}

/// A registry with passwords, and the digest of `acme/app:1` in it.
fn with_passwords(folder: &Path) -> (Registry, String) {
    let digest = Registry::open(folder).push_image("acme/app", Some("1"), "linux/amd64", "x");
    let file = folder.join("htpasswd");
    fs::write(&file, HTPASSWD).unwrap();
    let auth = format!("auth: {{htpasswd: {{realm: Registry Realm, path: {}}}}}", file.display());
    (Registry::start(folder, &auth, ""), digest)
}

#[test]
fn passwords_come_from_the_configuration_of_docker_and_podman() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (registry, digest) = with_passwords(folder.path());
    let host = registry.host();
    let new = || Project::with(&format!("FROM {host}/acme/app:1\n"));
    let pins = |project: &Project| {
        let run = project.dopt(&["pin", "--write", "-v"]);
        keeps_secrets(&run, project);
        run.expect(0);
        project.read("Dockerfile").contains(&digest)
    };
    let entry = |user: &str, password: &str| format!("{{\"{host}\":{{\"auth\":\"{}\"}}}}", basic(user, password));

    let project = new();
    assert!(!pins(&project), "nobody gets in without a password");
    project.dopt(&["pin", "-v"]).says("registry-denied").says(&format!("`docker login {host}`"));

    project.docker_config(&format!("{{\"auths\":{}}}", entry(USER, "wrong-password")));
    let run = project.dopt(&["pin", "-v"]);
    run.says("does not accept the credentials");
    assert!(!run.said().contains("wrong-password") && !run.said().contains(&basic(USER, "wrong-password")));

    let project = new();
    project.docker_config(&format!("{{\"auths\":{}}}", entry(USER, PASSWORD)));
    assert!(pins(&project));
    let run = project.dopt(&["size", "--registry", "--pull", "-v", &format!("{host}/acme/app:1")]);
    keeps_secrets(&run, &project);
    run.expect(0).says("in 0 layers");

    let mut project = new();
    let podman = project.outside("run/containers");
    fs::write(podman.join("auth.json"), format!("{{\"auths\":{}}}", entry(USER, PASSWORD))).unwrap();
    project.set("XDG_RUNTIME_DIR", &project.root().join("run").display().to_string());
    assert!(pins(&project), "podman's file counts too");

    let mut project = new();
    project.docker_config(&format!("{{\"auths\":{}}}", entry(USER, "wrong-password")));
    let file = project.outside("elsewhere").join("auth.json");
    fs::write(&file, format!("{{\"auths\":{{\"{host}/acme\":{{\"auth\":\"{}\"}}}}}}", basic(USER, PASSWORD))).unwrap();
    project.set("REGISTRY_AUTH_FILE", &file.display().to_string());
    assert!(pins(&project), "a file that is named counts first, and its entry may be for a path");
}

#[test]
fn credential_helpers_count_before_what_stands_in_the_file() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (registry, digest) = with_passwords(folder.path());
    let host = registry.host();
    let right = format!(
        "read server; [ \"$1 $server\" = \"get {host}\" ] || exit 1; \
         echo '{{\"ServerURL\":\"{host}\",\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}'"
    );
    let wrong = right.replace(PASSWORD, "wrong-password");
    let missing = "echo 'credentials not found in native keychain'; exit 1";
    let auths = |password: &str| format!("\"auths\":{{\"{host}\":{{\"auth\":\"{}\"}}}}", basic(USER, password));
    let own = format!("\"credHelpers\":{{\"{host}\":\"own\"}}");
    for (config, scripts, works) in [
        (format!("{{{own},\"credsStore\":\"all\",{}}}", auths("no")), [&*right, &*wrong], true),
        (format!("{{{own},\"credsStore\":\"all\",{}}}", auths(PASSWORD)), [&*wrong, &*right], false),
        (format!("{{\"credsStore\":\"all\",{}}}", auths("no")), [&*wrong, &*right], true),
        (format!("{{\"credsStore\":\"all\",{}}}", auths(PASSWORD)), [&*wrong, missing], true),
        (format!("{{{own}}}"), ["echo", ""], false),
        ("{\"credsStore\":\"not-installed\"}".to_owned(), ["", ""], false),
        ("{\"credsStore\":\"../../bin/sh\"}".to_owned(), ["", ""], false),
    ] {
        let project = Project::with(&format!("FROM {host}/acme/app:1\n"));
        project.docker_config(&config);
        project.program("docker-credential-own", scripts[0]);
        project.program("docker-credential-all", scripts[1]);
        let run = project.dopt(&["pin", "--write", "-v"]);
        keeps_secrets(&run, &project);
        assert_eq!(project.read("Dockerfile").contains(&digest), works, "{config}\n{}", run.said());
    }
}

/// A token server that knows one user and signs what it gives with a key that the registry trusts.
struct Tokens {
    server: Server,
    certificate: String,
}

impl Tokens {
    fn start(folder: &Path) -> Option<Tokens> {
        let (key, certificate) = (folder.join("token.key"), folder.join("token.crt"));
        let made = openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=tokens",
            "-keyout",
            &key.display().to_string(),
            "-out",
            &certificate.display().to_string(),
        ]);
        if !made {
            debian::warn("SKIPPED: openssl cannot make a key, so no tokens were asked for");
            return None;
        }
        let der = fs::read_to_string(&certificate).unwrap();
        let der: String = der.lines().filter(|line| !line.starts_with("-----")).collect();
        let folder = folder.to_path_buf();
        let lock = Arc::new(Mutex::new(()));
        let server = Server::start(move |request| {
            let _one_at_a_time = lock.lock().unwrap();
            token_for(request).map_or_else(
                || Reply::new(401).body("{}"),
                |scope| {
                    let token = sign(&folder, &der, &scope);
                    let name = if request.method == "POST" { "access_token" } else { "token" };
                    Reply::new(200).body(json!({ name: token }).to_string())
                },
            )
        });
        Some(Tokens { server, certificate: certificate.display().to_string() })
    }

    /// A registry with the same images that wants its tokens.
    fn registry(&self, folder: &Path) -> Registry {
        let (host, bundle) = (self.server.host(), &self.certificate);
        let auth = format!(
            "auth: {{token: {{realm: \"http://{host}/token?x=y\", service: test-registry, issuer: tokens, rootcertbundle: {bundle}}}}}"
        );
        Registry::start(folder, &auth, "")
    }
}

/// The scope that a request may have: what is public, and everything for the one user.
fn token_for(request: &Request) -> Option<String> {
    let (_, query) = request.path.split_once("/token?x=y").unwrap_or_default();
    let fields = format!("{}&{}", query.trim_start_matches('&'), request.body);
    let field = |name: &str| {
        let value = fields.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
        Some(value.replace("%3A", ":").replace("%2F", "/"))
    };
    let scope = field("scope")?;
    let by_password = request.header("authorization") == Some(&format!("Basic {}", basic(USER, PASSWORD)));
    let by_token = request.method == "POST"
        && field("grant_type").as_deref() == Some("refresh_token")
        && field("refresh_token").as_deref() == Some("identity-token-of-jane");
    let is_right = field("service").as_deref() == Some("test-registry") && scope.ends_with(":pull");
    (is_right && (scope.contains(":public/") || by_password || by_token)).then_some(scope)
}

fn sign(folder: &Path, der: &str, scope: &str) -> String {
    let name = scope.trim_start_matches("repository:").trim_end_matches(":pull");
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let header = encode(json!({ "typ": "JWT", "alg": "RS256", "x5c": [der] }).to_string());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": "tokens", "sub": "", "aud": "test-registry", "exp": now + 300, "nbf": now - 60, "iat": now, "jti": "1",
        "access": [{ "type": "repository", "name": name, "actions": ["pull"] }]
    });
    let body = format!("{header}.{}", encode(claims.to_string()));
    let (input, output) = (folder.join("token.txt"), folder.join("token.sig"));
    fs::write(&input, &body).unwrap();
    let (key, input) = (folder.join("token.key").display().to_string(), input.display().to_string());
    assert!(openssl(&["dgst", "-sha256", "-sign", &key, "-out", &output.display().to_string(), &input]));
    format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(fs::read(output).unwrap()))
}

fn openssl(arguments: &[&str]) -> bool {
    Command::new("openssl").args(arguments).output().is_ok_and(|output| output.status.success())
}

#[test]
fn tokens_are_asked_for_with_a_password_an_identity_token_or_nothing() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let open = Registry::open(folder.path());
    let public = open.push_image("public/app", Some("1"), "linux/amd64", "x");
    let private = open.push_image("private/app", Some("1"), "linux/amd64", "y");
    drop(open);
    let Some(tokens) = Tokens::start(folder.path()) else { return };
    let registry = tokens.registry(folder.path());
    let host = registry.host();
    let text = format!("FROM {host}/public/app:1 AS a\nFROM {host}/private/app:1\n");
    let auth = format!("\"auth\":\"{}\"", basic(USER, PASSWORD));
    for (entry, opens) in [
        (String::new(), false),
        (auth, true),
        ("\"identitytoken\":\"identity-token-of-jane\"".to_owned(), true),
        (format!("\"auth\":\"{}\"", basic(USER, "wrong")), false),
    ] {
        let project = Project::with(&text);
        project.docker_config(&format!("{{\"auths\":{{\"{host}\":{{{entry}}}}}}}"));
        let run = project.dopt(&["pin", "--write", "-v"]);
        keeps_secrets(&run, &project);
        let found = project.read("Dockerfile");
        assert_eq!(found.contains(&private), opens, "{entry}\n{}", run.said());
        assert!(found.contains(&public), "this token server gives what is public to anybody\n{}", run.said());
    }
    let told: Vec<Request> = tokens.server.requests();
    assert!(told.iter().all(|request| !format!("{request:?}").contains("Bearer")), "tokens are for the registry");
}

#[test]
fn a_token_server_without_encryption_gets_no_password() {
    let other = Server::start(|_| Reply::new(200).body("{\"token\":\"x\"}"));
    let port = other.host().rsplit_once(':').unwrap().1.to_owned();
    let registry = Server::start(move |_| {
        Reply::new(401)
            .header("www-authenticate", format!("Bearer realm=\"http://tokens.example.com:{port}/\",service=\"x\""))
    });
    let host = registry.host();
    let mut project = Project::with(&format!("FROM {host}/acme/app:1\n"));
    project.docker_config(&format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{}\"}}}}}}", basic(USER, PASSWORD)));
    // Where it went, if it went: a proxy leads every name to this machine.
    let proxy = Server::start(|_| Reply::new(500));
    project.set("http_proxy", &format!("http://{}", proxy.host()));
    let run = project.dopt(&["pin", "-v"]);
    run.says("names a token server that speaks no TLS").says("registry-misbehaves");
    keeps_secrets(&run, &project);
    assert!(proxy.requests().is_empty() && other.requests().is_empty());
}

/// An authority, and a certificate of it for this machine.
fn certificates(folder: &Path) -> bool {
    let path = |name: &str| folder.join(name).display().to_string();
    fs::write(folder.join("san.txt"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").unwrap();
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=authority",
        "-keyout",
        &path("ca.key"),
        "-out",
        &path("ca.pem"),
    ]) && openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=registry",
        "-keyout",
        &path("tls.key"),
        "-out",
        &path("tls.csr"),
    ]) && openssl(&[
        "x509",
        "-req",
        "-days",
        "2",
        "-in",
        &path("tls.csr"),
        "-CA",
        &path("ca.pem"),
        "-CAkey",
        &path("ca.key"),
        "-CAcreateserial",
        "-extfile",
        &path("san.txt"),
        "-out",
        &path("tls.pem"),
    ])
}

#[test]
fn a_certificate_has_to_be_that_of_an_authority_that_is_known() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let digest = Registry::open(folder.path()).push_image("acme/app", Some("1"), "linux/amd64", "x");
    if !certificates(folder.path()) {
        debian::warn("SKIPPED: openssl cannot make certificates, so no registry with TLS was asked");
        return;
    }
    let at = folder.path().display();
    let tls = format!("  tls: {{certificate: {at}/tls.pem, key: {at}/tls.key}}");
    let registry = Registry::start(folder.path(), "", &tls);
    let host = registry.host();
    let project = Project::with(&format!("FROM {host}/acme/app:1\n"));
    project.dopt(&["pin"]).expect(0).says("its certificate is not to be trusted").says("registry-unreachable");
    project.write("dopt.toml", &format!("pin.ca-files = [\"{at}/ca.pem\"]\n"));
    project.dopt(&["pin"]).expect(1).says(&digest);
    project.write("dopt.toml", "");
    let mut trusting = project;
    trusting.set("SSL_CERT_FILE", &format!("{at}/ca.pem"));
    trusting.dopt(&["pin"]).expect(1).says(&digest);
    trusting.write("dopt.toml", "pin.ca-files = [\"missing.pem\"]\n");
    trusting.dopt(&["pin"]).expect(2).says("missing.pem cannot be read");
    trusting.write("dopt.toml", "pin.ca-files = [\"dopt.toml\"]\n");
    trusting.dopt(&["pin"]).expect(2).says("has no certificate in PEM form");
}
