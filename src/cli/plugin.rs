//! `docker dopt`: what the docker command line asks of a plugin, which is dopt under the name `docker-dopt`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

const NAME: &str = "dopt";
/// What docker calls a plugin with to hear what it is.
const METADATA: &str = "docker-cli-plugin-metadata";

/// The arguments as they were meant, with the name in front; `Err` is the answer to docker's question.
pub fn arguments(given: Vec<OsString>) -> Result<Vec<OsString>, String> {
    let stem = given.first().and_then(|name| Path::new(name).file_stem()).and_then(OsStr::to_str);
    if stem != Some("docker-dopt") {
        return Ok(given);
    }
    if given.get(1).is_some_and(|first| first == METADATA) {
        let (version, about) = (env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION"));
        let answer = serde_json::json!({
            "SchemaVersion": "0.1.0", "Vendor": NAME, "Version": version, "ShortDescription": about,
        });
        return Err(answer.to_string());
    }
    // In front of the plugin's name stand options of docker itself.
    let own = given.iter().position(|word| word == NAME).map_or(1, |at| at + 1);
    Ok([OsString::from(NAME)].into_iter().chain(given.into_iter().skip(own)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn docker_and_its_options_are_left_out() {
        let called = of(&["/a/docker-dopt", "--debug", "dopt", "fix", "dopt"]);
        assert_eq!(arguments(called).unwrap(), of(&["dopt", "fix", "dopt"]));
        assert_eq!(arguments(of(&["docker-dopt"])).unwrap(), of(&["dopt"]));
        assert_eq!(arguments(of(&["/a/dopt", "fix", "dopt"])).unwrap(), of(&["/a/dopt", "fix", "dopt"]));
    }
}
