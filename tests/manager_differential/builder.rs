//! Builds a Dockerfile as a builder would, below a folder that stands for `/`, with stubs for the package managers.
//!
//! In: stages, working folders, variables, users by name, copies, cache mounts, and what the container starts. Not in:
//! layers, networks, permissions other than whom a cache belongs to, instructions that run nothing.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dopt_syntax::Document;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use regex::{Captures, Regex};

use crate::files::{copy, is_cache, list, path_of};
use crate::log::Call;
use crate::templates::{IMAGES, Image, PROGRAMS, Program, SYSTEM_PROGRAMS};

const STUBS: &[(&str, &str)] = &[("stub.sh", include_str!("stub.sh")), ("languages.sh", include_str!("languages.sh"))];

/// BusyBox runs its own `rm` whatever `PATH` says.
const OWN_RM: &str = "rm() { \"$STUBS/rm\" \"$@\"; }\n";

/// What a build has called and leaves.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub succeeded: bool,
    pub calls: Vec<Call>,
    /// The files of every stage: stage, path and content; without caches.
    pub files: Vec<String>,
    /// The files of caches that some layer keeps.
    pub kept: BTreeSet<String>,
}

/// What the cache mounts hold when a step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mounts {
    /// Nothing: the steps before it come from the build cache of another machine.
    Empty,
    /// What earlier steps and builds have left.
    Kept,
}

/// The folders that builds take place in, one after the other.
pub(crate) struct Builder {
    folder: tempfile::TempDir,
    absolute: Regex,
}

/// What is in force in a stage.
#[derive(Clone)]
struct State {
    stage: usize,
    program: Program,
    shell: Vec<String>,
    variables: Vec<(String, String)>,
    user: String,
    workdir: String,
    start: Vec<String>,
}

impl Builder {
    /// Makes the folders, in memory where the system can.
    pub(crate) fn new() -> Builder {
        let mut folder = tempfile::Builder::new();
        folder.prefix("dopt-managers-");
        let folder = folder.tempdir_in("/dev/shm").or_else(|_| folder.tempdir()).unwrap();
        let stubs = folder.path().join("stubs");
        fs::create_dir(&stubs).unwrap();
        for (name, text) in STUBS {
            fs::write(stubs.join(name), text).unwrap();
        }
        fs::set_permissions(stubs.join("stub.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        for name in PROGRAMS.iter().chain(SYSTEM_PROGRAMS) {
            std::os::unix::fs::symlink("stub.sh", stubs.join(name)).unwrap();
        }
        let folders = "var|root|usr/local|opt|etc|tmp|go|srv|home";
        let absolute = Regex::new(&format!(r#"(^|[\s='"(:,;&|>])/({folders})\b"#)).unwrap();
        Builder { folder, absolute }
    }

    /// Builds in empty stages.
    pub(crate) fn build(&self, text: &str, mounts: Mounts) -> Outcome {
        let _ = fs::remove_file(self.log());
        let document = Document::parse(text);
        let mut build =
            Build { builder: self, text, mounts, names: HashMap::new(), states: Vec::new(), kept: BTreeSet::new() };
        let succeeded = document.instructions().iter().all(|instruction| build.step(instruction)) && build.start();
        let mut files = Vec::new();
        for stage in 0..build.states.len() {
            list(&self.stage(stage), &mut files, &format!("{stage}"));
            fs::remove_dir_all(self.stage(stage)).unwrap();
        }
        files.retain(|file| !is_cache(path_of(file)));
        let kept = build.kept;
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        Outcome { succeeded, calls: log.lines().map(|line| self.read_call(line)).collect(), files, kept }
    }

    fn read_call(&self, line: &str) -> Call {
        let mut line = line.to_owned();
        for stage in 0..2 {
            line = line.replace(self.stage(stage).to_str().unwrap(), "");
        }
        Call::read(&line)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn stage(&self, stage: usize) -> PathBuf {
        self.folder.path().join(format!("stage{stage}"))
    }

    /// Where an absolute path of the image lies.
    fn place(&self, stage: usize, path: &str) -> PathBuf {
        self.stage(stage).join(path.trim_start_matches('/'))
    }

    /// A text with the absolute paths in it below the folder of a stage.
    fn below(&self, stage: usize, text: &str) -> String {
        let root = self.stage(stage);
        let root = root.to_str().unwrap();
        let replaced = |found: &Captures<'_>| format!("{}{root}/{}", &found[1], &found[2]);
        // Twice, for one blank can stand behind one path and in front of the next.
        self.absolute.replace_all(&self.absolute.replace_all(text, replaced), replaced).into_owned()
    }

    /// Makes what the image has.
    fn fill(&self, stage: usize, image: &Image) {
        let make = |path: &str| {
            let path = self.place(stage, path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        let compilers: &[&str] = if image.has_compilers { &["gcc"] } else { &[] };
        for name in PROGRAMS.iter().chain(compilers) {
            make(&format!("usr/local/bin/{name}"));
        }
        for path in ["root/.profile", "home/node/.profile", "srv/x.apk", "tmp/x", "lib/apk/world", "var/cache/empty"] {
            make(path);
        }
        if image.program == Program::Dash {
            make("etc/apt/apt.conf.d/docker-clean");
        }
        if image.name == "fedora:41" {
            make("etc/dnf5");
        }
    }
}

/// One build.
struct Build<'b> {
    builder: &'b Builder,
    text: &'b str,
    mounts: Mounts,
    names: HashMap<String, usize>,
    states: Vec<State>,
    kept: BTreeSet<String>,
}

impl Build<'_> {
    /// Says whether the instruction succeeds.
    fn step(&mut self, instruction: &Instruction) -> bool {
        let arguments = instruction.arguments_text(self.text).to_owned();
        if instruction.keyword == Keyword::From {
            self.from(&arguments);
            return true;
        }
        let Some(state) = self.states.last_mut() else { return true };
        match (instruction.keyword, &instruction.form) {
            (Keyword::Run, _) => return self.run(instruction, &arguments),
            (Keyword::Copy, _) => return self.copy(instruction, &arguments),
            (Keyword::Env, _) => {
                let (name, value) = arguments.split_once('=').expect("only NAME=value is generated");
                state.variables.push((name.to_owned(), value.to_owned()));
            }
            (Keyword::User, _) => state.user = arguments,
            (Keyword::Workdir, _) => {
                fs::create_dir_all(self.builder.place(state.stage, &arguments)).unwrap();
                state.workdir = arguments;
            }
            (Keyword::Shell, Form::Exec(words)) => {
                state.shell = words.clone();
                if words[0].ends_with("bash") {
                    state.program = Program::Bash;
                }
            }
            (Keyword::Cmd | Keyword::Entrypoint, Form::Exec(words)) => state.start = words.clone(),
            _ => {}
        }
        true
    }

    fn from(&mut self, arguments: &str) {
        let words: Vec<&str> = arguments.split(' ').collect();
        let stage = self.states.len();
        let base = self.names.get(words[0]).copied();
        let state = match base {
            Some(base) => {
                copy(&self.builder.stage(base), &self.builder.stage(stage));
                State { stage, ..self.states[base].clone() }
            }
            None => {
                let image = IMAGES.iter().find(|image| image.name == words[0]).expect("only these are generated");
                self.builder.fill(stage, image);
                state_of(image, stage)
            }
        };
        self.states.push(state);
        if let Some(name) = words.get(2) {
            self.names.insert((*name).to_owned(), stage);
        }
    }

    fn copy(&self, instruction: &Instruction, arguments: &str) -> bool {
        let state = self.states.last().unwrap();
        let (source, target) = arguments.split_once(' ').unwrap();
        let from = instruction.flag("from").and_then(|flag| flag.value());
        if let Some(from) = from {
            let source = self.builder.place(self.names[from], source);
            copy(&source, &self.builder.place(state.stage, target));
            return source.exists();
        }
        let folder = if target == "./" { state.workdir.as_str() } else { target };
        let folder = self.builder.place(state.stage, folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(source.replace('.', "_")), "").unwrap();
        true
    }

    fn run(&mut self, instruction: &Instruction, arguments: &str) -> bool {
        let stage = self.states.len() - 1;
        let succeeded = self.run_with_mounts(instruction, arguments);
        let mut files = Vec::new();
        list(&self.builder.stage(stage), &mut files, &format!("{stage}"));
        self.kept.extend(files.into_iter().filter(|file| is_cache(path_of(file))));
        succeeded
    }

    fn run_with_mounts(&self, instruction: &Instruction, arguments: &str) -> bool {
        let state = self.states.last().unwrap();
        let targets: Vec<&str> = instruction.flags.iter().filter_map(|flag| cache_target(&flag.text)).collect();
        if self.mounts == Mounts::Empty {
            let _ = fs::remove_dir_all(self.builder.folder.path().join("mounts"));
        }
        // BuildKit takes away the folders again that it made to mount on.
        let made: Vec<&&str> =
            targets.iter().filter(|target| !self.builder.place(state.stage, target).exists()).collect();
        for target in &targets {
            self.swap(state.stage, target);
        }
        let script = match (instruction.heredocs.first(), &instruction.form) {
            (Some(heredoc), _) => heredoc.body.of(self.text).to_owned(),
            (None, Form::Shell) => arguments.to_owned(),
            (None, Form::Exec(words)) => words.join(" "),
        };
        let succeeded = self.execute(&script, &targets);
        for target in &targets {
            self.swap(state.stage, target);
        }
        for target in made {
            let _ = fs::remove_dir(self.builder.place(state.stage, target));
        }
        succeeded
    }

    /// Runs what the container starts.
    fn start(&self) -> bool {
        let state = self.states.last().unwrap();
        state.start.is_empty() || self.execute(&state.start.join(" "), &[])
    }

    /// Puts what a mount holds in the place of what lies there, and the other way round.
    fn swap(&self, stage: usize, target: &str) {
        let place = self.builder.place(stage, target);
        let kept = self.builder.folder.path().join("mounts").join(target.replace('/', "_"));
        let aside = self.builder.folder.path().join("aside");
        fs::create_dir_all(&place).unwrap();
        fs::create_dir_all(&kept).unwrap();
        fs::rename(&place, &aside).unwrap();
        fs::rename(&kept, &place).unwrap();
        fs::rename(&aside, &kept).unwrap();
    }

    fn execute(&self, script: &str, mounts: &[&str]) -> bool {
        let state = self.states.last().unwrap();
        let root = self.builder.stage(state.stage);
        let stubs = self.builder.folder.path().join("stubs");
        let mounts: Vec<String> = mounts.iter().map(|path| format!("{}{path}", root.display())).collect();
        let home = if state.user == "node" { "home/node" } else { "root" };
        let mut script = self.builder.below(state.stage, script);
        if state.program == Program::Busybox {
            script.insert_str(0, OWN_RM);
        }
        let mut command = Command::new(find(state.program).expect("only shells that are there are asked for"));
        let name = state.shell[0].rsplit('/').next().unwrap();
        command.arg0(name).args(&state.shell[1..]).arg(script);
        command.env_clear().env("PATH", format!("{}:/usr/bin:/bin", stubs.display())).env("LC_ALL", "C");
        command.env("HOME", root.join(home)).env("ROOT", &root).env("LOG", self.builder.log()).env("STUBS", &stubs);
        command.env("MOUNTS", mounts.join(" ")).env("WHO", &state.user);
        command.envs(state.variables.iter().map(|(name, value)| (name, self.builder.below(state.stage, value))));
        command.current_dir(self.builder.place(state.stage, &state.workdir));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap().success()
    }
}

fn state_of(image: &Image, stage: usize) -> State {
    let composer = ("COMPOSER_HOME".to_owned(), "/tmp".to_owned());
    let variables = if image.name == "composer:2" { vec![composer] } else { Vec::new() };
    State {
        stage,
        program: image.program,
        shell: vec!["/bin/sh".to_owned(), "-c".to_owned()],
        variables,
        user: "root".to_owned(),
        workdir: "/".to_owned(),
        start: Vec::new(),
    }
}

/// The folder of a cache mount.
fn cache_target(flag: &str) -> Option<&str> {
    let options = flag.strip_prefix("--mount=type=cache,")?;
    options.split(',').find_map(|option| option.strip_prefix("target="))
}

/// The file of a shell, if it is installed.
pub(crate) fn find(program: Program) -> Option<PathBuf> {
    let name = match program {
        Program::Dash => "dash",
        Program::Bash => "bash",
        Program::Busybox => "busybox",
    };
    ["/usr/local/bin", "/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists())
}
