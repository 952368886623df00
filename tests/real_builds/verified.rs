//! `dopt verify` of the same Dockerfiles: with apt, pip and npm for real, it has to come to the same verdict, and to
//! say which of two files builds another image.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::storage::Storage;

/// Verifies a Dockerfile in its context; `rules` are the transforms that have to have changed it.
pub fn check(storage: &Storage, files: &(PathBuf, PathBuf), smoke: &str, rules: &[String]) -> Result<(), String> {
    let (code, found) = verify(storage, files, &["--smoke", smoke])?;
    // Whichever comes first.
    let said: BTreeSet<&str> = found["rules"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is_right = said == rules.iter().map(String::as_str).collect();
    if code != Some(0) || found["verdict"] != "same" || !is_right {
        return Err(format!("dopt verify ends with {code:?} and says otherwise:\n{found:#}"));
    }
    if found["smoke"]["same"] != true || found["smoke"]["after"]["printed"].as_str().is_none_or(str::is_empty) {
        return Err(format!("dopt verify did not run the command:\n{}", found["smoke"]));
    }
    let saved: i64 = found["saved"].as_array().into_iter().flatten().filter_map(|saved| saved["bytes"].as_i64()).sum();
    if saved <= 0 {
        return Err(format!("dopt verify sees nothing saved:\n{}", found["saved"]));
    }
    // The same file with one more step is another image, and nothing else of it may be called different.
    let other = files.0.with_extension("other");
    let text = fs::read_to_string(&files.0).map_err(|error| error.to_string())?;
    fs::write(&other, format!("{text}USER root\nRUN echo more > /etc/more\n")).map_err(|error| error.to_string())?;
    let (code, found) = verify(storage, files, &["--against", &other.display().to_string()])?;
    let paths: Vec<&Value> = found["findings"].as_array().into_iter().flatten().map(|found| &found["path"]).collect();
    match (code, paths.as_slice()) {
        (Some(1), [Value::String(path)]) if path == "/etc/more" => Ok(()),
        _ => Err(format!("dopt verify ends with {code:?} and finds {paths:?}, where only /etc/more is new")),
    }
}

fn verify(storage: &Storage, files: &(PathBuf, PathBuf), more: &[&str]) -> Result<(Option<i32>, Value), String> {
    let mut command = storage.command(env!("CARGO_BIN_EXE_dopt"));
    command.args(["verify", "--isolated", "--engine", "buildah", "-f", "json", "--context"]).arg(&files.1);
    let output = command.arg(&files.0).args(more).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = serde_json::from_slice(&output.stdout).map_err(|_| format!("dopt verify says no JSON:\n{said}"))?;
    Ok((output.status.code(), found))
}
