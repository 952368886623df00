//! Packages that only the build uses: what checks a project, what installs it, and pip, which every image of Python has.

use dopt_model::Context;
use dopt_model::commands::paths::base_name;

use super::super::started::words;

/// Programs that check a project, and leave nothing that it needs.
pub(super) const CHECKS: &[&str] = &[
    "pytest", "py.test", "tox", "nox", "flake8", "ruff", "mypy", "black", "isort", "pylint", "coverage", "bandit",
    "pycodestyle", "pydocstyle", "pyflakes", "unittest", "doctest", "pip-audit", "safety",
];

/// Packages that only checks need, and what they bring that nothing else is known to need.
const CHECK_PACKAGES: &[(&str, &[&str])] = &[
    ("pytest", &["iniconfig"]),
    ("pytest-cov", &["coverage"]),
    ("pytest-mock", &[]),
    ("pytest-xdist", &["execnet"]),
    ("pytest-asyncio", &[]),
    ("pytest-django", &[]),
    ("pytest-flask", &[]),
    ("pytest-timeout", &[]),
    ("pytest-randomly", &[]),
    ("pytest-sugar", &[]),
    ("pytest-env", &[]),
    ("coverage", &[]),
    ("tox", &[]),
    ("nox", &[]),
    ("flake8", &["pycodestyle", "pyflakes", "mccabe"]),
    ("flake8-bugbear", &[]),
    ("pycodestyle", &[]),
    ("pydocstyle", &[]),
    ("pyflakes", &[]),
    ("ruff", &[]),
    ("mypy", &[]),
    ("black", &[]),
    ("isort", &[]),
    ("pylint", &["astroid", "mccabe"]),
    ("bandit", &[]),
    ("hypothesis", &[]),
    ("pip-audit", &[]),
];

/// Packages that need some of them when they run.
const WANT_CHECKS: &[&str] = &[
    "gradio", "datamodel-code-generator", "openapi-python-client", "ariadne-codegen", "betterproto", "marimo",
    "schemathesis", "tavern", "robotframework", "pandera", "prospector", "python-lsp-server", "spyder", "locust",
    "codecov", "coveralls", "xsdata", "nbqa", "nbmake", "nbval", "jupyterlab-code-formatter", "pre-commit",
];

/// Packages that install a project, and all that they bring. What a lockfile lists of that stays.
const INSTALLERS: &[(&str, &[&str])] = &[
    ("uv", &[]),
    ("pipenv", &["virtualenv", "distlib", "filelock", "platformdirs"]),
    (
        "poetry",
        &[
            "poetry-core", "poetry-plugin-export", "cleo", "crashtest", "cachecontrol", "msgpack", "dulwich",
            "fastjsonschema", "build", "pyproject-hooks", "installer", "keyring", "jaraco-classes", "jaraco-context",
            "jaraco-functools", "more-itertools", "secretstorage", "jeepney", "pexpect", "ptyprocess", "pkginfo",
            "rapidfuzz", "requests-toolbelt", "tomlkit", "trove-classifiers", "virtualenv", "distlib", "filelock",
            "pbs-installer", "findpython", "shellingham",
        ],
    ),
];

/// What checks keep in the folder that they run in, for the next time.
pub(super) const KEPT: &[(&str, &str)] =
    &[("mypy", ".mypy_cache"), ("pytest", ".pytest_cache"), ("ruff", ".ruff_cache"), ("tox", ".tox"), ("nox", ".nox")];

/// Packages that only compiling an extension needs.
const COMPILERS: &[&str] = &["cython", "pybind11", "maturin", "setuptools-scm", "scikit-build", "build", "twine"];

/// Packages that the images of Python bring themselves.
const OWN: &[&str] = &["pip", "setuptools", "wheel"];

/// Words of sources that start programs, or load modules by their names.
const LOADERS: &[&str] = &["subprocess", "os.system", "Popen", "os.exec", "os.spawn", "import_module", "__import__"];

/// What containers start, and what their sources load.
pub(super) struct Running<'r> {
    /// The commands, and the scripts that they start.
    pub texts: &'r [String],
    /// The folder that is built.
    pub context: &'r Context,
}

impl Running<'_> {
    /// Whether they start a program.
    pub fn starts(&self, program: &str) -> bool {
        self.texts.iter().flat_map(|text| words(text)).any(|word| base_name(word) == program)
    }

    /// Whether they start nothing but a shell, in which somebody may want to start anything.
    fn is_shell(&self) -> bool {
        let shells = ["sh", "bash", "zsh", "ipython", "python", "python3"];
        let mut words = self.texts.iter().flat_map(|text| words(text)).map(base_name);
        words.next().is_none_or(|word| shells.contains(&word)) && words.next().is_none()
    }

    /// Whether they start a package's program, or a source that is no test loads its module.
    fn needs(&self, package: &str) -> bool {
        let module = package.replace('-', "_");
        let quoted = [format!("\"{module}\""), format!("'{module}'")];
        let imports = |line: &str| {
            let line = line.trim_start();
            let named = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
            let mut names = named.into_iter().flat_map(|names| names.split([' ', ',', '.', ';']));
            names.any(|name| name.eq_ignore_ascii_case(&module))
        };
        let loads = |text: &str| {
            text.lines().any(imports)
                || LOADERS.iter().any(|word| text.contains(word)) && quoted.iter().any(|word| text.contains(word))
        };
        let mut sources =
            self.context.texts().filter(|(path, _)| path.ends_with(".py") && base_name(path) != "setup.py");
        self.starts(package) || sources.any(|(_, text)| loads(text))
    }
}

/// What of the named packages only checks need, and what they bring; none where any of it may run in containers.
pub(super) fn of_checks(named: &[String], all: &[String], running: &Running<'_>) -> Vec<String> {
    let checks: Vec<_> = CHECK_PACKAGES.iter().filter(|(name, _)| named.iter().any(|found| found == name)).collect();
    let is_wanted = running.is_shell()
        || running.starts("pytest")
        || checks.iter().any(|(name, _)| running.needs(name))
        || all.iter().any(|name| WANT_CHECKS.contains(&name.as_str()));
    if is_wanted {
        return Vec::new();
    }
    let mut found: Vec<String> = checks.iter().map(|(name, _)| (*name).to_owned()).collect();
    for name in checks.iter().flat_map(|(_, brought)| brought.iter()) {
        if !all.iter().chain(&found).any(|known| known == name) {
            found.push((*name).to_owned());
        }
    }
    found
}

/// Packages that a lockfile lists for developing only; none where any of them may run in containers.
pub(super) fn of_developing(packages: &[String], running: &Running<'_>) -> Vec<String> {
    let is_wanted = running.is_shell() || packages.iter().any(|name| running.needs(name));
    if is_wanted { Vec::new() } else { packages.to_vec() }
}

/// What of the named packages only compiling needs; none where a source loads it.
pub(super) fn of_compilers(named: &[String], running: &Running<'_>) -> Vec<String> {
    let mut found = COMPILERS.iter().filter(|name| named.iter().any(|known| known == *name)).peekable();
    if running.is_shell() || found.peek().is_some() && (running.needs("cython") || running.needs("pyximport")) {
        return Vec::new();
    }
    found.filter(|name| !running.needs(name)).map(|name| (*name).to_owned()).collect()
}

/// What of the named packages installs a project, and what they bring that the lockfile does not list. None where
/// containers may start them.
pub(super) fn of_installers(named: &[String], locked: Option<&[String]>, running: &Running<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, brought) in INSTALLERS {
        if !named.iter().any(|known| known == name) || running.needs(name) || running.is_shell() {
            continue;
        }
        found.push((*name).to_owned());
        let is_alone = named.iter().all(|name| is_tool(name));
        let locked = locked.filter(|_| is_alone).into_iter();
        found.extend(locked.flat_map(|locked| {
            brought.iter().filter(|name| !locked.iter().any(|known| known == *name)).map(|name| (*name).to_owned())
        }));
    }
    found
}

/// Whether a package installs others, or checks them, or every image of Python has it.
pub(super) fn is_tool(name: &str) -> bool {
    OWN.contains(&name)
        || INSTALLERS.iter().any(|(known, _)| *known == name)
        || CHECK_PACKAGES.iter().any(|(known, _)| *known == name)
}
