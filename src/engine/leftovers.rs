//! The containers in which buildah and podman work on layers: one that was ended before it could clean up leaves them,
//! under names that anybody's could have. They are found by the id of a secret that no step reads.

use std::path::Path;
use std::process::Command;

use crate::Build;
use crate::process;

/// Marks the containers of a build as ours.
pub(crate) fn mark(build: &Build<'_>, command: &mut Command) {
    command.args(["--secret", &format!("id={},src=/dev/null", name_of(build.image))]);
}

/// Which of these containers, in a storage with this folder for them, the build of an image left.
pub(crate) fn left_by(image: &str, folder: &Path, containers: &str) -> Vec<String> {
    let mark = format!("id={},", name_of(image));
    let is_ours = |id: &&str| {
        let text = std::fs::read_to_string(folder.join(id).join("userdata/buildah.json"));
        text.is_ok_and(|text| text.contains(&mark))
    };
    containers.split_whitespace().filter(is_ours).map(str::to_owned).collect()
}

/// The folder that a command of the engine prints.
pub(crate) fn folder(command: &mut Command) -> Option<std::path::PathBuf> {
    process::output(command).ok().map(Into::into)
}

/// The id of the image that a line of a build's log announces: every layer is one.
pub(crate) fn layer(line: &str) -> Option<&str> {
    let id = line.strip_prefix("--> ")?.trim();
    (id.len() >= 11 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

fn name_of(image: &str) -> String {
    image.rsplit('/').next().unwrap_or(image).replace(':', "-")
}
