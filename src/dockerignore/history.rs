//! Whether a build reads the history of its project: which files could make it, and what they say then.

/// Programs and plug-ins that do, and words that only they use.
const READERS: &[&str] = &[
    "setuptools_scm", "setuptools-scm", "hatch-vcs", "hatch_vcs", "versioneer", "versioningit", "dunamai", "pbr",
    "poetry-dynamic-versioning", "setuptools-git-versioning", "setuptools_git_versioning", "flit_scm", "flit-scm",
    "pdm.backend.scm", "miniver", "vergen", "git-version", "git_version", "shadow-rs", "built", "gitversion", "minver",
    "nerdbank.gitversioning", "nbgv", "git-commit-id-plugin", "git-commit-id-maven-plugin", "buildnumber-maven-plugin",
    "gradle-git-properties", "com.gorylenko.gradle-git-properties", "axion-release", "gradle-git", "jgitver",
    "sbt-git", "sbt-dynver", "simple-git", "git-rev-sync", "git-revision-webpack-plugin", "isomorphic-git",
    "gitpython", "nodegit", "git-describe", "svnversion", "husky", "lefthook", "lint-staged", "semantic-release",
    "goreleaser",
];

/// What somebody asks git for.
const QUESTIONS: &[&str] = &[
    "describe", "rev-parse", "rev-list", "log", "show", "status", "diff", "ls-files", "archive", "submodule",
    "symbolic-ref", "for-each-ref", "name-rev", "show-ref", "cat-file", "shortlog", "tag", "branch", "worktree", "lfs",
    "checkout",
];

/// Names of files that builds read, in lower case; `*` in front stands for any beginning.
const BUILD_FILES: &[&str] = &[
    "pyproject.toml", "setup.py", "setup.cfg", "package.json", "makefile", "gnumakefile", "*.mk", "cmakelists.txt",
    "*.cmake", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "pom.xml", "build.rs",
    "cargo.toml", "*.gemspec", "rakefile", "gemfile", "mix.exs", "composer.json", "*.sh", "*.bash", "meson.build",
    "justfile", "build.sbt", "taskfile.yml", "taskfile.yaml", "magefile.go", "build.xml", "*.csproj", "*.fsproj",
    "*.props", "*.targets", "nx.json", "angular.json", "gruntfile.js", "gulpfile.js", "version.py", "_version.py",
    "conf.py", "configure.ac", "wscript", "manifest.in", "tox.ini", "noxfile.py", "project.clj", "rebar.config",
    "dune-project", "*.nimble", "*.cabal", "pnpm-workspace.yaml",
];

/// Ends of names of configuration that is a program, such as `vite.config.ts`.
const CONFIG_ENDS: &[&str] = &[".config.js", ".config.ts", ".config.mjs", ".config.cjs", ".config.mts"];

/// Whether a file of this name may steer a build.
pub fn is_build_file(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let name = name.to_ascii_lowercase();
    let fits = |known: &str| match known.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == known,
    };
    BUILD_FILES.iter().any(|known| fits(known)) || CONFIG_ENDS.iter().any(|end| name.ends_with(end))
}

/// The words with which a text reads the history: a program, or `git` with a question.
pub fn reader_in(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    if let Some(reader) = READERS.iter().find(|reader| crate::steps::has_word(&text, reader)) {
        return Some((*reader).to_owned());
    }
    if crate::steps::has_word(&text, ".git") || text.contains(".git/") && crate::steps::has_word(&text, ".git/head") {
        return Some(".git".to_owned());
    }
    for (at, _) in text.match_indices("git").filter(|(at, _)| is_word_start(&text, *at)) {
        let question = question_behind(&text[at + 3..]);
        if let Some(question) = question {
            return Some(format!("git {question}"));
        }
    }
    None
}

/// The command with which Go writes the revision into a program, unless it is told not to.
pub fn go_stamp_in(text: &str) -> Option<String> {
    // What is installed by its version comes from elsewhere.
    let builds = text.contains("go build") || (text.contains("go install") && !text.contains('@'));
    (builds && !text.contains("buildvcs=false")).then(|| "go build".to_owned())
}

fn is_word_start(text: &str, at: usize) -> bool {
    !text[..at].chars().next_back().is_some_and(|found| found.is_alphanumeric() || ".-_/@".contains(found))
        || text[..at].ends_with("/bin/")
}

/// The question behind `git`, over its options; in a list of words, over what stands between the words.
fn question_behind(rest: &str) -> Option<&'static str> {
    if rest.chars().next().is_some_and(|next| next.is_alphanumeric() || "-_.:/@".contains(next)) {
        return None;
    }
    let is_listed = rest.starts_with(['"', '\'']);
    let words = rest.split(|found: char| found.is_whitespace() || "\"',[]()`$;".contains(found));
    let mut words = words.filter(|word| !word.is_empty()).take(5);
    let found = |word: &str| QUESTIONS.iter().find(|question| **question == word).copied();
    let first = words.next()?;
    found(first).or_else(|| if is_listed || first.starts_with('-') { words.find_map(found) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_of_the_history_are_found() {
        let yes = [
            "VERSION := $(shell git describe --tags)",
            "subprocess.check_output(['git', 'rev-parse', 'HEAD'])",
            "git -C . --no-pager log -1",
            "requires = [\"setuptools\", \"setuptools_scm[toml]>=6\"]",
            "cat .git/HEAD",
            "/usr/bin/git status",
            "[tool.hatch.version]\nsource = \"vcs\"\nrequires = [\"hatch-vcs\"]",
        ];
        for text in yes {
            assert!(reader_in(text).is_some(), "{text}");
        }
        let no = [
            "\"repository\": { \"type\": \"git\", \"url\": \"git+https://example.com/a.git\" }",
            "git clone https://example.com/log",
            "apt-get install git",
            "# see .gitignore, digit describe",
            "git = \"https://example.com/status\"",
        ];
        for text in no {
            assert_eq!(reader_in(text), None, "{text}");
        }
        assert!(is_build_file(b"Makefile") && is_build_file(b"vite.config.ts") && is_build_file(b"a.sh"));
        assert!(!is_build_file(b"README.md") && !is_build_file(b"x\xff.sh"));
    }
}
