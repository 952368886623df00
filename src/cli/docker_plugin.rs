//! `docker dopt`: Docker runs `docker-dopt`, a link to this program, as a plugin of its command line.
//!
//! Convention: it is asked with `docker-cli-plugin-metadata` what it is, and called with all words behind `docker`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde_json::json;

/// The name that Docker looks for in its folders of plugins.
const FILE_NAME: &str = "docker-dopt";

/// The word that Docker asks with.
const METADATA: &str = "docker-cli-plugin-metadata";

/// What a call by Docker means.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    /// Docker wants to know what this is: one JSON object.
    Metadata(String),
    /// The command line as if `docker dopt` were the name of the program.
    Arguments(Vec<OsString>),
}

/// The call, if it is one by Docker.
pub fn call(words: &[OsString]) -> Option<Call> {
    let program = Path::new(words.first()?);
    if program.file_stem() != Some(OsStr::new(FILE_NAME)) {
        return None;
    }
    let given = &words[1..];
    if given.first().is_some_and(|word| word == METADATA) {
        return Some(Call::Metadata(metadata()));
    }
    // Options of docker itself, such as --context, come in front of the plugin's name.
    let own = given.iter().position(|word| word == "dopt").map_or(given, |at| &given[at + 1..]);
    Some(Call::Arguments([OsString::from("dopt")].into_iter().chain(own.iter().cloned()).collect()))
}

fn metadata() -> String {
    json!({
        "SchemaVersion": "0.1.0",
        "Vendor": "dopt",
        "Version": env!("CARGO_PKG_VERSION"),
        "ShortDescription": "Rewrite Dockerfiles: smaller images, better caches",
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn a_call_by_docker_loses_what_is_dockers_own() {
        for (line, expected) in [
            ("/p/docker-dopt dopt fix --write a", "dopt fix --write a"),
            ("/p/docker-dopt --context x dopt check", "dopt check"),
            ("docker-dopt.exe dopt", "dopt"),
            ("docker-dopt fix", "dopt fix"),
        ] {
            assert_eq!(call(&words(line)), Some(Call::Arguments(words(expected))), "{line}");
        }
        assert_eq!(call(&words("/p/dopt dopt fix")), None);
    }
}
