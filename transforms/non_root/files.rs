//! What belongs to the new user: folders, copied files, and what steps make; and what speaks against it.

use std::collections::BTreeSet;

use dopt_model::commands::ownership::at_or_below;
use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, ContextFact, Placed, Value, is_archive_name, is_unusual};
use dopt_rewrite::{StaysRoot, Subject};
use dopt_syntax::dockerfile::{self, Form, Instruction, Keyword};

use super::account::Account;
use super::writes;

/// How root's home folder is named.
const OF_HOME: &[&str] = &["/root", "~/", "$HOME", "${HOME}"];

/// Packages of npm that keep a browser there.
const BROWSERS: &[&str] = &["\"puppeteer\"", "\"playwright\"", "\"cypress\"", "\"@playwright/test\""];

/// What changes its owner.
#[derive(Default)]
pub(super) struct Files {
    /// The `COPY`s that give their files to the user.
    pub copies: Vec<usize>,
    /// What steps make, each with the step.
    pub made: Vec<(usize, Vec<String>)>,
    /// Folders that are made before everything else.
    pub folders: Vec<String>,
    /// Folders in which the user may write.
    pub own: Vec<String>,
    /// What steps and copies say.
    texts: String,
    /// Names of files that are copied by themselves.
    copied: Vec<String>,
    /// Whether a package is among those of the project that keeps a browser in the home folder.
    pub wants_browser: bool,
    /// Whether the base image has the script that its containers begin with.
    pub brings_entrypoint: bool,
}

impl Files {
    pub fn of(subject: &Subject<'_>, stage: usize, account: &Account) -> Result<Files, StaysRoot> {
        let document = subject.document();
        let mut files = Files::default();
        let body = subject.stages.all()[stage].body.clone();
        let end = subject.stages.state(stage, body.end);
        let image = end.image().map_or("", |image| image.familiar_name());
        files.brings_entrypoint = ["node", "php"].contains(&image);
        files.own = vec!["/tmp".to_owned(), "/var/tmp".to_owned(), "/dev/shm".to_owned()];
        for index in body.clone() {
            let found = &document.instructions()[index];
            if matches!(found.keyword, Keyword::Run | Keyword::Copy | Keyword::Add) {
                files.texts.push_str(found.logical.text(document.text()));
            }
            match found.keyword {
                Keyword::Workdir => files.workdir(subject.stages.state(stage, index + 1).workdir(), found)?,
                Keyword::Volume => files.volume(subject, stage, index, account)?,
                _ => {}
            }
        }
        if !account.has_shell() {
            files.folders.clear();
        }
        if let ContextFact::Known(context) = &subject.facts.context {
            let names_browser = |text: &str| BROWSERS.iter().any(|name| text.contains(name));
            files.wants_browser =
                context.texts().any(|(path, text)| path.ends_with("package.json") && names_browser(text));
        }
        for index in body {
            let found = &document.instructions()[index];
            match found.keyword {
                Keyword::Copy | Keyword::Add => files.copy(subject, index, account)?,
                Keyword::Run => {
                    let run = subject.stages.run(stage, index).expect("it is a step");
                    let script = run.script().map_err(|_| StaysRoot::MadeByRoot { line: found.first_line })?;
                    files.step(run, &script, account)?;
                }
                Keyword::Env => files.variables(subject, stage, index)?,
                _ => {}
            }
        }
        if let ContextFact::Known(context) = &subject.facts.context {
            let folder = end.workdir().unwrap_or("/");
            let outside = |path: &str| !files.owns(&resolve(folder, path));
            let brought = brought(subject, context);
            if let Some(path) = writes::first_outside(context, &brought, &outside) {
                return Err(StaysRoot::WritesElsewhere { path });
            }
        }
        Ok(files)
    }

    /// Whether the user may write there.
    pub fn owns(&self, path: &str) -> bool {
        self.own.iter().any(|folder| at_or_below(path, folder))
    }

    /// Whether a file of this name is copied from the context by itself.
    pub fn copies_file(&self, name: &str) -> bool {
        self.copied.iter().any(|copied| copied == name)
    }

    /// Whether a path is one that programs have for themselves, and nobody is seen to make it.
    pub fn lacks(&self, path: &str) -> bool {
        path.starts_with('/')
            && is_own_folder(path)
            && !self.owns(path)
            && !self.copies_file(base_name(path))
            && !self.texts.contains(path.trim_end_matches('/'))
    }

    /// The commands that make the user and its folders.
    pub fn preparing(&self, account: &Account) -> Vec<String> {
        let mut commands: Vec<String> = account.commands().iter().map(|command| (*command).to_owned()).collect();
        if !self.folders.is_empty() {
            let list = self.folders.join(" ");
            commands.push(format!("mkdir -p {list}"));
            commands.push(format!("chown {} {list}", account.owner()));
        }
        commands
    }

    fn workdir(&mut self, path: Option<&str>, found: &Instruction) -> Result<(), StaysRoot> {
        let path = path.ok_or(StaysRoot::OwnerUnknown { line: found.first_line })?;
        match path {
            _ if at_or_below(path, "/root") => Err(StaysRoot::HomeOfRoot { line: found.first_line }),
            _ if is_own_folder(path) => {
                self.make(path);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn make(&mut self, path: &str) {
        let path = path.trim_end_matches('/').to_owned();
        let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
        if is_plain && !self.folders.contains(&path) {
            self.folders.push(path.clone());
            self.own.push(path);
        }
    }

    fn volume(
        &mut self,
        subject: &Subject<'_>,
        stage: usize,
        index: usize,
        account: &Account,
    ) -> Result<(), StaysRoot> {
        let document = subject.document();
        let found = &document.instructions()[index];
        let words: Vec<String> = match &found.form {
            Form::Exec(words) => words.clone(),
            Form::Shell => found.arguments_text(document.text()).split_whitespace().map(str::to_owned).collect(),
        };
        for word in words {
            let Value::Known(path) = subject.stages.state(stage, index).expand(&word) else {
                return Err(StaysRoot::OwnerUnknown { line: found.first_line });
            };
            let path = resolve("/", &path);
            if self.owns(&path) && self.folders.iter().all(|folder| !at_or_below(&path, folder)) {
                continue;
            }
            if !is_own_folder(&path) || !account.has_shell() {
                return Err(StaysRoot::WritesElsewhere { path });
            }
            self.make(&path);
        }
        Ok(())
    }

    fn copy(&mut self, subject: &Subject<'_>, index: usize, account: &Account) -> Result<(), StaysRoot> {
        let found = &subject.document().instructions()[index];
        let line = found.first_line;
        let placed = subject.stages.placements().at(index).ok_or(StaysRoot::OwnerUnknown { line })?;
        if at_or_below(&placed.destination, "/root") {
            return Err(StaysRoot::HomeOfRoot { line });
        }
        if ["/etc/passwd", "/etc/group", "/etc"].contains(&placed.destination.as_str())
            && placed.sources.iter().any(|source| ["passwd", "group"].contains(&base_name(source)))
        {
            return Err(StaysRoot::SetsUpUser { line });
        }
        let is_hidden = |flag: &dockerfile::Flag| flag.value().is_some_and(|mode| !everybody_reads(mode));
        if let Some(flag) = found.flag("chown") {
            let owner = flag.value().unwrap_or_default();
            let user = owner.split(':').next().unwrap_or_default();
            return match user == account.user().split(':').next().unwrap_or_default() || ["root", "0"].contains(&user) {
                true if found.flag("chmod").is_some_and(is_hidden) => Err(StaysRoot::OnlyRootMay { line }),
                true => Ok(()),
                false => Err(StaysRoot::SetsUpUser { line }),
            };
        }
        if placed.from_context {
            self.copied.extend(placed.sources.iter().map(|source| base_name(source).to_owned()));
        }
        let unpacks = found.keyword == Keyword::Add && placed.sources.iter().any(|source| is_archive_name(source));
        if unpacks {
            return Err(StaysRoot::MadeByRoot { line });
        }
        if !self.is_given(placed) {
            // Files from the network are for their owner alone.
            let is_fetched = found.keyword == Keyword::Add && !placed.from_context && found.flag("chmod").is_none();
            let is_for_root = is_fetched || found.flag("chmod").is_some_and(is_hidden);
            return if is_for_root { Err(StaysRoot::OnlyRootMay { line }) } else { Ok(()) };
        }
        if found.flag("link").is_some() && !account.is_number() {
            return Err(StaysRoot::OwnerUnknown { line });
        }
        self.copies.push(index);
        Ok(())
    }

    /// Whether what is copied belongs to the program's own files.
    fn is_given(&self, placed: &Placed) -> bool {
        let is_own = self.owns(&placed.destination) || is_own_folder(&placed.destination);
        is_own && (placed.from_context || self.owns(&placed.destination))
    }

    fn variables(&mut self, subject: &Subject<'_>, stage: usize, index: usize) -> Result<(), StaysRoot> {
        let document = subject.document();
        let found = &document.instructions()[index];
        let text = found.arguments_text(document.text());
        if OF_HOME.iter().any(|name| text.contains(name)) {
            return Err(StaysRoot::HomeOfRoot { line: found.first_line });
        }
        let logical = found.logical.text(document.text());
        for pair in dockerfile::pairs(found, document.text(), document.escape()) {
            let Some(value) = pair.value else { continue };
            let Value::Known(value) = subject.stages.state(stage, index).expand(value.of(logical)) else { continue };
            let is_of_root = ["/var/", "/run/"].iter().any(|place| value.contains(place));
            if is_of_root && !value.contains("/var/www") && !self.owns(&value) {
                return Err(StaysRoot::WritesElsewhere { path: value });
            }
        }
        Ok(())
    }
}

/// The files of the context that any stage copies: the last one may have what they were made into.
fn brought<'c>(subject: &Subject<'_>, context: &'c Context) -> BTreeSet<&'c str> {
    let all = 0..subject.document().instructions().len();
    let placed = all.filter_map(|index| subject.stages.placements().at(index)).filter(|placed| placed.from_context);
    placed.flat_map(|placed| &placed.sources).flat_map(|source| context.matching(source)).collect()
}

/// Whether a folder is one that programs have for themselves.
pub(super) fn is_own_folder(path: &str) -> bool {
    let own = ["/var/lib/", "/var/log/", "/var/cache/", "/var/spool/", "/usr/src/", "/go/src/"];
    let known =
        ["/var/lib/apt", "/var/lib/dpkg", "/var/cache/apt", "/var/log/apt", "/var/cache/debconf", "/var/cache/apk"];
    let is_own = own.iter().any(|place| path.strip_prefix(place).is_some_and(|rest| !rest.is_empty()));
    let is_whole = ["/data", "/logs", "/srv", "/var/www"].iter().any(|place| at_or_below(path, place));
    (is_unusual(path) || is_own || is_whole)
        && !known.iter().any(|place| at_or_below(path, place))
        && !at_or_below(path, "/root")
        && !at_or_below(path, "/tmp")
}

/// Whether a mode, or a change of it, leaves everybody the right to read.
pub(super) fn everybody_reads(mode: &str) -> bool {
    let digits = mode.trim_start_matches('0');
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.len() >= 3 && matches!(digits.as_bytes()[digits.len() - 1], b'4'..=b'7');
    }
    let adds = |part: &str| {
        let sign = part.find(['+', '-', '=']);
        sign.is_some_and(|at| part[at..].starts_with('+') && (at == 0 || part[..at].contains(['a', 'o'])))
            || part.starts_with("g+")
            || part.starts_with("ug+w")
            || part == "u+w"
            || part == "go-w"
            || part == "o-w"
    };
    mode.split(',').all(adds)
}
