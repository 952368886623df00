//! Image references, and which distribution a public image is known to be made of.

/// `[host/]path[:tag][@digest]`, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageRef<'t> {
    /// Everything in front of tag and digest.
    pub name: &'t str,
    /// What stands behind the colon.
    pub tag: Option<&'t str>,
    /// What stands behind the `@`.
    pub digest: Option<&'t str>,
}

/// What the package manager and the shell of an image are made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Debian and what is made from it: apt, dash.
    Debian,
    /// Alpine: apk, BusyBox.
    Alpine,
    /// Red Hat, Fedora and what is made from them: dnf or yum, Bash.
    RedHat,
    /// SUSE: zypper, Bash.
    Suse,
    /// Arch: pacman, Bash.
    Arch,
    /// Windows: no POSIX shell.
    Windows,
    /// The empty image.
    Scratch,
    /// Not known from the name.
    Unknown,
}

impl<'t> ImageRef<'t> {
    /// Splits a reference; any text is taken.
    pub fn parse(text: &'t str) -> ImageRef<'t> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let path = rest.rfind('/').map_or(0, |at| at + 1);
        match rest[path..].find(':') {
            Some(at) => ImageRef { name: &rest[..path + at], tag: Some(&rest[path + at + 1..]), digest },
            None => ImageRef { name: rest, tag: None, digest },
        }
    }

    /// The name without Docker Hub's host and `library/`.
    pub fn familiar_name(self) -> &'t str {
        let name = self.name;
        let name = name.strip_prefix("index.docker.io/").or(name.strip_prefix("docker.io/")).unwrap_or(name);
        name.strip_prefix("library/").unwrap_or(name)
    }

    /// The distribution, from the name and the tag alone.
    pub fn family(self) -> Family {
        let name = self.familiar_name();
        if name == "scratch" {
            return Family::Scratch;
        }
        if ["windows", "nanoserver", "servercore"].iter().any(|word| name.contains(word) || self.tag_has(word)) {
            return Family::Windows;
        }
        let base = name.rsplit('/').next().unwrap_or(name);
        if base.starts_with("alpine") || self.tag_has("alpine") {
            return Family::Alpine;
        }
        match FAMILIES.iter().find(|(names, _)| names.contains(&name)) {
            Some((_, family)) => *family,
            None => FAMILIES
                .iter()
                .find(|(names, _)| names.iter().any(|known| self.tag_has(known)) && self.tag.is_some())
                .map_or(Family::Unknown, |(_, family)| *family),
        }
    }

    /// Whether the image is one whose default user (root) and shell (`/bin/sh -c`) are known.
    pub fn has_default_shell(self) -> bool {
        FAMILIES.iter().any(|(names, _)| names.contains(&self.familiar_name()))
            || self.familiar_name() == "alpine"
            || self.familiar_name() == "busybox"
    }

    /// Whether the tag has this word between `-`, `.` and `_`.
    pub fn tag_has(self, word: &str) -> bool {
        self.tag.is_some_and(|tag| {
            tag.split(['-', '_', '.'])
                .any(|part| part == word || part.strip_prefix(word).is_some_and(|v| v.starts_with(char::is_numeric)))
        })
    }

    /// Whether the distribution is older than 2015 by its name or tag: its tools lack today's options.
    pub fn is_ancient(self) -> bool {
        const RELEASES: [&str; 8] = ["squeeze", "wheezy", "jessie", "lucid", "precise", "trusty", "utopic", "quantal"];
        const IN_TAGS: [&str; 8] =
            ["ubuntu12", "ubuntu14", "ubuntu-12", "ubuntu-14", "-12.04", "-14.04", "debian7", "debian8"];
        let version = |versions: &[&str]| {
            self.tag.is_some_and(|tag| versions.iter().any(|v| tag == *v || tag.starts_with(&format!("{v}."))))
        };
        let name = self.familiar_name();
        self.alpine_version().is_some_and(|version| version < (3, 3))
            || RELEASES.iter().any(|release| self.tag_has(release))
            || IN_TAGS.iter().any(|part| self.tag.is_some_and(|tag| tag.contains(part)))
            || match name {
                "debian" => version(&["6", "7", "8"]),
                "centos" => version(&["5", "6", "centos5", "centos6"]),
                // Made from Alpine 3.2.
                "docker" => self.newest_version().is_some_and(|version| version < (1, 10)),
                "mhart/alpine-node" | "mhart/alpine-iojs" => {
                    self.newest_version().is_some_and(|version| version < (4, 3))
                }
                "phusion/baseimage" | "phusion/passenger-full" => version(&["0.8", "0.9"]),
                _ if name.starts_with("ubuntu") => version(&["10", "12", "13", "14"]),
                _ => false,
            }
    }

    /// The version at the start of the tag: `(1, 22)` for `1.22-alpine`, `(20, 0)` for `20`.
    pub fn version(self) -> Option<(u32, u32)> {
        let mut numbers = self.tag?.split(['.', '-', '_']);
        let major = numbers.next()?.parse().ok()?;
        Some((major, numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or_default()))
    }

    /// The newest version that the tag stands for: `(1, u32::MAX)` for `1-slim`. `None` where it names none, as
    /// `latest` and `slim` do.
    pub fn newest_version(self) -> Option<(u32, u32)> {
        let mut numbers = self.tag?.split(['.', '-', '_']);
        let major = numbers.next()?.parse().ok()?;
        Some((major, numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(u32::MAX)))
    }

    /// Alpine's version, from a tag such as `3.20` or `3.12-alpine3.20`.
    fn alpine_version(self) -> Option<(u32, u32)> {
        let tag = self.tag?;
        let version = match tag.find("alpine") {
            Some(at) => &tag[at + "alpine".len()..],
            None if self.name.ends_with("alpine") => tag.trim_start_matches('v'),
            None => return None,
        };
        let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// Whether the image is known to have the certificates of authorities: it is made from `buildpack-deps`.
    pub fn brings_certificates(self) -> bool {
        const IMAGES: [&str; 10] =
            ["buildpack-deps", "node", "python", "ruby", "golang", "rust", "perl", "gcc", "openjdk", "java"];
        let is_whole =
            ["slim", "alpine", "windowsservercore", "nanoserver", "oracle"].iter().all(|word| !self.tag_has(word));
        IMAGES.contains(&self.familiar_name()) && is_whole && self.family() == Family::Debian
    }

    /// Whether the tag names a release of Debian or Ubuntu that is not ancient.
    pub fn is_dated_debian(self) -> bool {
        matches!(self.familiar_name(), "debian" | "ubuntu") && self.tag.is_some() && !self.is_ancient()
    }
}

/// Official images and some close ones. Their default variant decides; a tag with `alpine` was looked at before.
const FAMILIES: &[(&[&str], Family)] = &[
    (
        &[
            "debian", "ubuntu", "buildpack-deps", "python", "node", "golang", "rust", "ruby", "php", "perl", "gcc",
            "openjdk", "java", "maven", "gradle", "tomcat", "jetty", "nginx", "httpd", "postgres", "mysql", "mariadb",
            "mongo", "redis", "memcached", "rabbitmq", "elixir", "erlang", "haskell", "julia", "r-base",
            "rocker/r-ver", "wordpress", "drupal", "joomla", "ghost", "django", "rails", "iojs", "mono", "swift",
            "pypy", "clojure", "groovy", "neo4j", "cassandra", "haproxy", "solr", "logstash", "bookworm", "bullseye",
            "buster", "stretch", "jessie", "wheezy", "trixie", "sid", "noble", "jammy", "focal", "bionic", "xenial",
            "trusty", "precise", "eclipse-temurin", "nvidia/cuda", "phusion/baseimage", "tensorflow/tensorflow",
            "continuumio/miniconda3", "continuumio/anaconda3", "mcr.microsoft.com/dotnet/sdk",
            "mcr.microsoft.com/dotnet/aspnet", "mcr.microsoft.com/dotnet/runtime",
            "mcr.microsoft.com/dotnet/runtime-deps", "microsoft/dotnet", "ros", "osrf/ros",
        ],
        Family::Debian,
    ),
    (
        &[
            "centos", "fedora", "rockylinux", "almalinux", "oraclelinux", "amazonlinux", "scientificlinux",
            "registry.access.redhat.com/ubi7/ubi", "registry.access.redhat.com/ubi8/ubi",
            "registry.access.redhat.com/ubi9/ubi", "registry.access.redhat.com/ubi8/ubi-minimal",
            "registry.access.redhat.com/ubi9/ubi-minimal", "redhat/ubi8", "redhat/ubi9",
        ],
        Family::RedHat,
    ),
    (&["opensuse", "opensuse/leap", "opensuse/tumbleweed"], Family::Suse),
    (&["archlinux", "archlinux/archlinux", "base/archlinux"], Family::Arch),
    (&["docker", "caddy", "traefik", "registry", "nats"], Family::Alpine),
];
