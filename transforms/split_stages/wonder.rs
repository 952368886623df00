//! Where a base image is not known: whether anybody would wonder that the stage was not split.

use dopt_model::commands::paths::base_name;
use dopt_model::{Base, Family, ImageRef};
use dopt_rewrite::Subject;

use super::stack::Stack;

/// Packages that compile, as files name them.
const COMPILERS: &[&str] = &[
    "build-essential", "build-base", "alpine-sdk", "gcc", "g++", "gcc-c++", "musl-dev", "python-dev", "python3-dev",
    "python2-dev", "ruby-dev", "libc-dev", "libc6-dev", "python-devel", "python3-devel", "make", "cmake",
];

/// What installs packages of a distribution.
const INSTALLERS: &[&str] = &["apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "pacman", "aptitude"];

/// Whether a step names compilers, and installs something.
pub(super) fn installs_compilers(step: &str) -> bool {
    let words = || step.split(|c: char| c.is_whitespace() || ";&|\"'()\\".contains(c));
    words().any(|word| INSTALLERS.contains(&base_name(word)))
        && words().any(|word| COMPILERS.contains(&word.split('=').next().unwrap_or(word)))
}

/// Whether a stage on an image that is not known builds something that a smaller one could do without.
pub(super) fn may_wonder(subject: &Subject<'_>, stage: usize, stack: &Stack, installs_compilers: bool) -> bool {
    let Base::Image(written) = &subject.stages.all()[stage].base else { return true };
    let image = ImageRef::parse(written);
    let name = base_name(image.name);
    let is_of_language = stack.images.iter().any(|known| name.contains(known));
    let is_small = image.family() == Family::Alpine || image.tag_has("slim") || image.tag_has("alpine");
    match (stack.compiles, is_of_language) {
        // make and gcc are started by the packages of other languages, too.
        (true, _) if stack.triggers.contains(&"make") => is_of_language || is_distribution(name),
        (true, _) => true,
        (false, true) => installs_compilers || !is_small,
        (false, false) => installs_compilers,
    }
}

/// Whether an image is one of a distribution alone.
fn is_distribution(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "debian", "ubuntu", "alpine", "centos", "fedora", "rockylinux", "almalinux", "amazonlinux", "archlinux",
        "opensuse", "oraclelinux",
    ];
    NAMES.contains(&name)
}
