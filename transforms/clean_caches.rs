//! # clean-caches
//!
//! Leaves no package manager's cache behind. What npm, yarn, dnf, zypper, pacman, conda, composer, pecl, gem,
//! bundler, pipenv, poetry, pdm, uv, pipx, pnpm, cpan, go, cargo, Maven, Gradle, NuGet and littler download serves
//! the next installation on the same machine; in an image it is dead weight. Whichever is right, a flag keeps the
//! cache from being made, the manager empties it, or its files are deleted.
//!
//! ```dockerfile before
//! FROM node:20
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! ```
//! ```dockerfile after
//! FROM node:20
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm cache clean --force
//! ```
//! ```dockerfile before
//! FROM debian:12
//! RUN gem install sass && uv pip install --system flask
//! RUN pecl install redis \
//!     && docker-php-ext-enable redis
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN gem install --no-document sass && uv pip install --no-cache --system flask
//! RUN pecl install redis \
//!     && rm -rf /tmp/pear \
//!     && docker-php-ext-enable redis
//! ```
//!
//! The clean-up comes right behind the last command that fills the cache, so that the program is still there:
//!
//! ```dockerfile before
//! FROM rockylinux:9
//! RUN sudo dnf -y install gcc && make && sudo dnf -y remove gcc
//! ```
//! ```dockerfile after
//! FROM rockylinux:9
//! RUN sudo dnf -y install gcc && sudo dnf clean all && make && sudo dnf -y remove gcc
//! ```
//!
//! What go, cargo, Maven, Gradle and NuGet download, later builds work from. It goes where the image is there to run
//! what was built:
//!
//! ```dockerfile before
//! FROM golang:1.22
//! COPY . .
//! RUN go build -o /bin/server
//! CMD ["/bin/server"]
//! ```
//! ```dockerfile after
//! FROM golang:1.22
//! COPY . .
//! RUN go build -o /bin/server && go clean -cache -modcache
//! CMD ["/bin/server"]
//! ```
//! ```dockerfile refused: later-step-works-from-it
//! FROM golang:1.22
//! RUN go build -o /bin/server
//! CMD ["go", "run", "."]
//! ```
//! ```dockerfile refused: no-start-command
//! FROM rust:1.80
//! RUN cargo build --release
//! ```
//!
//! **Safe**: no later step reads the cache. Nothing is done where a mount lies over it, where the step already
//! cares for it, or where the cache is put elsewhere:
//!
//! ```dockerfile unchanged
//! FROM node:20
//! RUN --mount=type=cache,target=/root/.npm npm ci
//! ```
//! ```dockerfile unchanged
//! FROM rockylinux:9
//! RUN dnf -y install gcc && rm -rf /var/cache/dnf
//! ```
//!
//! Which yarn runs, and whether a program that has replaced itself still runs, cannot be told; nor where an image
//! that is not known keeps its gems, or when a daemon has done with its files:
//!
//! ```dockerfile refused: version-unknown
//! FROM node:6
//! RUN npm install -g npm
//! ```
//! ```dockerfile refused: version-unknown
//! FROM node:20
//! RUN yarn install --immutable
//! ```
//! ```dockerfile refused: words-unknown
//! FROM node:20
//! RUN cat packages.txt | xargs npm install -g
//! ```
//! ```dockerfile refused: words-unknown
//! FROM node:20
//! RUN su node -c "npm install"
//! ```
//! ```dockerfile refused: folder-unknown
//! FROM example.org/base
//! RUN bundle install
//! ```
//! ```dockerfile refused: daemon-writes
//! FROM debian:12
//! RUN gradle build
//! CMD ["java", "-jar", "app.jar"]
//! ```
//! ```dockerfile refused: shares-files
//! FROM oven/bun:1
//! RUN bun install
//! ```
//! ```dockerfile refused: later-step-needs-it
//! FROM node:20
//! RUN npm ci
//! ENV A=b
//! RUN npm install --offline left-pad
//! ```
//! ```dockerfile refused: no-place-at-end
//! FROM node:20
//! RUN npm ci | tee log && rm -rf /usr/local/bin/npm
//! ```

use dopt_model::commands::Invocation;
use dopt_model::commands::caches::{self, Cache, Filling, Remedy};
use dopt_model::{ImageRef, MountKind, ShellScript, StageRun, User, first_use};
use dopt_rewrite::{
    Edit, Effect, Fix, Proposal, Refusal, Safety, Strategy, Subject, Transform, Why, append_command, insert_command,
};
use dopt_syntax::TextRange;

pub const TRANSFORM: Transform = Transform {
    name: "clean-caches",
    summary: "leave no package manager's cache behind: 25 of them, from npm and yarn to cargo and gem",
    manual: include_str!("clean_caches.rs"),
    aliases: &["DL3032", "DL3036", "DL3040", "DL3060"],
    triggers: &[
        "npm", "yarn", "yum", "dnf", "zypper", "conda", "mamba", "composer", "gem ", "bundle", "pecl", "pear", "go ",
        "mvn", "cargo", "gradle", "dotnet", "pacman", "bun ", "poetry", "pipenv", "uv ", "pipx", "pdm", "cpan", ".r ",
    ],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    subject.runs().flat_map(|run| clean_run(run, subject)).collect()
}

fn clean_run(run: StageRun<'_>, subject: &Subject<'_>) -> Vec<Proposal> {
    if !subject.is_triggered(run) {
        return Vec::new();
    }
    // A step that cannot be read may fill a cache or not: there is nothing to say about it.
    let Ok(script) = run.script() else { return Vec::new() };
    let opaque = script.script().substituting_ranges();
    let mut fillings: Vec<(&'static Cache, Filling, Invocation<'_>)> = Vec::new();
    let mut hidden: Vec<Proposal> = Vec::new();
    script.script().walk(&mut |command| {
        let Some(invocation) = Invocation::of(command, script.text()) else { return };
        if let Some(cache) = caches::hidden_filling(&invocation)
            && !cache.signs_of_care.iter().any(|sign| script.text().contains(sign))
        {
            hidden.push(Err(Refusal::new(script.in_file(command.range), Why::WordsUnknown)));
        }
        let Some(filling) = caches::filling(&invocation) else { return };
        let (Filling::Fills(cache, _) | Filling::Unknown(cache) | Filling::Unreadable(cache)) = filling;
        let is_flag = matches!(cache.remedy, Remedy::Flag(_));
        if is_flag && opaque.iter().any(|range| range.contains(command.range)) {
            return;
        }
        // Each command takes its flag; one clean-up is enough for all of them.
        fillings.retain(|(known, ..)| is_flag || !std::ptr::eq(*known, cache));
        fillings.push((cache, filling, invocation));
    });
    let found = |(cache, filling, last): &(&'static Cache, Filling, Invocation<'_>)| {
        Place { run, script: &script, subject, cache, last }.clean(filling).transpose()
    };
    fillings.iter().filter_map(found).chain(hidden).collect()
}

/// A cache and the last command that fills it.
struct Place<'p> {
    run: StageRun<'p>,
    script: &'p ShellScript<'p>,
    subject: &'p Subject<'p>,
    cache: &'static Cache,
    last: &'p Invocation<'p>,
}

impl Place<'_> {
    fn clean(&self, filling: &Filling) -> Result<Option<Fix>, Refusal> {
        let refuse = |why| Refusal::new(self.script.in_file(self.last.command.range), why);
        if self.cares() || self.is_hidden() || self.is_careful_image() {
            return Ok(None);
        }
        let is_mounted = self.subject.settings.strategy(self.cache.name) == Strategy::CacheMount;
        if is_mounted && !self.cache.mounts.is_empty() {
            return Ok(None);
        }
        let at = match *filling {
            Filling::Fills(_, at) => at,
            Filling::Unknown(_) => return Err(refuse(Why::VersionUnknown)),
            Filling::Unreadable(_) => return Err(refuse(Why::WordsUnknown)),
        };
        self.fits().map_err(refuse)?;
        self.nobody_needs_it().map_err(refuse)?;
        let remedy = match self.cache.needed_by.is_some() && self.is_filled_before() {
            false => self.cache.remedy,
            true => match self.cache.remedy_behind_others {
                Some(remedy) => remedy,
                None => return Ok(None),
            },
        };
        let (title, effect, edit) = match remedy {
            Remedy::SharesFiles => return Err(refuse(Why::SharesFiles)),
            Remedy::Flag(flag) => self.add_flag(flag, at),
            Remedy::Command(arguments) => self.add_command(&format!("{}{arguments}", self.prefix())),
            Remedy::Delete(paths) => self.add_command(&self.deletion(paths).map_err(refuse)?),
        }
        .map_err(refuse)?;
        let at = self.script.in_file(self.last.command.range);
        Ok(Some(Fix { title: title.into(), at, safety: Safety::Safe, effects: vec![effect], edits: vec![edit] }))
    }

    fn add_flag(&self, flag: &str, at: usize) -> Result<(String, Effect, Edit), Why> {
        let word: TextRange = self.last.command.words[at].range;
        let edit = Edit::insert(self.script.end_in_file(word.end()), format!(" {flag}"));
        let behind = word.of(self.script.text()).to_owned();
        let effect = Effect::AddsFlag { instruction: self.run.index(), flag: flag.to_owned(), behind };
        Ok((format!("add {flag}"), effect, edit))
    }

    fn add_command(&self, command: &str) -> Result<(String, Effect, Edit), Why> {
        let Place { run, script, subject, cache, last } = *self;
        let inserted = || insert_command(subject, run, script, last.command, command);
        // What later commands of the step may work from goes at its end.
        let edit = match if cache.needed_by.is_some() { None } else { inserted() } {
            Some(edit) => edit,
            None if matches!(cache.remedy, Remedy::Command(_)) && self.may_be_gone() => {
                return Err(Why::NoPlaceAtEnd);
            }
            None => append_command(subject, run, script, command)?,
        };
        let title = format!("empty the cache of {} in the layer that fills it", last.program());
        Ok((title, Effect::AddsCommand { instruction: run.index(), command: command.to_owned() }, edit))
    }

    /// What stands in front of the subcommand: the program, who runs it, and the variables that say where its cache
    /// is.
    fn prefix(&self) -> String {
        let Invocation { command, text, program_at, .. } = *self.last;
        let mut out = String::new();
        let places = ["HOME", "COMPOSER", "CONFIG", "config", "PREFIX"];
        for assignment in &command.assignments {
            if places.iter().any(|part| assignment.name.of(text).contains(part)) {
                out.extend([assignment.range().of(text), " "]);
            }
        }
        for word in &command.words[..=program_at] {
            out.extend([word.range.of(text), " "]);
        }
        out
    }

    fn deletion(&self, paths: &[&str]) -> Result<String, Why> {
        let Invocation { command, text, program_at, sudo, .. } = *self.last;
        let at_home = paths.iter().any(|path| path.starts_with('~'));
        let other_home = program_at > 0
            || command.assignments.iter().any(|found| found.name.of(text) == "HOME")
            || sets_home(self.script.text());
        if at_home && other_home {
            return Err(Why::FolderUnknown);
        }
        let owned = paths.iter().all(|path| path.starts_with(['~', '$']) || path.starts_with("/tmp/"));
        match (sudo, self.run.state().user()) {
            (Some(sudo), _) => Ok(format!("{} rm -rf {}", sudo.of(text), paths.join(" "))),
            (None, User::Other(_)) if !owned => Err(Why::NotRoot),
            _ => Ok(format!("rm -rf {}", paths.join(" "))),
        }
    }

    /// Whether the file cares for the cache already, or puts it elsewhere.
    fn cares(&self) -> bool {
        let file = self.subject.document().text();
        let is_name =
            |sign: &&&str| sign.contains('_') && sign.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let mut names = self.cache.signs_of_care.iter().filter(is_name);
        self.cache.signs_of_care.iter().any(|sign| self.script.text().contains(sign))
            || names.any(|name| file.contains(*name))
            || file.contains("config set cache")
    }

    fn is_hidden(&self) -> bool {
        // A cache that builds share may be this one, wherever it lies, unless another tool's name is in its path.
        let foreign = ["apt", "apk", "pip", "go-build", "/go/", "cargo", ".m2", "gradle"];
        let home = self.run.state().home();
        self.run.mounts().iter().any(|mount| {
            let target = mount.target.as_deref().unwrap_or_default();
            (mount.kind == MountKind::Cache && !foreign.iter().any(|name| target.contains(name)))
                || self.cache.folders.iter().any(|folder| mount.hides_from(folder, home.as_deref()))
        })
    }

    fn is_careful_image(&self) -> bool {
        let name = self.run.state().image().map(ImageRef::familiar_name);
        name.is_some_and(|name| self.cache.careful_images.contains(&name))
    }

    /// Whether the program of this image is one that the remedy is known to fit.
    fn fits(&self) -> Result<(), Why> {
        let image = self.run.state().image();
        let is_needed = |name: &str| self.cache.needs_image.contains(&name);
        if !self.cache.needs_image.is_empty() && !image.is_some_and(|image| is_needed(image.familiar_name())) {
            return Err(Why::FolderUnknown);
        }
        let version = image.and_then(ImageRef::version);
        if self.cache.needs_version.is_some_and(|first| version.is_some_and(|version| version < first))
            || (self.cache.too_new_for_ancient && image.is_some_and(ImageRef::is_ancient))
        {
            return Err(Why::ToolTooOld);
        }
        let words = self.cache.needs_words;
        let file = self.subject.document().text();
        match words.is_empty() || words.iter().any(|word| file.contains(word)) {
            true => Ok(()),
            false => Err(Why::DaemonWrites),
        }
    }

    /// Whether an earlier step of the stage has filled the cache, in a layer that this one cannot make smaller.
    fn is_filled_before(&self) -> bool {
        let fills = |run: StageRun<'_>| {
            let mut fills = false;
            if let Ok(script) = run.script() {
                script.script().walk(&mut |command| {
                    let found = Invocation::of(command, script.text());
                    fills |= found.is_some_and(|found| self.cache.is_needed_by(&found));
                });
            }
            fills
        };
        self.run.earlier().any(fills)
    }

    fn nobody_needs_it(&self) -> Result<(), Why> {
        let document = self.subject.document();
        let mut later = document.instructions().iter().skip(self.run.index() + 1);
        let misses = |text: &str| self.cache.missed_by.iter().any(|sign| text.contains(sign));
        if let Some(found) = later.find(|found| misses(found.range.of(document.text()))) {
            return Err(Why::LaterStepNeedsIt { line: found.first_line });
        }
        // A clean-up comes behind all of the step's own commands, a flag does not.
        if matches!(self.cache.remedy, Remedy::Flag(_)) && misses(self.script.text()) {
            return Err(Why::LaterStepNeedsIt { line: self.run.instruction().first_line });
        }
        if self.cache.needed_by.is_none() {
            return Ok(());
        }
        match first_use(self.subject.stages, self.run, &|invocation| self.cache.is_needed_by(invocation)) {
            None => Ok(()),
            Some(first) => Err(first.into()),
        }
    }

    /// Whether something behind the command may take its program away.
    fn may_be_gone(&self) -> bool {
        let mut gone = false;
        self.script.script().walk(&mut |command| {
            let found = Invocation::of(command, self.script.text());
            let behind = command.range.start > self.last.command.range.start;
            gone |= behind && found.is_none_or(|found| caches::removes_program(&found));
        });
        gone
    }
}

/// Whether a script says itself where the home folder is.
fn sets_home(text: &str) -> bool {
    ["HOME=", "su ", "runuser"].iter().any(|words| text.contains(words))
}
