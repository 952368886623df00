//! A smaller base image is kept where the smoke command finds what it needs, and left out where it does not.

use super::*;

const WHOLE: &str = "FROM python:3.12\nENV MODE=fast\nCMD [\"python\", \"-m\", \"http.server\"]\n";

#[test]
fn a_slim_image_is_kept_only_where_nothing_is_missing() {
    with_storage(|storage, project| {
        let slim = storage.path("slim");
        fs::create_dir_all(&slim).unwrap();
        fs::write(slim.join("Dockerfile"), "FROM python:3.12\nRUN rm /bin/vi\n").unwrap();
        let name = "docker.io/library/python:3.12-slim";
        storage.buildah(&["build", "--quiet", "--tag", name, &slim.display().to_string()]).unwrap();
        fs::write(project.join("Dockerfile"), WHOLE).unwrap();
        let fix = ["fix", "Dockerfile", "--verify", "--no-baseline", "--unsafe-fixes", "--select", "slim-base"];
        let tried = |smoke: &str| -> Value {
            let ran = dopt(storage, &[&fix[..], &["-f", "json", "-f", "markdown=body.md", "--smoke", smoke]].concat());
            let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
            found["files"][0].clone()
        };
        let kept = tried("echo $MODE");
        assert_eq!(kept["changes"][0]["rule"], "slim-base", "{kept}");
        assert_eq!(kept["changes"][0]["verified"], true, "{kept}");
        let left = tried("test -x /bin/vi && echo there");
        assert_eq!(left["changes"], serde_json::json!([]), "{left}");
        assert_eq!(left["refusals"][0]["code"], "failed-in-build", "{left}");
        let body = fs::read_to_string(project.join("body.md")).unwrap();
        assert!(body.contains("the smoke command ends with status 1"), "{body}");
        storage.buildah(&["rmi", name]).unwrap();
    });
}

/// In the place of Go: what it builds is a program that says what it is told.
const GO: &str = r#"FROM python:3.12
COPY --chmod=755 go /bin/go
RUN mkdir -p /etc/ssl/certs /usr/local/go/lib/time \
    && echo > /etc/ssl/certs/ca-certificates.crt && echo > /usr/local/go/lib/time/zoneinfo.zip
"#;

/// As the real one, it says where its certificates lie.
const DISTROLESS: &str = "FROM scratch\nENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\nCOPY go /etc/none\n";

const SERVER: &str = "FROM golang:1.22-bookworm
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -ldflags=\"-s -w\" -o /echo .
CMD [\"/echo\", \"hello\"]
";

#[test]
fn the_smallest_base_that_passes_is_kept() {
    with_storage(|storage, project| {
        let images = [
            ("docker.io/library/golang:1.22-bookworm", GO),
            ("docker.io/library/debian:bookworm-slim", "FROM python:3.12\nRUN rm /bin/vi\n"),
            ("gcr.io/distroless/static-debian12:latest", DISTROLESS),
        ];
        let folder = storage.path("bases");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("go"), "#!/bin/sh\ncp /bin/busybox /echo\n").unwrap();
        for (name, text) in images {
            fs::write(folder.join("Dockerfile"), text).unwrap();
            storage.buildah(&["build", "--quiet", "--tag", name, &folder.display().to_string()]).unwrap();
        }
        fs::write(project.join("Dockerfile"), SERVER).unwrap();
        fs::write(project.join("go.mod"), "module example.com/echo\n").unwrap();
        fs::write(project.join("main.go"), "package main\n").unwrap();
        let fix = ["fix", "Dockerfile", "--verify", "--no-baseline", "--unsafe-fixes", "--select", "split-stages"];
        let base = |smoke: &str| -> String {
            let ran = dopt(storage, &[&fix[..], &["-f", "diff", "--smoke", smoke]].concat());
            let from = ran.out.lines().filter_map(|line| line.strip_prefix("+FROM ")).next_back();
            from.unwrap_or_else(|| panic!("{}{}", ran.out, ran.err)).to_owned()
        };
        assert_eq!(base("/echo hello"), "gcr.io/distroless/static-debian12");
        // Without a shell, these are words to say.
        assert_eq!(base("/echo hello && test -x /bin/ls"), "debian:bookworm-slim");
        for (name, _) in images {
            storage.buildah(&["rmi", name]).unwrap();
        }
    });
}
