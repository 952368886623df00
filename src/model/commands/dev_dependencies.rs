//! Dependencies that only developing needs: which commands install them, what leaves them out, and what needs them.

use super::{Invocation, Subcommand};

/// How a package manager installs what a project depends on.
#[derive(Debug)]
pub struct Installer {
    /// The program.
    pub program: &'static str,
    /// The subcommands that install all that a project depends on; the empty one where there need be none.
    subcommands: &'static [&'static str],
    value_options: &'static [&'static str],
    /// Whether packages may be named, which then are what is installed.
    takes_packages: bool,
    /// The option that leaves out what only developing needs.
    pub flag: &'static str,
    /// Starts of options that speak of the same, or that install something else.
    spoken_of_by: &'static [&'static str],
    /// Options of the one version of the program that is known to take the flag; none where all do.
    proven_by: &'static [&'static str],
    /// Variables that leave it out already.
    variables: &'static [&'static str],
    /// Whether its images start something although the file does not say so.
    pub starts_by_itself: bool,
}

const INSTALLER: Installer = Installer {
    program: "",
    subcommands: &["install"],
    value_options: &[],
    takes_packages: true,
    flag: "",
    spoken_of_by: &[],
    proven_by: &[],
    variables: &[],
    starts_by_itself: false,
};

/// The installers.
pub const INSTALLERS: &[Installer] = &[
    Installer {
        program: "npm",
        subcommands: &["ci", "install", "i", "clean-install"],
        value_options: super::npm::VALUE_OPTIONS,
        flag: "--omit=dev",
        spoken_of_by: &[
            "--omit", "--only", "--production", "--include", "--also", "--dev", "-g", "--global", "--no-production",
        ],
        variables: &[
            "NODE_ENV", "npm_config_omit", "npm_config_production", "NPM_CONFIG_PRODUCTION", "npm_config_only",
        ],
        ..INSTALLER
    },
    Installer {
        program: "yarn",
        subcommands: &["", "install"],
        value_options: &["--cwd", "--network-timeout", "--registry", "--modules-folder"],
        flag: "--production",
        spoken_of_by: &["--prod", "--immutable", "--mode"],
        proven_by: &[
            "--pure-lockfile", "--non-interactive", "--network-timeout", "--ignore-optional", "--ignore-engines",
        ],
        variables: &["NODE_ENV", "YARN_PRODUCTION"],
        ..INSTALLER
    },
    Installer {
        program: "pnpm",
        subcommands: &["install", "i"],
        value_options: &["-C", "--dir", "--filter", "-F"],
        flag: "--prod",
        spoken_of_by: &["--prod", "-P", "--dev", "-D", "-g", "--global"],
        variables: &["NODE_ENV"],
        ..INSTALLER
    },
    Installer {
        program: "composer",
        value_options: &["-d", "--working-dir"],
        flag: "--no-dev",
        spoken_of_by: &["--no-dev", "--dev"],
        variables: &["COMPOSER_NO_DEV"],
        starts_by_itself: true,
        ..INSTALLER
    },
    Installer {
        program: "uv",
        subcommands: &["sync", "export"],
        value_options: &["--directory", "--project", "--extra", "--group", "--python", "-p"],
        takes_packages: false,
        flag: "--no-dev",
        spoken_of_by: &[
            "--no-dev", "--dev", "--only-dev", "--group", "--all-groups", "--no-default-groups", "--no-group",
        ],
        variables: &["UV_NO_DEV", "UV_NO_DEFAULT_GROUPS"],
        ..INSTALLER
    },
    // What `--no-dev` meant before 1.2. `--without dev` fails where there is no such group.
    Installer {
        program: "poetry",
        subcommands: &["install", "sync"],
        value_options: &["-C", "--directory", "-P", "--project", "-E", "--extras"],
        takes_packages: false,
        flag: "--only main",
        spoken_of_by: &[
            "--only", "--with", "--without", "--no-dev", "--dev", "--default", "--all-groups", "--only-root",
        ],
        variables: &["POETRY_NO_DEV"],
        ..INSTALLER
    },
    Installer {
        program: "pdm",
        subcommands: &["install", "sync"],
        value_options: &["-p", "--project", "-G", "--group"],
        takes_packages: false,
        flag: "--prod",
        spoken_of_by: &["--prod", "--production", "-d", "--dev", "-G", "--group", "--no-default"],
        ..INSTALLER
    },
];

/// Programs that projects depend on for developing: compilers, bundlers, test runners, and what reloads on changes.
const DEV_TOOLS: &[&str] = &[
    "grunt", "gulp", "webpack", "tsc", "ng", "vite", "next", "nuxt", "nuxi", "rollup", "babel", "jest", "mocha",
    "eslint", "bower", "ember", "parcel", "sass", "node-sass", "lerna", "nx", "turbo", "esbuild", "vue-cli-service",
    "react-scripts", "ts-node", "tsx", "nodemon", "ts-node-dev", "tap", "ava", "karma", "gatsby", "astro", "remix",
    "svelte-kit", "prisma", "sequelize", "knex", "phpunit", "phpstan", "pytest", "tox", "nox", "mypy", "ruff",
    "flake8", "black", "coverage",
];

/// The installer that a command runs for the whole project, and behind which word the flag stands. `None` also where
/// the command already says what becomes of development dependencies.
pub fn whole_install(invocation: &Invocation<'_>) -> Option<(&'static Installer, usize)> {
    let program = invocation.program();
    let installer = INSTALLERS.iter().find(|installer| installer.program == program)?;
    let at = match invocation.subcommand(installer.value_options) {
        Subcommand::Missing if installer.subcommands.contains(&"") => invocation.program_at,
        Subcommand::Named(at, name) if installer.subcommands.contains(&name.as_ref()) => at,
        _ => return None,
    };
    let words: Vec<_> =
        invocation.arguments().iter().map(|word| word.literal(invocation.text)).collect::<Option<_>>()?;
    let says = |starts: &[&str]| {
        words.iter().any(|word| {
            starts
                .iter()
                .any(|start| word.split('=').next() == Some(start) || (start.len() > 2 && word.starts_with(start)))
        })
    };
    let names_packages = installer.takes_packages
        && at > invocation.program_at
        && invocation.operands(at + 1, installer.value_options).next().is_some();
    let proven = installer.proven_by.is_empty() || says(installer.proven_by);
    let asks = says(&["--help", "--version", "--dry-run"]);
    (!names_packages && !asks && proven && !says(installer.spoken_of_by)).then_some((installer, at))
}

impl Installer {
    /// Whether the file sets a variable that says what becomes of them.
    pub fn is_set_up(&self, file: &str) -> bool {
        self.variables.iter().any(|name| file.contains(name))
    }
}

/// Whether a command needs what only developing needs, or installs it.
pub fn needs_them(invocation: &Invocation<'_>) -> bool {
    if runs_with_them(invocation) {
        return true;
    }
    let is_tool = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        DEV_TOOLS.contains(&name)
    };
    let words = invocation.arguments().iter().filter_map(|word| word.literal(invocation.text));
    is_tool(invocation.program()) || words.into_iter().any(|word| word.split('/').any(is_tool))
}

/// `uv run` brings the environment up to date first, with all groups that are not left out in its own words.
fn runs_with_them(invocation: &Invocation<'_>) -> bool {
    let leaves_out = ["--no-dev", "--no-sync", "--no-default-groups", "--no-project", "--script"];
    invocation.program() == "uv"
        && matches!(invocation.subcommand(&["--directory", "--project"]), Subcommand::Named(_, name) if name == "run")
        && !leaves_out.iter().any(|option| invocation.has_argument(option))
}
