//! Puts an image together from where its parts lie: an archive that was read, or a folder.

use std::rc::Rc;

use crate::manifest::{DescribedPlatform, Descriptor, Manifest, SavedImage, parse};
use crate::{Blob, Failure, Image, ImageConfig, Layer, Outline, Wanted};

/// Where the parts of an image lie, by their paths.
pub(crate) trait Store {
    /// A small text; `None` where there is none.
    fn text(&mut self, path: &str) -> Result<Option<Vec<u8>>, Failure>;
    /// A layer; `None` where there is none.
    fn layer(&mut self, path: &str) -> Result<Option<Rc<Layer>>, Failure>;
}

/// The image that is wanted, or the first one.
pub(crate) fn assemble(store: &mut impl Store, wanted: &Wanted<'_>) -> Result<Image, Failure> {
    if let Some(text) = store.text("manifest.json")? {
        let images: Vec<SavedImage> = parse("manifest.json", &text)?;
        return saved(store, images, wanted);
    }
    let (name, config, layers) = described(store, wanted)?;
    from_manifest(store, name, &config, &layers)
}

/// What the manifest of an image and its configuration say of it. No layer is looked at.
pub(crate) fn outline(store: &mut impl Store, wanted: &Wanted<'_>) -> Result<Outline, Failure> {
    let (name, config, layers) = described(store, wanted)?;
    let config = configuration(store, &config)?;
    let blob = |layer: Descriptor| Blob { digest: layer.digest, bytes: layer.size };
    let layers: Vec<Blob> = layers.into_iter().map(blob).collect();
    check_layers(&config, layers.len())?;
    Ok(Outline { name, config, layers })
}

/// The name of the image that is wanted, its configuration and its layers, through as many indexes as there are.
fn described(
    store: &mut impl Store,
    wanted: &Wanted<'_>,
) -> Result<(Option<String>, Descriptor, Vec<Descriptor>), Failure> {
    let text = store.text("index.json")?.ok_or(Failure::NotAnImage)?;
    let index: Manifest = parse("index.json", &text)?;
    let described = choose(index.manifests.unwrap_or_default(), wanted)?;
    let names = described.annotations.get("org.opencontainers.image.ref.name");
    // Many layouts say no more than the tag.
    let name = names.and_then(|name| name.as_str()).filter(|name| name.contains([':', '/'])).map(str::to_owned);
    let (mut described, mut depth) = (described, 0);
    loop {
        let path = blob(&described)?;
        let text = store.text(&path)?.ok_or(Failure::Missing(path.clone()))?;
        let manifest: Manifest = parse(&path, &text)?;
        match manifest {
            Manifest { config: Some(config), layers: Some(layers), .. } => return Ok((name, config, layers)),
            Manifest { manifests: Some(manifests), .. } if depth < 4 => described = choose(manifests, wanted)?,
            _ => return Err(Failure::Json(path, "it is neither a manifest nor an index".to_owned())),
        }
        depth += 1;
    }
}

fn saved(store: &mut impl Store, images: Vec<SavedImage>, wanted: &Wanted<'_>) -> Result<Image, Failure> {
    let has_name = |image: &SavedImage| {
        let tags = image.repo_tags.iter().flatten();
        wanted.name.is_some_and(|name| tags.into_iter().any(|tag| tag == name || tag.ends_with(&format!("/{name}"))))
    };
    let others = images.len().saturating_sub(1);
    let at = images.iter().position(has_name).unwrap_or(0);
    let image = images.into_iter().nth(at).ok_or(Failure::NotAnImage)?;
    let text = store.text(&image.config)?.ok_or_else(|| Failure::Missing(image.config.clone()))?;
    let config: ImageConfig = parse(&image.config, &text)?;
    let mut layers = Vec::new();
    for path in &image.layers {
        layers.push(store.layer(path)?.ok_or_else(|| Failure::Missing(path.clone()))?);
    }
    let name = image.repo_tags.and_then(|tags| tags.into_iter().next());
    finish(Image { name, config, layers, others })
}

fn from_manifest(
    store: &mut impl Store,
    name: Option<String>,
    config: &Descriptor,
    described: &[Descriptor],
) -> Result<Image, Failure> {
    let config = configuration(store, config)?;
    let mut layers = Vec::new();
    for layer in described {
        let path = blob(layer)?;
        let found = store.layer(&path)?.ok_or(Failure::Missing(path))?;
        if found.stored_bytes < layer.size {
            return Err(Failure::Truncated(found.name.clone()));
        }
        layers.push(found);
    }
    finish(Image { name, config, layers, others: 0 })
}

fn configuration(store: &mut impl Store, config: &Descriptor) -> Result<ImageConfig, Failure> {
    let path = blob(config)?;
    let text = store.text(&path)?.ok_or(Failure::Missing(path.clone()))?;
    parse(&path, &text)
}

fn finish(image: Image) -> Result<Image, Failure> {
    check_layers(&image.config, image.layers.len())?;
    Ok(image)
}

/// The layers have to be those that the configuration speaks of.
fn check_layers(config: &ImageConfig, there: usize) -> Result<(), Failure> {
    let said = config.rootfs.diff_ids.len();
    if said != there && said > 0 {
        let why = format!("it speaks of {said} layers, and the manifest of {there}");
        return Err(Failure::Json("the configuration".to_owned(), why));
    }
    Ok(())
}

fn blob(descriptor: &Descriptor) -> Result<String, Failure> {
    descriptor.path().ok_or_else(|| Failure::Missing(descriptor.digest.clone()))
}

/// Of several images, the one for the wanted platform.
fn choose(found: Vec<Descriptor>, wanted: &Wanted<'_>) -> Result<Descriptor, Failure> {
    let mut images: Vec<Descriptor> = found.into_iter().filter(|found| !found.is_attestation()).collect();
    let fits = |found: &Descriptor| found.platform.as_ref().is_none_or(|platform| is_wanted(platform, wanted.platform));
    match images.iter().position(fits) {
        Some(at) => Ok(images.swap_remove(at)),
        None if images.is_empty() => Err(Failure::NotAnImage),
        None => {
            let name = |found: &Descriptor| found.platform.as_ref().map(written);
            Err(Failure::NoPlatform(images.iter().filter_map(name).collect()))
        }
    }
}

/// Whether `linux/arm/v7` is asked for as such, or as `linux/arm`.
fn is_wanted(platform: &DescribedPlatform, wanted: &str) -> bool {
    written(platform) == wanted || format!("{}/{}", platform.os, platform.architecture) == wanted
}

fn written(platform: &DescribedPlatform) -> String {
    let variant = platform.variant.as_ref().map(|variant| format!("/{variant}")).unwrap_or_default();
    format!("{}/{}{variant}", platform.os, platform.architecture)
}
