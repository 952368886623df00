//! What makes junk needed, one case for each way.

use crate::project::Project;

const ALL: &str = "FROM debian:12\nWORKDIR /app\nCOPY . .\n";

fn with_git(dockerfile: &str) -> Project {
    Project::new(dockerfile).files(&[".git/HEAD", "src/main.py"])
}

#[test]
fn history_that_a_build_reads_stays() {
    assert!(with_git(ALL).hides("**/.git"));
    for step in [
        "RUN git describe --tags > version", "RUN pip install setuptools_scm && pip install .",
        "RUN cp .git/HEAD /revision", "RUN cd src && git -C .. rev-parse HEAD", "RUN go build -o /bin/x ./...",
        "RUN go install ./cmd/x",
    ] {
        let project = with_git(&format!("{ALL}{step}\n"));
        assert!(!project.hides("**/.git"), "{step}");
        assert!(project.reason("**/.git").is_some(), "{step}");
    }
    for step in
        ["RUN go build -buildvcs=false ./...", "RUN git clone https://example.com/x.git", "RUN apt-get install -y git"]
    {
        assert!(with_git(&format!("{ALL}{step}\n")).hides("**/.git"), "{step}");
    }
}

#[test]
fn history_that_a_file_of_the_build_reads_stays() {
    for (path, text) in [
        ("pyproject.toml", "[build-system]\nrequires = [\"setuptools\", \"setuptools_scm[toml]>=6\"]\n"),
        ("pyproject.toml", "[build-system]\nrequires = [\"hatchling\", \"hatch-vcs\"]\n"),
        ("Makefile", "VERSION := $(shell git describe --tags)\n"),
        ("scripts/version.sh", "git rev-parse --short HEAD\n"),
        ("build.rs", "fn main() { std::process::Command::new(\"git\").args([\"rev-parse\", \"HEAD\"]); }\n"),
        ("package.json", "{\"scripts\": {\"build\": \"REV=$(git log -1 --format=%h) webpack\"}}\n"),
        ("web/vite.config.ts", "execSync('git rev-parse HEAD')\n"),
        ("pom.xml", "<artifactId>git-commit-id-maven-plugin</artifactId>\n"),
    ] {
        let project = with_git(ALL).file(path, text);
        assert!(!project.hides("**/.git"), "{path}: {text}");
        let reason = project.reason("**/.git").unwrap();
        assert!(reason.starts_with(path), "{reason}");
    }
    let project =
        with_git(ALL).file("package.json", "{\"repository\": {\"type\": \"git\", \"url\": \"git+https://a/b.git\"}}\n");
    assert!(project.hides("**/.git"));
}

#[test]
fn history_that_no_copy_brings_is_read_by_nobody() {
    let project = with_git("FROM debian:12\nCOPY src /src\nRUN git describe || true\n");
    assert!(project.hides("**/.git"));
}

#[test]
fn packages_stay_where_no_install_follows_every_copy() {
    let node = |body: &str| {
        Project::new(&format!("FROM node:20\nWORKDIR /app\n{body}"))
            .files(&["node_modules/a/index.js", "package.json", "index.js"])
    };
    for body in [
        "COPY . .\nRUN npm ci\n",
        "COPY . /app/\nRUN cd /app && npm install --no-audit\n",
        "COPY . .\nRUN apt-get update && apt-get install -y python3 && yarn install --frozen-lockfile\n",
        "COPY . ./\nRUN npm install -g pnpm\nRUN pnpm install\n",
        "COPY . web\nRUN npm ci --prefix web\n",
        "COPY . .\nENV A=1\nRUN npm ci\nRUN npm run build\nFROM nginx\nCOPY --from=0 /app/dist /html\n",
    ] {
        assert!(node(body).hides("**/node_modules"), "{body}");
    }
    for body in [
        // Nothing is installed, or in front of the copy, or elsewhere.
        "COPY . .\nRUN npm run build\n",
        "COPY package.json .\nRUN npm ci\nCOPY . .\n",
        "COPY . .\nRUN cd web && npm ci\n",
        "COPY . .\nRUN npm install -g serve\n",
        // Something looks before the install.
        "COPY . .\nRUN node prepare.js\nRUN npm ci\n",
        "COPY . .\nRUN npm run prepare && npm ci\n",
        "COPY . .\nRUN ./setup && npm ci\n",
        // A second stage takes it all and installs nothing.
        "COPY . .\nRUN npm ci\nFROM node:20\nCOPY . /srv\n",
        // A mount is taken back before anything could be installed.
        "COPY . .\nRUN npm ci\nRUN --mount=type=bind,target=/src node /src/a.js\n",
    ] {
        let project = node(body);
        assert!(!project.hides("**/node_modules") && !project.hides("node_modules"), "{body}");
        assert!(project.suggestions().contains(&"**/node_modules".to_owned()), "{body}");
    }
}

#[test]
fn packages_of_workspaces_are_installed_from_their_root() {
    let project = |root: &str| {
        Project::new("FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n")
            .file("package.json", root)
            .files(&["node_modules/a/x.js", "web/node_modules/b/x.js", "web/package.json"])
    };
    assert_eq!(project("{\"workspaces\": [\"web\"]}\n").lines().last().unwrap(), "**/node_modules");
    let apart = project("{}\n");
    assert!(apart.hides("node_modules") && !apart.hides("web/node_modules"));
}

#[test]
fn what_manifests_name_stays() {
    for (path, text) in [
        ("pyproject.toml", "[project]\nreadme = \"README.md\"\n"),
        ("Cargo.toml", "[package]\nreadme = \"README.md\"\n"),
        ("package.json", "{\"files\": [\"README.md\"]}\n"),
        ("setup.py", "long_description = open('README.md').read()\n"),
    ] {
        let project = Project::new(ALL).files(&["README.md"]).file(path, text);
        assert!(!project.suggestions().contains(&"README.md".to_owned()), "{path}");
    }
    assert!(Project::new(ALL).files(&["README.md"]).suggestions().contains(&"README.md".to_owned()));
    let project =
        Project::new(ALL).files(&[".github/README.md"]).file("pyproject.toml", "readme = \".github/README.md\"\n");
    assert!(!project.hides(".github"));
}

#[test]
fn what_cannot_be_read_makes_everything_needed() {
    for (dockerfile, said) in [
        ("FROM debian:12\nCOPY $WHAT /x\n", "what `COPY $WHAT` copies is not known before the build"),
        ("FROM debian:12\nARG WHAT\nCOPY $WHAT /x\n", "is not known before the build"),
        ("FROM debian:12\nRUN --mount=type=bind,source=$WHAT,target=/x true\n", "is not known before the build"),
        ("FROM node:4-onbuild\nCOPY . .\n", "the triggers of node:4-onbuild may copy anything"),
        ("FROM debian:12\nCOPY\n", "builders reject the file"),
    ] {
        let project = with_git(dockerfile);
        let error = project.error().unwrap_or_else(|| panic!("{dockerfile}"));
        assert!(error.contains(said) && error.starts_with("Dockerfile:"), "{error}");
        assert_eq!(project.run(&["ignore"]).status.code(), Some(4), "{dockerfile}");
    }
    for dockerfile in [
        "FROM debian:12\nARG WHAT=src\nCOPY $WHAT /x\n", "FROM debian:12\nARG TARGETARCH\nCOPY bin-$TARGETARCH /x\n",
        "FROM debian:12\nCOPY <<EOF /x\n$NOT_A_PATH\nEOF\n", "FROM debian:12\nADD https://example.com/$X /x\n",
        "FROM debian:12 AS a\nFROM debian:12\nCOPY --from=a $X /x\n",
    ] {
        assert_eq!(with_git(dockerfile).error(), None, "{dockerfile}");
    }
}

#[test]
fn the_variable_of_a_platform_may_be_anything() {
    let project = Project::new("FROM debian:12\nARG TARGETARCH\nCOPY bin/$TARGETARCH /x\nCOPY . .\n");
    let project = project.files(&["bin/.idea/x", "lib/.idea/x"]);
    assert!(!project.hides("**/.idea"));
    assert!(project.hides("lib/.idea") && !project.hides("bin/.idea"));
}

#[test]
fn what_lies_elsewhere_is_hidden_place_by_place() {
    let project = Project::new("FROM debian:12\nCOPY src/* /src/\nCOPY . /all\n");
    let project = project.files(&["src/__pycache__/a.pyc", "lib/__pycache__/b.pyc", "lib/[x]/__pycache__/c.pyc"]);
    assert_eq!(project.lines(), [".dockerignore", "Dockerfile", "lib/\\[x\\]/__pycache__", "lib/__pycache__"]);
    assert!(project.reason("**/__pycache__").unwrap().contains("Dockerfile:2 names it: COPY src/*"));
}

/// A name that only looks like junk: a file where a folder is meant, a folder where a file is.
#[test]
fn what_only_has_the_name_stays() {
    let project = Project::new(ALL).files(&["Thumbs.db/data", "__pycache__", "env/settings.py", "x.swp/y", ".idea"]);
    assert_eq!(project.lines(), [".dockerignore", "Dockerfile"]);
    let project = Project::new(ALL).files(&["a/__pycache__/x.pyc", "b/__pycache__"]);
    assert!(!project.hides("**/__pycache__"), "a file of that name would be hidden too");
    assert!(project.reason("**/__pycache__").unwrap().contains("something else"));
}
