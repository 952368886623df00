//! Who the user is to a registry: Docker's `config.json` and podman's `auth.json`, and the helpers that they name.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::credential_helper as helper;
use crate::secret::Secret;

/// What a user shows to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A name and a password.
    Password(String, Secret),
    /// What the token server gives a token for.
    IdentityToken(Secret),
}

/// What was found for a registry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub credential: Option<Credential>,
    /// Why there may be none: a part of a sentence.
    pub trouble: Option<String>,
}

/// The files, and what was looked up so far.
#[derive(Debug)]
pub(crate) struct Credentials {
    files: Vec<PathBuf>,
    known: Mutex<HashMap<(String, String), Found>>,
}

impl Credentials {
    /// Those of the user: what `REGISTRY_AUTH_FILE` names, Docker's, then podman's.
    pub(crate) fn of_user() -> Credentials {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME").or_else(|| path("USERPROFILE"));
        let below = |folder: &Option<PathBuf>, end: &str| folder.as_ref().map(|folder| folder.join(end));
        let docker = path("DOCKER_CONFIG").or_else(|| below(&home, ".docker"));
        let files = [
            path("REGISTRY_AUTH_FILE"),
            below(&docker, "config.json"),
            below(&path("XDG_RUNTIME_DIR"), "containers/auth.json"),
            below(&path("XDG_CONFIG_HOME").or_else(|| below(&home, ".config")), "containers/auth.json"),
        ];
        Credentials::in_files(files.into_iter().flatten().collect())
    }

    fn in_files(files: Vec<PathBuf>) -> Credentials {
        Credentials { files, known: Mutex::default() }
    }

    /// What counts for a repository of a registry. Helpers are asked once.
    pub(crate) fn of(&self, registry: &str, repository: &str) -> Found {
        // Only podman has keys with paths, so the repository matters only where there are some.
        let key = (registry.to_owned(), repository.to_owned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&key).or_else(|| known.get(&(registry.to_owned(), String::new()))) {
            return found.clone();
        }
        let mut has_paths = false;
        let mut found = Found::default();
        for file in &self.files {
            let text = fs::read(file).unwrap_or_default();
            if text.is_empty() {
                continue;
            }
            let Ok(config) = serde_json::from_slice::<Value>(&text) else {
                found.trouble = Some(format!("{} cannot be read", shown(file)));
                continue;
            };
            has_paths |= names_paths(&config, registry);
            let here = in_config(&config, registry, repository);
            found.trouble = here.trouble.or(found.trouble);
            if here.credential.is_some() {
                found.credential = here.credential;
                break;
            }
        }
        let key = if has_paths { key } else { (key.0, String::new()) };
        known.insert(key, found.clone());
        found
    }
}

/// The end of the path, which says which file it is without naming the user's home.
fn shown(file: &Path) -> String {
    let parts: Vec<_> = file.components().rev().take(2).map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// A helper for the registry counts before the helper for all, and that before what stands in the file.
fn in_config(config: &Value, registry: &str, repository: &str) -> Found {
    let mut trouble = None;
    let hosts = names_of(registry);
    let own = config["credHelpers"].as_object().into_iter().flatten();
    let own = own.filter(|(key, _)| hosts.contains(&host_of(key))).filter_map(|(_, helper)| helper.as_str());
    for name in own.chain(config["credsStore"].as_str()).filter(|name| !name.is_empty()) {
        match helper::get(name, server_of(registry)) {
            Ok(Some((user, secret))) if user == "<token>" => {
                return Found { credential: Some(Credential::IdentityToken(secret)), trouble };
            }
            Ok(Some((user, secret))) => {
                return Found { credential: Some(Credential::Password(user, secret)), trouble };
            }
            Ok(None) => {}
            Err(why) => trouble = Some(why),
        }
    }
    let credential = entry(config, &hosts, repository).and_then(credential);
    Found { credential, trouble }
}

/// What Docker's programs call the server of a registry.
fn server_of(registry: &str) -> &str {
    if registry == "docker.io" { "https://index.docker.io/v1/" } else { registry }
}

/// The hosts that stand for a registry in these files.
fn names_of(registry: &str) -> Vec<&str> {
    match registry {
        "docker.io" => vec!["index.docker.io", "docker.io", "registry-1.docker.io"],
        other => vec![other],
    }
}

/// The host of a key, which may be an address: `https://index.docker.io/v1/`.
fn host_of(key: &str) -> &str {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    bare.split('/').next().unwrap_or(bare)
}

/// The path of a key that names a part of a registry: `quay.io/acme`.
fn path_of(key: &str) -> Option<&str> {
    if key.contains("://") {
        return None;
    }
    let path = key.split_once('/')?.1.trim_end_matches('/');
    (!path.is_empty() && path != "v1" && path != "v2").then_some(path)
}

fn names_paths(config: &Value, registry: &str) -> bool {
    let hosts = names_of(registry);
    let mut keys = config["auths"].as_object().into_iter().flatten().map(|(key, _)| key);
    keys.any(|key| hosts.contains(&host_of(key)) && path_of(key).is_some())
}

/// The entry for the longest path that leads to the repository; that of the host itself is the shortest.
fn entry<'c>(config: &'c Value, hosts: &[&str], repository: &str) -> Option<&'c Value> {
    let leads = |key: &str| match path_of(key) {
        None => Some(0),
        Some(path) => {
            let rest = repository.strip_prefix(path)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(path.len())
        }
    };
    let all = config["auths"].as_object().into_iter().flatten();
    let here = all.filter(|(key, _)| hosts.contains(&host_of(key)));
    let fitting = here.filter_map(|(key, entry)| Some((leads(key)?, entry)));
    fitting.filter(|(_, entry)| credential(entry).is_some()).max_by_key(|(length, _)| *length).map(|(_, entry)| entry)
}

fn credential(entry: &Value) -> Option<Credential> {
    let text = |name: &str| entry[name].as_str().filter(|text| !text.is_empty());
    if let Some(token) = text("identitytoken") {
        return Some(Credential::IdentityToken(Secret::new(token)));
    }
    if let (Some(user), Some(password)) = (text("username"), text("password")) {
        return Some(Credential::Password(user.to_owned(), Secret::new(password)));
    }
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decoded = GeneralPurpose::new(&base64::alphabet::STANDARD, config).decode(text("auth")?).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some(Credential::Password(user.to_owned(), Secret::new(password.trim_end_matches('\0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(config: &str, registry: &str, repository: &str) -> Option<Credential> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        fs::write(&file, config).unwrap();
        Credentials::in_files(vec![folder.path().join("missing.json"), file]).of(registry, repository).credential
    }

    fn password(user: &str, password: &str) -> Option<Credential> {
        Some(Credential::Password(user.to_owned(), Secret::new(password)))
    }

    #[test]
    fn entries_are_found_by_all_names_of_a_registry() {
        // "jane:a:b", without padding too.
        for auth in ["amFuZTphOmI=", "amFuZTphOmI"] {
            let config = format!(r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{auth}"}}}}}}"#);
            assert_eq!(found(&config, "docker.io", "library/python"), password("jane", "a:b"));
            assert_eq!(found(&config, "ghcr.io", "acme/app"), None);
        }
        let config = r#"{"auths":{"http://r.example.com:5000/v2/":{"username":"u","password":"p"},"x.io":{}}}"#;
        assert_eq!(found(config, "r.example.com:5000", "a"), password("u", "p"));
        assert_eq!(found(config, "r.example.com", "a"), None);
        assert_eq!(found(config, "x.io", "a"), None);
        let config = r#"{"auths":{"x.io":{"identitytoken":"t","auth":"amFuZTphOmI="}}}"#;
        assert_eq!(found(config, "x.io", "a"), Some(Credential::IdentityToken(Secret::new("t"))));
    }

    #[test]
    fn the_longest_path_of_podman_counts() {
        let config = r#"{"auths":{"q.io":{"username":"all","password":"1"},
            "q.io/acme":{"username":"acme","password":"2"},"q.io/acme/app":{"username":"app","password":"3"}}}"#;
        assert_eq!(found(config, "q.io", "other/app"), password("all", "1"));
        assert_eq!(found(config, "q.io", "acme/tool"), password("acme", "2"));
        assert_eq!(found(config, "q.io", "acme/app"), password("app", "3"));
        assert_eq!(found(config, "q.io", "acmex/app"), password("all", "1"));
    }

    #[test]
    fn what_cannot_be_read_is_said_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        fs::write(&file, "{\"auths\": hunter2").unwrap();
        let found = Credentials::in_files(vec![file]).of("x.io", "a");
        assert!(
            found.credential.is_none() && found.trouble.as_ref().is_some_and(|why| why.ends_with("cannot be read"))
        );
        assert!(!format!("{found:?}").contains("hunter2"));
        assert_eq!(format!("{:?}", password("u", "hunter2")), "Some(Password(\"u\", Secret))");
    }
}
