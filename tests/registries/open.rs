//! A registry that asks for nothing.

use crate::debian::{self, Registry};
use crate::project::Project;

const BOTH: [&str; 2] = ["linux/amd64", "linux/arm64"];

#[test]
fn every_kind_of_reference_gets_the_digest_of_the_registry() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    let (index, _) = registry.push_index("acme/app", &["1.2"], &BOTH, "one");
    let single = registry.push_image("single", Some("1"), "linux/amd64", "two");
    let text = format!(
        "# syntax={host}/acme/app:1.2\nARG BASE={host}/single:1\nFROM $BASE AS a\nFROM {host}/acme/app:1.2\n\
         COPY --from={host}/single:1 /a /a\nRUN --mount=from={host}/acme/app:1.2,target=/x ls /x\nCOPY --from=a /b /b\n"
    );
    let expected = text
        .replace("acme/app:1.2", &format!("acme/app:1.2@{index}"))
        .replace("single:1", &format!("single:1@{single}"));
    let project = Project::with(&text);
    project.dopt(&["pin"]).expect(1);
    assert_eq!((project.read("Dockerfile"), project.read("dopt.lock")), (text, String::new()), "nothing was written");
    project.dopt(&["pin", "--write"]).expect(0);
    assert_eq!(project.read("Dockerfile"), expected);
    project.dopt(&["pin"]).expect(0);
    assert_eq!(registry.manifests("GET"), 0, "a HEAD is enough");

    // The same through `fix`, where other transforms run too.
    project.write("Dockerfile", &format!("FROM {host}/single:1\nRUN apt-get update\nRUN apt-get install -y curl\n"));
    let run = project.dopt(&["fix", "--pin", "-f", "full"]);
    run.says(&format!("FROM {host}/single:1@{single}\n")).says("rm -rf /var/lib/apt/lists");
    assert!(!project.dopt(&["fix", "-f", "full"]).out.contains("sha256"), "without --pin nothing is pinned");
    project.write("dopt.toml", "pin = true\n");
    project.dopt(&["fix", "-f", "full"]).says(&single);
    assert!(!project.dopt(&["fix", "--pin=off", "-f", "full"]).out.contains("sha256"));
}

#[test]
fn latest_becomes_the_longest_version_with_its_digest() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    registry.push_index("acme/app", &["1.9", "3.0-rc1"], &BOTH, "old");
    let (index, _) = registry.push_index("acme/app", &["2", "2.0", "2.0.1", "latest", "stable"], &BOTH, "new");
    let unversioned = registry.push_image("acme/other", Some("latest"), "linux/amd64", "x");
    let project = Project::with(&format!(
        "FROM {host}/acme/app AS a\nFROM {host}/acme/app:latest AS b\nFROM {host}/acme/other AS c\nFROM {host}/acme/other:latest\n"
    ));
    let run = project.dopt(&["pin", "--write"]);
    run.expect(0).says("no tag tells which version that is").says("to 2.0.1, which it is now");
    let expected = format!(
        "FROM {host}/acme/app:2.0.1@{index} AS a\nFROM {host}/acme/app:2.0.1@{index} AS b\n\
         FROM {host}/acme/other@{unversioned} AS c\nFROM {host}/acme/other:latest@{unversioned}\n"
    );
    assert_eq!(project.read("Dockerfile"), expected);
    // What was written is known too, so its age can be told.
    project.dopt(&["pin", "--offline", "--check", "--max-age", "1d"]).expect(0);
    assert!(!project.dopt(&["check", "--pin", "--offline", "--max-age", "1d"]).said().contains("2.0.1"));
}

#[test]
fn an_update_keeps_the_level_that_the_author_chose() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    let (old_index, old) = registry.push_index("acme/app", &["1"], &BOTH, "old");
    let text = format!("FROM {host}/acme/app:1@{old_index} AS all\nFROM {host}/acme/app:1@{}\n", old[1]);
    let project = Project::with(&text);
    project.dopt(&["pin", "--update"]).expect(0);
    let (new_index, new) = registry.push_index("acme/app", &["1"], &BOTH, "new");
    project.dopt(&["pin"]).expect(0);
    project.dopt(&["pin", "--update", "python*"]).expect(0);
    project.dopt(&["pin", "--write", "--update", &format!("{host}/**")]).expect(0);
    let expected = text.replace(&old_index, &new_index).replace(&old[1], &new[1]);
    assert_eq!(project.read("Dockerfile"), expected);
    // A name of the image that is left: the platform is gone.
    registry.push_index("acme/app", &["1"], &BOTH[..1], "newest");
    project
        .dopt(&["check", "--pin", "--update"])
        .says("is not there for linux/arm64 any more")
        .says("platform-missing");
}

#[test]
fn platforms_are_looked_at_where_somebody_wants_one() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    registry.push_index("acme/app", &["1"], &BOTH, "x");
    registry.push_image("acme/single", Some("1"), "linux/amd64", "x");
    let project = Project::with(&format!(
        "FROM --platform=linux/arm64 {host}/acme/app:1 AS a\nFROM --platform=linux/arm64 {host}/acme/single:1\n"
    ));
    let run = project.dopt(&["pin", "--write"]);
    run.says(&format!("{host}/acme/single:1 is not there for linux/arm64, only for linux/amd64 [platform-missing]"));
    assert!(
        project.read("dopt.lock").contains("platforms = [\"linux/amd64\", \"linux/arm64\"]"),
        "attestations are none"
    );
    // What the lockfile says is enough the next time.
    project.write("dopt.toml", "[pin]\nplatforms = [\"linux/s390x\"]\n");
    project.write("Dockerfile", &format!("FROM {host}/acme/app:1\n"));
    project.dopt(&["pin", "--offline"]).says("is not there for linux/s390x, only for linux/amd64, linux/arm64");
}

#[test]
fn mirrors_are_asked_first_and_one_that_is_down_stops_nothing() {
    if !debian::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    let hub = registry.push_image("hub/library/python", Some("3"), "linux/amd64", "x");
    let own = registry.push_image("own", Some("1"), "linux/amd64", "y");
    let project = Project::with(&format!("FROM python:3\nFROM {host}/own:1\nFROM 127.0.0.1:1/gone:1\n"));
    project.write("dopt.toml", &format!("pin.mirrors.\"docker.io\" = [\"127.0.0.1:1\", \"{host}/hub\"]\n"));
    let run = project.dopt(&["pin", "--write"]);
    run.expect(0).says("warning: 127.0.0.1:1 cannot be reached: the connection is refused [registry-unreachable]");
    assert_eq!(
        project.read("Dockerfile"),
        format!("FROM python:3@{hub}\nFROM {host}/own:1@{own}\nFROM 127.0.0.1:1/gone:1\n")
    );
    project.dopt(&["pin", "--required"]).expect(5);
    project.dopt(&["fix", "--pin=required"]).expect(5);
    project.dopt(&["check", "--pin=required"]).expect(5);
    project.dopt(&["fix", "--pin"]).expect(0);
}
