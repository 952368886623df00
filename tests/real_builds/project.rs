//! One Dockerfile: what is built from it, and whether the images are the same.

use std::fs;
use std::path::{Path, PathBuf};

use dopt_image::{Declared, Packages, Tree, differences};

use crate::bases::Bases;
use crate::images::Container;
use crate::rewritten::Rewritten;
use crate::storage::Storage;
use crate::verified;

/// A folder with a `Dockerfile`, a `smoke.sh` that is run in the images, a `context` if the steps copy anything, and
/// `options` for dopt if it needs any.
pub struct Project {
    pub name: String,
    folder: PathBuf,
    dockerfile: String,
    smoke: String,
    options: Vec<String>,
    /// Whether `dopt verify` has to say the same.
    verified: bool,
}

pub enum Outcome {
    Same(Sizes),
    Different(String),
    Skipped,
}

/// One with apt, one with pip and one with npm.
const VERIFIED: &[&str] = &["apt-apart", "pip-app", "npm-ci"];

/// Transforms that choose another image to start from, which is not here; `tests/projects` holds them.
const OTHER_BASES: &str = "slim-base,split-stages";

/// The bytes that the Dockerfile adds to its base.
#[derive(Clone)]
pub struct Sizes {
    pub before: u64,
    pub safe: u64,
    /// Where `--unsafe-fixes` does more.
    pub with_unsafe: Option<u64>,
    /// What each transform saves, one after the other.
    pub by_rule: Vec<(String, i64)>,
}

impl Outcome {
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Same(_) => "ok",
            Outcome::Different(_) => "FAILED",
            Outcome::Skipped => "ignored",
        }
    }

    pub fn sizes(&self) -> Option<Sizes> {
        if let Outcome::Same(sizes) = self { Some(sizes.clone()) } else { None }
    }
}

impl Project {
    pub fn read(folder: &Path) -> Project {
        let text =
            |name: &str| fs::read_to_string(folder.join(name)).expect("a project has a Dockerfile and a smoke.sh");
        let name = folder.file_name().expect("a folder").to_string_lossy().into_owned();
        let options = fs::read_to_string(folder.join("options")).unwrap_or_default();
        let options = options.split_whitespace().map(str::to_owned).collect();
        let (dockerfile, smoke) = (text("Dockerfile"), text("smoke.sh"));
        let verified = VERIFIED.contains(&name.as_str());
        Project { name, folder: folder.to_owned(), dockerfile, smoke, options, verified }
    }

    /// The Dockerfile as dopt rewrites it with the project's options and more.
    fn rewritten(&self, more: &[&str]) -> Rewritten {
        let options: Vec<&str> = self.options.iter().map(String::as_str).chain(more.iter().copied()).collect();
        Rewritten::new(&self.dockerfile, &options)
    }

    /// Builds the images and compares them.
    pub fn compare(&self, storage: &Storage, bases: &Bases, by_rule: bool) -> Outcome {
        if !bases.serve(&self.dockerfile) {
            return Outcome::Skipped;
        }
        match self.sizes(storage, bases, by_rule) {
            Ok(sizes) => Outcome::Same(sizes),
            Err(why) => Outcome::Different(why),
        }
    }

    fn sizes(&self, storage: &Storage, bases: &Bases, by_rule: bool) -> Result<Sizes, String> {
        let build = Build { project: self, storage };
        let safe = self.rewritten(&[]);
        let all = self.rewritten(&["--unsafe-fixes", "--ignore", OTHER_BASES]);
        if safe.rules.is_empty() {
            return Err("dopt has nothing to do here".to_owned());
        }
        let before = build.image("before", &self.dockerfile)?;
        let after = build.image("safe", &safe.text)?;
        before.same_as(&after, &safe.rules)?;
        if safe.rules.iter().any(|rule| rule == "mount-caches") {
            // Now the mounts hold what the first build has put there.
            let again = build.image_with("filled", &safe.text, &["--no-cache".to_owned()])?;
            before.same_as(&again, &safe.rules)?;
        }
        if self.verified {
            verified::check(storage, &build.files("verified", &self.dockerfile)?, &self.smoke, &safe.rules)?;
        }
        let mut sizes = Sizes {
            before: bases.added(storage, &before.name)?,
            safe: bases.added(storage, &after.name)?,
            with_unsafe: None,
            by_rule: Vec::new(),
        };
        if all != safe {
            let after = build.image("unsafe", &all.text)?;
            before.same_as(&after, &all.rules)?;
            sizes.with_unsafe = Some(bases.added(storage, &after.name)?);
        }
        if by_rule {
            sizes.by_rule = build.by_rule(bases, sizes.before, &all)?;
        }
        Ok(sizes)
    }
}

/// Images of one project.
#[derive(Clone, Copy)]
struct Build<'b> {
    project: &'b Project,
    storage: &'b Storage,
}

impl<'b> Build<'b> {
    fn image(self, variant: &str, text: &str) -> Result<Image<'b>, String> {
        self.image_with(variant, text, &[])
    }

    /// The Dockerfile with a text, and its context.
    fn files(self, variant: &str, text: &str) -> Result<(PathBuf, PathBuf), String> {
        let Project { name, folder, .. } = self.project;
        let scratch = self.storage.scratch(&format!("dockerfiles/{name}"));
        let (dockerfile, context) = (scratch.join(variant), folder.join("context"));
        fs::write(&dockerfile, text).map_err(|error| error.to_string())?;
        let context = if context.exists() { context } else { self.storage.scratch("empty") };
        Ok((dockerfile, context))
    }

    fn image_with(self, variant: &str, text: &str, options: &[String]) -> Result<Image<'b>, String> {
        let (dockerfile, context) = self.files(variant, text)?;
        let image = format!("localhost/{}:{variant}", self.project.name);
        let built = self.storage.build(&dockerfile, &context, &image, options);
        built.map_err(|why| format!("{variant} does not build.\n{why}\n\n{text}"))?;
        Ok(Image { build: self, name: image })
    }

    /// Lets one transform after the other take part, and tells what each adds to the savings.
    fn by_rule(self, bases: &Bases, before: u64, all: &Rewritten) -> Result<Vec<(String, i64)>, String> {
        let mut last = i64::try_from(before).expect("a size");
        let mut saved = Vec::new();
        for (at, rule) in all.rules.iter().enumerate() {
            let some = self.project.rewritten(&["--unsafe-fixes", "--select", &all.rules[..=at].join(",")]);
            let image = self.image(&format!("rules-{}", at + 1), &some.text)?;
            let now = i64::try_from(bases.added(self.storage, &image.name)?).expect("a size");
            saved.push((rule.clone(), last - now));
            last = now;
        }
        Ok(saved)
    }
}

struct Image<'b> {
    build: Build<'b>,
    name: String,
}

impl Image<'_> {
    /// Whether this image, and the one made after these transforms ran, are the same but for what they declare.
    fn same_as(&self, after: &Image, rules: &[String]) -> Result<(), String> {
        let storage = self.build.storage;
        let mut configurations = (storage.configuration(&self.name)?, storage.configuration(&after.name)?);
        // MAINTAINER stood elsewhere in the image.
        if rules.iter().any(|rule| rule == "label-maintainer")
            && let Some(labels) = configurations.1["config"]["Labels"].as_object_mut()
        {
            labels.remove("maintainer");
        }
        if configurations.0 != configurations.1 {
            return Err(format!(
                "{} is configured differently:\n{}\n{}",
                after.name, configurations.0, configurations.1
            ));
        }
        let images = (storage.image(&self.name)?, storage.image(&after.name)?);
        let trees = (Tree::merge(&images.0.layers), Tree::merge(&images.1.layers));
        let declared = Declared::by(rules, Packages::gone(&trees.0, &trees.1), &[]);
        let (_, wrong) = declared.judge(differences((&images.0, &trees.0), (&images.1, &trees.1)));
        if !wrong.is_empty() {
            let lines: Vec<String> = wrong.iter().map(|found| format!("{:?}: /{}", found.change, found.path)).collect();
            return Err(format!(
                "{} has other files, and {rules:?} declare none of this:\n{}",
                after.name,
                lines.join("\n")
            ));
        }
        let containers = (storage.container(&self.name)?, storage.container(&after.name)?);
        self.smoke(&containers, &after.name)
    }

    /// Whether the command prints the same in both.
    fn smoke(&self, containers: &(Container, Container), other: &str) -> Result<(), String> {
        let script = &self.build.project.smoke;
        let (before, after) = (containers.0.shell(script)?, containers.1.shell(script)?);
        match before {
            (false, text) => Err(format!("the command in {} fails:\n{text}", self.name)),
            (_, text) if text.trim().is_empty() => Err(format!("the command in {} says nothing", self.name)),
            same if same == after => Ok(()),
            (_, text) => Err(format!("the command says in {}\n{text}\nand in {other}\n{}", self.name, after.1)),
        }
    }
}
