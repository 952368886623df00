//! Floor 2: what an image consists of. Its layers are read as streams that somebody else opened, and nothing is ever
//! unpacked: paths that lead out of the root, devices and links are noted and not followed.
//!
//! [`read_archive`] and [`read_layout`] give an [`Image`], [`Tree::merge`] the files that a container of it sees, and
//! [`Analysis::of`] who made which bytes and which of them are wasted.

mod analysis;
mod archive;
mod capabilities;
mod class;
mod compression;
mod declared;
mod difference;
mod efficiency;
mod entry;
mod failure;
mod finding;
mod layer;
mod layout;
mod limits;
mod manifest;
mod packages;
mod provenance;
mod store;
mod tree;

#[cfg(test)]
mod tests;

use std::rc::Rc;

pub use analysis::{Analysis, Duplicate, Step, WastedPath};
pub use archive::read_archive;
pub use class::Class;
pub use compression::Compression;
pub use declared::{Declared, Reason, changes_system};
pub use difference::{Change, Difference, differences};
pub use entry::{Entry, Exact, Kind};
pub use failure::Failure;
pub use finding::{Finding, Loss};
pub use layer::{Layer, Reading, read_layer};
pub use layout::{Folder, read_layout, read_outline};
pub use limits::Limits;
pub use manifest::{History, ImageConfig};
pub use packages::Packages;
pub use provenance::{Line, Provenance};
pub use tree::{Fate, Node, Tree};

/// An image with all that its layers have.
#[derive(Clone, Debug)]
pub struct Image {
    /// What it is called where it was read.
    pub name: Option<String>,
    /// What it says of itself.
    pub config: ImageConfig,
    /// Its layers, the lowest first.
    pub layers: Vec<Rc<Layer>>,
    /// How many other images lie beside it.
    pub others: usize,
}

/// What a manifest says of an image.
#[derive(Clone, Debug)]
pub struct Outline {
    /// What it is called where it was read.
    pub name: Option<String>,
    /// What it says of itself.
    pub config: ImageConfig,
    /// Its layers, the lowest first.
    pub layers: Vec<Blob>,
}

/// A layer as it is stored.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its digest.
    pub digest: String,
    /// Its bytes, mostly compressed.
    pub bytes: u64,
}

/// Which image of several is read.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// Its name with the tag, if it matters.
    pub name: Option<&'w str>,
    /// Its platform, such as `linux/amd64`.
    pub platform: &'w str,
}
