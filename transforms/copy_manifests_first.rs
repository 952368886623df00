//! # copy-manifests-first
//!
//! Copies the lists of dependencies first, installs, and then copies the rest: a change to the sources no longer
//! repeats the installation. Known are npm, yarn, pnpm, pip, poetry, uv, pipenv, bundler, composer and `go mod download`,
//! which a stage that only builds gets where it has none.
//!
//! ```context
//! package.json: {"scripts": {"build": "tsc"}, "dependencies": {"express": "^4"}}
//! package-lock.json: {"lockfileVersion": 3, "packages": {"": {}, "node_modules/express": {}}}
//! requirements.txt: flask==3.0.3
//! server.js: require('express')().listen(80)
//! app.py: import flask
//! hooks/package.json: {"scripts": {"postinstall": "node setup.js"}}
//! hooks/package-lock.json: {}
//! linked/package.json: {"dependencies": {"shared": "file:../shared"}}
//! linked/package-lock.json: {}
//! ```
//!
//! ```dockerfile before unsafe
//! FROM node:20-slim
//! WORKDIR /app
//! # All of it
//! COPY . .
//! RUN npm ci --omit=dev && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:20-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci --omit=dev && npm cache clean --force
//! # All of it
//! COPY . .
//! CMD ["node", "server.js"]
//! ```
//!
//! Steps between that read nothing of the project are passed too:
//!
//! ```dockerfile before unsafe
//! FROM python:3.12-slim
//! COPY . /srv/app
//! WORKDIR /srv/app
//! RUN pip install --no-cache-dir --upgrade pip
//! RUN pip install --no-cache-dir -r requirements.txt
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.12-slim
//! COPY requirements.txt /srv/app/
//! WORKDIR /srv/app
//! RUN pip install --no-cache-dir --upgrade pip
//! RUN pip install --no-cache-dir -r requirements.txt
//! COPY . /srv/app
//! CMD ["python", "app.py"]
//! ```
//!
//! **Safe** where the step only fetches what its lists name, and neither builds nor runs any of it: `go mod download`
//! with a sum for every module, and pip that takes wheels alone.
//!
//! ```dockerfile before
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY . .
//! RUN pip install --no-cache-dir --only-binary=:all: -r requirements.txt
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY requirements.txt ./
//! RUN pip install --no-cache-dir --only-binary=:all: -r requirements.txt
//! COPY . .
//! CMD ["python", "app.py"]
//! ```
//!
//! **Unsafe** elsewhere: what is installed may look for more than its list. Whatever is known to do so stays behind the
//! sources: scripts of the project, packages in its folders, patches, settings that name files, the project itself, and
//! crates, which Cargo compiles for a `main` and with a `build.rs` only.
//!
//! ```dockerfile refused unsafe: runs-scripts
//! FROM node:20-slim
//! WORKDIR /app
//! COPY hooks .
//! RUN npm ci --omit=dev && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile refused unsafe: local-dependencies
//! FROM node:20-slim
//! WORKDIR /app
//! COPY linked .
//! RUN npm ci --omit=dev && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile refused unsafe: reads-sources
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY . .
//! RUN pip install --no-cache-dir -r requirements.txt && python setup.py build
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile refused unsafe: installs-project
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY . .
//! RUN pip install --no-cache-dir .
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile refused unsafe: needs-main
//! FROM rust:1.79-slim
//! WORKDIR /src
//! COPY . .
//! RUN cargo build --release
//! CMD ["/src/target/release/hits"]
//! ```
//! ```dockerfile refused unsafe: manifest-missing
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY . .
//! RUN pip install --no-cache-dir -r deps.txt
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile refused unsafe no-context: context-unknown
//! FROM node:20-slim
//! WORKDIR /app
//! COPY . .
//! RUN npm ci --omit=dev && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```

mod modules;
mod project;
mod reads;

use dopt_model::commands::paths::resolve;
use dopt_model::{ContextFact, Placed};
use dopt_rewrite::{
    Edit, Effect, Fix, NotFirst, NotSlim, NotSplit, Proposal, Refusal, Safety, Subject, Transform, Why, cased_like,
};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};

use project::Project;
use reads::{Among, Install, Reads};

const CAVEAT: &str = "What is installed may look for files of the project beside its list.";

pub const TRANSFORM: Transform = Transform {
    name: "copy-manifests-first",
    summary: "copy the lists of dependencies and install them before the sources are copied",
    manual: include_str!("copy_manifests_first.rs"),
    aliases: &[],
    triggers: &[
        "npm", "yarn", "pnpm", "pip", "poetry", "uv ", "pdm ", "bundle", "composer", "setup.py", "cargo ", "go mod",
        "go build", "go install", "go test",
    ],
    joint: false,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for (number, stage) in subject.stages.all().iter().enumerate() {
        for index in stage.body.clone() {
            if let Some(proposal) = copy_first(subject, number, index).transpose() {
                proposals.push(proposal);
            }
        }
    }
    proposals
}

fn copy_first(subject: &Subject<'_>, stage: usize, index: usize) -> Result<Option<Fix>, Refusal> {
    let document = subject.document();
    let copy = &document.instructions()[index];
    let Some(placed) = whole_copy(subject, index) else { return Ok(None) };
    let refuse = |why| Refusal::new(copy.range, why);
    let Some((last, steps)) = passed(subject, stage, index, placed)? else {
        return modules::download_first(subject, stage, index, placed);
    };
    if subject.is_suppressed(index) {
        return Err(refuse(Why::SuppressedByComment));
    }
    let context = match &subject.facts.context {
        ContextFact::Known(context) => context,
        ContextFact::NotAsked => return Err(refuse(Why::NotSplit(NotSplit::ContextNotRead))),
        ContextFact::Unknown => return Err(refuse(Why::NotSlim(NotSlim::ContextUnknown))),
    };
    let source = resolve("/", &placed.sources[0]);
    let source = if source == "/" { String::new() } else { format!("{}/", &source[1..]) };
    let project = Project { context, source: &source, destination: &placed.destination };
    let mut files: Vec<String> = Vec::new();
    for (reads, line) in &steps {
        if let Reads::Installs(install) = reads {
            files.extend(project.files(install, *line).map_err(refuse)?);
        }
    }
    files.sort_by_key(|file| (project::is_lock(file), file.clone()));
    files.dedup();
    let line = document.instructions()[last].first_line;
    if let Some(folder) = project.output() {
        return Err(refuse(Why::NotFirst(NotFirst::OutputsInContext { line, folder: folder.to_owned() })));
    }
    let folders: Vec<&str> = files.iter().map(|file| file.rfind('/').map_or("", |at| &file[..=at])).collect();
    let Some(folder) = folders.first().filter(|folder| folders.iter().all(|other| other == *folder)) else {
        return Err(refuse(Why::NotFirst(NotFirst::SeveralFolders { line })));
    };
    let is_proven = lies_apart(&placed.destination)
        && steps
            .iter()
            .all(|(reads, _)| matches!(reads, Reads::Installs(found) if found.iter().all(Install::only_fetches)))
        && (!files.iter().any(|file| file == "go.mod") || modules::lists_all(context, &source));
    let safety = if is_proven { Safety::Safe } else { Safety::Unsafe { caveat: CAVEAT } };
    Ok(Some(reorder(subject, (index, last), &files, folder, safety)))
}

/// Whether a folder is one of a project, into which no installation writes.
fn lies_apart(folder: &str) -> bool {
    let apart = ["/app", "/src", "/code", "/srv/", "/work", "/build", "/project", "/usr/src/", "/opt/", "/home/"];
    apart.iter().any(|start| folder.starts_with(start))
}

/// A `COPY` of a whole folder of the context, as its only source.
fn whole_copy<'s>(subject: &'s Subject<'_>, index: usize) -> Option<&'s Placed> {
    let copy = &subject.document().instructions()[index];
    let placed = subject.stages.placements().at(index).filter(|placed| placed.from_context)?;
    let is_plain = copy.keyword == Keyword::Copy
        && copy.form == Form::Shell
        && copy.heredocs.is_empty()
        && copy.flags.iter().all(|flag| matches!(flag.name(), "chown" | "link" | "chmod"))
        && copy.logical.is_one_line();
    let [source] = &placed.sources[..] else { return None };
    let is_folder = !source.contains(['*', '?', '[', '$'])
        && (matches!(source.as_str(), "." | "./" | "/") || !source.contains('.'));
    (is_plain && is_folder).then_some(placed)
}

/// A step, and its first line.
type Step = (Reads, usize);

/// The last step that need not see the sources, and all up to there; nothing where none of them installs.
fn passed(
    subject: &Subject<'_>,
    stage: usize,
    index: usize,
    placed: &Placed,
) -> Result<Option<(usize, Vec<Step>)>, Refusal> {
    let document = subject.document();
    let copy = &document.instructions()[index];
    let destination = copy.arguments_text(document.text()).split_whitespace().last().unwrap_or_default();
    let (mut last, mut steps, mut pending) = (None, Vec::new(), Vec::new());
    // Lists that were copied before have been installed from.
    let brings = |at: usize| subject.stages.placements().at(at).is_some_and(|placed| placed.from_context);
    let is_prepared = || (subject.stages.all()[stage].body.start..index).any(brings);
    for at in index + 1..subject.stages.all()[stage].body.end {
        let found = &document.instructions()[at];
        let line = found.first_line;
        match found.keyword {
            Keyword::Env | Keyword::Arg if !copy.arguments_text(document.text()).contains('$') => {}
            Keyword::Label | Keyword::Expose | Keyword::Maintainer => {}
            Keyword::Workdir if destination.starts_with('/') => {}
            Keyword::Run => {
                let run = subject.stages.run(stage, at).expect("it is one");
                match Reads::of(run, &placed.destination) {
                    Reads::Nothing => pending.push((Reads::Nothing, line)),
                    Reads::Unseen(Among::Nothing) => break,
                    Reads::Unseen(Among::Project | Among::Crates) if last.is_some() || is_prepared() => break,
                    Reads::Unseen(_) if last.is_some() => break,
                    Reads::Unseen(among) => {
                        let why = match among {
                            Among::Crates => NotFirst::NeedsMain { line },
                            Among::Project => NotFirst::InstallsProject { line },
                            _ => NotFirst::ReadsSources { line },
                        };
                        return Err(Refusal::new(copy.range, Why::NotFirst(why)));
                    }
                    Reads::Installs(found) if found.iter().any(Install::has_project) && is_prepared() => break,
                    // The lists lie elsewhere, and the folder that is copied may be what is installed.
                    Reads::Installs(found) if !found.iter().all(|install| install.is_in(&placed.destination)) => break,
                    reads => {
                        pending.push((reads, line));
                        steps.append(&mut pending);
                        last = Some(at);
                    }
                }
            }
            _ => break,
        }
    }
    Ok(last.map(|last| (last, steps)))
}

/// Puts a `COPY` of the lists where the `COPY` of all stands, and that behind the last step.
fn reorder(
    subject: &Subject<'_>,
    (index, last): (usize, usize),
    files: &[String],
    folder: &str,
    safety: Safety,
) -> Fix {
    let document = subject.document();
    let (text, copy) = (document.text(), &document.instructions()[index]);
    let newline = document.newline();
    let block = TextRange::new(comment_above(subject, index), copy.range.end());
    let manifests = manifests(copy, text, files, folder);
    let next = document.instructions()[index + 1].range.start();
    let is_apart =
        text[copy.range.end()..next].matches('\n').count() > 1 && text[copy.range.end()..next].trim().is_empty();
    let gap = if is_apart { format!("{newline}{newline}") } else { newline.to_owned() };
    let effects = vec![
        Effect::AddsInstruction { behind: index - 1, text: manifests.clone() },
        Effect::MovesInstruction { instruction: index, behind: last },
    ];
    Fix {
        title: format!("copy {} before the rest", files.join(", ")).into(),
        at: copy.range,
        safety,
        effects,
        edits: vec![
            Edit::replace(block, cased_like(copy, document, &manifests)),
            Edit::insert(document.instructions()[last].range.end(), format!("{gap}{}", block.of(text))),
        ],
    }
}

/// Where the comments start that stand right above an instruction.
fn comment_above(subject: &Subject<'_>, index: usize) -> usize {
    let document = subject.document();
    let start = document.instructions()[index].range.start();
    let floor = document.instructions()[..index].last().map_or(0, |before| before.range.end());
    let gap = &document.text()[floor..start];
    let mut at = start;
    for line in gap.split_inclusive('\n').collect::<Vec<_>>().into_iter().rev() {
        match line.trim_start() {
            found if found.starts_with('#') => at -= line.len(),
            _ => break,
        }
    }
    at
}

/// The `COPY` of the lists: with the flags of that of all, into the same folder.
fn manifests(copy: &Instruction, text: &str, files: &[String], folder: &str) -> String {
    let mut words = vec!["COPY".to_owned()];
    words.extend(copy.flags.iter().map(|flag| flag.text.clone()));
    let arguments: Vec<&str> = copy.arguments_text(text).split_whitespace().collect();
    let source = arguments[0].trim_end_matches('/').trim_start_matches("./");
    let source = if source.is_empty() || source == "." { String::new() } else { format!("{source}/") };
    words.extend(files.iter().map(|file| format!("{source}{file}")));
    let destination = arguments[1].trim_end_matches('/');
    words.push(format!("{destination}/{folder}"));
    words.join(" ")
}
