//! What installs Python packages, beside pip itself.

use super::{CACHE, Cache, Remedy};

/// The cache's files are hard links of those in the environment: what the flag saves is metadata and builds.
pub(super) const UV: Cache = Cache {
    name: "uv",
    programs: &["uv"],
    filled_by: &["sync", "add", "pip install", "pip sync", "tool install"],
    value_options: &[
        "--directory", "--project", "--config-file", "-p", "--python", "--cache-dir", "--index-url", "--default-index",
    ],
    remedy: Remedy::Flag("--no-cache"),
    signs_of_care: &[
        "--no-cache", " -n ", "--cache-dir", "UV_NO_CACHE", "UV_CACHE_DIR", "uv cache", ".cache", "no-cache",
    ],
    folders: &["~/.cache/uv"],
    mounts: &["~/.cache/uv"],
    missed_by: &["--offline", "UV_OFFLINE"],
    ..CACHE
};

pub(super) const PIPX: Cache = Cache {
    name: "pipx",
    programs: &["pipx"],
    filled_by: &["install", "inject", "upgrade"],
    value_options: &["--python", "--suffix", "--index-url", "-i"],
    remedy: Remedy::Flag("--pip-args=--no-cache-dir"),
    signs_of_care: &["--pip-args", "PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "UV_NO_CACHE", ".cache"],
    folders: &["~/.cache/pip"],
    mounts: &["~/.cache/pip"],
    missed_by: &["--no-index"],
    ..CACHE
};

/// Beside the caches lie the virtual environments, in `~/.cache/pypoetry/virtualenvs`.
pub(super) const POETRY: Cache = Cache {
    name: "poetry",
    programs: &["poetry"],
    filled_by: &["install", "add", "update", "sync"],
    value_options: &["-C", "--directory", "-P", "--project"],
    remedy: Remedy::Delete(&["~/.cache/pypoetry/cache", "~/.cache/pypoetry/artifacts", "~/.cache/virtualenv"]),
    signs_of_care: &[
        "pypoetry", "POETRY_CACHE_DIR", "POETRY_HOME/cache", "cache-dir", ".cache", "--no-cache", "XDG_CACHE",
    ],
    folders: &["~/.cache/pypoetry"],
    mounts: &["~/.cache/pypoetry/artifacts", "~/.cache/pypoetry/cache"],
    missed_by: &["--offline"],
    ..CACHE
};

pub(super) const PIPENV: Cache = Cache {
    name: "pipenv",
    programs: &["pipenv"],
    filled_by: &["install", "sync", "update", "upgrade"],
    value_options: &["--python", "--pypi-mirror", "-i", "--index"],
    remedy: Remedy::Delete(&["~/.cache/pip", "~/.cache/pipenv", "~/.cache/virtualenv"]),
    signs_of_care: &["pipenv --clear", "PIPENV_CACHE_DIR", ".cache", "PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE"],
    folders: &["~/.cache/pipenv", "~/.cache/pip"],
    mounts: &["~/.cache/pip", "~/.cache/pipenv"],
    missed_by: &["--offline"],
    ..CACHE
};

pub(super) const PDM: Cache = Cache {
    name: "pdm",
    programs: &["pdm"],
    filled_by: &["install", "sync", "add", "update"],
    value_options: &["-p", "--project", "-c", "--config"],
    remedy: Remedy::Command("cache clear"),
    // With `install.cache` the packages in the environment are links into the cache.
    signs_of_care: &[
        "pdm cache", "install.cache", "INSTALL_CACHE", "PDM_CACHE_DIR", "cache_dir", ".cache", "XDG_CACHE",
    ],
    folders: &["~/.cache/pdm"],
    mounts: &["~/.cache/pdm"],
    missed_by: &["--offline"],
    ..CACHE
};

pub(super) const CONDA: Cache = Cache {
    name: "conda",
    programs: &["conda", "mamba", "micromamba"],
    filled_by: &["install", "create", "update", "upgrade", "env create", "env update"],
    value_options: &["-n", "--name", "-c", "--channel", "-p", "--prefix", "-f", "--file"],
    remedy: Remedy::Command("clean -ay"),
    signs_of_care: &["conda clean", "mamba clean", "/pkgs", "CONDA_PKGS_DIRS", "always_softlink", "allow_softlinks"],
    folders: &["/opt/conda/pkgs", "~/miniconda3/pkgs"],
    mounts: &["/opt/conda/pkgs"],
    mount_images: &[
        "continuumio/miniconda3", "continuumio/anaconda3", "condaforge/miniforge3", "condaforge/mambaforge",
    ],
    missed_by: &["--offline", "/pkgs"],
    ..CACHE
};
