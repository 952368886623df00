//! # copy-not-add
//!
//! Copies local files and folders with `COPY`, which does nothing else. `ADD` also unpacks archives and fetches
//! addresses, and whoever reads it has to find out which of the three is meant.
//!
//! ```dockerfile before
//! FROM python:3.12
//! ADD requirements.txt /srv/
//! ADD . /srv
//! ```
//! ```dockerfile after
//! FROM python:3.12
//! COPY requirements.txt /srv/
//! COPY . /srv
//! ```
//!
//! **Safe** where every source is a folder, or has an ending that no archive has: for those the two are one and the
//! same to BuildKit. Archives and addresses stay, and so does what only `ADD` knows:
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! ADD rootfs.tar.xz /
//! ADD https://example.com/tool /usr/local/bin/
//! ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/a /a
//! ADD dist/* /srv/
//! ```
//!
//! **Unsafe** where the name tells nothing, for `ADD` looks into the file:
//!
//! ```dockerfile before unsafe
//! FROM debian:12
//! ADD payload /srv/payload
//! ```
//! ```dockerfile after
//! FROM debian:12
//! COPY payload /srv/payload
//! ```
//!
//! What a variable names may be an address or an archive:
//!
//! ```dockerfile refused: words-unknown
//! FROM debian:12
//! ARG SOURCE=app.jar
//! ADD ${SOURCE} /srv/app.jar
//! ```

use dopt_model::Value;
use dopt_rewrite::{Edit, Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, instruction_text};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{self, Instruction, Keyword, Segment};

const CAVEAT: &str = "ADD unpacks an archive whatever its name is; COPY would copy it as it is.";

pub const TRANSFORM: Transform = Transform {
    name: "copy-not-add",
    summary: "copy local files with COPY, which does nothing else",
    manual: include_str!("copy_not_add.rs"),
    aliases: &["DL3020"],
    triggers: &["ADD ", "add ", "Add ", "ADD\t", "add\t"],
    joint: true,
    never_safe: false,
    propose,
};

/// What `ADD` may do with a source. The worst of several counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// Copies it.
    Copied,
    /// Copies it, unless it is an archive.
    Unclear,
    /// What it is, is not in the file.
    Variable,
    /// Fetches or unpacks it, or may do so.
    Special,
}

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let stages = subject.stages.all().iter().enumerate();
    let indices = stages.flat_map(|(stage, found)| found.body.clone().map(move |index| (stage, index)));
    indices.filter_map(|(stage, index)| replace(subject, stage, index).transpose()).collect()
}

fn replace(subject: &Subject<'_>, stage: usize, index: usize) -> Result<Option<Fix>, Refusal> {
    let document = subject.document();
    let instruction = &document.instructions()[index];
    let add = instruction.trigger.as_deref().unwrap_or(instruction);
    if add.keyword != Keyword::Add {
        return Ok(None);
    }
    let Some(copy) = dockerfile::Copy::of(add, document.text()) else { return Ok(None) };
    if add.flags.iter().any(|flag| !["chown", "chmod", "link", "exclude"].contains(&flag.name())) {
        return Ok(None);
    }
    // A trigger runs where other variables may be set.
    let lookup = |source: &str| match instruction.trigger {
        None => subject.stages.state(stage, index).expand(source),
        Some(_) => Value::Unknown,
    };
    let judged = copy.sources.iter().map(|source| judge(source, document.escape(), &lookup));
    let safety = match judged.max() {
        Some(Source::Copied) => Safety::Safe,
        Some(Source::Unclear) => Safety::Unsafe { caveat: CAVEAT },
        Some(Source::Variable) => return Err(Refusal::new(add.range, Why::WordsUnknown)),
        Some(Source::Special) | None => return Ok(None),
    };
    let written = add.keyword_range.of(document.text());
    let keyword = match written.as_bytes() {
        [b'a', ..] => "copy",
        [b'A', b'd', ..] => "Copy",
        _ => "COPY",
    };
    Ok(Some(Fix {
        title: "copy with COPY".into(),
        at: add.keyword_range,
        safety,
        effects: vec![Effect::ChangesInstruction { instruction: index, after: after(subject, instruction, keyword) }],
        edits: vec![Edit::replace(replaced(subject, instruction, add), keyword)],
    }))
}

/// The keyword, with one of several blanks behind it: what was in a column stays in it.
fn replaced(subject: &Subject<'_>, instruction: &Instruction, add: &Instruction) -> TextRange {
    let keyword = add.keyword_range;
    let is_aligned = subject.document().text()[keyword.end()..].starts_with("  ") && instruction.trigger.is_none();
    TextRange::new(keyword.start(), keyword.end() + usize::from(is_aligned))
}

fn after(subject: &Subject<'_>, instruction: &Instruction, keyword: &str) -> String {
    let before = instruction_text(subject.document(), instruction);
    match instruction.trigger {
        None => before.replacen("ADD", "COPY", 1),
        Some(_) => {
            let behind = &before["ONBUILD ".len() + "ADD".len()..];
            format!("ONBUILD {keyword}{behind}")
        }
    }
}

/// `lookup` gives the value of a word.
fn judge(source: &str, escape: char, lookup: &dyn Fn(&str) -> Value) -> Source {
    if source.starts_with("<<") {
        return Source::Copied;
    }
    let Some(segments) = dockerfile::expansions(source, escape) else { return Source::Special };
    match &segments[..] {
        [Segment::Literal(path)] => judge_path(path),
        [first, .., last] => match (lookup(source), first, last) {
            (Value::Known(path), ..) => judge_path(&path),
            (_, Segment::Literal(first), _) if first.contains("://") => Source::Special,
            // An address has its `:` in front of the first slash, and the ending is that of the value.
            (_, Segment::Literal(first), Segment::Literal(last))
                if first.contains('/') && !first.contains([':', '@']) && last.contains(['.', '/']) =>
            {
                judge_path(last)
            }
            _ => Source::Variable,
        },
        _ => match lookup(source) {
            Value::Known(path) => judge_path(&path),
            _ => Source::Variable,
        },
    }
}

fn judge_path(path: &str) -> Source {
    let folder = path.trim_end_matches('/');
    let name = folder.rsplit('/').next().unwrap_or(folder).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let is_archive = name.contains(".tar") || ending.is_some_and(|ending| ARCHIVES.contains(&ending));
    if path.contains(':') || is_archive {
        return Source::Special;
    }
    let is_folder = folder.len() < path.len() || matches!(name.as_str(), "." | ".." | "");
    let is_plain = match ending {
        Some(ending) => PLAIN_ENDINGS.contains(&ending) || ending.ends_with("rc"),
        None => PLAIN_NAMES.contains(&name.as_str()),
    };
    match () {
        () if is_folder || is_plain => Source::Copied,
        // It may match archives.
        () if name.contains(['*', '?', '[']) => Source::Special,
        () => Source::Unclear,
    }
}

/// Endings of what `ADD` unpacks, or may unpack; a `zip` it does not.
const ARCHIVES: &[&str] = &[
    "tar", "tgz", "taz", "tbz", "tbz2", "tb2", "txz", "tlz", "tzst", "gz", "bz2", "xz", "zst", "lzma", "lz", "lz4",
    "z", "gem", "crate", "apk", "box", "ova", "oci", "pax", "layer",
];

/// Endings of texts, and of binary files that are no tar archives.
const PLAIN_ENDINGS: &[&str] = &[
    "sh", "bash", "zsh", "fish", "py", "pyc", "pl", "pm", "rb", "js", "mjs", "cjs", "ts", "jsx", "tsx", "vue", "json",
    "json5", "yml", "yaml", "toml", "xml", "xsl", "xsd", "html", "htm", "css", "scss", "less", "php", "phtml", "twig",
    "c", "h", "cc", "cpp", "hpp", "go", "mod", "sum", "rs", "java", "kt", "kts", "scala", "sbt", "gradle", "groovy",
    "clj", "cs", "csproj", "fsproj", "sln", "ex", "exs", "erl", "hs", "cabal", "lua", "r", "rmd", "jl", "scm", "sql",
    "conf", "cfg", "cnf", "ini", "env", "properties", "config", "txt", "md", "rst", "csv", "tsv", "log", "lock",
    "service", "socket", "timer", "repo", "list", "sources", "rules", "template", "tmpl", "tpl", "j2", "jinja", "erb",
    "in", "d", "patch", "diff", "crt", "cer", "pem", "key", "pub", "asc", "gpg", "jks", "p12", "jar", "war", "ear",
    "aar", "hpi", "jpi", "zip", "whl", "egg", "deb", "rpm", "exe", "dll", "msi", "so", "dylib", "ps1", "bat", "cmd",
    "vbs", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "ttf", "woff", "woff2", "pdf", "mp3", "mp4", "wav",
    "ipynb", "proto", "graphql", "gitconfig", "gitignore", "gitmodules", "dockerignore", "htaccess", "editorconfig",
    "bash_profile", "bash_aliases", "profile", "vim", "el", "vcl", "lisp", "make", "cmake", "mk", "m4", "spec",
    "gemspec", "podspec", "nuspec", "tf", "tfvars", "hcl", "desktop", "cron", "pp", "ldif", "schema", "sed", "awk",
];

/// Names without an ending: texts, and folders of every second project.
const PLAIN_NAMES: &[&str] = &[
    "gemfile", "gemfile*", "pipfile*", "makefile", "gnumakefile", "procfile", "dockerfile", "rakefile", "pipfile",
    "jenkinsfile", "vagrantfile", "guardfile", "brewfile", "berksfile", "capfile", "cakefile", "caddyfile",
    "cargofile", "justfile", "license", "copying", "notice", "readme", "changelog", "version", "authors", "hosts",
    "passwd", "group", "sudoers", "crontab", "sshd_config", "ssh_config", "authorized_keys", "known_hosts",
    "configure", "gradlew", "mvnw", "artisan", "src", "source", "app", "apps", "lib", "libs", "bin", "config",
    "configs", "conf", "etc", "scripts", "public", "static", "templates", "assets", "views", "routes", "controllers",
    "models", "www", "html", "web", "webapp", "test", "tests", "spec", "docs", "include", "cmd", "pkg", "internal",
    "vendor", "client", "server", "frontend", "backend", "api", "utils", "migrations", "fixtures", "node_modules",
];
