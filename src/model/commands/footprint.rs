//! What a step makes and what it works on, as far as its words tell. For judging what a merge is worth, never
//! for judging whether it is safe.

use std::borrow::Cow;

use dopt_syntax::shell::{SimpleCommand, Word};

use super::managers::{self, Action, Manager};
use super::{Invocation, is_cheap, paths};
use crate::ShellScript;

/// What a script leaves in its layer and what it takes from those below.
#[derive(Clone, Debug, Default)]
pub struct Footprint {
    /// Files and folders with bytes in them: downloads, clones, unpacked archives, builds, copies.
    pub makes: Vec<String>,
    /// What it deletes, moves, strips or gives another mode or owner. May have `*` and `?`.
    pub works_on: Vec<String>,
    /// Files that it reads in order to unpack, install or check them.
    pub reads: Vec<String>,
    /// Package managers whose index it fetches.
    pub updates: Vec<&'static str>,
    /// Packages that it installs, by manager.
    pub installs: Vec<(&'static str, Vec<String>)>,
    /// Packages that it removes, by manager.
    pub removes: Vec<(&'static str, Vec<String>)>,
    /// Package managers whose caches it cleans.
    pub cleans: Vec<&'static str>,
    /// Whether all of its commands finish at once.
    pub cheap: bool,
}

impl Footprint {
    /// Reads a script that starts in `folder`, or in a folder that is not known.
    pub fn of(script: &ShellScript<'_>, folder: Option<&str>) -> Footprint {
        let text = script.text();
        let list = &script.script().list;
        let mut footprint = Footprint { cheap: is_cheap(list, text), ..Footprint::default() };
        let mut folder = folder.unwrap_or("").to_owned();
        list.walk(&mut |command| footprint.read(command, text, &mut folder));
        footprint
    }

    /// Whether this script installs with a manager without having fetched its index itself.
    pub fn needs_index_of(&self, manager: &str) -> bool {
        self.installs.iter().any(|(name, _)| *name == manager) && !self.updates.contains(&manager)
    }

    fn read(&mut self, command: &SimpleCommand, text: &str, folder: &mut String) {
        for redirect in &command.redirects {
            if redirect.operator.of(text).starts_with('>') && !redirect.operator.of(text).ends_with('&') {
                self.makes.push(paths::resolve(folder, &spelled(&redirect.target, text)));
            }
        }
        let Some(invocation) = Invocation::of(command, text) else { return };
        if let Some((manager, action)) = managers::action(&invocation) {
            self.read_manager(&invocation, manager, action);
        }
        let place = Place { invocation: &invocation, folder };
        if READERS.contains(&invocation.program()) {
            self.reads.extend(place.operands(&[]).filter(|path| path.contains(['.', '/'])));
        }
        match invocation.program() {
            "cd" => {
                let target = place.operands(&[]).next().unwrap_or_default();
                self.makes.push(target.clone());
                *folder = target;
            }
            "rm" | "unlink" | "rmdir" => {
                let gone: Vec<_> = place.operands(&[]).collect();
                self.makes.retain(|made| !gone.iter().any(|target| paths::covers(target, made)));
                self.works_on.extend(gone);
            }
            "strip" | "shred" => self.works_on.extend(place.operands(&[])),
            "chmod" | "chown" | "chgrp" => self.works_on.extend(place.operands(&[]).skip(1)),
            "mv" => {
                let mut operands: Vec<_> = place.operands(&["-t", "-S"]).collect();
                self.makes.extend(operands.pop());
                self.works_on.append(&mut operands);
            }
            "find" => {
                let deletes = ["-delete", "-exec"].iter().any(|word| invocation.has_argument(word));
                self.works_on.extend(place.operands(&[]).take(1).filter(|_| deletes));
            }
            _ => self.makes.extend(place.makes()),
        }
    }

    fn read_manager(&mut self, invocation: &Invocation<'_>, manager: &'static Manager, action: Action) {
        match action {
            Action::Update => {
                self.updates.push(manager.name);
                self.makes.extend(manager.caches.iter().map(|&path| path.to_owned()));
            }
            Action::Install(mut packages) => {
                self.makes.extend(manager.caches.iter().map(|&path| path.to_owned()));
                packages.extend(managers::virtual_package(invocation));
                self.installs.push((manager.name, packages));
            }
            Action::Remove(packages) => self.removes.push((manager.name, packages)),
            Action::Clean => self.cleans.push(manager.name),
            Action::Other => {}
        }
    }
}

/// Programs whose operands are files that they read.
const READERS: &[&str] = &[
    "tar", "bsdtar", "unzip", "dpkg", "rpm", "sh", "bash", "pip", "pip3", "gunzip", "bunzip2", "unxz", "apt-get",
    "apt", "yum", "dnf", "java", "sha1sum", "sha256sum", "md5sum", "gpg", "python", "python3", "php",
];

/// An invocation and the folder that its paths are relative to.
struct Place<'p, 'a> {
    invocation: &'p Invocation<'a>,
    folder: &'p str,
}

impl Place<'_, '_> {
    fn operands(&self, value_options: &[&str]) -> impl Iterator<Item = String> {
        let (words, text) = (&self.invocation.command.words, self.invocation.text);
        self.invocation
            .operands(self.invocation.program_at + 1, value_options)
            .map(move |(at, _)| paths::resolve(self.folder, &spelled(&words[at], text)))
    }

    /// The value of the first of these options, written apart or behind it.
    fn option(&self, names: &[&str]) -> Option<String> {
        let words = self.invocation.arguments();
        let text = self.invocation.text;
        let at = words.iter().position(|word| names.contains(&word.range.of(text)))?;
        Some(paths::resolve(self.folder, &spelled(words.get(at + 1)?, text)))
    }

    fn makes(&self) -> Vec<String> {
        let last = || self.operands(&[]).last();
        let unpacked = |option: &[&str]| match self.option(option) {
            Some(folder) => vec![folder],
            None => self.operands(&[]).flat_map(|archive| stem(&archive).map(str::to_owned)).collect(),
        };
        match self.invocation.program() {
            "cp" | "tee" => last().into_iter().collect(),
            "wget" => match self.option(&["-O", "--output-document", "-P", "--directory-prefix"]) {
                Some(path) => vec![path],
                None => self.downloads(&["-O", "-o", "--header", "-U", "-t", "-T"]),
            },
            "curl" => match self.option(&["-o", "--output", "-fsSLo", "-sSLo", "-sLo", "-Lo", "-fLo", "-SLo"]) {
                Some(path) => vec![path],
                None => self.downloads(&["-H", "-A", "-u", "--retry", "--header"]),
            },
            "git" => self.clones(),
            "tar" | "bsdtar" => unpacked(&["-C", "--directory"]),
            "unzip" => unpacked(&["-d"]),
            "make" | "cmake" | "ninja" | "meson" => vec![self.folder.to_owned()],
            _ => Vec::new(),
        }
    }

    fn downloads(&self, value_options: &[&str]) -> Vec<String> {
        let names = self.operands(value_options).filter(|operand| operand.contains("//") || operand.contains(":/"));
        names.filter_map(|url| url.rsplit('/').next().map(|name| paths::resolve(self.folder, name))).collect()
    }

    fn clones(&self) -> Vec<String> {
        let value_options = ["-b", "--branch", "--depth", "-C", "-c", "-o", "--origin"];
        let operands: Vec<_> = self.operands(&value_options).collect();
        match &operands[..] {
            [verb, url] if verb.ends_with("clone") => {
                let name = url.rsplit('/').next().unwrap_or_default();
                vec![paths::resolve(self.folder, name.strip_suffix(".git").unwrap_or(name))]
            }
            [verb, _, folder] if verb.ends_with("clone") => vec![folder.clone()],
            _ => Vec::new(),
        }
    }
}

/// The folder that an archive usually unpacks to.
fn stem(archive: &str) -> Option<&str> {
    [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".zip"].iter().find_map(|end| archive.strip_suffix(end))
}

/// The word without its quotes; a variable stays as it is written.
fn spelled<'t>(word: &Word, text: &'t str) -> Cow<'t, str> {
    word.literal(text).unwrap_or_else(|| Cow::Owned(word.range.of(text).replace(['"', '\''], "")))
}
