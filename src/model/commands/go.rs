//! go: which file a build writes, and what only a build needs.

use super::paths::{base_name, resolve};
use crate::Context;

/// Subcommands that leave files only in Go's own folders.
pub const QUIET: &[&str] =
    &["mod", "get", "vet", "env", "clean", "list", "version", "fmt", "tool", "work", "telemetry"];

/// Options of `go build` with their value in a word of its own.
const VALUE_OPTIONS: &[&str] = &[
    "-o", "-p", "-asmflags", "-buildmode", "-buildvcs", "-compiler", "-gccgoflags", "-gcflags", "-installsuffix",
    "-ldflags", "-mod", "-modfile", "-overlay", "-pkgdir", "-tags", "-toolexec", "-pgo", "-covermode", "-coverpkg",
];

/// Names that Go's tools, version control and people read, and no program at run time.
const BUILD_ONLY_FILES: &[&str] = &[
    "go.mod", "go.sum", "go.work", "go.work.sum", ".gitignore", ".gitattributes", ".dockerignore", ".editorconfig",
    "dopt.toml", ".dopt.toml", "dopt.lock", ".dopt-baseline.toml", "Makefile", "LICENSE", "LICENSE.md", "LICENSE.txt",
    "README", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", ".golangci.yml", ".golangci.yaml",
    "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml",
];

/// Patterns of `COPY` that bring nothing else.
const BUILD_ONLY_PATTERNS: &[&str] = &["*.go", "go.*", "go.mod*", "go.sum*", "go.su[m]"];

/// A call of `go build` or `go install`, in the folder that it runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoBuild {
    folder: String,
    /// The value of `-o`.
    output: Option<String>,
    /// The packages or files.
    operands: Vec<String>,
}

/// The package that lies in the folder of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoPackage<'c> {
    /// The folder that is built.
    pub context: &'c Context,
    /// Where the package lies in it; empty for the folder itself, `None` where that is not known.
    pub folder: Option<String>,
    /// What Go calls its program; `None` where that is not known.
    pub program: Option<String>,
}

impl GoBuild {
    /// Reads the words behind `go` of a call that makes one program; `None` where one is not known or the call makes
    /// something else. `installed` is the folder that `go install` puts programs into.
    pub fn of(words: &[String], folder: &str, installed: &str) -> Option<GoBuild> {
        const OTHERS: &[&str] = &["-buildmode", "-linkshared", "-n", "-C", "--help"];
        let (name, rest) = words.split_first()?;
        let is_installed = name == "install";
        let is_other = |word: &String| OTHERS.iter().any(|sign| word.starts_with(sign));
        if !is_installed && name != "build" || rest.iter().any(is_other) {
            return None;
        }
        let is_known = |word: &&str| !word.contains(['$', '`', '*', '?', '[']);
        let mut output = is_installed.then(|| format!("{installed}/"));
        let mut operands = Vec::new();
        let mut rest = rest.iter().map(String::as_str);
        while let Some(word) = rest.next() {
            match word.split_once('=') {
                Some(("-o" | "--o", value)) => output = Some(Some(value).filter(is_known)?.to_owned()),
                None if word == "-o" => output = Some(rest.next().filter(is_known)?.to_owned()),
                None if VALUE_OPTIONS.contains(&word) => drop(rest.next()?),
                _ if word.starts_with('-') => {}
                _ if word.contains(['$', '`']) => return None,
                _ => operands.push(word.to_owned()),
            }
        }
        Some(GoBuild { folder: folder.to_owned(), output, operands })
    }

    /// The programs that it is known to write. `package` is asked for names.
    pub fn outputs(&self, package: Option<&GoPackage<'_>>) -> Option<Vec<String>> {
        match &self.output {
            // Go puts programs of any name into a folder.
            Some(output) if output.ends_with('/') => {
                let folder = resolve(&self.folder, output);
                Some(self.names(package?)?.iter().map(|name| resolve(&folder, name)).collect())
            }
            Some(output) => Some(vec![resolve(&self.folder, output)]),
            None => Some(vec![resolve(&self.folder, &self.default_name(package)?)]),
        }
    }

    /// The folder that programs are written into, whatever their names are.
    pub fn place(&self) -> Option<String> {
        self.output.as_ref().filter(|output| output.ends_with('/')).map(|output| resolve(&self.folder, output))
    }

    /// The names of all programs among the packages.
    fn names(&self, package: &GoPackage<'_>) -> Option<Vec<String>> {
        let operands = if self.operands.is_empty() { vec![".".to_owned()] } else { self.operands.clone() };
        let mut found = Vec::new();
        for operand in operands {
            match operand.strip_suffix("...") {
                Some(folder) if folder.starts_with('.') => {
                    found.extend(programs_below(
                        package,
                        &resolve(&format!("/{}", package.folder.as_ref()?), folder)[1..],
                    )?);
                }
                Some(_) => return None,
                None if operand.ends_with(".go") => return None,
                None if resolve("/", &operand) == "/" => found.push(package.program.clone()?),
                None => {
                    let name = operand.split('@').next().unwrap_or(&operand);
                    found.push(package_name(name.trim_end_matches('/'))?);
                }
            }
        }
        Some(found)
    }

    /// What Go calls the program without `-o`.
    fn default_name(&self, package: Option<&GoPackage<'_>>) -> Option<String> {
        let first = self.operands.first().map_or(".", |operand| operand.trim_end_matches('/'));
        let is_several = first.contains(['*', '?', '[']) || first.ends_with("...");
        match first {
            _ if is_several || (self.operands.len() > 1 && !first.ends_with(".go")) => None,
            "." | "./" | "" => package?.program.clone(),
            file if file.ends_with(".go") => Some(base_name(file).trim_end_matches(".go").to_owned()),
            path => package_name(path),
        }
    }
}

/// The names of the programs in a folder of the context and below it; `None` where conditions decide on them.
fn programs_below(package: &GoPackage<'_>, folder: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for (path, text) in package.context.texts().filter(|(path, _)| path.ends_with(".go") && !path.ends_with("_test.go"))
    {
        let (place, _) = path.rsplit_once('/').unwrap_or(("", path));
        let is_inside = folder.is_empty() || place == folder || place.starts_with(&format!("{folder}/"));
        let is_left_out = |part: &str| part.starts_with(['_', '.']) || ["testdata", "vendor"].contains(&part);
        if !is_inside || place.split('/').any(is_left_out) || !text.lines().any(|line| line.trim() == "package main") {
            continue;
        }
        if text.contains("//go:build") || text.contains("// +build") {
            return None;
        }
        let name =
            if Some(place) == package.folder.as_deref() { package.program.clone()? } else { package_name(place)? };
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Some(found)
}

/// The last part of an import path that is no version.
pub fn package_name(path: &str) -> Option<String> {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let last = parts.next()?;
    let name = if is_version(last) { parts.next()? } else { last };
    (!matches!(name, "" | "." | "..")).then(|| name.to_owned())
}

/// What Go calls the program in the folder of a `go.mod`.
pub fn module_name(go_mod: &str) -> Option<String> {
    let mut lines = go_mod.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    let module = lines.find_map(|line| line.strip_prefix("module").filter(|rest| rest.starts_with([' ', '\t'])))?;
    package_name(module.trim().trim_matches('"'))
}

/// Whether a file, by its name, is read by nothing but the build.
pub fn is_build_only(path: &str) -> bool {
    let name = base_name(path);
    let of_git = [".git/", ".github/"].iter().any(|folder| path.starts_with(folder));
    of_git || (name.ends_with(".go") && name.len() > 3) || BUILD_ONLY_FILES.contains(&name)
}

/// Whether a source of `COPY`, by the way it is written, brings only what nothing but the build reads.
pub fn brings_build_only(source: &str) -> bool {
    let name = base_name(source);
    let is_plain = !source.ends_with('/') && !source.contains(['*', '?', '[']);
    (is_plain && (name.ends_with(".go") || BUILD_ONLY_FILES.contains(&name))) || BUILD_ONLY_PATTERNS.contains(&name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dopt_syntax::shell::{Dialect, parse};

    use super::*;
    use crate::commands::Invocation;

    fn writes(command: &str, path: &str, go_mod: &str) -> Option<bool> {
        let script = parse(command, Dialect::Posix).unwrap();
        let mut commands = Vec::new();
        script.walk(&mut |command| commands.push(command));
        let invocation = Invocation::of(commands[0], command).unwrap();
        let program = "// A program.\npackage main\n".to_owned();
        let sources =
            ["main.go", "cmd/any/main.go", "cmd/any/testdata/x.go"].map(|path| (path.to_owned(), program.clone()));
        let texts = BTreeMap::from([("go.mod".to_owned(), go_mod.to_owned())]);
        let texts = texts.into_iter().chain(sources).collect();
        let context = Context::new(vec!["go.mod".to_owned()], texts);
        let package = GoPackage { context: &context, folder: Some(String::new()), program: module_name(go_mod) };
        let words = invocation.arguments().iter();
        let words: Vec<String> = words
            .map(|word| {
                word.literal(command).map_or_else(|| word.range.of(command).to_owned(), |word| word.into_owned())
            })
            .collect();
        let build = GoBuild::of(&words, "/src", "/go/bin")?;
        Some(build.outputs(Some(&package)).is_some_and(|found| found.iter().any(|found| found == path)))
    }

    #[test]
    fn programs_are_where_go_writes_them() {
        for (command, path) in [
            ("go build -o /app .", "/app"),
            ("go build -o app .", "/src/app"),
            ("go build -o=bin/app .", "/src/bin/app"),
            ("go build -v -o ./app", "/src/app"),
            ("CGO_ENABLED=0 go build -ldflags \"-s -w\" -o '/app' ./cmd/x", "/app"),
            ("go build -o /out/ ./cmd/...", "/out/any"),
            ("go build -o /out/ ./...", "/out/tool"),
            ("go build -o /out/ ./cmd/any", "/out/any"),
            ("go install", "/go/bin/tool"),
            ("go install ./...", "/go/bin/any"),
            ("go install example.com/a/web@latest", "/go/bin/web"),
            ("go build", "/src/tool"),
            ("go build .", "/src/tool"),
            ("go build ./cmd/web", "/src/web"),
            ("go build ./cmd/web/v2", "/src/web"),
            ("go build example.com/a/web", "/src/web"),
            ("go build -tags x main.go other.go", "/src/main"),
        ] {
            assert_eq!(
                writes(command, path, "module example.com/tool/v2 // ours\n\ngo 1.21\n"),
                Some(true),
                "{command}"
            );
        }
        for (command, path) in [
            ("go build -o /app .", "/app2"),
            ("go build -o /out/ ./cmd/...", "/out/tool"),
            ("go build -o /out/ ./cmd/...", "/out/testdata"),
            ("go build -o out .", "/src/out/app"),
            ("go build ./...", "/src/tool"),
            ("go build ./a ./b", "/src/a"),
            ("go build ./cmd/*", "/src/a"),
            ("go build", "/src/other"),
            ("go build ..", "/src/tool"),
        ] {
            assert_eq!(writes(command, path, "module example.com/tool\n"), Some(false), "{command}");
        }
        for command in ["go build -buildmode=plugin -o /app .", "go build -o $OUT .", "go build $X", "go -C a build"] {
            assert_eq!(writes(command, "/app", ""), None, "{command}");
        }
    }

    #[test]
    fn only_what_no_program_reads_is_left_behind() {
        for path in ["main.go", "a/b_test.go", "go.mod", ".git/HEAD", "docs/README.md", "x/LICENSE"] {
            assert!(is_build_only(path), "{path}");
        }
        for path in ["index.html", "config.yaml", "a/.go", "go.mod.txt", "docs/a.md", ".env", "x/.git"] {
            assert!(!is_build_only(path), "{path}");
        }
        assert!(["*.go", "./*.go", "go.mod", "go.*", "cmd/main.go"].iter().all(|source| brings_build_only(source)));
        assert!([".", "cmd", "*", "go.mod/", "*.*", "m*.go/"].iter().all(|source| !brings_build_only(source)));
    }
}
