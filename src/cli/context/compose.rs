//! What compose and bake files say about builds: which folder is the context, which file the Dockerfile.

use std::fs;
use std::path::{Path, PathBuf};

use dopt_model::Service;
use hcl::{Body, Expression};
use saphyr::{LoadableYamlNode, Yaml};

use super::services;

/// One build that such a file describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The file that describes it.
    pub file: PathBuf,
    /// The context.
    pub context: PathBuf,
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// Its text, where that stands in the file itself.
    pub inline: Option<String>,
    /// Other folders that it is built with, by their names.
    pub named: Vec<(String, PathBuf)>,
    /// What is started of it besides what the Dockerfile says.
    pub service: Option<Service>,
}

/// Names of files that are looked for.
pub const NAMES: &[&str] = &[
    "compose.yaml", "compose.yml", "compose.override.yaml", "compose.override.yml", "docker-compose.yml",
    "docker-compose.yaml", "docker-compose.override.yml", "docker-compose.override.yaml", "docker-bake.hcl",
    "docker-bake.override.hcl", "docker-bake.json",
];

/// Whether a file of this name may describe builds.
pub fn is_name(name: &str) -> bool {
    let is_compose = (name.starts_with("compose.") || name.starts_with("docker-compose."))
        && (name.ends_with(".yml") || name.ends_with(".yaml"));
    is_compose || NAMES.contains(&name)
}

/// The builds in a file. An error says what cannot be read in it.
pub fn builds(file: &Path) -> Result<Vec<Build>, String> {
    let text = fs::read_to_string(file).map_err(|error| crate::failure::plain(&error))?;
    let extension = file.extension().and_then(|end| end.to_str());
    let drafts = match extension {
        Some("hcl") => bake_drafts(hcl::parse(&text).map_err(|_| "it is not HCL".to_owned())?),
        Some("json") => json_drafts(&text).ok_or("it is not JSON")?,
        _ => compose_drafts(&text).ok_or("it is not YAML")?,
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    drafts.into_iter().filter_map(|draft| draft.finish(file, folder).transpose()).collect()
}

/// What is written of a build.
#[derive(Clone, Debug, Default)]
struct Draft {
    name: String,
    context: Option<Written>,
    dockerfile: Option<Written>,
    inline: Option<Written>,
    named: Vec<(String, Written)>,
    inherits: Vec<String>,
    service: Option<Service>,
}

/// A text that is written, if it can be read.
type Written = Option<String>;

impl Draft {
    /// `None` for a build whose context is not on this disk.
    fn finish(self, file: &Path, folder: &Path) -> Result<Option<Build>, String> {
        let unknown = |what: &str| format!("the {what} of `{}` is not known before it is built", self.name);
        let context = self.context.clone().unwrap_or(Some(".".to_owned())).ok_or_else(|| unknown("context"))?;
        let dockerfile = self.dockerfile.clone().unwrap_or(Some("Dockerfile".to_owned()));
        let dockerfile = dockerfile.ok_or_else(|| unknown("Dockerfile"))?;
        let inline = self.inline.clone().map(|text| text.ok_or_else(|| unknown("Dockerfile"))).transpose()?;
        let mut named = Vec::new();
        for (name, path) in &self.named {
            let path = path.clone().ok_or_else(|| unknown("context"))?;
            if is_local(&path) {
                named.push((name.clone(), folder.join(path)));
            }
        }
        if !is_local(&context) {
            // What it takes from folders with names still counts.
            return Ok(None);
        }
        let context = folder.join(context);
        let dockerfile = context.join(dockerfile);
        Ok(Some(Build { file: file.to_path_buf(), context, dockerfile, inline, named, service: self.service }))
    }
}

fn is_local(path: &str) -> bool {
    !path.contains("://") && !path.starts_with("git@") && !path.starts_with("target:") && path != "-"
}

fn compose_drafts(text: &str) -> Option<Vec<Draft>> {
    let documents = Yaml::load_from_str(text).ok()?;
    let services = documents.first().and_then(|document| document.as_mapping_get("services"));
    let Some((services, all)) = services.and_then(|found| Some((found, found.as_mapping()?))) else {
        return Some(Vec::new());
    };
    let image_of = |service| services::field(service, "image", services).and_then(Yaml::as_str);
    let build_of = |service| services::field(service, "build", services);
    let mut drafts = Vec::new();
    for (name, service) in all {
        // What another service builds under the name of this one's image.
        let same = || {
            let image = image_of(service)?;
            all.values().find(|other| image_of(other) == Some(image)).and_then(build_of)
        };
        let Some(build) = build_of(service).or_else(same) else { continue };
        let mut draft = Draft { name: name.as_str().unwrap_or_default().to_owned(), ..Draft::default() };
        draft.service = services::starts(service, services);
        if let Some(context) = build.as_str() {
            draft.context = Some(interpolated(context));
        } else {
            let text = |key: &str| build.as_mapping_get(key).map(|value| value.as_str().and_then(interpolated));
            draft.context = text("context");
            draft.dockerfile = text("dockerfile");
            draft.inline = text("dockerfile_inline");
            let target = text("target").flatten();
            draft.service = draft.service.map(|service| Service { target, ..service });
            draft.named = match build.as_mapping_get("additional_contexts") {
                Some(contexts) => named_contexts(contexts),
                None => Vec::new(),
            };
        }
        drafts.push(draft);
    }
    Some(drafts)
}

/// A list of `name=folder` or a mapping.
fn named_contexts(contexts: &Yaml<'_>) -> Vec<(String, Written)> {
    if let Some(mapping) = contexts.as_mapping() {
        let text = |value: &Yaml<'_>| value.as_str().and_then(interpolated);
        return mapping.iter().filter_map(|(name, value)| Some((name.as_str()?.to_owned(), text(value)))).collect();
    }
    let entries = contexts.as_vec().map(Vec::as_slice).unwrap_or_default().iter().filter_map(|entry| entry.as_str());
    entries
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, path)| (name.to_owned(), interpolated(path)))
        .collect()
}

/// The text with the defaults of its variables; `None` where one has none.
fn interpolated(text: &str) -> Written {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            out.push('$');
            rest = behind;
            continue;
        }
        let inside = rest.strip_prefix('{')?;
        let end = inside.find('}')?;
        let (_, default) = inside[..end].split_once('-')?;
        if default.contains('$') {
            return None;
        }
        out.push_str(default);
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

fn bake_drafts(body: Body) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for block in body.blocks().filter(|block| block.identifier() == "target") {
        let name = block.labels().first().map(|label| label.as_str().to_owned()).unwrap_or_default();
        let mut draft = Draft { name, ..Draft::default() };
        for attribute in block.body().attributes() {
            let text = || Some(hcl_text(attribute.expr()));
            match attribute.key() {
                "context" => draft.context = text(),
                "dockerfile" => draft.dockerfile = text(),
                "dockerfile-inline" => draft.inline = text(),
                "contexts" => {
                    if let Expression::Object(object) = attribute.expr() {
                        draft.named = object.iter().map(|(key, value)| (key.to_string(), hcl_text(value))).collect();
                        draft.named.iter_mut().for_each(|(key, _)| *key = key.trim_matches('"').to_owned());
                    }
                }
                "inherits" => {
                    if let Expression::Array(names) = attribute.expr() {
                        draft.inherits = names.iter().filter_map(hcl_text).collect();
                    }
                }
                _ => {}
            }
        }
        drafts.push(draft);
    }
    inherited(&drafts)
}

fn hcl_text(expression: &Expression) -> Written {
    match expression {
        Expression::String(text) => Some(text.clone()),
        Expression::TemplateExpr(template) => Some(template.to_string()).filter(|text| !text.contains("${")),
        _ => None,
    }
}

fn json_drafts(text: &str) -> Option<Vec<Draft>> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let Some(targets) = value["target"].as_object() else { return Some(Vec::new()) };
    let written = |value: &serde_json::Value| value.as_str().filter(|text| !text.contains("${")).map(str::to_owned);
    let drafts = targets.iter().map(|(name, target)| {
        let text = |key: &str| target.get(key).map(written);
        let named = target["contexts"].as_object().into_iter().flatten();
        Draft {
            name: name.clone(),
            context: text("context"),
            dockerfile: text("dockerfile"),
            inline: text("dockerfile-inline"),
            named: named.map(|(name, value)| (name.clone(), written(value))).collect(),
            service: None,
            inherits: target["inherits"].as_array().into_iter().flatten().filter_map(written).collect(),
        }
    });
    Some(inherited(&drafts.collect::<Vec<_>>()))
}

/// Fills in what targets take from others; the last one named counts.
fn inherited(drafts: &[Draft]) -> Vec<Draft> {
    fn full(draft: &Draft, drafts: &[Draft], depth: usize) -> Draft {
        let mut found = draft.clone();
        if depth == 0 {
            return found;
        }
        for name in draft.inherits.iter().rev() {
            let Some(parent) = drafts.iter().find(|parent| parent.name == *name) else { continue };
            let parent = full(parent, drafts, depth - 1);
            found.context = found.context.or(parent.context);
            found.dockerfile = found.dockerfile.or(parent.dockerfile);
            found.inline = found.inline.or(parent.inline);
            found.named.extend(parent.named);
        }
        found
    }
    drafts.iter().map(|draft| full(draft, drafts, 8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Result<Vec<Build>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let relative = |path: &mut PathBuf| *path = path.strip_prefix(folder.path()).unwrap().to_path_buf();
        builds(&file).map(|mut builds| {
            for build in &mut builds {
                relative(&mut build.context);
                relative(&mut build.dockerfile);
                build.named.iter_mut().for_each(|(_, path)| relative(path));
                relative(&mut build.file);
            }
            builds
        })
    }

    #[test]
    fn builds_of_compose_files() {
        let text = "services:\n  a:\n    build: ./a\n  b:\n    image: x\n  c:\n    build:\n      context: ${ROOT:-.}\n      \
                    dockerfile: docker/c.Dockerfile\n      additional_contexts:\n        shared: ../shared\n        \
                    base: docker-image://debian\n  d:\n    build:\n      context: https://example.com/d.git\n";
        let found = of("compose.yaml", text).unwrap();
        let short: Vec<_> =
            found.iter().map(|build| (build.context.to_str().unwrap(), build.dockerfile.to_str().unwrap())).collect();
        assert_eq!(short, [("a", "a/Dockerfile"), ("", "docker/c.Dockerfile")]);
        assert_eq!(found[1].named, [("shared".to_owned(), PathBuf::from("../shared"))]);
        let error = of("compose.yaml", "services:\n  a:\n    build: $ROOT\n").unwrap_err();
        assert_eq!(error, "the context of `a` is not known before it is built");
        assert_eq!(of("compose.yaml", "volumes: {}\n"), Ok(Vec::new()));
    }

    #[test]
    fn builds_of_bake_files() {
        let text = "variable \"TAG\" { default = \"x\" }\ntarget \"base\" {\n  context = \"app\"\n}\ntarget \"a\" {\n  \
                    inherits = [\"base\"]\n  dockerfile = \"a.Dockerfile\"\n  contexts = { lib = \"lib\", b = \"target:base\" }\n  \
                    tags = [\"a:${TAG}\"]\n}\n";
        let found = of("docker-bake.hcl", text).unwrap();
        assert_eq!(found[1].dockerfile, PathBuf::from("app/a.Dockerfile"));
        assert_eq!(found[1].named, [("lib".to_owned(), PathBuf::from("lib"))]);
        let json = "{\"target\": {\"a\": {\"context\": \"x\"}}}";
        assert_eq!(of("docker-bake.json", json).unwrap()[0].context, PathBuf::from("x"));
        assert!(of("docker-bake.hcl", "target \"a\" { context = \"${X}\" }\n").is_err());
    }
}
