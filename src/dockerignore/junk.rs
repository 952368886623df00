//! What lies in contexts and nothing in a build needs: where it lies, and what could need it after all.

/// One kind of junk.
#[derive(Debug)]
pub struct Junk {
    /// Its name in reports.
    pub name: &'static str,
    /// The comment above its patterns.
    pub comment: &'static str,
    /// What it is made of.
    pub shapes: &'static [Shape],
    /// What has to be true for it to be junk, beyond that no source names it.
    pub proof: Proof,
    /// What has to be read before it is hidden; `None` where hiding it is safe.
    pub caveat: Option<&'static str>,
}

/// Where something lies, by its name.
#[derive(Debug)]
pub struct Shape {
    /// The pattern: a name, or a name behind a folder's; `*` in a name of files only.
    pub pattern: &'static str,
    /// At any depth, or at the root of the context only.
    pub at: Depth,
    /// What it has to be.
    pub is: Is,
}

/// How deep something lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// At the root of the context.
    Root,
    /// Anywhere.
    Any,
}

/// What something has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// A folder.
    Folder,
    /// A folder with a `pyvenv.cfg` in it.
    Venv,
    /// A file of any size.
    File,
    /// A file larger than 10 MiB.
    LargeFile,
    /// Either.
    Any,
}

/// Files that are worth a look by their size alone.
pub const LARGE_BYTES: u64 = 10 << 20;

/// What else has to be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// No step has its name in it.
    NotMentioned,
    /// Nor does a file that builds read, such as a `Makefile` or a `pyproject.toml`.
    NotMentionedInBuild,
    /// No step and no build reads the history.
    HistoryUnread,
    /// Behind every copy, before anything can look, an install makes it anew.
    InstalledBehind,
    /// It is only a suggestion, so nothing but the caveat.
    None,
}

const fn folder(pattern: &'static str) -> Shape {
    Shape { pattern, at: Depth::Any, is: Is::Folder }
}

const fn any(pattern: &'static str) -> Shape {
    Shape { pattern, at: Depth::Any, is: Is::Any }
}

const fn file(pattern: &'static str) -> Shape {
    Shape { pattern, at: Depth::Any, is: Is::File }
}

const fn root(pattern: &'static str) -> Shape {
    Shape { pattern, at: Depth::Root, is: Is::Any }
}

const fn venv(pattern: &'static str) -> Shape {
    Shape { pattern, at: Depth::Any, is: Is::Venv }
}

const fn large(pattern: &'static str) -> Shape {
    Shape { pattern, at: Depth::Any, is: Is::LargeFile }
}

/// Every kind, in the order of the file that is written. Dockerfiles and compose files are added by their paths.
pub const CATALOG: &[Junk] = &[
    Junk {
        name: "history",
        comment: "Version control",
        shapes: &[any(".git"), folder(".hg"), folder(".svn"), folder(".bzr"), folder(".jj"), folder("CVS")],
        proof: Proof::HistoryUnread,
        caveat: None,
    },
    Junk {
        name: "docker",
        comment: "What describes the build and no image needs",
        shapes: &[root(".dockerignore"), root(".containerignore")],
        proof: Proof::NotMentionedInBuild,
        caveat: None,
    },
    Junk {
        name: "compose",
        comment: "Compose and bake files",
        shapes: &[
            root("compose.yaml"),
            root("compose.yml"),
            root("compose.override.yaml"),
            root("compose.override.yml"),
            root("docker-compose.yml"),
            root("docker-compose.yaml"),
            root("docker-compose.override.yml"),
            root("docker-compose.override.yaml"),
            root("docker-bake.hcl"),
            root("docker-bake.json"),
        ],
        proof: Proof::NotMentionedInBuild,
        caveat: None,
    },
    Junk {
        name: "ci",
        comment: "Continuous integration",
        shapes: &[
            root(".github"),
            root(".gitlab-ci.yml"),
            root(".gitlab"),
            root(".circleci"),
            root(".travis.yml"),
            root(".buildkite"),
            root(".drone.yml"),
            root(".woodpecker"),
            root(".woodpecker.yml"),
            root(".forgejo"),
            root(".gitea"),
            root("Jenkinsfile"),
            root("azure-pipelines.yml"),
            root("bitbucket-pipelines.yml"),
            root(".appveyor.yml"),
            root("appveyor.yml"),
        ],
        proof: Proof::NotMentionedInBuild,
        caveat: None,
    },
    Junk {
        name: "editor",
        comment: "Editors",
        shapes: &[
            folder(".idea"),
            folder(".vscode"),
            folder(".vs"),
            folder(".fleet"),
            folder(".zed"),
            folder(".history"),
            file("*.swp"),
            file("*.swo"),
            file("*~"),
            file("*.sublime-workspace"),
        ],
        proof: Proof::NotMentionedInBuild,
        caveat: None,
    },
    Junk {
        name: "os",
        comment: "Operating systems",
        shapes: &[file(".DS_Store"), file("Thumbs.db"), file("desktop.ini"), folder("__MACOSX")],
        proof: Proof::NotMentioned,
        caveat: None,
    },
    Junk {
        name: "caches",
        comment: "Caches",
        shapes: &[
            folder("__pycache__"),
            folder(".pytest_cache"),
            folder(".mypy_cache"),
            folder(".ruff_cache"),
            folder(".hypothesis"),
            folder(".pytype"),
            folder(".tox"),
            folder(".nox"),
            folder(".ipynb_checkpoints"),
            folder(".gradle"),
            folder(".next/cache"),
            folder(".angular/cache"),
            folder(".parcel-cache"),
            folder(".sass-cache"),
            folder(".nyc_output"),
            folder(".phpunit.cache"),
            folder(".metals"),
            folder(".bloop"),
            folder(".elixir_ls"),
            file(".eslintcache"),
            file(".stylelintcache"),
            file(".phpunit.result.cache"),
            file(".php-cs-fixer.cache"),
        ],
        proof: Proof::NotMentioned,
        caveat: None,
    },
    Junk {
        name: "virtualenvs",
        comment: "Virtual environments of this machine",
        shapes: &[venv(".venv"), venv("venv"), venv(".virtualenv"), venv("virtualenv"), venv("env"), venv(".env")],
        proof: Proof::NotMentioned,
        caveat: None,
    },
    Junk {
        name: "node_modules",
        comment: "Packages that the build installs itself",
        shapes: &[folder("node_modules")],
        proof: Proof::InstalledBehind,
        caveat: None,
    },
    Junk {
        name: "host-node_modules",
        comment: "Packages that were installed on this machine",
        shapes: &[folder("node_modules")],
        proof: Proof::None,
        caveat: Some("no step installs these packages behind the copy, so the build may use those of this machine"),
    },
    Junk {
        name: "secrets",
        comment: "Secrets",
        shapes: &[
            file(".env"),
            file(".env.*"),
            file("*.pem"),
            file("*.key"),
            file("*.p12"),
            file("*.pfx"),
            file("id_rsa"),
            file("id_ed25519"),
            file("id_ecdsa"),
        ],
        proof: Proof::None,
        caveat: Some(
            "the program in the image may read these when it starts or is built; give them to it another way first",
        ),
    },
    Junk {
        name: "build-output",
        comment: "What was built on this machine",
        shapes: &[folder("dist"), folder("build"), folder("target"), folder("out"), folder("coverage")],
        proof: Proof::None,
        caveat: Some(
            "the image may need what was built here, and some projects keep sources in folders of these names",
        ),
    },
    Junk {
        name: "tests",
        comment: "Tests",
        shapes: &[folder("test"), folder("tests"), folder("__tests__"), folder("spec")],
        proof: Proof::None,
        caveat: Some("a build or the image itself may run the tests, and packages may be called so"),
    },
    Junk {
        name: "docs",
        comment: "Documentation",
        shapes: &[folder("docs"), root("README.md"), root("CHANGELOG.md"), root("CONTRIBUTING.md")],
        proof: Proof::NotMentionedInBuild,
        caveat: Some("a package or a program may show these texts"),
    },
    Junk {
        name: "logs",
        comment: "Logs",
        shapes: &[file("*.log")],
        proof: Proof::None,
        caveat: Some("a program may need a log file to be there"),
    },
    Junk {
        name: "data",
        comment: "Large files",
        shapes: &[
            large("*.sql"),
            large("*.csv"),
            large("*.zip"),
            large("*.tar.gz"),
            large("*.tgz"),
            large("*.tar"),
            large("*.mp4"),
            large("*.dump"),
            large("*.sqlite"),
            large("*.iso"),
        ],
        proof: Proof::None,
        caveat: Some("the image may need these data, and smaller files that end so are hidden too"),
    },
];

impl Shape {
    /// The pattern in a file, which every builder reads alike.
    pub fn line(&self) -> String {
        match self.at {
            Depth::Root => self.pattern.to_owned(),
            Depth::Any => format!("**/{}", self.pattern),
        }
    }

    /// The last part, which its name is.
    pub fn name(&self) -> &'static str {
        self.pattern.rsplit('/').next().unwrap_or(self.pattern)
    }
}
