//! What a project of Node.js says about who needs what it lists for developing: its scripts, and its sources.

use dopt_model::commands::Invocation;
use dopt_model::commands::paths::base_name;
use dopt_model::{ComposerProject, Context, ContextFact, NodePackage, Origin, Service, StageRun, Value};
use dopt_rewrite::{NotSplit, Subject, Why};
use dopt_syntax::dockerfile::{Form, Keyword};

use crate::split_stages::{developing, started};

/// Scripts that an installation runs.
const HOOKS: &[&str] = &["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];

/// Words in front of a program that starts it.
const STARTERS: &[&str] = &["exec", "cross-env", "env", "dumb-init", "tini", "--", "docker-entrypoint.sh"];

/// The project that a step installs.
pub(super) struct Project<'p> {
    subject: &'p Subject<'p>,
    run: StageRun<'p>,
    context: &'p Context,
    packages: Vec<NodePackage>,
}

/// Whether the scripts that an installation by Composer runs, or the program outside of production, need what is listed
/// for developing.
pub(super) fn composer_needs_them(
    subject: &Subject<'_>,
    run: StageRun<'_>,
    call: &Invocation<'_>,
) -> Result<bool, Why> {
    let context = match &subject.facts.context {
        ContextFact::Known(context) => context,
        ContextFact::NotAsked => return Err(Why::NotSplit(NotSplit::ContextNotRead)),
        ContextFact::Unknown => return Ok(false),
    };
    let manifest = format!("{}/composer.json", run.state().workdir().unwrap_or_default().trim_end_matches('/'));
    let Origin::Context(file) = Origin::of(subject.stages, (run.stage(), run.index()), context, &manifest) else {
        return Ok(false);
    };
    let folder = file.trim_end_matches("composer.json");
    let is_set = |name: &str, value: &str| matches!(run.state().variable(name), Value::Known(found) if found == value);
    let in_production = is_set("APP_ENV", "prod") || is_set("SYMFONY_ENV", "prod");
    let runs_scripts = !call.has_argument("--no-scripts");
    let project = ComposerProject::of_folder(context, folder);
    Ok(project.is_some_and(|project| project.needs_dev(in_production, runs_scripts)))
}

impl<'p> Project<'p> {
    /// The project in the folder of a step; `None` where nobody knows any.
    pub fn of(subject: &'p Subject<'p>, run: StageRun<'p>) -> Result<Option<Project<'p>>, Why> {
        let context = match &subject.facts.context {
            ContextFact::Known(context) => context,
            ContextFact::NotAsked => return Err(Why::NotSplit(NotSplit::ContextNotRead)),
            ContextFact::Unknown => return Ok(None),
        };
        let manifest = format!("{}/package.json", run.state().workdir().unwrap_or_default().trim_end_matches('/'));
        let packages = match Origin::of(subject.stages, (run.stage(), run.index()), context, &manifest) {
            Origin::Context(manifest) => context.node_packages(manifest.trim_end_matches("package.json")),
            _ => None,
        };
        Ok(packages.map(|packages| Project { subject, run, context, packages }))
    }

    /// Whether a source loads one of these packages, or a script that the installation runs needs one.
    pub fn needs_them(&self, ignores_scripts: bool) -> bool {
        let hooks = self.packages.iter().flat_map(|package| HOOKS.iter().filter_map(|name| package.script(name)));
        let hooks: Vec<String> = hooks.filter(|_| !ignores_scripts).map(str::to_owned).collect();
        let is_hook_plain = || match started::texts(self.subject, &hooks, self.context, &self.packages) {
            Ok(texts) => !developing::are_named(&self.packages, &texts),
            Err(_) => false,
        };
        developing::are_loaded(self.context, &self.packages) || !hooks.is_empty() && !is_hook_plain()
    }

    /// Whether what containers start, by the instruction on this line, is a script that shows that it needs none of them.
    pub fn starts_plainly(&self, line: usize) -> bool {
        let stages = self.subject.stages;
        let document = self.subject.document();
        let stage = &stages.all()[self.run.stage()];
        let body = &document.instructions()[stage.body.clone()];
        let is_start = |keyword| matches!(keyword, Keyword::Cmd | Keyword::Entrypoint);
        let starts = body.iter().any(|found| found.first_line == line && is_start(found.keyword));
        let is_here = stages.state(self.run.stage(), stage.body.end).workdir() == self.run.state().workdir();
        if !starts || !is_here || !stages.children(self.run.stage()).is_empty() {
            return false;
        }
        let last = |keyword| body.iter().rfind(|found| found.keyword == keyword);
        let commands =
            [Keyword::Entrypoint, Keyword::Cmd].into_iter().filter_map(last).map(|found| match &found.form {
                Form::Exec(words) => words.join(" "),
                Form::Shell => found.arguments_text(document.text()).to_owned(),
            });
        let commands: Vec<String> = commands.collect();
        let Ok(texts) = started::texts(self.subject, &commands, self.context, &self.packages) else { return false };
        texts.iter().all(|text| self.is_plain(text)) && !developing::are_named(&self.packages, &texts)
    }

    /// The compose file of a service that may start what only developing needs.
    pub fn developing_service(&self) -> Option<&'p Service> {
        let is_plain = |service: &&Service| {
            let commands: Vec<String> = service.texts().map(str::to_owned).collect();
            let texts = started::texts(self.subject, &commands, self.context, &self.packages);
            texts.is_ok_and(|texts| !developing::are_named(&self.packages, &texts))
        };
        self.subject.services(self.run.stage()).find(|service| !is_plain(service))
    }

    /// Whether a text starts Node.js, or a script of `package.json`, and nothing else.
    fn is_plain(&self, text: &str) -> bool {
        !text.contains([';', '|', '$', '`', '(', '<', '>'])
            && text.split("&&").flat_map(|part| part.split('&')).all(|part| {
                let is_in_front = |word: &&str| STARTERS.contains(&base_name(word)) || word.contains('=');
                let mut words = part.split_whitespace().skip_while(is_in_front);
                match words.next() {
                    Some("node") => true,
                    Some("npm" | "yarn") => {
                        let mut rest = words.filter(|word| !word.starts_with('-') && *word != "run");
                        let name = rest.next().unwrap_or("install");
                        name == "start" || self.packages.iter().any(|package| package.script(name).is_some())
                    }
                    _ => false,
                }
            })
    }
}
