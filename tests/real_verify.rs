//! `dopt verify` and `dopt fix --verify` with real builds: a rewrite that is right, one that is wrong in each way, and
//! the fix among several that is to blame.
//!
//! The base image is a busybox with a `pip` that notes what it was told, and fails where it is asked for `fussy`
//! without its cache. Without buildah, and without root, everything is skipped, loudly.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::storage::{Storage, is_root, text};

#[path = "real_verify/accidents.rs"]
mod accidents;
#[path = "real_verify/attributes.rs"]
mod attributes;
#[path = "real_verify/podman.rs"]
mod podman;
#[path = "real_verify/smaller.rs"]
mod smaller;
#[path = "real_images/storage.rs"]
#[allow(dead_code)]
mod storage;

const BASE: &str = r#"FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox mkdir -p /usr/bin /tmp /root && /bin/busybox --install -s /bin"]
COPY --chmod=755 pip /usr/bin/pip
"#;

const PIP: &str = r#"#!/bin/sh
case "$*" in
  *--no-cache-dir*fussy*|*fussy*--no-cache-dir*) echo "cannot do without my cache" >&2; exit 1 ;;
  *--no-cache-dir*) ;;
  *) mkdir -p /root/.cache/pip && head -c 50000 /dev/zero > /root/.cache/pip/wheel ;;
esac
for word; do last=$word; done
mkdir -p /usr/lib/python && echo "$last" > "/usr/lib/python/$last"
"#;

fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// A storage with the base image, gone at the end. Tests do not run at once, because buildah takes all of a machine.
fn with_storage(test: impl FnOnce(&Storage, PathBuf)) {
    with_storage_in(&std::env::temp_dir(), test);
}

/// The same in a folder of somebody's choice.
fn with_storage_in(place: &Path, test: impl FnOnce(&Storage, PathBuf)) {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let found = if is_root() { Storage::inside(place) } else { Err("only root can build images here".to_owned()) };
    let storage = match found {
        Ok(storage) => storage,
        Err(why) => return say(&format!("SKIPPED: {why}, so nothing was verified")),
    };
    let storage = &storage;
    let base = storage.path("base");
    fs::create_dir_all(&base).unwrap();
    let busybox = text(Command::new("sh").args(["-c", "command -v busybox"]).output()).unwrap();
    fs::copy(busybox, base.join("busybox")).unwrap();
    fs::write(base.join("pip"), PIP).unwrap();
    fs::write(base.join("Dockerfile"), BASE).unwrap();
    let base = base.display().to_string();
    storage.buildah(&["build", "--quiet", "--tag", "docker.io/library/python:3.12", &base]).unwrap();
    let folder = storage.path("project");
    fs::create_dir_all(&folder).unwrap();
    test(storage, folder);
    // Whatever happened, nothing is left of it.
    let images = storage.buildah(&["images", "--all", "--format", "{{.Name}}"]).unwrap();
    assert_eq!(images, "docker.io/library/python", "images are left");
    assert_eq!(storage.buildah(&["containers", "--quiet"]).unwrap(), "", "containers are left");
    assert_eq!(fs::read_dir(storage.path("tmp")).unwrap().count(), 0, "temporary files are left");
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn dopt(storage: &Storage, arguments: &[&str]) -> Ran {
    dopt_with(storage, arguments, &[])
}

/// With variables of its own.
fn dopt_with(storage: &Storage, arguments: &[&str], variables: &[(&str, String)]) -> Ran {
    let mut command = storage.command(env!("CARGO_BIN_EXE_dopt"));
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.args(arguments).args(["--engine", "buildah", "--isolated"]).current_dir(storage.path("project"));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

const RIGHT: &str = "FROM python:3.12\nRUN pip install a\nCOPY app /srv/app\nENV MODE=fast\nUSER 1000\nCMD [\"sh\"]\n";

#[test]
fn a_right_rewrite_is_verified() {
    with_storage(|storage, project| {
        fs::write(project.join("app"), "hello").unwrap();
        fs::write(project.join("Dockerfile"), RIGHT).unwrap();
        let smoke = ["--smoke", "cat /srv/app; echo $MODE; id -u; cat /proc/net/dev"];
        let ran = dopt(storage, &[&["verify", "Dockerfile", "-f", "json"], &smoke[..]].concat());
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let found: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(found["verdict"], "same");
        assert_eq!(found["saved"], serde_json::json!([{"rule": "no-pip-cache", "bytes": 50_000}]));
        let printed = found["smoke"]["after"]["printed"].as_str().unwrap();
        assert!(printed.starts_with("hellofast\n1000\n"), "{printed}");
        // Nothing but the machine itself can be reached, where it could be taken away.
        assert!(!printed.contains("eth0"), "{printed}");
        let human = dopt(storage, &["verify", "Dockerfile", "--no-baseline"]);
        assert!(human.out.contains("Dockerfile: verified, ") && human.out.contains("no-pip-cache"), "{}", human.out);
        let page = dopt(storage, &["verify", "Dockerfile", "--no-baseline", "-f", "markdown"]);
        assert!(page.out.starts_with("### ✅ Dockerfile: verified"), "{}", page.out);
    });
}

/// Another file, what is to be said of it, and in which words.
const WRONG: &[(&str, &str, &str)] = &[
    ("a file is missing", "COPY app /srv/app\n", "app is gone; it was a file of 5 bytes"),
    ("a mode changed", "ENV MODE=fast\n=>ENV MODE=fast\nRUN chmod 600 /srv/app\n", "app had mode 644 and has 600"),
    ("an owner changed", "ENV MODE=fast\n=>ENV MODE=fast\nRUN chown 7:7 /srv/app\n", "belongs to 7:7"),
    ("a content changed", "ENV MODE=fast\n=>ENV MODE=fast\nRUN echo x > /srv/app\n", "app has another content"),
    ("a variable is lost", "ENV MODE=fast\n", "Env MODE is gone; it was \"fast\""),
    ("the user changed", "USER 1000\n=>USER 1001\n", "User was \"1000\" and is \"1001\""),
    ("an extra file", "USER 1000\n=>RUN echo > /opt\nUSER 1000\n", "opt is new: a file of 1 bytes"),
    ("a link leads elsewhere", "USER 1000\n=>RUN ln -sf none /bin/vi\nUSER 1000\n", "vi leads to none, not to"),
    ("the entrypoint changed", "CMD [\"sh\"]\n=>ENTRYPOINT [\"sh\"]\nCMD [\"sh\"]\n", "Entrypoint is new: [\"sh\"]"),
    ("the folder changed", "USER 1000\n=>WORKDIR /srv\nUSER 1000\n", "WorkingDir is new: \"/srv\""),
    ("a port is new", "USER 1000\n=>EXPOSE 80\nUSER 1000\n", "ExposedPorts 80/tcp is new"),
    ("a volume is new", "USER 1000\n=>VOLUME /srv\nUSER 1000\n", "Volumes /srv is new"),
    ("a label is new", "USER 1000\n=>LABEL a=b\nUSER 1000\n", "Labels a is new: \"b\""),
    ("a health check is new", "USER 1000\n=>HEALTHCHECK CMD true\nUSER 1000\n", "Healthcheck is new"),
    ("the stop signal is new", "USER 1000\n=>STOPSIGNAL SIGINT\nUSER 1000\n", "StopSignal is new: \"SIGINT\""),
    ("the shell is new", "USER 1000\n=>SHELL [\"/bin/ash\", \"-c\"]\nUSER 1000\n", "Shell is new"),
    ("a trigger is new", "USER 1000\n=>ONBUILD RUN true\nUSER 1000\n", "OnBuild is new"),
    ("a folder is a file", "COPY app /srv/app\n=>COPY app /srv\n", "srv was a folder and is a file"),
    ("the command changed", "CMD [\"sh\"]\n=>CMD [\"sh\", \"-l\"]\n", "Cmd was [\"sh\"] and is [\"sh\",\"-l\"]"),
];

#[test]
fn a_wrong_rewrite_is_caught_in_the_right_words() {
    with_storage(|storage, project| {
        fs::write(project.join("app"), "hello").unwrap();
        fs::write(project.join("Dockerfile"), RIGHT).unwrap();
        for (what, change, words) in WRONG {
            let (from, to) = change.split_once("=>").unwrap_or((change, ""));
            assert!(RIGHT.contains(from), "{what}");
            fs::write(project.join("Other"), RIGHT.replace(from, to)).unwrap();
            let ran = dopt(storage, &["verify", "Dockerfile", "--against", "Other", "--no-baseline"]);
            assert_eq!(ran.code, Some(1), "{what}: {}{}", ran.out, ran.err);
            assert!(ran.out.contains("builds another image") && ran.out.contains(words), "{what}: {}", ran.out);
        }
        fs::write(project.join("Other"), RIGHT.replace("USER 1000\n", "RUN echo no such luck && false\n")).unwrap();
        let ran = dopt(storage, &["verify", "Dockerfile", "--against", "Other", "--no-baseline"]);
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        assert!(ran.out.contains("does not build") && ran.out.contains("no such luck"), "{}", ran.out);
    });
}

#[test]
fn the_smoke_command_is_held_to_its_output_and_its_time() {
    with_storage(|storage, project| {
        fs::write(project.join("Dockerfile"), "FROM python:3.12\nRUN pip install a\n").unwrap();
        // Whether the cache is there is a difference that no fix speaks of.
        let ran = dopt(storage, &["verify", "Dockerfile", "--no-baseline", "--smoke", "test -e /root/.cache/pip"]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("does not do the same") && ran.out.contains("before: status 0"), "{}", ran.out);
        let ran = dopt(storage, &["verify", "Dockerfile", "--no-baseline", "--smoke", "no-such-program"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{}", ran.err);
        assert!(ran.err.contains("cannot be run in the original (status 127"), "{}", ran.err);
        let slow = ["--smoke", "sleep 30", "--smoke-timeout", "1"];
        let ran = dopt(storage, &[&["verify", "Dockerfile", "--no-baseline"], &slow[..]].concat());
        assert!(ran.out.contains("no status in time"), "{}{}", ran.out, ran.err);
    });
}

#[test]
fn every_build_starts_with_empty_cache_mounts_and_its_steps_share_them() {
    with_storage(|storage, project| {
        let mount = "RUN --mount=type=cache,target=/cache";
        let text = format!(
            "FROM python:3.12\nRUN pip install a\n{mount} ls -A /cache > /first; echo $MODE > /cache/seen\n\
             {mount} ls -A /cache > /second; cat /cache/seen >> /second\n"
        );
        // What one build leaves there, the next must not find: neither the second one of the original nor ours.
        fs::write(project.join("Dockerfile"), text.replace("$MODE", "first")).unwrap();
        fs::write(
            project.join("Other"),
            text.replace("$MODE", "first").replace("ls -A /cache > /f", "ls -A /cache >/f"),
        )
        .unwrap();
        let smoke = ["--smoke", "echo 1; cat /first; echo 2; cat /second"];
        for arguments in [&["verify", "Dockerfile"][..], &["verify", "Dockerfile", "--against", "Other"]] {
            let ran = dopt(storage, &[arguments, &["-f", "json"], &smoke].concat());
            assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
            let found: Value = serde_json::from_str(&ran.out).unwrap();
            for side in ["before", "after"] {
                assert_eq!(found["smoke"][side]["printed"], "1\n2\nseen\nfirst\n", "{side}: {}", ran.out);
            }
        }
        // What the mounts hold is in no image, and what differs in them shows only where a step reads it.
        fs::write(project.join("Other"), text.replace("$MODE", "other")).unwrap();
        let ran = dopt(storage, &["verify", "Dockerfile", "--against", "Other", "--no-baseline"]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("second") && !ran.out.contains("cache/seen"), "{}", ran.out);
    });
}

#[test]
fn a_build_that_needs_more_than_arguments_is_given_it() {
    with_storage(|storage, project| {
        fs::write(project.join("token"), "s3cr3t").unwrap();
        let reads = "RUN --mount=type=secret,id=token test \"$(cat /run/secrets/token)\" = s3cr3t\n";
        fs::write(project.join("Dockerfile"), format!("FROM python:3.12\n{reads}RUN pip install a\n")).unwrap();
        let ran = dopt(storage, &["verify", "Dockerfile", "--no-baseline"]);
        assert_eq!(ran.code, Some(4), "{}{}", ran.out, ran.err);
        let secret = "--build-option=--secret=id=token,src=token";
        let ran = dopt(storage, &["verify", "Dockerfile", "--no-baseline", secret, "--build-option", "--label=a=b"]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert!(!format!("{}{}", ran.out, ran.err).contains("s3cr3t"), "{}{}", ran.out, ran.err);
    });
}

#[test]
fn what_differs_from_build_to_build_is_learnt() {
    with_storage(|storage, project| {
        let text = "FROM python:3.12\nRUN pip install a\nRUN head -c 9 /dev/urandom > /opt-$(head -c 99 /dev/urandom | md5sum | head -c 9) && head -c 9 /dev/urandom > /seed\n";
        fs::write(project.join("Dockerfile"), text).unwrap();
        let ran = dopt(storage, &["verify", "Dockerfile"]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let ran = dopt(storage, &["verify", "Dockerfile", "--no-baseline"]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    });
}

#[test]
fn an_original_that_does_not_build_is_told_with_its_log() {
    with_storage(|storage, project| {
        let text = "FROM python:3.12\nARG TOKEN\nRUN pip install a\nRUN echo \"the token is $TOKEN\" && exit 3\n";
        fs::write(project.join("Dockerfile"), text).unwrap();
        let ran = dopt(storage, &["verify", "Dockerfile", "--build-arg", "TOKEN=hunter2"]);
        assert_eq!(ran.code, Some(4), "{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("does not build as it is") && ran.err.contains("the token is [hidden]"),
            "{}",
            ran.err
        );
        let verbose = dopt(storage, &["verify", "Dockerfile", "--build-arg", "TOKEN=hunter2", "-v", "-f", "json"]);
        for text in [ran.out, ran.err, verbose.out, verbose.err] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    });
}

/// Six fixes, of which one breaks the build.
const SIX: &str = "FROM python:3.12\nRUN pip install a\nRUN pip install b\nRUN pip install c\nRUN pip install fussy\n\
                   RUN pip install d\nRUN pip install e\n";

#[test]
fn the_guilty_fix_among_six_is_found_and_left_out() {
    with_storage(|storage, project| {
        let path = project.join("Dockerfile");
        fs::write(&path, SIX).unwrap();
        let rules = ["--select", "no-pip-cache"];
        let json = dopt(
            storage,
            &[&["fix", "Dockerfile", "--verify", "--no-baseline", "--write", "-f", "json"], &rules[..]].concat(),
        );
        let found: Value = serde_json::from_str(&json.out).unwrap_or_else(|_| panic!("{}{}", json.out, json.err));
        let file = &found["files"][0];
        assert_eq!(file["changes"].as_array().unwrap().len(), 5, "{}", json.out);
        assert!(file["changes"].as_array().unwrap().iter().all(|change| change["verified"] == true));
        let refusals = file["refusals"].as_array().unwrap();
        assert_eq!(refusals.len(), 1, "{}", json.out);
        assert_eq!((&refusals[0]["code"], &refusals[0]["line"]), (&"failed-in-build".into(), &5.into()));
        assert!(refusals[0]["log"].as_str().unwrap().contains("cannot do without my cache"), "{}", json.out);
        let after = fs::read_to_string(&path).unwrap();
        assert_eq!(after.matches("--no-cache-dir").count(), 5, "{after}");
        assert!(after.contains("RUN pip install fussy\n"), "{after}");
    });
}

#[test]
fn an_unsafe_fix_is_verified_by_a_smoke_command_only() {
    with_storage(|storage, project| {
        // Nothing of the kind is installed; dopt sees a step that it would change for everybody.
        let text = "FROM python:3.12\nRUN pip install a\nCOPY go /bin/go\nRUN go build -o /app x\n";
        fs::write(project.join("go"), "#!/bin/sh\necho built > /app\n").unwrap();
        fs::write(project.join("Dockerfile"), text.replace("COPY go", "COPY --chmod=755 go")).unwrap();
        let fix = ["fix", "Dockerfile", "--verify", "--no-baseline", "--unsafe-fixes"];
        let smoke = ["--smoke", "cat /app"];
        let changes = |ran: &Ran| -> Vec<(String, bool, bool)> {
            let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
            let of = |change: &Value| {
                let text = |key: &str| change[key].as_str().unwrap().to_owned();
                (text("rule"), text("safety") == "unsafe", change["verified"] == true)
            };
            found["files"][0]["changes"].as_array().unwrap().iter().map(of).collect()
        };
        let both =
            |verified| vec![("no-pip-cache".to_owned(), false, true), ("strip-binaries".to_owned(), true, verified)];
        let without = dopt(storage, &[&fix[..], &["-f", "json"]].concat());
        assert_eq!(changes(&without), both(false), "{}", without.err);
        assert!(
            without.err.contains("without a --smoke command, strip-binaries cannot be verified"),
            "{}",
            without.err
        );
        let with = dopt(storage, &[&fix[..], &["-f", "json"], &smoke[..]].concat());
        assert_eq!(changes(&with), both(true), "{}", with.err);
        assert!(with.err.contains("Dockerfile: verified, "), "{}", with.err);
        for format in ["diff", "full"] {
            let ran = dopt(storage, &[&fix[..], &["-f", format], &smoke[..]].concat());
            let said = "Dockerfile:4: strip-binaries: unsafe fix, verified: the smoke command does the same";
            assert!(ran.err.contains(said), "{format}: {}", ran.err);
        }
        let ran = dopt(storage, &[&fix[..], &["-f", "diff"]].concat());
        assert!(ran.err.contains("Dockerfile:4: strip-binaries: unsafe fix, not verified: "), "{}", ran.err);
        let verify = ["verify", "Dockerfile", "--no-baseline", "--unsafe-fixes", "-f", "json"];
        let found: Value = serde_json::from_str(&dopt(storage, &verify).out).unwrap();
        assert_eq!(found["untried"], serde_json::json!(["strip-binaries"]));
    });
}

#[test]
fn an_interruption_writes_nothing_and_leaves_nothing() {
    with_storage(|storage, project| {
        let path = project.join("Dockerfile");
        let text = "FROM python:3.12\nRUN pip install a\nRUN sleep 60\n";
        fs::write(&path, text).unwrap();
        let mut command = storage.command(env!("CARGO_BIN_EXE_dopt"));
        command.args(["fix", "Dockerfile", "--verify", "--write", "--engine", "buildah", "--isolated", "-v"]);
        command
            .current_dir(&project)
            .stdout(Stdio::null())
            .stderr(Stdio::from(fs::File::create(project.join("log")).unwrap()));
        let mut child = command.spawn().unwrap();
        let start = Instant::now();
        while !fs::read_to_string(project.join("log")).unwrap().contains("sleep 60") {
            assert!(start.elapsed() < Duration::from_secs(50), "{}", fs::read_to_string(project.join("log")).unwrap());
            std::thread::sleep(Duration::from_millis(100));
        }
        text_of(Command::new("kill").args(["-INT", &child.id().to_string()]));
        let status = child.wait().unwrap();
        assert!(start.elapsed() < Duration::from_secs(58), "it did not stop");
        assert_eq!(status.code(), Some(130));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    });
}

fn text_of(command: &mut Command) -> String {
    text(command.output()).unwrap()
}

#[test]
fn an_engine_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM python:3.12\nRUN pip install a\n").unwrap();
    for arguments in [&["verify", "Dockerfile"][..], &["fix", "--verify", "--write", "Dockerfile"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopt"));
        let output = command.args(arguments).current_dir(&folder).env("PATH", folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(5), "{said}");
        assert!(said.contains("none of docker, podman, buildah is installed; install one of them"), "{said}");
    }
}
