//! Packages that only one step needs are installed in that step, and gone again at its end.

use dopt_model::{Base, Context, ContextFact, ImageRef, ShellScript, StageRun, User};
use dopt_rewrite::{
    Edit, Effect, Fix, NotSplit, Proposal, Refusal, Reword, Safety, Subject, Why, append_command, remove_commands,
    remove_instruction,
};
use dopt_syntax::dockerfile::{Instruction, Keyword};
use dopt_syntax::shell::{AndOrOperator, SeparatorKind};

use super::installed::{Installation, installations, is_marked, takes_packages_out};
use super::tools::{BRING, Tool, is_imported, stays};
use super::uses::{Reader, Seen};
use crate::merge_runs;

const CAVEAT: &str = "What only one step was seen to need is gone from the image; whoever starts it in a container, or by a \
                      program that does not say so, finds it no longer.";

/// Programs of every Debian that start no others but those that they are handed.
const BASIC: &[&str] = &[
    "cat", "echo", "ls", "tail", "head", "sleep", "grep", "sed", "awk", "date", "env", "id", "true", "printf", "wc",
    "sort", "test", "find", "stat", "md5sum", "sha256sum", "cut", "tr", "cd", "exec", "exit",
];

/// Programs that packages bring under another name than their own.
const BROUGHT: &[(&str, &str)] = &[
    ("poppler-utils", "pdf"),
    ("ghostscript", "gs"),
    ("nginx", "nginx"),
    ("apache2", "apache"),
    ("redis-server", "redis"),
    ("imagemagick", "convert"),
    ("imagemagick", "identify"),
    ("ffmpeg", "ff"),
    ("tesseract-ocr", "tesseract"),
    ("php-cli", "php"),
    ("nodejs", "node"),
    ("jre", "java"),
    ("jdk", "java"),
    ("busybox", "busybox"),
    ("postgresql-client", "psql"),
    ("openssh-server", "sshd"),
    ("python3", "python"),
    ("libimage-exiftool-perl", "exiftool"),
    ("webp", "cwebp"),
    ("lighttpd", "lighttpd"),
];

/// The packages that one step alone needs.
struct Needed<'s> {
    step: StageRun<'s>,
    packages: Vec<(usize, usize)>,
}

pub(super) fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let Some(stage) = subject.stages.all().len().checked_sub(1) else { return Vec::new() };
    let Base::Image(image) = &subject.stages.all()[stage].base else { return Vec::new() };
    let runs: Vec<StageRun<'_>> = subject.stages.runs_of(stage).collect();
    let installations: Vec<Installation<'_>> = runs.iter().flat_map(|run| installations(*run)).collect();
    let is_tool = |package: &(usize, String, String)| Tool::of(&package.2).is_some();
    let Some(first) = installations.iter().find(|found| found.packages.iter().any(is_tool)) else { return Vec::new() };
    if !super::has_no_compiler(runs[0]) || subject.is_suppressed(first.run.index()) || takes_packages_out(&runs) {
        return Vec::new();
    }
    let at = first.script.in_file(first.command.range);
    let empty = Context::default();
    let context = match &subject.facts.context {
        ContextFact::NotAsked => &empty,
        ContextFact::Unknown if takes_from_context(subject, stage) => return Vec::new(),
        ContextFact::Unknown => &empty,
        ContextFact::Known(context) => context,
    };
    let plan = Plan {
        image: ImageRef::parse(image),
        reader: Reader { subject, context, stage },
        runs: &runs,
        installations: &installations,
    };
    if !starts_something(subject, stage) {
        return Vec::new();
    }
    if subject.facts.context == ContextFact::NotAsked {
        let asks = || Refusal::new(at, Why::NotSplit(NotSplit::ContextNotRead));
        return plan.may_be_used().then(|| Err(asks())).into_iter().collect();
    }
    match plan.fix() {
        Ok(found) => found.map(Ok).into_iter().collect(),
        Err(why) => vec![Err(Refusal::new(at, why))],
    }
}

struct Plan<'p> {
    image: ImageRef<'p>,
    reader: Reader<'p>,
    runs: &'p [StageRun<'p>],
    installations: &'p [Installation<'p>],
}

impl<'p> Plan<'p> {
    /// Whether a step uses a tool, as far as its own words tell, so that it is worth to look into the folder.
    fn may_be_used(&self) -> bool {
        let steps: Vec<Seen> = self.runs.iter().map(|run| self.reader.step(*run)).collect();
        self.installations.iter().any(|installation| {
            let is_used = |(_, _, name): &(usize, String, String)| {
                let programs = Tool::of(name).map_or(&[][..], |tool| tool.programs);
                let is_behind = |at: &usize| self.runs[*at].index() >= installation.run.index();
                self.uses(name, installation, &steps).is_some()
                    || !programs.is_empty() && (0..steps.len()).filter(is_behind).any(|at| steps[at].may_run(programs))
            };
            installation.packages.iter().any(is_used)
        })
    }

    fn fix(&self) -> Result<Option<Fix>, Why> {
        let steps: Vec<Seen> = self.runs.iter().map(|run| self.reader.step(*run)).collect();
        let containers = self.reader.containers();
        let mut refused = None;
        let mut needed: Vec<Needed<'p>> = Vec::new();
        let mut joined: Option<(usize, usize)> = None;
        for (at, installation) in self.installations.iter().enumerate() {
            for (word, (_, _, name)) in installation.packages.iter().enumerate() {
                let Some(uses) = self.uses(name, installation, &steps) else { continue };
                if let Err(why) = self.is_for_steps_alone(name, &containers) {
                    refused = refused.or(Some(why));
                    continue;
                }
                let (first, last) = (uses[0], uses[uses.len() - 1]);
                // What nobody has seen may need it, too.
                let programs = self.tool(name).map_or(&[][..], |tool| tool.programs);
                let hides =
                    |at: &usize| steps[*at].may_run(programs) && self.runs[*at].index() > installation.run.index();
                let hidden = (0..self.runs.len()).filter(hides).find(|at| *at < first || *at > last);
                if let Some(hidden) = hidden {
                    refused = refused.or(Some(Why::LaterStepUnseen { line: self.line(hidden) }));
                    continue;
                }
                if first != last {
                    joined = joined.or(Some((first, last)));
                    continue;
                }
                match needed.iter_mut().find(|found| found.step.index() == self.runs[first].index()) {
                    Some(found) => found.packages.push((at, word)),
                    None => needed.push(Needed { step: self.runs[first], packages: vec![(at, word)] }),
                }
            }
        }
        if let Some((first, last)) = joined {
            return self.join(first, last).map(Some);
        }
        for needed in needed {
            match self.purge(&needed) {
                Ok(None) => {}
                other => return other,
            }
        }
        refused.map_or(Ok(None), Err)
    }

    /// The tool that a package brings.
    fn tool(&self, package: &str) -> Option<&'static Tool> {
        Tool::of_image(package, self.image)
    }

    fn line(&self, at: usize) -> usize {
        self.runs[at].instruction().first_line
    }

    /// The steps behind an installation that are seen to need a package; `None` where there are none, and where it is
    /// taken out already.
    fn uses(&self, name: &str, installation: &Installation<'_>, steps: &[Seen]) -> Option<Vec<usize>> {
        let is_behind = |at: &usize| self.runs[*at].index() >= installation.run.index();
        let uses: Vec<usize> = match self.tool(name) {
            Some(tool) => (0..steps.len()).filter(is_behind).filter(|at| steps[*at].runs(tool.programs)).collect(),
            None => {
                let imports = |at: &usize| {
                    steps[*at].runs(&["python3", "python"])
                        && steps[*at].texts.iter().any(|text| is_imported(name, text))
                };
                (0..steps.len()).filter(is_behind).filter(imports).collect()
            }
        };
        let is_python = self.tool(name).is_some_and(|tool| tool.programs.contains(&"python3"));
        if is_python && !self.libraries_are_for(&uses, steps) {
            return None;
        }
        // A compiler in its own step is taken out by itself.
        let is_own_step = uses == [self.runs.iter().position(|run| run.index() == installation.run.index())?];
        let is_compiler = self.tool(name).is_some_and(Tool::compiles);
        (!uses.is_empty() && !(is_own_step && is_compiler)).then_some(uses)
    }

    /// Whether all libraries for Python that are installed are loaded by these steps: the others keep it.
    fn libraries_are_for(&self, uses: &[usize], steps: &[Seen]) -> bool {
        let packages = self.installations.iter().flat_map(|found| &found.packages).map(|(_, _, name)| name.as_str());
        let mut libraries = packages.filter(|name| name.starts_with("python3-") && Tool::of(name).is_none());
        let is_loaded = |name: &str| uses.iter().any(|at| steps[*at].texts.iter().any(|text| is_imported(name, text)));
        libraries.all(is_loaded)
    }

    /// Whether no container needs a package.
    fn is_for_steps_alone(&self, name: &str, containers: &Seen) -> Result<(), Why> {
        let (subject, stage) = (self.reader.subject, self.reader.stage);
        let body = subject.stages.all()[stage].body.clone();
        let instructions = &subject.document().instructions()[body];
        let starts = |found: &&Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
        let Some(start) = instructions.iter().rfind(starts) else { return Err(Why::NoStartCommand) };
        let unseen = Why::LaterStepUnseen { line: start.first_line };
        let tool = self.tool(name);
        let programs: &[&str] = tool.map_or(&["python3", "python"], |tool| tool.programs);
        if containers.runs(programs) {
            return Err(Why::LaterStepWorksFromIt { line: start.first_line });
        }
        let is_hidden = match tool {
            // What containers start has no reason to compile.
            Some(tool) if tool.compiles() => containers.is_shell,
            Some(tool) if tool.installs() => containers.is_unseen,
            _ => containers.is_unseen || !containers.started.iter().all(|program| self.is_known(program)),
        };
        if is_hidden || self.takes_interpreter(name, containers) {
            return Err(unseen);
        }
        // What pip and npm install for everybody is run by their languages.
        let interprets = tool.is_none_or(Tool::interprets);
        let installs_programs = || {
            let text = |run: &StageRun<'_>| run.instruction().range.of(subject.document().text());
            let signs = ["pip install", "pip3 install", "npm install -g", "npm i -g", "--global", "pipx"];
            self.runs.iter().any(|run| signs.iter().any(|sign| text(run).contains(sign)))
        };
        if interprets && installs_programs() {
            return Err(unseen);
        }
        let sources = self.reader.context.texts().filter(|(path, _)| !is_for_people(path));
        let mut others = sources.filter(|(path, _)| !is_recipe(path));
        match tool.is_some_and(|tool| others.any(|(_, text)| tool.is_named_in(text) && !tool.compiles())) {
            true => Err(unseen),
            false => Ok(()),
        }
    }

    /// Whether containers run an interpreter that no other package is there for by its name.
    fn takes_interpreter(&self, name: &str, containers: &Seen) -> bool {
        let named = |part: &str| {
            let mut packages = self.installations.iter().flat_map(|found| &found.packages).map(|(_, _, name)| name);
            packages.any(|other| match part {
                "j" => other.contains("-jre") || other.contains("-jdk"),
                part => other.starts_with(part) && other != "python3-sphinx",
            })
        };
        BRING
            .iter()
            .any(|(program, packages, part)| packages.contains(&name) && containers.runs(&[program]) && !named(part))
    }

    /// Whether a program that containers start is one of the distribution, or one that steps are seen to compile.
    fn is_known(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut packages =
            self.installations.iter().flat_map(|found| &found.packages).map(|(_, _, name)| name.as_str());
        let brings = |package: &str| {
            let is_brought = |(part, program): &(&str, &str)| package.contains(part) && name.starts_with(program);
            package == name || BROUGHT.iter().any(is_brought)
        };
        let is_local = path.contains('/')
            && !["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].iter().any(|folder| path.starts_with(folder));
        BASIC.contains(&name) || packages.any(|package| brings(package) && !is_local) || is_local
    }

    /// Steps in a row that need the same packages become one.
    fn join(&self, first: usize, last: usize) -> Result<Fix, Why> {
        let runs = &self.runs[first..=last];
        let refuse = || Why::LaterStepWorksFromIt { line: self.line(last) };
        if runs.windows(2).any(|pair| pair[0].index() + 1 != pair[1].index()) {
            return Err(refuse());
        }
        let mut fix = merge_runs::join_all(self.reader.subject, runs).map_err(|_| refuse())?;
        fix.title = format!("join {} RUNs: what they need can be taken out behind them", runs.len()).into();
        fix.safety = Safety::Unsafe { caveat: CAVEAT };
        Ok(fix)
    }

    fn purge(&self, needed: &Needed<'p>) -> Result<Option<Fix>, Why> {
        let (subject, step) = (self.reader.subject, needed.step);
        let script = step.script().map_err(|error| Why::NotUnderstood(error.why))?;
        let names: Vec<&str> =
            needed.packages.iter().map(|(at, word)| self.installations[*at].packages[*word].2.as_str()).collect();
        if is_marked(&script, &names) {
            return Ok(None);
        }
        if matches!(step.state().user(), User::Other(_) | User::Unknown) {
            return Err(Why::NotRoot);
        }
        let mut parts = Parts { edits: Vec::new(), effects: Vec::new() };
        let mut moved: Vec<&str> = Vec::new();
        let mut start: Option<&str> = None;
        for (at, installation) in self.installations.iter().enumerate() {
            let words: Vec<usize> =
                needed.packages.iter().filter(|(found, _)| *found == at).map(|(_, word)| *word).collect();
            if words.is_empty() {
                continue;
            }
            let is_here = installation.run.index() == step.index();
            if !is_here {
                if !installation.run.instruction().flags.is_empty()
                    || start.is_some_and(|known| known != installation.start)
                {
                    return Ok(None);
                }
                start = Some(&installation.start);
                moved.extend(words.iter().map(|word| installation.packages[*word].1.as_str()));
            }
            if !self.take_out(installation, &words, is_here, &mut parts) {
                return Ok(None);
            }
        }
        if !moved.is_empty() {
            let Some(place) = start_of(&script).filter(|_| step.instruction().flags.is_empty()) else {
                return Err(Why::NoPlaceAtEnd);
            };
            let install = format!("{} {}", start.unwrap_or_default(), moved.join(" "));
            let line = subject.style(step.instruction()).chain_break(&[]);
            parts.edits.push(Edit::insert(place, format!("apt-get update{line}{install}{line}")));
            parts.add(step, "apt-get update");
            parts.add(step, &install);
        }
        let mark = format!("apt-mark auto {}", names.join(" "));
        // Python suggests binutils, and node suggests npm.
        let remove = "apt-get autoremove -y --purge -o APT::AutoRemove::SuggestsImportant=false";
        parts.edits.push(append_command(subject, step, &script, &format!("{mark} && {remove}"))?);
        parts.add(step, &mark);
        parts.add(step, remove);
        parts.edits.sort_by_key(|edit| edit.range);
        Ok(Some(Fix {
            title: format!("have {} in the step that needs it alone", names.join(", ")).into(),
            at: script.in_file(script.commands()[0].range),
            safety: Safety::Unsafe { caveat: CAVEAT },
            effects: parts.effects,
            edits: parts.edits,
        }))
    }

    /// Takes packages out of an installation, but for what has to stay of them.
    fn take_out(&self, installation: &Installation<'_>, words: &[usize], is_here: bool, parts: &mut Parts) -> bool {
        let Installation { run, script, command, packages, .. } = installation;
        let mut kept: Vec<String> = Vec::new();
        let named =
            |name: &str| self.installations.iter().any(|found| found.packages.iter().any(|package| package.2 == name));
        for word in words {
            let more = stays(&packages[*word].2, self.image, self.reader.context);
            kept.extend(more.into_iter().filter(|name| !named(name)));
        }
        if is_here {
            if !kept.is_empty() {
                let (edits, effect) =
                    Reword::of(command).insert(command.words.len() - 1, kept.join(" ")).finish(*run, script);
                parts.edits.extend(edits);
                parts.effects.push(effect);
            }
            return true;
        }
        if words.len() == packages.len() && kept.is_empty() {
            return self.drop_installation(installation, parts);
        }
        let mut reword = Reword::of(command);
        for (at, word) in words.iter().enumerate() {
            let place = packages[*word].0;
            reword = match at == 0 && !kept.is_empty() {
                true => reword.replace(place, kept.join(" ")),
                false => reword.remove(place),
            };
        }
        let (edits, effect) = reword.finish(*run, script);
        parts.edits.extend(edits);
        parts.effects.push(effect);
        true
    }

    fn drop_installation(&self, installation: &Installation<'_>, parts: &mut Parts) -> bool {
        let Installation { run, script, command, .. } = installation;
        let only_installs = script.commands().iter().all(|other| {
            let written = other.range.of(script.text());
            std::ptr::eq(*other, *command)
                || written == "apt-get update"
                || written == "apt-get clean"
                || written.starts_with("rm -rf /var/lib/apt/lists")
        });
        let deletes_lists = script.text().contains("rm -rf /var/lib/apt/lists");
        if only_installs && deletes_lists {
            let Some(edit) = remove_instruction(self.reader.subject, *run) else { return false };
            parts.edits.push(edit);
            parts.effects.push(Effect::DropsInstruction { instruction: run.index() });
            return true;
        }
        let removed = remove_commands(self.reader.subject.document(), *run, script, &[*command]);
        let Some(edits) = removed else { return false };
        parts.edits.extend(edits);
        let command = command.written(script.text());
        parts.effects.push(Effect::DropsCommand { instruction: run.index(), command });
        true
    }
}

struct Parts {
    edits: Vec<Edit>,
    effects: Vec<Effect>,
}

impl Parts {
    fn add(&mut self, step: StageRun<'_>, command: &str) {
        self.effects.push(Effect::AddsCommand { instruction: step.index(), command: command.to_owned() });
    }
}

fn starts_something(subject: &Subject<'_>, stage: usize) -> bool {
    let instructions = &subject.document().instructions()[subject.stages.all()[stage].body.clone()];
    instructions.iter().any(|found| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint))
}

fn takes_from_context(subject: &Subject<'_>, stage: usize) -> bool {
    let instructions = &subject.document().instructions()[subject.stages.all()[stage].body.clone()];
    instructions
        .iter()
        .any(|found| matches!(found.keyword, Keyword::Copy | Keyword::Add) && found.flag("from").is_none())
}

/// Where a script starts that is one chain, which stops where something fails.
fn start_of(script: &ShellScript<'_>) -> Option<usize> {
    let [item] = &script.script().list.items[..] else { return None };
    let is_chain =
        item.and_or.rest.iter().all(|link| link.operator == AndOrOperator::And) && !item.and_or.first.negated;
    let waits = item.separator.is_none_or(|found| found.kind != SeparatorKind::Background);
    (is_chain && waits && !script.is_heredoc()).then(|| script.start_in_file(item.and_or.range().start()))
}

fn is_for_people(path: &str) -> bool {
    [".md", ".rst", ".txt"].iter().any(|end| path.ends_with(end)) || path.starts_with("docs/")
}

/// Whether a file tells how to build.
fn is_recipe(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.contains("akefile")
        || ["CMakeLists.txt", "setup.py", "go.mod", "package.json"].contains(&name)
        || name.ends_with("lock.json")
}
