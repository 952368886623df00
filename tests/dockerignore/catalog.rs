//! Every line of the catalogue: where it applies, and where a Dockerfile needs the path after all.

use dopt_dockerignore::{CATALOG, Is, Junk, JunkProof, Shape};

use crate::project::{Project, patterns};

const COPY_ALL: &str = "FROM node:20\nWORKDIR /app\nCOPY . .\n";

/// A path that the shape is for, with `deep` folders above it where it may have some.
fn path_of(shape: &Shape, deep: &str) -> String {
    let name = shape.pattern.replace('*', "some");
    if shape.at == dopt_dockerignore::Depth::Root { name } else { format!("{deep}{name}") }
}

/// A file that makes the path what it has to be.
fn with(project: Project, shape: &Shape, path: &str) -> Project {
    match shape.is {
        Is::Folder => project.file(&format!("{path}/inside.txt"), "x\n"),
        Is::Venv => project.file(&format!("{path}/pyvenv.cfg"), "home = /usr/bin\n"),
        Is::File | Is::Any if path.ends_with(".json") => project.file(path, "{}\n"),
        Is::File | Is::Any => project.file(path, ""),
        Is::LargeFile => {
            let project = project.file(path, "");
            std::fs::File::options().write(true).open(project.path(path)).unwrap().set_len(11 << 20).unwrap();
            project
        }
    }
}

fn project(junk: &Junk, shape: &Shape, path: &str, more: &str) -> Project {
    let install = if junk.proof == JunkProof::InstalledBehind { "RUN npm ci\n" } else { "" };
    let project = Project::new(&format!("{COPY_ALL}{install}{more}")).file("package.json", "{}\n");
    with(project, shape, path)
}

fn offered(junk: &Junk, project: &Project) -> Vec<String> {
    let found = project.json(&[]);
    patterns(&found[if junk.caveat.is_some() { "suggestions" } else { "lines" }])
}

fn shapes() -> impl Iterator<Item = (&'static Junk, &'static Shape)> {
    CATALOG.iter().flat_map(|junk| junk.shapes.iter().map(move |shape| (junk, shape)))
}

#[test]
fn every_line_is_offered_where_its_junk_lies() {
    let mut missing = Vec::new();
    for (junk, shape) in shapes() {
        // The install below the copy is for the root only.
        let deep = if shape.pattern == "node_modules" { "" } else { "some/folder/" };
        let path = path_of(shape, deep);
        // An install makes the second kind of node_modules the first.
        let more = if junk.name == "host-node_modules" { "COPY . /elsewhere\n" } else { "" };
        let found = offered(junk, &project(junk, shape, &path, more));
        if !found.contains(&shape.line()) {
            missing.push(format!("{} for {path}: {found:?}", shape.line()));
        }
    }
    assert!(missing.is_empty(), "not offered:\n{}", missing.join("\n"));
}

#[test]
fn no_line_is_offered_where_a_source_names_its_junk() {
    let mut wrong = Vec::new();
    for (junk, shape) in shapes() {
        let path = path_of(shape, "");
        let sources = [
            format!("COPY {path} /kept\n"),
            format!("COPY {path}/deeper/file /kept\n"),
            format!("ADD [\"{path}\", \"/kept\"]\n"),
            format!("RUN --mount=type=bind,source={path},target=/kept true\n"),
            format!("ONBUILD COPY {path} /kept\n"),
            format!("ARG WHAT={path}\nCOPY ${{WHAT}} /kept\n"),
        ];
        for source in sources {
            let project = project(junk, shape, &path, &source);
            let lines = offered(junk, &project);
            let is_file = matches!(shape.is, Is::File | Is::LargeFile);
            if lines.contains(&shape.line()) && !(is_file && source.contains("deeper")) {
                wrong.push(format!("{} although there is {source}", shape.line()));
            }
            if let Some(error) = project.error() {
                wrong.push(error);
            }
        }
    }
    assert!(wrong.is_empty(), "offered:\n{}", wrong.concat());
}

#[test]
fn nothing_is_offered_where_a_wildcard_reaches_it() {
    for (source, folder) in [("COPY some/* /kept\n", "some"), ("COPY --parents **/pack* /kept\n", "some")] {
        for (junk, shape) in shapes().filter(|(_, shape)| !shape.pattern.contains('/')) {
            if shape.at == dopt_dockerignore::Depth::Root {
                continue;
            }
            let path = path_of(shape, &format!("{folder}/"));
            let lines = offered(junk, &project(junk, shape, &path, source));
            assert!(!lines.contains(&shape.line()), "{} although there is {source}", shape.line());
        }
    }
}

/// What a step speaks of stays; the same project without the step is the test above.
#[test]
fn no_line_is_written_where_a_step_speaks_of_its_junk() {
    let mut wrong = Vec::new();
    for (junk, shape) in shapes() {
        let is_held =
            matches!(junk.proof, JunkProof::NotMentioned | JunkProof::NotMentionedInBuild | JunkProof::HistoryUnread);
        if !is_held || shape.pattern.contains('*') {
            continue;
        }
        let path = path_of(shape, "some/folder/");
        for step in
            [format!("RUN ls /app/{path}\n"), format!("CMD [\"/app/{path}\"]\n"), format!("ENV X=/app/{path}\n")]
        {
            let lines = offered(junk, &project(junk, shape, &path, &step));
            if lines.contains(&shape.line()) {
                wrong.push(format!("{} although there is {step}", shape.line()));
            }
        }
    }
    assert!(wrong.is_empty(), "offered:\n{}", wrong.concat());
}
