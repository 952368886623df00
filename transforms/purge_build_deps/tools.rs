//! Packages of Debian that are large and that a build may be all they are there for: their programs, and what of them stays.

use dopt_model::{Context, ImageRef, pip_is_plain, runtime_packages_in};

/// A tool that one step may be all that needs it.
#[derive(Debug)]
pub(super) struct Tool {
    /// The packages; one that ends with `*` stands for all that start so.
    packages: &'static [&'static str],
    /// Its programs.
    pub programs: &'static [&'static str],
}

const fn tool(packages: &'static [&'static str], programs: &'static [&'static str]) -> Tool {
    Tool { packages, programs }
}

/// The program that stands for a JDK: `java` is in its JRE, too.
pub(super) const JDK: &str = "javac";

/// Packages with headers, whose libraries stay.
const HEADERS: Tool = tool(&[], COMPILER);

/// The program that stands for everything that calls a compiler by itself.
pub(super) const COMPILES: &str = "cc";

/// Those that calls of compilers and of what calls them stand for.
const COMPILER: &[&str] =
    &[COMPILES, "gcc", "g++", "c++", "make", "gmake", "cmake", "ninja", "meson", "clang", "ld", "autoreconf"];

const TOOLS: &[Tool] = &[
    tool(
        &[
            "gcc", "g++", "make", "cmake", "build-essential", "autoconf", "automake", "libtool", "bison", "flex",
            "ninja-build", "meson", "clang", "nasm", "yasm", "libc6-dev", "dpkg-dev", "python3-dev", "libpython3-dev",
            "ruby-dev", "pkg-config", "pkgconf",
        ],
        COMPILER,
    ),
    tool(&["golang", "golang-go", "golang-1*"], &["go", "gofmt"]),
    tool(&["cargo", "rustc"], &["cargo", "rustc"]),
    tool(&["python3", "python3-minimal"], &["python3", "python"]),
    tool(&["python3-pip"], &["pip", "pip3"]),
    tool(&["default-jdk", "default-jdk-headless", "openjdk-*"], &[JDK, "jar", "jlink", "javadoc", "mvn", "gradle"]),
    tool(&["nodejs"], &["node", "nodejs"]),
    tool(&["npm"], &["npm", "npx"]),
    tool(&["maven"], &["mvn"]),
    tool(&["gradle"], &["gradle"]),
    tool(&["ant"], &["ant"]),
    tool(&["composer"], &["composer"]),
    tool(&["git", "git-core"], &["git"]),
    tool(&["gnupg", "gnupg2", "gpg"], &["gpg", "gpg2", "apt-key"]),
    tool(&["mercurial"], &["hg"]),
    tool(&["subversion"], &["svn"]),
    tool(&["pandoc"], &["pandoc"]),
    tool(&["texlive", "texlive-*", "latexmk"], &["pdflatex", "xelatex", "lualatex", "latex", "latexmk", "pandoc"]),
    tool(&["imagemagick"], &["convert", "identify", "mogrify", "montage", "composite", "magick"]),
    tool(&["graphicsmagick"], &["gm"]),
    tool(&["inkscape"], &["inkscape"]),
    tool(&["librsvg2-bin"], &["rsvg-convert"]),
    tool(&["graphviz"], &["dot", "neato", "circo", "fdp", "twopi"]),
    tool(&["doxygen"], &["doxygen"]),
    tool(&["asciidoctor"], &["asciidoctor"]),
    tool(&["asciidoc", "asciidoc-base"], &["asciidoc", "a2x"]),
    tool(&["python3-sphinx", "sphinx-doc"], &["sphinx-build"]),
    tool(&["protobuf-compiler"], &["protoc"]),
    tool(&["hugo"], &["hugo"]),
    tool(&["software-properties-common"], &["add-apt-repository", "apt-add-repository"]),
];

/// Packages that bring an interpreter along, which containers may have from nowhere else.
pub(super) const BRING: &[(&str, &[&str], &str)] = &[
    ("java", &["maven", "gradle", "ant"], "j"),
    ("php", &["composer"], "php"),
    ("python3", &["software-properties-common", "mercurial", "python3-sphinx", "asciidoc"], "python3"),
    ("perl", &["git", "git-core", "autoconf", "automake", "build-essential", "texlive", "latexmk"], "perl"),
];

/// What has to stay of a package, as packages of their own: what others load when they run.
pub(super) fn stays(package: &str, image: ImageRef<'_>, context: &Context) -> Vec<String> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match package {
        // What packages of pip load when they run, and what pip takes for installed.
        // Programs that npm installs for everybody are run by it, whether or not they say so.
        "npm" => owned(&["nodejs"]),
        "python3-pip" => owned(&["python3-setuptools", "ca-certificates"]),
        jdk if jdk.contains("-jdk") => {
            let jre = jdk.replace("-jdk", "-jre");
            match jre.ends_with("-headless") || shows_windows(context) {
                true => vec![jre],
                false => vec![format!("{jre}-headless")],
            }
        }
        headers => owned(runtime_packages_in(image, headers).unwrap_or_default()),
    }
}

/// Whether programs in Java may have windows, sounds or images, or nobody can tell.
fn shows_windows(context: &Context) -> bool {
    const SIGNS: &[&str] = &["java.awt", "javax.swing", "javafx", "javax.sound", "javax.imageio", "javax.print"];
    let mut sources = context.texts().filter(|(path, _)| path.ends_with(".java")).peekable();
    let is_alone =
        |path: &str| ![".jar", ".gradle", ".kts", "pom.xml", ".kt", ".scala"].iter().any(|end| path.ends_with(end));
    sources.peek().is_none()
        || !context.below(".").all(is_alone)
        || sources.any(|(_, text)| SIGNS.iter().any(|sign| text.contains(sign)))
}

/// What imports of Debian's packages for Python are called that no package is called after.
const MODULES: &[(&str, &str)] = &[
    ("yaml", "yaml"),
    ("pil", "PIL"),
    ("bs4", "bs4"),
    ("opencv", "cv2"),
    ("sklearn", "sklearn"),
    ("dateutil", "dateutil"),
    ("docx", "docx"),
];

impl Tool {
    /// The tool that a package brings.
    pub fn of(package: &str) -> Option<&'static Tool> {
        let fits = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(start) => package.starts_with(start),
            None => *pattern == package,
        };
        let is_jre = package.starts_with("openjdk-") && !package.contains("-jdk");
        TOOLS.iter().find(|tool| !is_jre && tool.packages.iter().any(fits))
    }

    /// The same, packages with headers included whose libraries are known in the release of an image.
    pub fn of_image(package: &str, image: ImageRef<'_>) -> Option<&'static Tool> {
        let is_known = || package.ends_with("-dev") && runtime_packages_in(image, package).is_some();
        Tool::of(package).or_else(|| is_known().then_some(&HEADERS))
    }

    /// Whether it builds what others are made of, and so may be needed by whatever calls a compiler.
    pub fn compiles(&self) -> bool {
        self.programs.contains(&COMPILES)
    }

    /// Whether it installs what programs of a language load, and runs none of them.
    pub fn installs(&self) -> bool {
        self.programs.contains(&"pip") || self.programs.contains(&"npm")
    }

    /// Whether it runs programs that are written in its language.
    pub fn interprets(&self) -> bool {
        ["python3", "node"].iter().any(|program| self.programs.contains(program))
    }

    /// Whether a source names it: as a string that begins with it, or anywhere where nothing else is called so.
    pub fn is_named_in(&self, text: &str) -> bool {
        const SHORT: &[&str] =
            &["go", "gm", "dot", "ant", "git", "node", "npm", "convert", "jar", "jlink", "make", "cc", "ld", "latex"];
        const COMMON: &[&str] =
            &["python", "python3", "composite", "montage", "svn", "pip", "pip3", "gpg", "identify", "hg", "fdp"];
        self.programs.iter().any(|program| match SHORT.contains(program) || COMMON.contains(program) {
            false => text.contains(program),
            true => {
                ["\"", "'", "`", "/bin/"].iter().any(|sign| {
                    let begins = |(at, _): (usize, &str)| {
                        let rest = &text[at + sign.len() + program.len()..];
                        rest.starts_with(|c: char| c.is_whitespace() || "\"'`".contains(c))
                    };
                    text.match_indices(&format!("{sign}{program}")).any(begins)
                }) || *program == "git" && (text.contains("import git") || text.contains("from git"))
            }
        })
    }
}

/// Whether a package for Python of the distribution is loaded by a source.
pub(super) fn is_imported(package: &str, source: &str) -> bool {
    let Some(name) = package.strip_prefix("python3-") else { return false };
    let own = MODULES.iter().find(|(known, _)| *known == name).map(|(_, module)| *module);
    let module = own.map_or_else(|| name.replace('-', "_"), str::to_owned);
    source.lines().map(str::trim_start).any(|line| {
        let rest = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
        rest.is_some_and(|rest| {
            let mut names = rest.split(" import ").next().unwrap_or(rest).split([',', ' ', '.']);
            names.any(|found| found == module)
        })
    })
}

/// Packages of pip that load what Debian's pip brings along, or have to be compiled by it.
pub(super) fn is_plain(requirement: &str) -> bool {
    const LOADS_SETUPTOOLS: &[&str] =
        &["pip-tools", "pipdeptree", "pip", "pipenv", "poetry", "virtualenv", "tox", "uv"];
    pip_is_plain(requirement, None) && !LOADS_SETUPTOOLS.contains(&requirement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_told_from_words() {
        assert!(is_imported("python3-reportlab", "from reportlab.pdfgen import canvas\n"));
        assert!(is_imported("python3-yaml", "import os, yaml\n"));
        assert!(!is_imported("python3-reportlab", "# import reportlab\nprint('reportlab')\n"));
        assert!(!is_imported("poppler-utils", "import poppler\n"));
    }

    #[test]
    fn a_tool_is_named_where_a_string_begins_with_it() {
        let named = |package: &str, text: &str| Tool::of(package).is_some_and(|tool| tool.is_named_in(text));
        assert!(named("imagemagick", "run(['convert', a])") && !named("imagemagick", "x.convert('RGB')"));
        assert!(named("pandoc", "import pypandoc") && named("git", "import git") && !named("git", "digit = 'gith'"));
        assert!(named("golang-1.19-go", "exec('go build')") && Tool::of("poppler-utils").is_none());
    }
}
