//! A builder as referee: the pinned file builds from the registry, and the image says of itself what the other one says.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::debian::{self, Registry};
use crate::project::Project;

/// Where buildah keeps images, and how it is called.
struct Buildah<'p> {
    folder: &'p Path,
}

impl Buildah<'_> {
    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        let output = Command::new("buildah")
            .args(["--storage-driver", "vfs", "--root", &path("root"), "--runroot", &path("run")])
            .args(arguments)
            .env("BUILDAH_ISOLATION", "chroot")
            .env("TMPDIR", self.folder)
            .output()
            .map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// The configuration of what is built from a file.
    fn build(&self, project: &Project, name: &str, policy: &str) -> Result<Value, String> {
        let (file, context) = (project.path(name).display().to_string(), project.path("").display().to_string());
        let image = name.to_lowercase();
        self.run(&[
            "build", "--pull-always", "--tls-verify=false", "--signature-policy", policy, "--tag", &image, "--file",
            &file, &context,
        ])?;
        let text = self.run(&["inspect", "--type", "image", &image])?;
        let mut found: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut configuration = found["Docker"]["config"].take();
        configuration.as_object_mut().map(|fields| fields.remove("Hostname"));
        Ok(serde_json::json!({ "config": configuration, "layers": found["OCIv1"]["rootfs"].take() }))
    }
}

#[test]
fn a_builder_makes_the_same_image_of_the_pinned_file() {
    let is_here = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !debian::is_here() || !is_here("buildah") {
        debian::warn("SKIPPED: no pinned file was built (Debian packages buildah and docker-registry)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path());
    let host = registry.host();
    registry.push_image("base", Some("1"), "linux/amd64", "base");
    registry.push_image("tools", Some("latest"), "linux/amd64", "tools");
    registry.push_image("tools", Some("1.2"), "linux/amd64", "tools");
    let project = Project::with(&format!(
        "ARG BASE={host}/base:1\nFROM {host}/tools AS tools\nCOPY data /data\nFROM $BASE\nCOPY --from=tools /data /data\n\
         ENV A=1\nEXPOSE 80\nCMD [\"/data\"]\n"
    ));
    project.write("data", "x\n");
    project.write("Dockerfile.plain", &project.read("Dockerfile"));
    project.dopt(&["pin", "--write", "--required", "Dockerfile"]).expect(0);
    assert_eq!(project.read("Dockerfile").matches("@sha256:").count(), 2);
    assert!(project.read("Dockerfile").contains("/tools:1.2@sha256:"));

    let policy = folder.path().join("policy.json");
    std::fs::write(&policy, r#"{"default": [{"type": "insecureAcceptAnything"}]}"#).unwrap();
    let storage = tempfile::tempdir().unwrap();
    let buildah = Buildah { folder: storage.path() };
    if let Err(why) = buildah.run(&["images"]) {
        debian::warn(&format!("SKIPPED: buildah cannot store images here ({why}), so no pinned file was built"));
        return;
    }
    let policy = policy.display().to_string();
    let plain = buildah.build(&project, "Dockerfile.plain", &policy).unwrap();
    let pinned = buildah.build(&project, "Dockerfile", &policy).unwrap();
    assert!(plain["config"]["Env"].to_string().contains("MARK=base"), "{plain}");
    assert_eq!(pinned["config"], plain["config"]);
}
