//! What a stage and those that start from it need of what the slim variant lacks.

use dopt_model::{Base, Context, ContextFact, Evidence, ImageRef, Lacking, Lacks, StageRun, Stages};
use dopt_rewrite::{NotSlim, NotSplit, Subject, Why};
use dopt_syntax::dockerfile::{Instruction, Keyword};

use super::compilers::is_compiler;
use super::packages::Packages;
use super::programs::Programs;

/// A point behind all steps: where containers run.
pub(super) const IN_CONTAINERS: usize = usize::MAX;

/// Packages of Debian that are needed, and where first.
pub(super) struct Needs<'n> {
    pub(super) subject: &'n Subject<'n>,
    pub(super) lacks: Lacks,
    pub(super) context: Option<&'n Context>,
    /// Whether what another stage has compiled is known to run.
    pub(super) runs_carried: bool,
    /// Packages that steps install, and the step.
    pub(super) installed: Vec<(String, usize)>,
    found: Vec<(&'static str, usize)>,
    /// The stages that get the slim variant.
    stages: Vec<usize>,
}

impl<'n> Needs<'n> {
    /// Reads the steps and starts of a stage and of all that start from it.
    pub fn of(subject: &'n Subject<'n>, stage: usize, lacks: Lacks) -> Result<Needs<'n>, Why> {
        let context = match &subject.facts.context {
            ContextFact::Known(context) => Some(&**context),
            _ => None,
        };
        let runs_carried = subject.stages.all()[stage].base.image().is_some_and(is_compiler);
        let mut needs = Needs {
            subject,
            lacks,
            context,
            runs_carried,
            installed: Vec::new(),
            found: Vec::new(),
            stages: Vec::new(),
        };
        let mut stages = vec![stage];
        while let Some(stage) = stages.pop() {
            needs.stages.push(stage);
            needs.stage(stage)?;
            stages.extend(subject.stages.children(stage));
        }
        if matches!(lacks, Lacks::BuildTools { .. }) {
            needs.sources(stage)?;
            Packages::of(&mut needs).of_file()?;
        }
        needs.certificates();
        Ok(needs)
    }

    /// The packages, each once, in order.
    pub fn packages(&self) -> Vec<&'static str> {
        let mut packages: Vec<&'static str> = self.found.iter().map(|(package, _)| *package).collect();
        packages.sort_unstable();
        packages.dedup();
        packages
    }

    /// The first instruction that needs one of them.
    pub fn first_use(&self) -> usize {
        self.found.iter().map(|(_, index)| *index).min().unwrap_or(IN_CONTAINERS)
    }

    /// What decides and is not known.
    pub(super) fn unknown(&self) -> Why {
        match self.subject.facts.context {
            ContextFact::NotAsked => Why::NotSplit(NotSplit::ContextNotRead),
            _ => Why::NotSlim(NotSlim::ContextUnknown),
        }
    }

    pub(super) fn stages(&self) -> &'n Stages<'n> {
        self.subject.stages
    }

    /// The image that is made slim.
    pub(super) fn image(&self) -> Option<ImageRef<'n>> {
        self.stages.first().and_then(|stage| self.subject.stages.all()[*stage].base.image())
    }

    pub(super) fn is_made_slim(&self, stage: usize) -> bool {
        self.stages.contains(&stage)
    }

    fn stage(&mut self, stage: usize) -> Result<(), Why> {
        for index in self.stages().all()[stage].body.clone() {
            let instruction = &self.subject.document().instructions()[index];
            let text = instruction.arguments_text(self.subject.document().text());
            if !matches!(instruction.keyword, Keyword::Cmd | Keyword::Label) && self.lacks.hinders(text) {
                return Err(NotSlim::NeedsManuals { line: instruction.first_line }.into_why());
            }
            match instruction.keyword {
                Keyword::Run => {
                    if let Some(run) = self.stages().run(stage, index) {
                        self.step(run)?;
                    }
                }
                Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck if self.is_said_again(stage, index) => {}
                Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck => {
                    let mut programs = Programs::new(self, (stage, self.stages().all()[stage].body.end), IN_CONTAINERS);
                    programs.started(instruction)?;
                }
                Keyword::Copy | Keyword::Add => self.copied(index, instruction)?,
                Keyword::Onbuild => return Err(NotSlim::RunsUnseen { line: instruction.first_line }.into_why()),
                _ => {}
            }
        }
        self.services(stage)
    }

    /// What compose files start.
    fn services(&mut self, stage: usize) -> Result<(), Why> {
        let (from, end) = (self.stages().all()[stage].from, self.stages().all()[stage].body.end);
        let line = self.subject.document().instructions()[from].first_line;
        for service in self.subject.services(stage) {
            let mut programs = Programs::new(self, (stage, end), IN_CONTAINERS);
            programs.line = line;
            let unseen = |_| Why::NotSplit(NotSplit::ServiceStartsMore { file: service.file.clone() });
            service.texts().try_for_each(|text| programs.text(text)).map_err(unseen)?;
        }
        Ok(())
    }

    /// Whether a later instruction of the stage says the same anew: of each kind, the last one counts.
    fn is_said_again(&self, stage: usize, index: usize) -> bool {
        let instructions = self.subject.document().instructions();
        let later = &instructions[index + 1..self.stages().all()[stage].body.end];
        later.iter().any(|found| found.keyword == instructions[index].keyword)
    }

    fn step(&mut self, run: StageRun<'_>) -> Result<(), Why> {
        let line = run.instruction().first_line;
        let mut programs = Programs::new(self, (run.stage(), run.index()), run.index());
        programs.line = line;
        match run.script() {
            Ok(script) => {
                script.all_commands().into_iter().try_for_each(|command| programs.command(command, script.text()))
            }
            Err(_) => programs.started(run.instruction()),
        }
    }

    /// Files of another image may be programs that need libraries.
    fn copied(&mut self, index: usize, instruction: &Instruction) -> Result<(), Why> {
        let Some(name) = instruction.flag("from").and_then(|flag| flag.value()) else { return Ok(()) };
        if !matches!(self.lacks, Lacks::BuildTools { .. }) {
            return Ok(());
        }
        let all = self.stages().all();
        let stage_of = |at: usize| all.iter().position(|stage| stage.body.contains(&at));
        let source = name.parse::<usize>().ok().filter(|at| *at < all.len());
        let source =
            source.or_else(|| all.iter().rposition(|stage| stage.name.as_deref() == Some(&name.to_ascii_lowercase())));
        let root = |mut stage: usize| {
            while let Base::Stage(base) = all[stage].base {
                stage = base;
            }
            all[stage].base.image()
        };
        let is_same = match (source.map(root), stage_of(index).map(root)) {
            (Some(Some(source)), Some(Some(own))) => source.is_of_same_kind(own),
            (None, _) => {
                ["ghcr.io/astral-sh/uv", "node", "busybox"].iter().any(|known| name.starts_with(known))
                    && !name.contains('$')
            }
            _ => false,
        };
        let text = instruction.arguments_text(self.subject.document().text());
        let is_data = [".jar", "/dist", "/static", "/public", "/build/", ".json", "requirements.txt"]
            .iter()
            .any(|sign| text.contains(sign));
        match is_same || is_data && source.is_some() {
            true => Ok(()),
            false => Err(NotSlim::CarriesPrograms { line: instruction.first_line }.into_why()),
        }
    }

    /// The programs that sources of the project start when they run.
    fn sources(&mut self, stage: usize) -> Result<(), Why> {
        let Some(context) = self.context else {
            return if self.copies(|_| true) { Err(self.unknown()) } else { Ok(()) };
        };
        let from = &self.subject.document().instructions()[self.stages().all()[stage].from];
        let evidence = Evidence::of(context);
        let brings = |file: &str, source: &str| match source.contains(['[', '$']) {
            true => true,
            false if source.contains(['*', '?']) => context.matching(source).contains(&file),
            false => {
                let source = source.trim_start_matches("./").trim_matches('/');
                let inside = file.strip_prefix(source).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                inside || matches!(source, "" | ".")
            }
        };
        for (tool, file) in &evidence.tools {
            let is_script = [".sh", ".bash"].iter().any(|end| file.ends_with(end)) || !file.contains('.');
            if !is_script && self.copies(|source| brings(file, source)) {
                self.need(tool.program, from.first_line, IN_CONTAINERS)?;
            }
        }
        let image = self.stages().all()[stage].base.image();
        let has_none = image.is_some_and(|image| ["node", "ruby", "perl"].contains(&image.familiar_name()));
        if evidence.python.as_ref().is_some_and(|file| has_none && self.copies(|source| brings(file, source))) {
            self.need_package("python3", IN_CONTAINERS);
        }
        Ok(())
    }

    /// Whether anything in the file copies such a source from the context.
    fn copies(&self, brings: impl Fn(&str) -> bool) -> bool {
        let placements = self.stages().placements();
        let mut all = (0..self.subject.document().instructions().len()).filter_map(|index| placements.at(index));
        all.any(|placed| placed.from_context && placed.sources.iter().any(|source| brings(source)))
    }

    /// Notes that a program is needed; an error where it is none that can be installed.
    pub(super) fn need(&mut self, program: &str, line: usize, index: usize) -> Result<(), Why> {
        match self.lacks.program(program) {
            None => Ok(()),
            Some(Lacking::Package("adduser")) if !self.may_lack_adduser() => Ok(()),
            Some(Lacking::Package(package)) => {
                self.need_package(package, index);
                Ok(())
            }
            Some(Lacking::BuildTool) if self.has_installed(package_of_tool(program), index) => Ok(()),
            Some(Lacking::BuildTool) => Err(NotSlim::NeedsBuildTool { line, tool: program.to_owned() }.into_why()),
        }
    }

    fn may_lack_adduser(&self) -> bool {
        let image = self.stages.first().and_then(|stage| self.stages().all()[*stage].base.image());
        image.is_some_and(ImageRef::slim_may_lack_adduser)
    }

    pub(super) fn need_package(&mut self, package: &'static str, index: usize) {
        if !self.has_installed(&[package], index) && !self.found.contains(&(package, index)) {
            self.found.push((package, index));
        }
    }

    fn has_installed(&self, packages: &[&str], index: usize) -> bool {
        self.installed.iter().any(|(name, at)| *at <= index && packages.contains(&name.as_str()))
    }

    /// What fetches over TLS needs the certificates of authorities, which the package only recommends.
    fn certificates(&mut self) {
        if self.lacks != (Lacks::BuildTools { certificates: true }) {
            return;
        }
        let fetchers = ["curl", "wget", "git"];
        let first = self.found.iter().filter(|(package, _)| fetchers.contains(package)).map(|(_, index)| *index).min();
        let own = self
            .installed
            .iter()
            .filter(|(name, _)| fetchers.contains(&name.as_str()))
            .map(|(_, index)| *index + 1)
            .min();
        if let Some(index) = first.into_iter().chain(own).min() {
            self.need_package("ca-certificates", index);
        }
    }
}

/// The packages that bring a tool, where a step installs them by name.
fn package_of_tool(program: &str) -> &'static [&'static str] {
    match program {
        "make" | "gmake" => &["make", "build-essential"],
        "gcc" | "cc" | "cpp" => &["gcc", "g++", "build-essential"],
        "g++" | "c++" => &["g++", "build-essential"],
        "cmake" => &["cmake"],
        "pkg-config" => &["pkg-config", "pkgconf"],
        "ld" | "ar" | "strip" | "nm" | "objcopy" | "objdump" | "readelf" | "strings" => {
            &["binutils", "gcc", "g++", "build-essential"]
        }
        "autoconf" | "autoreconf" => &["autoconf"],
        "mysql" => &["default-mysql-client", "mariadb-client", "mysql-client"],
        "fc-cache" | "fc-list" => &["fontconfig"],
        "pg_config" => &["libpq-dev"],
        "mvn" => &["maven"],
        "ant" => &["ant"],
        _ => &[],
    }
}

pub(super) trait IntoWhy {
    fn into_why(self) -> Why;
}

impl IntoWhy for NotSlim {
    fn into_why(self) -> Why {
        Why::NotSlim(self)
    }
}
