//! Where the interpreter comes from: an official image of Python, or Debian's own packages.

use dopt_model::Family;
use dopt_rewrite::{Carried, NotSplit, Refusal};

use super::super::leavings::Leavings;
use super::super::stack::Scene;
use super::found::Found;
use super::needs::{BESIDE, BROUGHT};
use super::tools::Running;

/// Who has installed it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Interpreter {
    /// The image has its own, beside that of the distribution.
    OfImage,
    /// A step has installed that of the distribution.
    OfDebian,
}

/// Packages of Debian that install others, and what they bring that a program may need, too.
const INSTALLERS: &[(&str, &[&str])] = &[
    ("python3-pip", &["python3", "python3-setuptools", "python3-wheel", "ca-certificates"]),
    ("python3-venv", &["python3"]),
    ("python3-virtualenv", &["python3"]),
];

impl Interpreter {
    /// Looks at the base image, and at the packages that steps install.
    pub fn of(scene: &Scene<'_>) -> Result<Interpreter, Refusal> {
        let image = scene.image;
        let name = image.familiar_name();
        let is_known = image.family() == Family::Debian && image.digest.is_none();
        match name {
            "python" if is_known => Ok(Interpreter::OfImage),
            "debian" | "ubuntu" if is_known => Ok(Interpreter::OfDebian),
            _ => Err(scene.refuse(NotSplit::BaseUnknown)),
        }
    }

    /// Leaves what only installs behind, where the distribution brings the interpreter.
    pub fn keep(self, leavings: &mut Leavings, running: Option<&Running<'_>>) {
        let starts_pip = running.is_none_or(|running| running.starts("pip") || running.starts("pip3"));
        if self == Interpreter::OfImage || starts_pip {
            return;
        }
        leavings.users.retain(|command| !command.split([' ', '/']).any(|word| word == "pip3"));
        let kept = std::mem::take(&mut leavings.kept);
        for name in kept {
            match INSTALLERS.iter().find(|(known, _)| *known == name) {
                Some((_, brought)) => leavings.kept.extend(brought.iter().map(|name| (*name).to_owned())),
                None => leavings.kept.push(name),
            }
        }
    }

    /// Packages with headers whose libraries the interpreter needs itself, and certificates.
    pub fn brought(self) -> Vec<&'static str> {
        let certificates = (self == Interpreter::OfImage).then_some("ca-certificates");
        BROUGHT.iter().copied().chain(certificates).collect()
    }

    /// Where packages and their programs lie.
    pub fn carried(self, found: &Found, scene: &Scene<'_>) -> Vec<Carried> {
        let is_beside = found.has_data || found.names.iter().any(|name| BESIDE.contains(&name.as_str()));
        // Another value of a variable is another version.
        match scene.image.newest_version().filter(|_| scene.variable.is_none()) {
            Some((major, minor)) if self == Interpreter::OfImage && minor != u32::MAX && !is_beside => {
                let packages = format!("/usr/local/lib/python{major}.{minor}/site-packages");
                vec![Carried::at(packages), Carried::at("/usr/local/bin")]
            }
            // Debian has nothing there itself.
            _ => vec![Carried::at("/usr/local")],
        }
    }
}
