//! The projects: what is in them, and which paths of the image are junk.

pub struct Project {
    pub name: &'static str,
    /// The one that is built.
    pub dockerfile: &'static str,
    /// Path and text.
    pub files: &'static [(&'static str, &'static str)],
    /// What the image does not have any more, sorted.
    pub junk: &'static [&'static str],
}

/// Stand-ins: each fails where the real one would.
pub const PROGRAMS: &[(&str, &str)] = &[
    (
        "npm",
        "case $1 in\n\
         ci) test -f package.json; rm -rf node_modules; for d in . $(sed -n 's/.*\"workspaces\": *\\[\"\\(.*\\)\"\\].*/\\1/p' package.json); do\n\
         rm -rf $d/node_modules; mkdir -p $d/node_modules/dep; echo from-registry > $d/node_modules/dep/index.js; done ;;\n\
         run) mkdir -p /out; cat node_modules/*/index.js index.js > /out/bundle.js ;;\n\
         esac\n",
    ),
    ("git", "case $1 in describe|rev-parse) cat .git/HEAD ;; esac\n"),
    ("go", "mkdir -p /out; cat main.go > /out/program; if test -d .git; then cat .git/HEAD >> /out/program; fi\n"),
    ("make", "sed -n 's/^\\t//p' Makefile > /tmp.sh; sh -e /tmp.sh; rm /tmp.sh\n"),
    (
        "pip",
        "mkdir -p /out; cat pyproject.toml > /out/metadata; if grep -q setuptools_scm pyproject.toml; then cat .git/HEAD >> /out/metadata; fi\n\
         readme=$(sed -n 's/^readme = \"\\(.*\\)\"/\\1/p' pyproject.toml); if test -n \"$readme\"; then cat $readme >> /out/metadata; fi\n",
    ),
    (
        "python",
        "test \"$1\" = -m && test \"$2\" = compileall && mkdir -p /out && find . -name '*.py' | sort > /out/compiled\n",
    ),
];

const NODE: &str = "FROM localhost/base\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n";

pub const PROJECTS: &[Project] = &[
    Project {
        name: "a static site",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nCOPY . /app\n"),
            ("index.html", "hello"),
            (".git/HEAD", "ref"),
            (".git/objects/aa/bb", "x"),
            ("img/.DS_Store", "x"),
            (".github/workflows/ci.yml", "on: push"),
            ("compose.yaml", "services: {web: {build: .}}"),
        ],
        junk: &[
            "app/.git", "app/.git/HEAD", "app/.git/objects", "app/.git/objects/aa", "app/.git/objects/aa/bb",
            "app/.github", "app/.github/workflows", "app/.github/workflows/ci.yml", "app/Dockerfile",
            "app/compose.yaml", "app/img/.DS_Store",
        ],
    },
    Project {
        name: "packages that an install behind the copy makes anew",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", NODE),
            ("package.json", "{}"),
            ("index.js", "main"),
            ("node_modules/dep/index.js", "from-this-machine"),
            ("node_modules/stale/index.js", "stale"),
        ],
        // npm ci has deleted those of this machine anyway.
        junk: &["app/Dockerfile"],
    },
    Project {
        name: "packages that nothing installs behind the copy",
        dockerfile: "Dockerfile",
        files: &[
            (
                "Dockerfile",
                "FROM localhost/base\nWORKDIR /app\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run build\n",
            ),
            ("package.json", "{}"),
            ("index.js", "main"),
            ("node_modules/linked/index.js", "linked"),
            (".idea/x.xml", "x"),
        ],
        junk: &["app/.idea", "app/.idea/x.xml", "app/Dockerfile"],
    },
    Project {
        name: "workspaces",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", NODE),
            ("package.json", "{\"workspaces\": [\"web\"]}"),
            ("index.js", "main"),
            ("web/package.json", "{}"),
            ("web/node_modules/dep/index.js", "from-this-machine"),
            ("node_modules/dep/index.js", "from-this-machine"),
        ],
        junk: &["app/Dockerfile"],
    },
    Project {
        name: "python with caches and a virtual environment",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nWORKDIR /app\nCOPY . .\nRUN python -m compileall .\n"),
            ("pkg/a.py", "a"),
            ("pkg/__pycache__/a.pyc", "x"),
            (".venv/pyvenv.cfg", "home"),
            (".venv/lib/b.txt", "b"),
            ("env/settings.py", "kept: no virtual environment"),
            (".mypy_cache/x", "x"),
        ],
        junk: &[
            "app/.mypy_cache", "app/.mypy_cache/x", "app/.venv", "app/.venv/lib", "app/.venv/lib/b.txt",
            "app/.venv/pyvenv.cfg", "app/Dockerfile", "app/pkg/__pycache__", "app/pkg/__pycache__/a.pyc",
        ],
    },
    Project {
        name: "a version from the history",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nWORKDIR /app\nCOPY . .\nRUN pip install .\n"),
            ("pyproject.toml", "requires = [\"setuptools_scm\"]\n"),
            (".git/HEAD", "v1"),
            (".vscode/x", "x"),
        ],
        junk: &["app/.vscode", "app/.vscode/x", "app/Dockerfile"],
    },
    Project {
        name: "a readme that the metadata needs",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nWORKDIR /app\nCOPY . .\nRUN pip install .\n"),
            ("pyproject.toml", "readme = \".github/README.md\"\n"),
            (".github/README.md", "read me"),
            (".tox/x", "x"),
        ],
        junk: &["app/.tox", "app/.tox/x", "app/Dockerfile"],
    },
    Project {
        name: "a program with its revision",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nWORKDIR /app\nCOPY . .\nRUN go build -o /out/program .\n"),
            ("main.go", "package main"),
            (".git/HEAD", "revision"),
            ("a~", "old"),
        ],
        junk: &["app/Dockerfile", "app/a~"],
    },
    Project {
        name: "a makefile that asks git",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nWORKDIR /app\nCOPY . .\nRUN make\n"),
            ("Makefile", "all:\n\tmkdir -p /out\n\tgit describe > /out/version\n"),
            (".git/HEAD", "v2"),
            (".gradle/x", "x"),
        ],
        junk: &["app/.gradle", "app/.gradle/x", "app/Dockerfile"],
    },
    Project {
        name: "what a wildcard brings",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nCOPY src/* /app/flat/\nCOPY . /app/all\n"),
            ("src/__pycache__/a.pyc", "wanted"),
            ("src/a.py", "a"),
            ("lib/__pycache__/b.pyc", "junk"),
            ("lib/b.py", "b"),
        ],
        junk: &["app/all/Dockerfile", "app/all/lib/__pycache__", "app/all/lib/__pycache__/b.pyc"],
    },
    Project {
        name: "junk by name",
        dockerfile: "Dockerfile",
        files: &[
            (
                "Dockerfile",
                "FROM localhost/base\nCOPY . /app\nCOPY .github/scripts/run /out/run\nADD .idea/icon /out/\n",
            ),
            (".github/scripts/run", "run"),
            (".idea/icon", "icon"),
            (".hg/store", "x"),
            ("main", "main"),
        ],
        junk: &["app/.hg", "app/.hg/store", "app/Dockerfile"],
    },
    Project {
        name: "a step that reads what it speaks of",
        dockerfile: "Dockerfile",
        files: &[
            (
                "Dockerfile",
                "FROM localhost/base\nWORKDIR /app\nCOPY . .\nRUN mkdir /out && cp .next/cache/x /out/ && ls .circleci > /out/ci\n",
            ),
            (".next/cache/x", "x"),
            (".circleci/config.yml", "x"),
            (".ruff_cache/x", "x"),
        ],
        junk: &["app/.ruff_cache", "app/.ruff_cache/x", "app/Dockerfile"],
    },
    Project {
        name: "an old file with exceptions",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nCOPY . /app\n"),
            (".dockerignore", "# only the sources\n*\n!src\n"),
            ("src/a.py", "a"),
            ("src/__pycache__/a.pyc", "x"),
            ("other/b", "b"),
        ],
        junk: &["app/src/__pycache__", "app/src/__pycache__/a.pyc"],
    },
    Project {
        name: "an ignore file beside the Dockerfile",
        dockerfile: "app.Dockerfile",
        files: &[
            ("app.Dockerfile", "FROM localhost/base\nCOPY . /app\n"),
            ("app.Dockerfile.dockerignore", "*.log\n"),
            ("Dockerfile", "FROM localhost/base\nCOPY .vscode /out\n"),
            ("a.log", "x"),
            (".vscode/x", "x"),
            ("kept", "kept"),
        ],
        junk: &["app/.vscode", "app/.vscode/x", "app/app.Dockerfile", "app/app.Dockerfile.dockerignore"],
    },
    Project {
        name: "stages that take parts",
        dockerfile: "Dockerfile",
        files: &[
            (
                "Dockerfile",
                "FROM localhost/base AS build\nWORKDIR /src\nCOPY package.json ./\nCOPY web ./web\nRUN mkdir /out && find web | sort > /out/list\n\
                 FROM localhost/base\nCOPY --from=build /out /out\nCOPY conf/ /app/conf/\n",
            ),
            ("package.json", "{}"),
            ("web/index.ts", "x"),
            ("conf/app.ini", "x"),
            ("conf/.app.ini.swp", "x"),
            (".git/HEAD", "x"),
        ],
        junk: &["app/conf/.app.ini.swp"],
    },
    Project {
        name: "odd names",
        dockerfile: "Dockerfile",
        files: &[
            ("Dockerfile", "FROM localhost/base\nCOPY kept/* /out/\nCOPY . /app\n"),
            ("kept/__pycache__/x", "wanted"),
            ("a [b]*/__pycache__/x", "x"),
            ("a [b]*/__pycache__2/x", "kept"),
            ("#c/__pycache__/x", "x"),
        ],
        junk: &[
            "app/#c/__pycache__", "app/#c/__pycache__/x", "app/Dockerfile", "app/a [b]*/__pycache__",
            "app/a [b]*/__pycache__/x",
        ],
    },
];
