//! The JSON that holds an image together, as the OCI image specification and `docker save` write it.

use serde::Deserialize;
use serde_json::Value;

use crate::Failure;

/// One image of `manifest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SavedImage {
    pub config: String,
    pub repo_tags: Option<Vec<String>>,
    pub layers: Vec<String>,
}

/// `index.json`, an index that it names, or a manifest.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    pub manifests: Option<Vec<Descriptor>>,
    pub config: Option<Descriptor>,
    pub layers: Option<Vec<Descriptor>>,
}

/// Where something lies, and what it is.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Descriptor {
    pub digest: String,
    pub size: u64,
    pub platform: Option<DescribedPlatform>,
    #[serde(default)]
    pub annotations: serde_json::Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DescribedPlatform {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
}

impl Descriptor {
    /// The path of its blob; `None` for a digest that is none.
    pub(crate) fn path(&self) -> Option<String> {
        let (algorithm, hex) = self.digest.split_once(':')?;
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_plain(algorithm) && is_plain(hex)).then(|| format!("blobs/{algorithm}/{hex}"))
    }

    /// Whether it describes another one, and is no image.
    pub(crate) fn is_attestation(&self) -> bool {
        self.annotations.contains_key("vnd.docker.reference.type")
            || self.platform.as_ref().is_some_and(|platform| platform.os == "unknown")
    }
}

/// What an image says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ImageConfig {
    /// `amd64`, `arm64`, …
    #[serde(default)]
    pub architecture: String,
    /// `linux`, `windows`, …
    #[serde(default)]
    pub os: String,
    /// `v7`, `v8`, …
    #[serde(default)]
    pub variant: Option<String>,
    /// What a container of it is started with, by the names that Docker gives it.
    #[serde(default)]
    pub config: Value,
    /// How it was made, in order; not all builders tell.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub history: Vec<History>,
    #[serde(default)]
    pub(crate) rootfs: RootFs,
}

impl ImageConfig {
    /// `linux/amd64`, `linux/arm/v7`.
    pub fn platform(&self) -> String {
        let variant = self.variant.as_deref().filter(|variant| !variant.is_empty());
        [Some(self.os.as_str()), Some(&self.architecture), variant]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/")
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct RootFs {
    #[serde(default)]
    pub diff_ids: Vec<String>,
}

/// One step of the build.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct History {
    /// What was done, in the words of the builder.
    #[serde(default)]
    pub created_by: String,
    /// Whether it made no layer.
    #[serde(default)]
    pub empty_layer: bool,
}

fn null_as_empty<'d, D: serde::Deserializer<'d>>(from: D) -> Result<Vec<History>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

pub(crate) fn parse<'d, T: Deserialize<'d>>(name: &str, text: &'d [u8]) -> Result<T, Failure> {
    serde_json::from_slice(text).map_err(|error| Failure::Json(name.to_owned(), error.to_string()))
}
