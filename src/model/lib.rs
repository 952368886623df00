//! Floor 1: what a Dockerfile means. Stages and their links, and the state in force at every instruction.
//!
//! Nothing here proposes an edit, and nothing is guessed: what cannot be known is `None` or [`Value::Unknown`].

mod alike;
mod alpine_images;
mod base_variables;
pub mod commands;
mod contents;
mod context;
mod empty_places;
mod facts;
mod image;
mod image_name;
mod java_images;
mod later;
mod mount;
mod mountable;
pub mod needs_compiler;
mod origins;
mod placed;
mod platform;
mod python_packages;
mod release;
mod runtime_packages;
mod script;
mod services;
mod shell_form;
mod shell_state;
mod slim_images;
mod sorted_list;
mod stage;
mod state;
mod variable;

#[cfg(test)]
mod tests;

pub use alike::{is_package_of_all, makes_account_alike};
pub use context::{
    ComposerProject, Context, ContextFact, Evidence, JavaProject, LockedPackage, LockedPython, Makefile, NodeManager,
    NodePackage, Origin, PythonProject, Requirements, RustProject, Tool,
};
pub use empty_places::{has_usual_parent, is_unusual, is_usual};
pub use facts::{Facts, ImageFact, NO_FACTS, NoAnswer, PlatformDigests, Question, Unanswered};
pub use image::{Family, ImageRef};
pub use image_name::{Digest, ImageName, ImageVersion};
pub use java_images::{JavaRuntime, names_kit};
pub use later::{Look, Use, first_use, first_use_in_step, reach, search_later};
pub use mount::{Mount, MountKind};
pub use mountable::{
    Mountable, NotMountable, Unclear, has_docker_clean, knows_mounts, manager_of, managers_with_mounts, mountable,
    unclear_manager,
};
pub use origins::{Origins, folders_of};
pub use placed::{Placed, Placements, is_archive_name};
pub use platform::Platform;
pub use python_packages::{PythonPackage, may_lack_wheel, pip_is_plain};
pub use runtime_packages::{package_of_library, runtime_packages, runtime_packages_in};
pub use script::{ExecScript, NotUnderstood, Scripts, ShellScript};
pub use services::Service;
pub use shell_form::{shell_form, started_text};
pub use shell_state::{Isolation, isolation, leaves_state, switches_errexit};
pub use slim_images::{Lacking, Lacks, Slim};
pub use stage::{Base, Layout, Stage, StageRun, Stages};
pub use state::{Errexit, Shell, State, User};
pub use variable::Value;
