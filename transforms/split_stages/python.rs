//! Python: what pip, poetry, uv and pipenv install, carried into the slim image of the same version.

use dopt_model::commands::paths::resolve;
use dopt_model::commands::pip::VALUE_OPTIONS;
use dopt_model::needs_compiler::pip_is_plain;
use dopt_model::{Context, Family, ImageRef, Origin, PythonProject, Requirements, User, Value};
use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase};

use super::leavings::{Call, Leavings};
use super::stack::{Plan, Scene, Stack};
use super::{carry, started};

pub(super) const STACK: Stack = Stack {
    triggers: &["pip install", "pip3 install", "poetry install", "uv sync", "uv pip", "pipenv install", "pipenv sync"],
    plan,
};

const CAVEAT: &str = "A package that was compiled against a library that only the build image has, or that starts one of its \
                      programs in a way that its sources do not show, does not find it any longer.";

/// Packages that the images of Python bring for the interpreter itself, and certificates.
const BROUGHT: &[&str] = &[
    "libssl-dev", "libffi-dev", "zlib1g-dev", "libsqlite3-dev", "libbz2-dev", "libreadline-dev", "liblzma-dev",
    "libexpat1-dev", "uuid-dev", "libncurses-dev", "libncurses5-dev", "libncursesw5-dev", "libgdbm-dev", "libdb-dev",
    "libc6-dev", "libc-dev", "linux-libc-dev", "ca-certificates",
];

/// Programs that check a project, and leave nothing that it needs.
const CHECKS: &[&str] =
    &["pytest", "tox", "nox", "flake8", "ruff", "mypy", "black", "isort", "pylint", "coverage", "bandit"];

/// Packages that only checks need.
const CHECK_PACKAGES: &[&str] = &[
    "pytest", "pytest-cov", "pytest-mock", "pytest-xdist", "pytest-asyncio", "pytest-django", "pytest-flask",
    "coverage", "tox", "nox", "flake8", "ruff", "mypy", "black", "isort", "pylint", "bandit", "hypothesis",
];

/// Packages that need something of Debian when they run, by the package with its headers, or by its own name.
const NEEDS: &[(&str, &[&str])] = &[
    ("psycopg2", &["libpq-dev"]),
    ("psycopg", &["libpq-dev"]),
    ("psycopg-c", &["libpq-dev"]),
    ("mysqlclient", &["libmariadb-dev"]),
    ("python-magic", &["libmagic-dev"]),
    ("gitpython", &["git"]),
    ("wandb", &["git"]),
    ("mlflow", &["git"]),
    ("dvc", &["git"]),
    ("pre-commit", &["git"]),
    ("wand", &["imagemagick"]),
    ("python-gnupg", &["gnupg"]),
    ("opencv-python", &["libglib2.0-dev"]),
    ("opencv-contrib-python", &["libglib2.0-dev"]),
    ("pycurl", &["libcurl4-openssl-dev"]),
    ("python-ldap", &["libldap2-dev", "libsasl2-dev"]),
    ("cairosvg", &["libcairo2"]),
    ("cairocffi", &["libcairo2"]),
    ("pycairo", &["libcairo2"]),
    ("rdkit", &["libxrender1", "libxext6"]),
    ("uwsgi", &["libxml2-dev", "libyaml-dev"]),
    ("gssapi", &["libkrb5-dev"]),
    ("requests-gssapi", &["libkrb5-dev"]),
    ("requests-kerberos", &["libkrb5-dev"]),
    ("kerberos", &["libkrb5-dev"]),
    ("pykerberos", &["libkrb5-dev"]),
    ("krb5", &["libkrb5-dev"]),
];

/// Packages whose needs are not known, or whose files lie where nobody looks.
const UNKNOWN: &[&str] = &[
    "pygobject", "gdal", "pyqt5", "pyqt6", "pyside2", "pyside6", "playwright", "dbus-python", "weasyprint", "nodeenv",
    "tkinter", "pyaudio", "dlib", "face-recognition", "pillow-simd", "maxminddb-c", "pysqlcipher3", "pylibmc",
];

/// Packages that put files beside those of Python.
const BESIDE: &[&str] = &[
    "jupyter", "jupyterlab", "notebook", "ipykernel", "nbconvert", "jupyterhub", "mkl", "tbb", "intel-openmp",
    "mkl-fft", "scikit-learn-intelex", "daal4py", "voila", "ipywidgets", "numba-scipy",
];

/// What the steps install.
#[derive(Default)]
struct Found {
    names: Vec<String>,
    /// Packages that only checks need.
    checks: Vec<String>,
    /// Whether anything was installed beside the interpreter, and not into an environment.
    is_global: bool,
    has_data: bool,
    compiles: bool,
    /// Virtual environments.
    environments: Vec<String>,
    /// Whether all that was installed was named to pip.
    only_pip: bool,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let image = scene.image;
    if image.familiar_name() != "python" || image.family() != Family::Debian || image.digest.is_some() {
        return Err(scene.refuse(NotSplit::BaseUnknown));
    }
    let Some(context) = scene.context()? else { return Err(scene.refuse(NotSplit::ContextNotRead)) };
    let mut found = Found { only_pip: true, ..Found::default() };
    let leavings = Leavings::of(scene, &mut |call| found.read(scene, context, call))?;
    let slim = image.slim_variant();
    found.names.sort();
    found.names.dedup();
    if !leavings.has_builders && !is_worth_it(&found, slim.is_some()) {
        return Err(scene.refuse(NotSplit::NothingLeftBehind));
    }
    if let Some(name) = found.names.iter().find(|name| UNKNOWN.contains(&name.as_str())) {
        return Err(scene.refuse(NotSplit::PackageUnknown { name: name.clone() }));
    }
    let commands = started::commands(scene);
    let is_slim_wanted = scene.wanted() != SplitBase::Same;
    let is_smaller = slim.is_some() && is_slim_wanted;
    let tools = started::needed_packages(scene.subject, &commands, context).map_err(|why| scene.refuse(why))?;
    let mut leavings = leavings;
    let mut more: Vec<&str> = if is_smaller { tools } else { Vec::new() };
    if is_smaller {
        for (_, needs) in NEEDS.iter().filter(|(name, _)| found.names.iter().any(|found| found == name)) {
            for need in *needs {
                match need.ends_with("-dev") {
                    true => leavings.headers.push(((*need).to_owned(), scene.line())),
                    false => more.push(need),
                }
            }
        }
    }
    let stages = scene.subject.stages;
    let end = stages.state(scene.stage, stages.all()[scene.stage].body.end);
    if !carry::has_user(&end.user(), &leavings, &[]) {
        return Err(scene.refuse(NotSplit::UserUnknown));
    }
    let paths = carry::paths(scene, &leavings)?;
    let packages = carry::packages(&leavings, image, &more, BROUGHT).map_err(|why| scene.refuse(why))?;
    let mut installed = carry::installation(&packages, leavings.is_spare || leavings.kept.is_empty());
    installed.extend(carry::ownership(scene, &leavings, &paths)?);
    let mut carried = installed_files(&found, image);
    carried.extend(carry::carried(paths).into_iter().filter(|path| !path.from.starts_with("/usr/local/bin/")));
    found.checks.retain(|name| !found.names.contains(name));
    let prepared = match &found.checks[..] {
        [] => Vec::new(),
        checks => vec![format!("RUN pip uninstall -y {}", checks.join(" "))],
    };
    let base = match slim {
        Some(slim) if is_slim_wanted => format!("{}:{}", image.name, slim.tag),
        _ => written(image),
    };
    Ok(Plan { last: leavings.last, base, prepared, installed, carried, finished: Vec::new(), caveat: CAVEAT })
}

/// Whether there is more to leave behind than a slim image without a split would.
fn is_worth_it(found: &Found, is_whole: bool) -> bool {
    let is_plain = found.names.iter().all(|name| pip_is_plain(name)) && !found.compiles;
    is_whole && !(found.only_pip && is_plain && found.checks.is_empty())
}

fn written(image: ImageRef<'_>) -> String {
    match image.tag {
        Some(tag) => format!("{}:{tag}", image.name),
        None => image.name.to_owned(),
    }
}

/// Where Python's packages and their programs lie.
fn installed_files(found: &Found, image: ImageRef<'_>) -> Vec<Carried> {
    let is_beside = found.has_data || found.names.iter().any(|name| BESIDE.contains(&name.as_str()));
    match image.newest_version() {
        _ if !found.is_global => Vec::new(),
        Some((major, minor)) if minor != u32::MAX && !is_beside => {
            let packages = format!("/usr/local/lib/python{major}.{minor}/site-packages");
            vec![Carried::at(packages), Carried::at("/usr/local/bin")]
        }
        _ => vec![Carried::at("/usr/local")],
    }
}

impl Found {
    /// Which folders a command fills; `None` where it is not one of Python's.
    fn read(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let line = call.run.instruction().first_line;
        let unseen = NotSplit::WritesOutsideWorkdir { line };
        let program = call.invocation.program();
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        let is_python = program.starts_with("python");
        let (program, words) = match &words[..] {
            ["-m", module, rest @ ..] if is_python => (*module, rest),
            all => (program, all),
        };
        let folder = || Ok(Some(vec![call.folder.clone()]));
        match (program, words) {
            ("pip" | "pip3", ["install", ..]) => self.read_pip(scene, context, call).map(Some),
            ("pip" | "pip3", ["uninstall" | "cache" | "check" | "list" | "show" | "--version", ..]) => {
                Ok(Some(Vec::new()))
            }
            ("venv" | "virtualenv", [.., path]) if !path.starts_with('-') => {
                let path = resolve(&call.folder, path);
                self.environments.push(path.clone());
                Ok(Some(vec![path]))
            }
            ("compileall", _) => Ok(Some(Vec::new())),
            ("unittest", _) => Ok(Some(Vec::new())),
            (program, _) if CHECKS.contains(&program) => Ok(Some(Vec::new())),
            ("poetry", ["config", name, value]) => match (*name, *value) {
                ("virtualenvs.create", "false") => {
                    self.is_global = true;
                    Ok(Some(Vec::new()))
                }
                ("virtualenvs.in-project", "true") => Ok(Some(Vec::new())),
                _ => Err(unseen),
            },
            ("poetry", ["install" | "sync", ..]) => {
                let state = call.run.state();
                let says = |name: &str| matches!(state.variable(name), Value::Known(value) if ["0", "false", "False"].contains(&value.as_str()));
                let is_beside_sources = matches!(state.variable("POETRY_VIRTUALENVS_IN_PROJECT"), Value::Known(value) if ["1", "true"].contains(&value.as_str()));
                let text = scene.subject.document().text();
                if !says("POETRY_VIRTUALENVS_CREATE")
                    && !text.contains("virtualenvs.create false")
                    && !is_beside_sources
                    && !text.contains("virtualenvs.in-project true")
                {
                    return Err(unseen);
                }
                self.only_pip = false;
                self.is_global |= says("POETRY_VIRTUALENVS_CREATE");
                self.add_lock(scene, context, call, "poetry.lock")?;
                folder()
            }
            ("pipenv", ["install" | "sync", rest @ ..]) if rest.contains(&"--system") => {
                self.only_pip = false;
                self.is_global = true;
                self.add_lock(scene, context, call, "Pipfile.lock")?;
                folder()
            }
            ("uv", ["pip", "install", rest @ ..]) => {
                let is_system =
                    rest.contains(&"--system") || call.run.state().variable("UV_SYSTEM_PYTHON") != Value::Unset;
                if !is_system {
                    return Err(unseen);
                }
                self.read_pip(scene, context, call).map(Some)
            }
            ("uv", ["sync", ..]) => {
                // Another interpreter than that of the image would lie in a folder of its own.
                if context.has(".python-version") {
                    return Err(NotSplit::WritesOutsideWorkdir { line });
                }
                self.only_pip = false;
                self.add_lock(scene, context, call, "uv.lock")?;
                folder()
            }
            ("manage.py", ["collectstatic" | "compilemessages", ..]) => {
                self.collected(context).then(folder).unwrap_or(Err(unseen))
            }
            (_, ["manage.py" | "./manage.py", "collectstatic" | "compilemessages", ..]) if is_python => {
                self.collected(context).then(folder).unwrap_or(Err(unseen))
            }
            (_, ["--version" | "-V"]) if is_python => Ok(Some(Vec::new())),
            _ => Ok(None),
        }
    }

    /// Whether Django's settings name no folder for static files outside the project.
    fn collected(&self, context: &Context) -> bool {
        let is_outside = |line: &str| line.contains("STATIC_ROOT") && (line.contains("'/") || line.contains("\"/"));
        !context.texts().any(|(_, text)| text.lines().any(is_outside))
    }

    fn read_pip(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Result<Vec<String>, NotSplit> {
        let line = call.run.instruction().first_line;
        let unseen = || NotSplit::WritesOutsideWorkdir { line };
        let elsewhere = [
            "--user", "--target", "-t", "--prefix", "--root", "--python", "--install-option", "--global-option",
            "--src",
        ];
        if call.run.state().user() != User::Root
            || call.words.iter().any(|word| elsewhere.contains(&word.split('=').next().unwrap_or(word)))
        {
            return Err(unseen());
        }
        let unknown = || NotSplit::RequirementsUnknown { line };
        let mut here = Requirements::default();
        let mut words = call.words.iter().skip_while(|word| *word != "install").skip(1);
        while let Some(word) = words.next() {
            let (option, value) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let mut value = || value.clone().or_else(|| words.next().cloned()).ok_or_else(unknown);
            match option {
                "-r" | "--requirement" => {
                    let path = resolve(&call.folder, &value()?);
                    let Origin::Context(file) = origin(scene, context, call, &path) else { return Err(unknown()) };
                    let read = Requirements::of_file(context, &file).ok_or_else(unknown)?;
                    here.names.extend(read.names);
                    here.local.extend(read.local);
                }
                "-e" | "--editable" => here.local.push((value()?, true)),
                option if option.starts_with('-') && VALUE_OPTIONS.contains(&option) => drop(value()?),
                option if option.starts_with('-') => {}
                _ => here.add(word).ok_or_else(unknown)?,
            }
        }
        for (path, _) in &here.local {
            let folder = resolve(&call.folder, path.split('[').next().unwrap_or(path));
            let manifests = ["pyproject.toml", "setup.py", "setup.cfg"].into_iter();
            let file =
                manifests.map(|name| origin(scene, context, call, &format!("{}/{name}", folder.trim_end_matches('/'))));
            let file =
                file.into_iter().find_map(|found| if let Origin::Context(file) = found { Some(file) } else { None });
            let file = file.ok_or_else(unknown)?;
            let within = file.rfind('/').map_or("", |at| &file[..=at]);
            let project = PythonProject::of_folder(context, within).ok_or_else(unknown)?;
            self.has_data |= project.has_data_files;
            self.compiles |= project.compiles;
            self.names.extend(project.names);
        }
        let only_checks =
            here.local.is_empty() && here.names.iter().all(|name| CHECK_PACKAGES.contains(&name.as_str()));
        if only_checks && !here.names.is_empty() {
            self.checks.extend(here.names);
        } else {
            self.names.extend(here.names);
        }
        let path = match call.run.state().variable("PATH") {
            Value::Known(path) | Value::Default(path) => path,
            _ => String::new(),
        };
        let program = call.invocation.path.as_ref();
        let is_inside =
            |folder: &String| program.starts_with(&format!("{folder}/")) || path.starts_with(&format!("{folder}/bin"));
        self.is_global |= !self.environments.iter().any(is_inside);
        Ok(Vec::new())
    }

    fn add_lock(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>, name: &str) -> Result<(), NotSplit> {
        let line = call.run.instruction().first_line;
        let found = origin(scene, context, call, &resolve(&call.folder, name));
        let Origin::Context(file) = found else { return Err(NotSplit::RequirementsUnknown { line }) };
        let names = context.locked_python(&file).ok_or(NotSplit::RequirementsUnknown { line })?;
        self.names.extend(names);
        Ok(())
    }
}

fn origin(scene: &Scene<'_>, context: &Context, call: &Call<'_>, path: &str) -> Origin {
    Origin::of(scene.subject.stages, (scene.stage, call.run.index()), context, path)
}
