//! Packages of pip that need something of Debian when they run, and those of which that is not known.

use dopt_model::{ImageRef, runtime_packages_in};

/// Packages with headers of libraries that the interpreter needs itself.
pub(super) const BROUGHT: &[&str] = &[
    "libssl-dev", "libffi-dev", "zlib1g-dev", "libsqlite3-dev", "libbz2-dev", "libreadline-dev", "liblzma-dev",
    "libexpat1-dev", "uuid-dev", "libncurses-dev", "libncurses5-dev", "libncursesw5-dev", "libgdbm-dev", "libdb-dev",
    "libc6-dev", "libc-dev", "linux-libc-dev", "musl-dev",
];

/// Packages that need something of Debian when they run, by the package with its headers, or by its own name.
pub(super) const NEEDS: &[(&str, &[&str])] = &[
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
    ("copier", &["git"]),
    ("cookiecutter", &["git"]),
    ("commitizen", &["git"]),
    ("ansible", &["git"]),
    ("ansible-core", &["git"]),
    ("wand", &["imagemagick"]),
    ("python-gnupg", &["gnupg"]),
    ("opencv-python", &["libglib2.0-dev"]),
    ("opencv-contrib-python", &["libglib2.0-dev"]),
    ("pycurl", &["libcurl4-openssl-dev"]),
    ("python-ldap", &["libldap2-dev", "libsasl2-dev"]),
    ("cairosvg", &["libcairo2"]),
    ("cairocffi", &["libcairo2"]),
    ("pycairo", &["libcairo2"]),
    ("lightgbm", &["libgomp1"]),
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
pub(super) const UNKNOWN: &[&str] = &[
    "pygobject", "gdal", "pyqt5", "pyqt6", "pyside2", "pyside6", "playwright", "dbus-python", "weasyprint", "nodeenv",
    "tkinter", "pyaudio", "dlib", "face-recognition", "pillow-simd", "maxminddb-c", "pysqlcipher3", "pylibmc",
];

/// Packages that put files beside those of Python.
pub(super) const BESIDE: &[&str] = &[
    "jupyter", "jupyterlab", "notebook", "ipykernel", "nbconvert", "jupyterhub", "mkl", "tbb", "intel-openmp",
    "mkl-fft", "scikit-learn-intelex", "daal4py", "voila", "ipywidgets", "numba-scipy",
];

/// Packages that need something of Debian when they were compiled from their sources, where their wheels bring it along.
pub(super) const NEEDS_FROM_SOURCE: &[(&str, &[&str])] = &[
    ("psycopg2-binary", &["libpq-dev"]),
    ("lxml", &["libxml2-dev", "libxslt1-dev"]),
    ("h5py", &["libhdf5-dev"]),
    ("pyyaml", &["libyaml-dev"]),
];

/// Packages with parts in C that need nothing of Debian when they were compiled from their sources.
const ALONE_FROM_SOURCE: &[&str] = &[
    "aiohttp", "asyncpg", "cffi", "contourpy", "frozenlist", "gevent", "greenlet", "httptools", "kiwisolver",
    "multidict", "numpy", "orjson", "pandas", "psutil", "pydantic-core", "regex", "ujson", "uvloop", "yarl",
    "markupsafe", "msgpack", "simplejson", "sqlalchemy", "wrapt", "bcrypt", "cryptography", "zstandard",
];

/// The packages of Debian that a package needs which was compiled in another image; `None` where they are not known.
pub(crate) fn libraries_of_python(image: ImageRef<'_>, name: &str) -> Option<Vec<&'static str>> {
    if UNKNOWN.contains(&name) || !is_known_from_source(name) {
        return None;
    }
    let needs = NEEDS.iter().chain(NEEDS_FROM_SOURCE).filter(|(known, _)| *known == name);
    let libraries = |need: &'static str| match need.ends_with("-dev") {
        true => runtime_packages_in(image, need).map(<[&str]>::to_vec),
        false => Some(vec![need]),
    };
    let found: Option<Vec<Vec<&str>>> = needs.flat_map(|(_, needs)| needs.iter().copied()).map(libraries).collect();
    found.map(|found| found.concat())
}

/// Whether it is known what a package needs of Debian that was compiled from its sources.
pub(super) fn is_known_from_source(name: &str) -> bool {
    ALONE_FROM_SOURCE.contains(&name) || NEEDS.iter().chain(NEEDS_FROM_SOURCE).any(|(known, _)| *known == name)
}
