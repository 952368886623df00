//! What is known of the programs that build steps call: data first, and readers that use it.

pub mod apk;
pub mod apt;
pub mod archives;
mod bond;
pub mod caches;
pub mod cargo;
mod cost;
pub mod dev_dependencies;
pub mod exports;
mod footprint;
pub mod go;
mod invocation;
pub mod managers;
pub mod npm;
pub mod ownership;
pub mod paths;
pub mod pip;
pub mod poetry;
pub mod questions;
mod relocation;
mod services;
pub mod starters;
mod visibility;

pub use bond::bonds;
pub use cost::{is_always_cheap, is_cheap};
pub use footprint::Footprint;
pub use invocation::{Invocation, Subcommand};
pub use relocation::{ProgramUse, hides_moved_programs};
pub use services::Aftermath;
pub use visibility::OwnScripts;
