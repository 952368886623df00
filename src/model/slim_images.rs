//! Official images that come in a slim variant: what its tag is, and what the whole image has besides.

use crate::{Family, ImageRef};

/// The slim variant of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slim {
    /// Its tag.
    pub tag: String,
    /// What it lacks.
    pub lacks: Lacks,
}

/// What a slim variant lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// What `buildpack-deps` brings: compilers, headers, version control, and small tools.
    BuildTools {
        /// Whether the certificates of authorities are among it.
        certificates: bool,
    },
    /// Manual pages and translations.
    Manuals,
    /// The compiler of Java and the tools beside it.
    JavaTools,
}

/// What a step or a container needs that a slim variant lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// A program that this package of Debian brings.
    Package(&'static str),
    /// A compiler, its headers, or a tool that nobody installs to run something.
    BuildTool,
}

const WITH_CERTIFICATES: Lacks = Lacks::BuildTools { certificates: false };

const WITHOUT_CERTIFICATES: Lacks = Lacks::BuildTools { certificates: true };

/// Where the word `slim` stands in a tag that names a release of Debian too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `20-bookworm-slim`
    Behind,
    /// `3.12-slim-bookworm`
    InFront,
}

/// Name, first version that has the variant for each release, order, what is lacking.
const BUILDPACK_IMAGES: &[(&str, (u32, u32), Order, Lacks)] = &[
    ("node", (10, 0), Order::Behind, WITHOUT_CERTIFICATES),
    ("python", (3, 5), Order::InFront, WITH_CERTIFICATES),
    ("ruby", (2, 5), Order::InFront, WITH_CERTIFICATES),
    ("perl", (5, 26), Order::InFront, WITH_CERTIFICATES),
    ("pypy", (3, 7), Order::InFront, WITH_CERTIFICATES),
];

const RELEASES: &[&str] = &["trixie", "bookworm", "bullseye", "buster"];

/// The packages of `buildpack-deps` that are installed to run something, and their programs.
const PACKAGES: &[(&str, &[&str])] = &[
    ("git", &["git", "git-shell", "git-upload-pack", "git-receive-pack"]),
    ("curl", &["curl"]),
    ("wget", &["wget"]),
    ("procps", &["ps", "pgrep", "pkill", "pmap", "pwdx", "top", "free", "uptime", "vmstat", "w", "watch", "sysctl"]),
    ("unzip", &["unzip", "zipinfo", "funzip"]),
    ("xz-utils", &["xz", "unxz", "xzcat", "lzma", "unlzma", "lzcat", "xzgrep"]),
    ("bzip2", &["bzip2", "bunzip2", "bzcat", "bzgrep"]),
    ("openssh-client", &["ssh", "scp", "sftp", "ssh-keygen", "ssh-keyscan", "ssh-agent", "ssh-add", "ssh-copy-id"]),
    ("gnupg", &["gpg", "gpgconf", "gpg-agent", "gpgsm", "apt-key"]),
    ("dirmngr", &["dirmngr"]),
    ("file", &["file"]),
    ("patch", &["patch"]),
    ("mercurial", &["hg"]),
    ("subversion", &["svn", "svnadmin", "svnserve"]),
    ("adduser", &["adduser", "addgroup", "deluser", "delgroup"]),
    ("imagemagick", &["convert", "identify", "mogrify", "composite", "montage", "compare", "animate", "conjure"]),
];

/// What else `buildpack-deps` brings, and what only calls it.
const BUILD_TOOLS: &[&str] = &[
    "gcc", "g++", "cc", "c++", "cpp", "c89", "c99", "make", "gmake", "cmake", "autoconf", "automake", "autoreconf",
    "autoheader", "aclocal", "libtoolize", "m4", "ld", "ar", "as", "nm", "strip", "ranlib", "objcopy", "objdump",
    "readelf", "strings", "size", "addr2line", "gcov", "gprof", "pkg-config", "pkgconf", "pg_config", "mysql_config",
    "mariadb_config", "xml2-config", "xslt-config", "curl-config", "krb5-config", "icu-config", "ncurses5-config",
    "ncurses6-config", "libpng-config", "pcre2-config", "dpkg-buildpackage", "dpkg-source", "dpkg-architecture",
    "dpkg-shlibdeps", "rpcgen", "cpan", "prove", "shasum", "pod2text", "perldoc", "node-gyp", "meson", "ninja",
    "cython", "configure", "cargo", "rustc", "rustup", "go", "gofmt", "glib-compile-schemas", "glib-compile-resources",
    "gdbus", "gio", "fc-cache", "fc-list", "mysql", "gencat", "uconv", "update-mime-database", "sensible-editor",
    "ucf", "glib-genmarshal", "ncursesw6-config", "bison", "flex", "swig", "node-pre-gyp", "electron-rebuild",
    "cmake-js", "prebuildify", "f2py", "cythonize",
];

/// Programs of a whole Java, and those that need one.
const JAVA_TOOLS: &[&str] = &[
    "javac", "jar", "javadoc", "javap", "jarsigner", "jcmd", "jdb", "jdeps", "jdeprscan", "jfr", "jhsdb", "jimage",
    "jinfo", "jlink", "jmap", "jmod", "jpackage", "jps", "jrunscript", "jshell", "jstack", "jstat", "jstatd",
    "serialver", "jconsole", "jhat", "native2ascii", "wsimport", "wsgen", "xjc", "schemagen", "javah", "mvn", "mvnw",
    "gradle", "gradlew", "ant", "sbt", "kotlinc", "scalac", "groovyc", "lein", "clojure", "clj", "mill", "bazel",
    "objcopy", "strip",
];

/// What else the whole image of `openjdk` is made from.
const JAVA_COMPANIONS: &[&str] =
    &["git", "hg", "svn", "ssh", "scp", "ssh-keygen", "ssh-keyscan", "ps", "pgrep", "pkill", "top"];

/// Packages whose installation fails where the folders of manual pages are not there, or that need one that does:
/// how their names start.
const NEED_MANUALS: &[&str] = &[
    "openjdk", "default-jre", "default-jdk", "java", "postgresql", "postgis", "ca-certificates-java", "man-db",
    "manpages", "locales-all", "maven", "gradle", "tomcat", "jetty", "libreoffice", "icedtea", "zookeeper", "jenkins",
    "elasticsearch", "logstash", "groovy", "jruby", "cassandra", "clojure", "leiningen", "pdftk", "jmeter", "neo4j",
    "solr", "activemq",
];

/// Packages like them, by their whole names.
const NEED_MANUALS_TOO: &[&str] = &["man", "ant", "scala"];

/// Folders that `dpkg` leaves empty in a slim Debian.
const NOT_UNPACKED: &[&str] =
    &["/share/doc", "/share/man", "/share/locale", "/share/info", "/share/groff", "/share/lintian"];

impl ImageRef<'_> {
    /// Whether a slim image of the same release may lack `adduser`, which this one has: since trixie, apt no longer
    /// brings it, but `openssh-client` does.
    pub fn slim_may_lack_adduser(self) -> bool {
        const WITH_SSH: &[&str] =
            &["buildpack-deps", "gcc", "golang", "node", "perl", "pypy", "python", "ruby", "rust"];
        let is_older = ["buster", "bullseye", "bookworm"].contains(&self.debian_release().unwrap_or_default());
        WITH_SSH.contains(&self.familiar_name())
            && !is_older
            && !self.tag_has("slim")
            && self.family() == Family::Debian
    }

    /// The slim variant of an official image, made from the same release of the same distribution; `None` where
    /// there is none, or the image is one already.
    pub fn slim_variant(self) -> Option<Slim> {
        let name = self.familiar_name();
        if self.digest.is_some() || self.is_ancient() || self.tag_has("onbuild") {
            return None;
        }
        match name {
            "debian" => self.slim_debian(),
            "ghcr.io/astral-sh/uv" => {
                let tag = self.tag?;
                let is_whole = tag.starts_with("python3.") && RELEASES.iter().any(|release| tag.ends_with(release));
                is_whole.then(|| Slim { tag: format!("{tag}-slim"), lacks: WITH_CERTIFICATES })
            }
            _ => self.slim_buildpack(),
        }
    }

    fn slim_buildpack(self) -> Option<Slim> {
        let (_, first, order, lacks) = *BUILDPACK_IMAGES.iter().find(|known| known.0 == self.familiar_name())?;
        let tag = self.tag.unwrap_or("latest");
        if tag == "latest" {
            return Some(Slim { tag: "slim".to_owned(), lacks });
        }
        let (version, release) = match RELEASES.iter().find(|release| tag == **release) {
            Some(release) => ("", Some(*release)),
            None => match tag.rsplit_once('-') {
                Some((version, release)) => (version, Some(*RELEASES.iter().find(|known| **known == release)?)),
                None => (tag, None),
            },
        };
        let is_number =
            version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        let is_named = version.is_empty() || matches!(version, "lts" | "current");
        let is_old = is_number && ImageRef { tag: Some(version), ..self }.newest_version()? < first;
        if !(is_number || is_named) || is_old {
            return None;
        }
        let parts = match (release, order) {
            (None, _) => [version, "slim", ""],
            (Some(release), Order::Behind) => [version, release, "slim"],
            (Some(release), Order::InFront) => [version, "slim", release],
        };
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Some(Slim { tag: parts.join("-"), lacks })
    }

    /// Debian has a slim variant for each release, whichever way it is named.
    fn slim_debian(self) -> Option<Slim> {
        let tag = match self.tag.unwrap_or("latest") {
            "latest" => "stable",
            tag => tag,
        };
        let is_number = tag.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let names = ["stable", "oldstable", "testing", "unstable", "sid"];
        let is_release = is_number || RELEASES.contains(&tag) || names.contains(&tag);
        let is_dated = || {
            tag.split_once('-').is_some_and(|(release, date)| {
                RELEASES.contains(&release) && date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        (is_release || is_dated()).then(|| Slim { tag: format!("{tag}-slim"), lacks: Lacks::Manuals })
    }

    /// Whether both are the same distribution, so that a program of one runs with the libraries of the other.
    pub fn is_of_same_kind(self, other: ImageRef<'_>) -> bool {
        self.familiar_name() == other.familiar_name()
            && self.family() == other.family()
            && self.family() != Family::Unknown
    }
}

impl Lacks {
    /// Whether it lacks a program.
    pub fn program(self, program: &str) -> Option<Lacking> {
        match self {
            Lacks::BuildTools { .. } => {
                // It comes with the certificates.
                if program == "openssl" {
                    let lacks_it = self == Lacks::BuildTools { certificates: true };
                    return lacks_it.then_some(Lacking::Package("openssl"));
                }
                let package = PACKAGES.iter().find(|(_, programs)| programs.contains(&program));
                package
                    .map(|(name, _)| Lacking::Package(name))
                    .or_else(|| BUILD_TOOLS.contains(&program).then_some(Lacking::BuildTool))
            }
            Lacks::JavaTools => {
                (JAVA_TOOLS.contains(&program) || JAVA_COMPANIONS.contains(&program)).then_some(Lacking::BuildTool)
            }
            Lacks::Manuals => None,
        }
    }

    /// Whether a text names a package of Debian that can be installed only where nothing is lacking, or reads what
    /// packages have in folders that a slim image leaves out.
    pub fn hinders(self, text: &str) -> bool {
        let needs_manuals =
            |word: &str| NEED_MANUALS.iter().any(|name| word.starts_with(name)) || NEED_MANUALS_TOO.contains(&word);
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-+.".contains(c)));
        self == Lacks::Manuals && (words.any(needs_manuals) || NOT_UNPACKED.iter().any(|folder| text.contains(folder)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slim_variants_are_of_the_same_release() {
        for (image, tag) in [
            ("node:20", Some("20-slim")),
            ("node", Some("slim")),
            ("node:lts", Some("lts-slim")),
            ("node:20.11.1-bookworm", Some("20.11.1-bookworm-slim")),
            ("node:20-slim", None),
            ("node:20-alpine", None),
            ("node:8-stretch", None),
            ("node:6", None),
            ("docker.io/library/python:3.12", Some("3.12-slim")),
            ("python:3.12-bookworm", Some("3.12-slim-bookworm")),
            ("python:bookworm", Some("slim-bookworm")),
            ("python:2.7", None),
            ("python:3", Some("3-slim")),
            ("python:3.13-rc", None),
            ("python:3.12-windowsservercore", None),
            ("ruby:3.3", Some("3.3-slim")),
            ("debian:12", Some("12-slim")),
            ("debian", Some("stable-slim")),
            ("debian:bookworm-20240101", Some("bookworm-20240101-slim")),
            ("debian:bookworm-backports", None),
            ("debian:8", None),
            ("ubuntu:22.04", None),
            ("eclipse-temurin:17", None),
            ("ghcr.io/astral-sh/uv:python3.12-bookworm", Some("python3.12-bookworm-slim")),
            ("ghcr.io/astral-sh/uv:latest", None),
            ("example.com/node:20", None),
            ("node:20@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a", None),
        ] {
            let found = ImageRef::parse(image).slim_variant();
            assert_eq!(found.as_ref().map(|slim| slim.tag.as_str()), tag, "{image}");
        }
    }
}
