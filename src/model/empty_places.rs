//! Folders that a base image has no files in, as far as its name tells.

use crate::ImageRef;

/// What lies directly below `/` in every image, and in official ones that keep their data there.
const TOP: &[&str] = &[
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc", "root",
    "run", "sbin", "srv", "sys", "tmp", "usr", "var", "go", "data", "tf", "logs", "conf", "docker-entrypoint-initdb.d",
    "docker-entrypoint.d", "plugins", "licenses", "NGC-DL-CONTAINER-LICENSE", "cuda-keyring_1.0-1_all.deb",
];

/// What official images have below `/opt` and `/usr/src`.
const KNOWN_BELOW: &[&str] = &[
    "java", "conda", "solr", "cassandra", "nvidia", "jboss", "maven", "gradle", "tomcat", "yarn", "logstash", "ghc",
    "php", "wordpress", "python", "linux", "julia", "app-root", "mssql", "rabbitmq", "pypy", "openjdk", "jdk",
];

/// Folders that every image has and that a new one may be made in.
const PARENTS: &[&str] = &[
    "", "/home", "/opt", "/srv", "/mnt", "/media", "/tmp", "/root", "/usr", "/var", "/usr/local", "/usr/local/bin",
    "/usr/local/sbin", "/usr/local/lib", "/usr/local/share", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/bin",
    "/sbin", "/etc", "/var/lib", "/var/log",
];

impl ImageRef<'_> {
    /// Whether the image is known to have no files below `folder`; it may have the folder itself where `false` is
    /// answered by [`ImageRef::lacks`].
    pub fn has_nothing_below(self, folder: &str) -> bool {
        self.lacks(folder) || (self.familiar_name() == "php" && folder == "/var/www/html")
    }

    /// Whether the image is known not to have `folder`.
    pub fn lacks(self, folder: &str) -> bool {
        let named = folder.split('/').any(|part| !part.is_empty() && part.starts_with(self.familiar_name()));
        self.has_default_shell() && !self.tag_has("onbuild") && !named && is_unusual(folder)
    }
}

/// Whether a folder is one that images make for themselves and not one that distributions and their packages fill.
pub fn is_unusual(folder: &str) -> bool {
    let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    match &parts[..] {
        [] => false,
        ["srv" | "mnt" | "media" | "tmp", _, ..] => true,
        ["opt", name, ..] | ["usr", "src", name, ..] => !KNOWN_BELOW.iter().any(|known| name.starts_with(known)),
        ["root", name, ..] | ["home", _, name, ..] => !name.starts_with('.') && *name != "work",
        [name, ..] => !TOP.contains(name),
    }
}

/// Whether every image has this folder.
pub fn is_usual(folder: &str) -> bool {
    PARENTS.contains(&folder.trim_end_matches('/'))
}

/// Whether every image has the folder that `path` lies in.
pub fn has_usual_parent(path: &str) -> bool {
    path.rfind('/').is_some_and(|slash| PARENTS.contains(&&path[..slash]))
}
