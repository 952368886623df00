//! The images and commands that Dockerfiles are made of, each with how often it is taken.

/// Texts with weights. `@p` stands for a package, `@l` for one of a programming language.
pub(crate) type Templates = &'static [(u32, &'static str)];

/// What runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Dash,
    Bash,
    Busybox,
}

/// The package manager of a distribution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System {
    /// The command that fetches its index, where there is one.
    pub index: &'static str,
    pub templates: Templates,
}

/// A base image: which shell it has, what its programs are, and whether it comes with compilers.
#[derive(Debug)]
pub(crate) struct Image {
    pub name: &'static str,
    pub program: Program,
    pub system: System,
    pub languages: &'static [Templates],
    pub has_compilers: bool,
}

const fn image(
    name: &'static str,
    program: Program,
    system: System,
    languages: &'static [Templates],
    has_compilers: bool,
) -> Image {
    Image { name, program, system, languages, has_compilers }
}

#[rustfmt::skip]
pub(crate) const IMAGES: &[Image] = &[
    image("debian:12", Program::Dash, APT, &[PIP, OTHER_PYTHON, NPM], false),
    image("ubuntu:22.04", Program::Dash, APT, &[PIP, PERL], false),
    image("python:3.12-slim", Program::Dash, APT, &[PIP, PIP, OTHER_PYTHON], false),
    image("python:3.12", Program::Dash, APT, &[PIP, PIP, OTHER_PYTHON], true),
    image("node:20", Program::Dash, APT, &[NPM, NPM, YARN], true),
    image("node:20-slim", Program::Dash, APT, &[NPM, YARN, PIP], false),
    image("golang:1.22", Program::Dash, APT, &[GO], true),
    image("rust:1.80", Program::Dash, APT, &[CARGO], true),
    image("ruby:3.3", Program::Dash, APT, &[GEM, NPM], true),
    image("php:8.3", Program::Dash, APT, &[PHP], true),
    image("perl:5.38", Program::Dash, APT, &[PERL], true),
    image("maven:3.9", Program::Dash, APT, &[MAVEN], false),
    image("gradle:8", Program::Dash, APT, &[GRADLE], false),
    image("rocker/r-ver:4", Program::Dash, APT, &[R], true),
    image("mcr.microsoft.com/dotnet/sdk:8.0", Program::Dash, APT, &[DOTNET], false),
    image("continuumio/miniconda3", Program::Dash, APT, &[CONDA, PIP], false),
    image("example.com/unknown", Program::Dash, APT, &[PIP, NPM, GEM, GO], false),
    image("alpine:3.20", Program::Busybox, APK, &[PIP, NPM, GEM], false),
    image("node:20-alpine", Program::Busybox, APK, &[NPM, NPM, YARN], false),
    image("python:3.12-alpine", Program::Busybox, APK, &[PIP, OTHER_PYTHON], false),
    image("golang:1.22-alpine", Program::Busybox, APK, &[GO], false),
    image("composer:2", Program::Busybox, APK, &[PHP], false),
    image("rockylinux:9", Program::Bash, DNF, &[PIP, GEM, NPM], false),
    image("fedora:41", Program::Bash, DNF, &[PIP, MAVEN], false),
    image("centos:7", Program::Bash, YUM, &[PIP, NPM], false),
    image("opensuse/leap:15", Program::Bash, ZYPPER, &[PIP, NPM], false),
    image("archlinux:latest", Program::Bash, PACMAN, &[NPM, PERL], false),
];

/// What is there in every image.
pub(crate) const PROGRAMS: &[&str] = &[
    "pip", "pip3", "python3", "uv", "pipx", "poetry", "pipenv", "pdm", "conda", "npm", "yarn", "pnpm", "composer",
    "pecl", "docker-php-ext-enable", "gem", "bundle", "cpanm", "cpan", "install2.r", "go", "cargo", "mvn", "gradle",
    "dotnet", "make", "node", "java",
];

/// What is there in every image, whatever is in it.
pub(crate) const SYSTEM_PROGRAMS: &[&str] =
    &["rm", "sudo", "curl", "apt", "apt-get", "aptitude", "apt-cache", "apk", "dnf", "yum", "zypper", "pacman"];

#[rustfmt::skip]
pub(crate) const PACKAGES: Templates = &[
    (18, "curl"), (10, "git"), (6, "jq"), (4, "libpq-dev"), (5, "gcc"), (3, "g++"), (2, "make"), (3, "vim curl"),
    (2, "gcc git"), (2, "npm"), (1, "fails"),
];

#[rustfmt::skip]
pub(crate) const LIBRARIES: Templates =
    &[(12, "flask"), (10, "express redis"), (4, "psycopg2"), (12, "left-pad"), (1, "fails")];

#[rustfmt::skip]
pub(crate) const APT: System = System { index: "apt-get update", templates: &[
    (30, "apt-get update && apt-get install -y @p"), (12, "apt-get update"), (16, "apt-get install -y @p"),
    (5, "apt-get update && apt-get install -y --no-install-recommends @p && rm -rf /var/lib/apt/lists/*"),
    (3, "apt-get -qq update"), (2, "apt-get update -y"), (3, "apt update && apt install -y @p"),
    (2, "apt install @p"), (1, "apt update && apt upgrade -y"), (1, "apt full-upgrade -y"),
    (4, "DEBIAN_FRONTEND=noninteractive apt-get install -yq @p"),
    (3, "apt-get update && apt-get upgrade -y"), (4, "sudo apt-get update && sudo apt-get install -y @p"),
    (2, "sudo apt-get install -y @p"), (6, "rm -rf /var/lib/apt/lists/*"), (1, "rm -rf /var/lib/apt/lists/* /tmp/x"),
    (1, "rm -rf /var/lib/apt/lists"), (3, "apt-get clean"), (2, "apt-get purge -y @p"), (2, "apt-get remove -y gcc"),
    (1, "apt-get autoremove -y"), (2, "apt-cache policy @p"),
    (2, "apt-get -o Acquire::Retries=3 update && apt-get install -y @p"),
    (1, "aptitude update && aptitude install -y @p"), (1, "apt-get purge -y npm"), (1, "apt-get update || true"),
    (6, "apt-get update && apt-get install -y @p && make"), (2, "apt-get update && apt-get build-dep -y @p"),
    (10, "apt-get update && apt-get install -y gcc && pip install psycopg2"), (1, "apt-get update > /srv/log"),
    (1, "apt-get update -qq && apt-get install -qq -y @p"), (1, "rm -rf /var/cache/apt/archives"),
] };

#[rustfmt::skip]
pub(crate) const APK: System = System { index: "apk update", templates: &[
    (12, "apk update && apk add @p"), (16, "apk add --no-cache @p"), (10, "apk add --update @p"), (8, "apk update"),
    (10, "apk add @p"), (6, "apk add -U @p"), (4, "apk --update add @p"), (3, "apk add --update-cache @p"),
    (3, "apk add --no-cache --virtual .deps gcc make && make && apk del .deps"), (3, "apk del @p"),
    (3, "apk add --update -t .deps g++"), (2, "apk del .deps"), (3, "apk update && apk upgrade"), (2, "apk upgrade"),
    (2, "apk -U upgrade"), (4, "rm -rf /var/cache/apk/*"), (2, "apk search @p"),
    (2, "apk update && apk add /srv/x.apk"), (14, "apk add --no-cache g++ make && pip install psycopg2"),
    (3, "apk add --no-cache build-base && make"), (2, "apk add --update --no-cache @p"),
    (3, "apk update && apk add @p && rm -rf /var/cache/apk/*"),
    (2, "apk add --no-cache --update gcc && npm install bcrypt"), (1, "sudo apk add @p"), (1, "apk cache clean"),
] };

#[rustfmt::skip]
pub(crate) const DNF: System = System { index: "", templates: &[
    (20, "dnf install -y @p"), (4, "dnf -y update"), (6, "dnf clean all"), (3, "dnf makecache"),
    (3, "rm -rf /var/cache/dnf"), (8, "dnf install -y @p && dnf clean all"), (4, "sudo dnf -y install @p"),
    (3, "dnf install -y --cacheonly @p"), (4, "dnf remove -y @p"),
    (2, "dnf -y --setopt=install_weak_deps=False install @p"), (2, "dnf remove -y npm"),
] };

#[rustfmt::skip]
pub(crate) const YUM: System = System { index: "", templates: &[
    (20, "yum install -y @p"), (4, "yum -y update"), (6, "yum clean all"), (3, "yum makecache"),
    (3, "rm -rf /var/cache/yum"), (8, "yum -y install @p && yum clean all"), (3, "yum install -y -C @p"),
    (3, "yum -y remove @p"),
] };

#[rustfmt::skip]
pub(crate) const ZYPPER: System = System { index: "zypper refresh", templates: &[
    (16, "zypper --non-interactive install @p"), (8, "zypper refresh && zypper in -y @p"), (4, "zypper clean --all"),
    (3, "zypper --no-refresh install -y @p"), (3, "zypper ref"), (2, "zypper remove -y @p"), (2, "zypper up -y"),
] };

#[rustfmt::skip]
pub(crate) const PACMAN: System = System { index: "pacman -Sy", templates: &[
    (16, "pacman -Sy --noconfirm @p"), (10, "pacman -Syu --noconfirm @p"), (8, "pacman -S --noconfirm @p"),
    (3, "pacman -Scc --noconfirm"), (3, "rm -rf /var/cache/pacman/pkg/*"), (2, "pacman -R --noconfirm @p"),
    (2, "pacman -U --noconfirm /var/cache/pacman/pkg/kept.gem"), (4, "pacman -Sy"), (2, "pacman -Syu --noconfirm"),
] };

#[rustfmt::skip]
pub(crate) const PIP: Templates = &[
    (20, "pip install @l"), (8, "pip3 install --no-cache-dir @l"), (6, "pip install -r requirements.txt"),
    (4, "pip install --upgrade pip"), (5, "python3 -m pip install @l"), (4, "pip install @l && rm -rf ~/.cache/pip"),
    (3, "pip cache purge"), (1, "pip cache dir"), (3, "sudo -H pip install @l"), (3, "rm -rf /root/.cache/pip"),
    (2, "PIP_NO_CACHE_DIR=1 pip install @l"), (2, "rm -rf ~/.cache"), (2, "pip install --no-cache @l"),
    (3, "pip3 install @l --quiet"),
];

#[rustfmt::skip]
pub(crate) const OTHER_PYTHON: Templates = &[
    (8, "uv pip install --system @l"), (3, "uv sync"), (3, "uv pip install --no-cache @l"),
    (2, "uv pip install --offline @l"), (6, "pipx install @l"), (4, "poetry install"),
    (4, "pip install poetry==1.8.3 && poetry install"), (1, "uv run app.py"), (1, "uv export -o /srv/list.txt"),
    (3, "poetry run python3 app.py"), (3, "poetry add @l"), (6, "pipenv install --deploy"), (6, "pdm install"),
    (3, "pdm cache clear"), (2, "rm -rf ~/.cache/pypoetry"), (2, "uv cache clean"), (1, "rm -rf ~/.cache/uv"),
];

#[rustfmt::skip]
pub(crate) const CONDA: Templates = &[
    (12, "conda install -y @l"), (4, "conda clean -ay"), (4, "conda create -n app @l"),
    (3, "conda install --offline -y @l"), (3, "conda update -y conda"), (2, "conda env create -f env.yml"),
    (2, "conda install -y @l && conda clean --all -y"),
];

#[rustfmt::skip]
pub(crate) const NPM: Templates = &[
    (16, "npm ci"), (12, "npm install @l"), (6, "npm install -g @l"), (4, "npm cache clean --force"),
    (4, "npm run build"), (3, "npm i"), (5, "npm install --offline @l"), (4, "npm ci --prefer-offline"),
    (3, "rm -rf ~/.npm"), (2, "npm ci && rm -rf /root/.npm"), (4, "npm ci && npm cache clean --force"),
    (2, "npm install -g npm"), (2, "npm_config_cache=/srv/npm npm ci"), (1, "npm cache verify"),
    (2, "sudo npm install -g @l"), (2, "rm -rf /usr/local/bin/npm"), (5, "pnpm install"),
    (3, "pnpm install --offline"), (2, "pnpm store prune"), (1, "pnpm store path"), (1, "npm cache clean"),
    (1, "HOME=/srv npm ci"),
];

#[rustfmt::skip]
pub(crate) const YARN: Templates = &[
    (10, "yarn install --production"), (6, "yarn install"), (6, "yarn global add @l"), (4, "yarn cache clean"),
    (3, "yarn build"), (4, "yarn add --non-interactive @l"), (4, "yarn install --offline"),
    (2, "yarn install --prefer-offline --production"), (2, "yarn"), (2, "yarn cache dir"),
    (2, "rm -rf /usr/local/share/.cache/yarn"),
];

#[rustfmt::skip]
pub(crate) const GEM: Templates = &[
    (10, "gem install @l"), (4, "gem install --no-document @l"), (12, "bundle install"),
    (4, "bundle install --local"), (4, "bundle exec rake"), (3, "rm -rf /usr/local/bundle/cache/*.gem"),
    (2, "bundle update"), (2, "gem install -N @l"),
];

#[rustfmt::skip]
pub(crate) const PHP: Templates = &[
    (12, "composer install"), (6, "composer require @l"), (4, "composer clear-cache"),
    (3, "COMPOSER_DISABLE_NETWORK=1 composer install"), (10, "pecl install redis"),
    (6, "pecl install redis && docker-php-ext-enable redis"), (3, "rm -rf /tmp/pear"),
    (3, "docker-php-ext-enable redis"), (2, "composer install && composer clear-cache"),
];

#[rustfmt::skip]
pub(crate) const PERL: Templates =
    &[(10, "cpanm Moose"), (8, "cpan JSON"), (3, "rm -rf ~/.cpanm"), (2, "rm -rf /root/.cpan/build")];

#[rustfmt::skip]
pub(crate) const R: Templates =
    &[(10, "install2.r ggplot2"), (3, "rm -rf /tmp/downloaded_packages"), (2, "install2.r fails")];

#[rustfmt::skip]
pub(crate) const GO: Templates = &[
    (12, "go mod download"), (12, "go build -o /srv/server"), (5, "go build ./..."),
    (4, "go install example.org/x@latest"), (4, "go test ./..."), (4, "GOPROXY=off go build -o /srv/server"),
    (4, "go clean -modcache"), (3, "go clean -cache"), (2, "go vet ./..."),
    (3, "go mod download && go build -o /srv/server"), (2, "rm -rf /go/pkg/mod"), (2, "go version"),
];

#[rustfmt::skip]
pub(crate) const CARGO: Templates = &[
    (12, "cargo build --release"), (6, "cargo fetch"), (6, "cargo install ripgrep"), (4, "cargo build --offline"),
    (4, "cargo test"), (3, "rm -rf /usr/local/cargo/registry"), (2, "cargo build --release --frozen"),
];

#[rustfmt::skip]
pub(crate) const MAVEN: Templates = &[
    (12, "mvn package"), (6, "mvn dependency:go-offline"), (5, "mvn -o package"), (4, "mvn -B clean install"),
    (3, "rm -rf ~/.m2/repository"), (2, "mvn package --offline"), (2, "mvn test"),
];

#[rustfmt::skip]
pub(crate) const GRADLE: Templates = &[
    (12, "gradle --no-daemon build"), (5, "gradle build"), (4, "gradle --no-daemon --offline assemble"),
    (3, "rm -rf ~/.gradle/caches"), (3, "gradle jar --no-daemon"),
];

#[rustfmt::skip]
pub(crate) const DOTNET: Templates = &[
    (8, "dotnet restore"), (12, "dotnet publish -c Release -o /srv/out"), (5, "dotnet build --no-restore"),
    (4, "dotnet publish --no-restore -o /srv/out"), (3, "dotnet nuget locals all --clear"), (2, "dotnet test"),
    (2, "dotnet nuget add source /srv/x"),
];

/// What no package manager does.
#[rustfmt::skip]
pub(crate) const PLAIN: Templates = &[
    (8, "mkdir -p /srv/a"), (6, "touch /srv/b"), (4, "echo x > /srv/c"), (4, "true"), (3, "cd /srv"),
    (3, "export A=b"), (4, "curl -fsSL https://example.org/x"), (3, "rm -rf /tmp/x"), (1, "test -e /srv/b"),
    (1, "false"), (1, "exit 0"), (1, "make"), (2, "node -e 1"), (1, "sh -c true"), (1, "exec true"),
    (2, "touch made"), (1, "rm -rf /tmp/*"),
];

/// What a container starts.
#[rustfmt::skip]
pub(crate) const STARTS: &[&str] = &[
    "CMD [\"node\", \"server.js\"]", "", "CMD [\"python3\", \"app.py\"]", "CMD [\"java\", \"-jar\", \"app.jar\"]",
    "CMD [\"go\", \"run\", \".\"]", "CMD [\"mvn\", \"-o\", \"exec:java\"]", "CMD [\"npm\", \"run\", \"start\"]",
    "CMD [\"sh\"]", "ENTRYPOINT [\"make\"]", "CMD [\"dotnet\", \"run\", \"--no-restore\"]",
];

/// What stands between steps.
#[rustfmt::skip]
pub(crate) const OTHERS: Templates = &[
    (6, "WORKDIR /srv"), (6, "ENV LANG=C.UTF-8"), (6, "COPY package.json ./"), (3, "COPY . /srv/"),
    (2, "ARG VERSION=1"), (2, "# a comment"), (1, "USER node"), (1, "ENV PIP_NO_CACHE_DIR=1"), (1, "USER root"),
    (2, "EXPOSE 80"), (1, "ENV npm_config_cache=/srv/npm"), (1, "ENV HOME=/srv"), (1, "COPY install.sh /srv/"),
];

/// What a later stage takes from an earlier one.
#[rustfmt::skip]
pub(crate) const TAKEN: &[&str] = &[
    "/srv", "/root/.m2", "/var/lib/apt/lists", "/go/pkg/mod", "/root/.cache", "/usr/local/cargo/registry", "/root",
    "/root/.npm", "/var/cache",
];
