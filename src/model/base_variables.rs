//! Variables that official images are known to set, whatever their tag. What follows a version is not among them.

use crate::{Family, ImageRef};

const VARIABLES: &[(&str, &[(&str, &str)])] = &[
    ("golang", &[("GOPATH", "/go")]),
    ("rust", &[("CARGO_HOME", "/usr/local/cargo"), ("RUSTUP_HOME", "/usr/local/rustup")]),
];

impl ImageRef<'_> {
    /// The variables that the image sets to the same value in all its versions.
    pub fn variables(self) -> &'static [(&'static str, &'static str)] {
        let known = VARIABLES.iter().find(|(name, _)| *name == self.familiar_name());
        known.filter(|_| self.family() != Family::Windows).map_or(&[], |(_, variables)| variables)
    }
}
