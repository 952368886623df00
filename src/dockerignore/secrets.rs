//! Files that hold secrets, by their names and by a few marks in what is in them. No value ever leaves this module.

/// What kind of secret a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secret {
    /// A private key.
    PrivateKey,
    /// Variables for a program, such as a `.env`.
    Environment,
    /// A token for a registry of packages.
    RegistryToken,
    /// Credentials of a cloud.
    CloudCredentials,
    /// Passwords for servers.
    Passwords,
}

impl Secret {
    /// What it is, for people.
    pub fn describe(self) -> &'static str {
        match self {
            Secret::PrivateKey => "a private key",
            Secret::Environment => "variables that are often secret",
            Secret::RegistryToken => "a token for a package registry",
            Secret::CloudCredentials => "credentials of a cloud",
            Secret::Passwords => "passwords",
        }
    }
}

/// Names of samples, which hold no secrets.
const SAMPLES: &[&str] = &["example", "sample", "template", "dist", "defaults", "schema", "tpl"];

/// Whether a file may hold a secret, by its path; what is in it has to be looked at with [`confirm`].
pub fn suspect(path: &[u8]) -> Option<Secret> {
    let path = std::str::from_utf8(path).ok()?.to_ascii_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let parent = folder.rsplit('/').next().unwrap_or_default();
    if name.split(['.', '-', '_']).any(|part| SAMPLES.contains(&part)) {
        return None;
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    match name {
        ".env" => Some(Secret::Environment),
        _ if name.starts_with(".env.") => Some(Secret::Environment),
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" | ".pypirc" => Some(Secret::RegistryToken),
        "credentials" | "credentials.toml" if parent == ".cargo" => Some(Secret::RegistryToken),
        "credentials" | "credentials.json" | "config" if parent == ".aws" => Some(Secret::CloudCredentials),
        "config.json" if parent == ".docker" => Some(Secret::RegistryToken),
        "application_default_credentials.json" => Some(Secret::CloudCredentials),
        _ if ends(&[".json"])
            && (name.contains("service-account")
                || name.contains("serviceaccount")
                || name.contains("credentials")) =>
        {
            Some(Secret::CloudCredentials)
        }
        ".netrc" | "_netrc" | ".pgpass" | ".htpasswd" | ".git-credentials" => Some(Secret::Passwords),
        "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Some(Secret::PrivateKey),
        _ if ends(&[".pem", ".key", ".ppk", ".p8"]) => Some(Secret::PrivateKey),
        _ if ends(&[".p12", ".pfx", ".jks", ".keystore"]) => Some(Secret::PrivateKey),
        _ => None,
    }
}

/// Whether what is in a suspected file (or its beginning) is such a secret.
pub fn confirm(suspected: Secret, name: &[u8], content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content);
    let is_container = [&b".p12"[..], b".pfx", b".jks", b".keystore"].iter().any(|end| name.ends_with(end));
    match suspected {
        Secret::PrivateKey => is_container || text.contains("PRIVATE KEY-----") || text.contains("PuTTY-User-Key-File"),
        Secret::Environment => text.lines().any(is_assignment),
        Secret::RegistryToken => {
            ["_authToken", "_auth=", "_auth =", "_password", "npmAuthToken", "password", "token", "\"auth\""]
                .iter()
                .any(|mark| text.contains(mark))
                && !text.lines().all(|line| {
                    !line.contains("oken") && !line.contains("uth") && !line.contains("assword") || line.contains("${")
                })
        }
        Secret::CloudCredentials => {
            ["aws_secret_access_key", "aws_session_token", "\"private_key\"", "\"refresh_token\"", "client_secret"]
                .iter()
                .any(|mark| text.contains(mark))
        }
        Secret::Passwords => text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')),
    }
}

/// `NAME=value` with something behind the sign.
fn is_assignment(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("export ");
    let Some((name, value)) = line.split_once('=') else { return false };
    !line.starts_with('#') && !name.trim().is_empty() && !value.trim().trim_matches(['"', '\'']).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_name_and_content() {
        let yes = [
            ("a/.env", "KEY=1\n"),
            (".npmrc", "//registry.example.com/:_authToken=npm_x\n"),
            ("k.pem", "-----BEGIN RSA PRIVATE KEY-----\n"),
            (".aws/credentials", "aws_secret_access_key = x\n"),
            ("deploy/service-account.json", "{\"private_key\": \"x\"}"),
            (".netrc", "machine a login b password c\n"),
            ("store.p12", ""),
        ];
        for (path, content) in yes {
            let suspected = suspect(path.as_bytes()).unwrap_or_else(|| panic!("{path}"));
            assert!(confirm(suspected, path.as_bytes(), content.as_bytes()), "{path}");
        }
        let no = [
            (".env", "# KEY=\nKEY=\n"),
            (".npmrc", "registry=https://registry.example.com\nsave-exact=true\n"),
            (".npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}\n"),
            ("ca.pem", "-----BEGIN CERTIFICATE-----\n"),
            (".aws/config", "[default]\nregion = x\n"),
        ];
        for (path, content) in no {
            let suspected = suspect(path.as_bytes()).unwrap();
            assert!(!confirm(suspected, path.as_bytes(), content.as_bytes()), "{path}");
        }
        for path in [".env.example", "src/env.ts", "public.pub", "package.json", ".env-sample"] {
            assert_eq!(suspect(path.as_bytes()), None, "{path}");
        }
    }
}
