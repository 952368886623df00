//! What this machine has, and how it is set up to reach mirrors and registries: images are built as set up here, and
//! no address is written down in the tests.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's release that the images are made of; the Dockerfiles say `debian:12`.
pub const RELEASE: &str = "bookworm";

/// What is missing to build anything.
pub fn missing() -> Option<String> {
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let absent: Vec<&str> = ["buildah", "mmdebstrap"].into_iter().filter(|program| !runs(program)).collect();
    if !absent.is_empty() {
        return Some(format!("{} not installed", absent.join(" and ")));
    }
    let is_root = fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0);
    if is_root { None } else { Some("only root can build images here".to_owned()) }
}

/// The mirrors of this machine, as files of apt; none where it is no Debian, and mmdebstrap then takes its own.
pub fn sources() -> Vec<(String, String)> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value =
        |key: &str| release.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim_matches('"'));
    let Some(own) = value("VERSION_CODENAME=").filter(|_| value("ID=") == Some("debian")) else { return Vec::new() };
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    files.extend(fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path()));
    let mut found = Vec::new();
    for file in files {
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
        let text = fs::read_to_string(&file).unwrap_or_default();
        if [".list", ".sources"].iter().any(|end| name.ends_with(end)) && is_debian(&text, own) {
            found.push((name.to_owned(), text.replace(own, RELEASE)));
        }
    }
    found
}

/// Whether a file of sources names Debian itself, and not somebody's packages for it.
fn is_debian(text: &str, release: &str) -> bool {
    let used = |line: &&str| !line.trim_start().starts_with('#');
    let lines: Vec<String> = text.lines().filter(used).map(str::to_lowercase).collect();
    let names = |word: &str| lines.iter().any(|line| line.split_whitespace().any(|found| found == word));
    let keys_are_debians =
        lines.iter().filter(|line| line.contains("signed-by")).all(|line| line.contains("debian-archive"));
    names(release) && names("main") && keys_are_debians
}

/// What apt is told here about proxies and about mirrors that are behind, as lines of its configuration.
pub fn apt_options() -> Vec<String> {
    const KEPT: &[&str] = &["Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-"];
    let dump = output("apt-config", &["dump"]).unwrap_or_default();
    let kept = dump.lines().filter(|line| KEPT.iter().any(|start| line.starts_with(start)));
    kept.map(|line| line.trim_end_matches(';').to_owned()).chain(["Acquire::Retries \"3\"".to_owned()]).collect()
}

/// The authorities that programs on this machine trust.
pub fn certificates() -> Option<PathBuf> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let usual = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"].map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.is_file())
}

/// Variables that lead pip and npm to where this machine finds packages, with the certificates at that place.
pub fn environment(certificates: &Path) -> Vec<(String, String)> {
    const OWN: &[&str] = &["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT"];
    const TRUST: &[&str] = &["SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "npm_config_cafile"];
    let path = certificates.display().to_string();
    let mut found: Vec<(String, String)> = TRUST.iter().map(|name| ((*name).to_owned(), path.clone())).collect();
    for name in OWN {
        let option = name.trim_start_matches("PIP_").to_lowercase().replace('_', "-");
        let configured = || output("pip3", &["config", "get", &format!("global.{option}")]);
        found.extend(std::env::var(name).ok().or_else(configured).map(|value| ((*name).to_owned(), value)));
    }
    let registry = output("npm", &["config", "get", "registry"]).filter(|value| value.contains("://"));
    found.extend(registry.map(|value| ("npm_config_registry".to_owned(), value)));
    found
}

/// What a program prints, without the end of the line, if it succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
