//! Which user an image brings, or how one is made in it.

use dopt_model::{Family, ImageRef};
use dopt_rewrite::StaysRoot;

/// The user that a container is to run as.
pub(super) enum Account {
    /// The base image has it.
    Known(&'static str),
    /// These commands make `app`.
    Made(&'static [&'static str]),
    /// There is no shell: this one is known by its name or number.
    Bare(&'static str),
}

const BY_USERADD: &[&str] = &["useradd --system --user-group --create-home app"];

const BY_BUSYBOX: &[&str] = &["addgroup -S app", "adduser -S -G app app"];

/// Images that start a service of their own: it changes to another user by itself, or its files are root's.
const SERVICES: &[&str] = &[
    "nginx", "httpd", "mysql", "mariadb", "postgres", "mongo", "redis", "memcached", "rabbitmq", "wordpress", "drupal",
    "joomla", "caddy", "traefik", "haproxy", "registry", "docker", "elasticsearch", "logstash", "kibana", "neo4j",
    "cassandra", "solr", "ghost", "tomcat", "jetty", "nats", "phusion/baseimage", "phusion/passenger-full",
    "zookeeper", "influxdb", "consul", "vault", "jenkins", "nextcloud", "couchdb", "percona", "varnish", "sonarqube",
    "php",
];

/// Images of a language or a distribution, which have root and no more, and the tools of their distribution.
const PLAIN: &[&str] = &[
    "debian", "ubuntu", "alpine", "buildpack-deps", "python", "golang", "rust", "ruby", "perl", "gcc", "openjdk",
    "eclipse-temurin", "maven", "elixir", "erlang", "pypy", "swift", "julia",
];

/// Words in tags that name another distribution, or an image that is not root's.
const OTHER_TAGS: &[&str] = &[
    "oracle", "oraclelinux7", "oraclelinux8", "ubi9", "ubi10", "centos", "chiseled", "distroless", "amazonlinux",
    "amazoncorretto", "corretto", "onbuild",
];

impl Account {
    /// The user for containers of an image; `None` where it is not known to run as root.
    pub fn of(image: ImageRef<'_>) -> Result<Option<Account>, StaysRoot> {
        let name = image.familiar_name();
        if name == "scratch" {
            return Ok(Some(Account::Bare("65532:65532")));
        }
        if name.starts_with("gcr.io/distroless/") {
            let is_user = image.tag.is_some_and(|tag| tag.contains("nonroot"));
            return Ok((!is_user).then_some(Account::Bare("nonroot:nonroot")));
        }
        if OTHER_TAGS.iter().any(|word| image.tag_has(word)) || image.is_ancient() {
            return Ok(None);
        }
        // Apache and FPM change to another user; the command line does not.
        let is_command_line = name == "php" && (image.tag_has("cli") || image.tag_has("zts"));
        if SERVICES.contains(&name) && !is_command_line {
            return Err(StaysRoot::ServiceImage);
        }
        let version = image.version().map(|(major, _)| major);
        match (name, image.family()) {
            ("node", Family::Debian | Family::Alpine) if version.is_none_or(|version| version >= 8) => {
                Ok(Some(Account::Known("node")))
            }
            (
                "mcr.microsoft.com/dotnet/aspnet" | "mcr.microsoft.com/dotnet/runtime",
                Family::Debian | Family::Alpine,
            ) if version.is_some_and(|version| version >= 8) => Ok(Some(Account::Known("app"))),
            // Later ones of `openjdk` are made of Oracle's Linux where the tag does not say otherwise.
            ("openjdk", Family::Debian)
                if version.is_none_or(|version| version > 11)
                    && !["slim", "bullseye", "buster"].iter().any(|word| image.tag_has(word)) =>
            {
                Ok(None)
            }
            (name, Family::Debian) if PLAIN.contains(&name) || is_command_line => Ok(Some(Account::Made(BY_USERADD))),
            (name, Family::Alpine) if PLAIN.contains(&name) || is_command_line => Ok(Some(Account::Made(BY_BUSYBOX))),
            _ => Ok(None),
        }
    }

    /// As `USER` names it.
    pub fn user(&self) -> &'static str {
        match self {
            Account::Known(name) | Account::Bare(name) => name,
            Account::Made(_) => "app",
        }
    }

    /// As `chown` names it, with its group.
    pub fn owner(&self) -> String {
        match self {
            Account::Bare(both) => (*both).to_owned(),
            _ => format!("{0}:{0}", self.user()),
        }
    }

    /// The commands that make it.
    pub fn commands(&self) -> &'static [&'static str] {
        match self {
            Account::Made(commands) => commands,
            _ => &[],
        }
    }

    /// Whether the image has a shell.
    pub fn has_shell(&self) -> bool {
        !matches!(self, Account::Bare(_))
    }

    /// Whether `COPY --link`, which looks no names up, knows it.
    pub fn is_number(&self) -> bool {
        self.user().starts_with(|c: char| c.is_ascii_digit())
    }
}
