//! The JSON Schema of a `dopt.toml`, for editors: keys, values, and a sentence about each. What is read is decided in
//! `file.rs` and `pin.rs`; a test compares both.

#![allow(dead_code, reason = "the types are described and never made")]

use std::collections::BTreeMap;

use dopt_model::managers_with_mounts;
use dopt_transforms::{CATALOG, EDITIONS};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

/// The schema.
pub fn schema() -> Schema {
    schema_for!(DoptToml)
}

/// What a dopt.toml may say. Every key is optional; what the command line says counts more.
#[derive(JsonSchema)]
#[schemars(rename = "dopt.toml", rename_all = "kebab-case", deny_unknown_fields)]
struct DoptToml {
    /// Another configuration, which counts where this one says nothing; its path is seen from the folder of this file.
    extend: Option<String>,
    /// No transforms run that are younger, so that an upgrade finds nothing new by itself.
    #[schemars(schema_with = "edition", default)]
    edition: Option<String>,
    #[schemars(flatten)]
    everywhere: Everywhere,
    /// Files that are left aside in folders, as in a .gitignore beside this file.
    exclude: Option<Vec<String>>,
    /// Whether images are pinned to digests, as with `--pin`, or how.
    pin: Option<Pin>,
    /// What counts for some of the files instead; the last one that names a file counts most.
    overrides: Option<Vec<Override>>,
}

/// What counts for some of the files.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Override {
    /// Which files, as in a .gitignore beside this file.
    paths: Vec<String>,
    #[schemars(flatten)]
    everywhere: Everywhere,
}

/// What may be said for all files, and for some.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
struct Everywhere {
    /// Run only these transforms.
    #[schemars(schema_with = "rules", default)]
    select: Option<Vec<String>>,
    /// Run all transforms but these.
    #[schemars(schema_with = "rules", default)]
    ignore: Option<Vec<String>>,
    /// Also apply fixes that may change what an image does.
    #[schemars(extend("default" = false))]
    unsafe_fixes: Option<bool>,
    /// When neighbouring RUNs are joined: where it saves bytes or costs no build cache, wherever it is exact, nowhere.
    #[schemars(extend("default" = "auto"))]
    merge_runs: Option<MergeRuns>,
    /// What becomes of the caches of package managers: one word for all, or a table with a word for some and `default`.
    strategy: Option<Strategies>,
    /// The builder knows `RUN --mount`, whatever `# syntax` says.
    #[schemars(extend("default" = false))]
    allow_mounts: Option<bool>,
    /// Which stages are worked on: those that end up in an image, or all.
    #[schemars(extend("default" = "image"))]
    stages: Option<StageChoice>,
    /// How stages are split into one that builds and one that runs.
    split: Option<Split>,
    /// Whether `--write` keeps what `dopt undo` brings back.
    #[schemars(extend("default" = true))]
    undo: Option<bool>,
}

/// How stages are split.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields, inline)]
struct Split {
    /// From which image the second stage starts: the same, its slim variant, or as little as possible.
    #[schemars(extend("default" = "slim"))]
    base: Option<SplitBase>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum SplitBase {
    Same,
    Slim,
    Minimal,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum MergeRuns {
    Auto,
    All,
    Never,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum StageChoice {
    Image,
    All,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Strategy {
    /// They are not made, or deleted in the layer that made them.
    Clean,
    /// They lie in cache mounts, where the builder knows mounts.
    CacheMount,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum Strategies {
    All(Strategy),
    Each(#[schemars(schema_with = "managers")] BTreeMap<String, Strategy>),
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum Pin {
    Choice(PinChoice),
    Table(Box<PinTable>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum PinChoice {
    Switch(bool),
    Required(#[schemars(schema_with = "required")] String),
}

/// How images are pinned.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct PinTable {
    /// Whether images are pinned without `--pin`; `"required"` fails where a registry does not tell.
    by_default: Option<PinChoice>,
    /// What becomes of which images: the last glob that covers one counts.
    policy: Option<BTreeMap<String, Policy>>,
    /// Names that builds replace by `--build-context`.
    contexts: Option<Vec<String>>,
    /// Every image has to be there for these platforms, such as `linux/arm64`.
    platforms: Option<Vec<String>>,
    /// Hosts that are asked before a registry itself.
    mirrors: Option<BTreeMap<String, Hosts>>,
    /// Hosts that may be spoken to in plain text.
    insecure: Option<Vec<String>>,
    /// Certificates of authorities besides those of the system, seen from the folder of this file.
    ca_files: Option<Vec<String>>,
    /// Seconds for one answer.
    #[schemars(range(min = 1, max = 3600))]
    timeout: Option<u16>,
    /// Digests that were looked up longer ago are told of: `30d`.
    max_age: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum Policy {
    Pin,
    Ignore,
    NeverUpdate,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum Hosts {
    One(String),
    Several(Vec<String>),
}

/// The names of transforms, and what other tools call them.
fn rules(_: &mut SchemaGenerator) -> Schema {
    let name =
        |rule: &&'static dopt_rewrite::Transform| json_schema!({"const": rule.name, "description": rule.summary});
    let names: Vec<Schema> = CATALOG.iter().map(name).collect();
    let aliases: Vec<&str> = CATALOG.iter().flat_map(|rule| rule.aliases).copied().collect();
    json_schema!({"type": "array", "items": {"anyOf": [{"oneOf": names}, {"enum": aliases}]}})
}

fn edition(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": EDITIONS})
}

fn managers(generator: &mut SchemaGenerator) -> Schema {
    let strategy = generator.subschema_for::<Strategy>();
    let names = ["default"].into_iter().chain(managers_with_mounts());
    let properties: BTreeMap<&str, Schema> = names.map(|name| (name, strategy.clone())).collect();
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn required(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"const": "required"})
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::{file, pin};
    use super::*;

    fn keys(schema: &serde_json::Value) -> BTreeSet<String> {
        let properties = schema["properties"].as_object().expect("properties");
        properties.keys().cloned().collect()
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = serde_json::Value::from(schema());
        assert_eq!(keys(&schema), file::KEYS.map(str::to_owned).into());
        assert_eq!(keys(&schema["$defs"]["Override"]), file::OWN_KEYS.map(str::to_owned).into());
        assert_eq!(keys(&schema["$defs"]["PinTable"]), pin::KEYS.map(str::to_owned).into());
    }

    #[test]
    fn what_is_read_and_what_the_schema_allows_are_the_same() {
        let validator = jsonschema::validator_for(&schema().into()).expect("a schema");
        for (text, is_right) in [
            ("", true),
            ("select = [\"clean-apt\", \"DL3059\"]\nignore = []", true),
            ("select = [\"clean-apt\", \"cleen\"]", false),
            ("select = \"clean-apt\"", false),
            ("unsafe-fixes = true\nallow-mounts = false\nmerge-runs = \"all\"\nstages = \"image\"", true),
            ("unsafe_fixes = true", false),
            ("merge-runs = \"some\"", false),
            ("stages = 1", false),
            ("strategy = \"cache-mount\"", true),
            ("strategy = { default = \"clean\", npm = \"cache-mount\" }", true),
            ("strategy = { npn = \"clean\" }", false),
            ("strategy = { npm = \"cleen\" }", false),
            ("extend = \"../dopt.toml\"\nedition = \"2026\"", true),
            ("extend = []", false),
            ("edition = \"1999\"", false),
            ("split = { base = \"minimal\" }\nundo = false", true),
            ("split = { base = \"slin\" }", false),
            ("split = \"slim\"", false),
            ("undo = 1", false),
            ("[[overrides]]\npaths = [\"a/\"]\nselect = [\"clean-apt\"]\nsplit.base = \"same\"", true),
            ("[[overrides]]\nselect = []", false),
            ("[[overrides]]\npaths = [\"a/\"]\nexclude = []", false),
            ("exclude = [\"vendor/\"]", true),
            ("exclude = [1]", false),
            ("pin = true", true),
            ("pin = \"required\"", true),
            ("pin = \"always\"", false),
            ("[pin]\nby-default = \"required\"\ntimeout = 20\nmax-age = \"30d\"\nca-files = [\"a.pem\"]", true),
            ("[pin]\ntimeout = 0", false),
            ("[pin]\nmirror = {}", false),
            ("[pin]\nplatforms = [\"linux/arm64\"]\ncontexts = [\"base\"]\ninsecure = [\"r.lan:5000\"]", true),
            ("[pin.policy]\n\"**\" = \"pin\"\n\"a/**\" = \"never-update\"", true),
            ("[pin.policy]\n\"**\" = \"leave\"", false),
            ("[pin.mirrors]\n\"docker.io\" = [\"m.example.com/hub\"]\n\"quay.io\" = \"m\"", true),
        ] {
            let value: serde_json::Value = toml::from_str(text).expect("TOML");
            let read = file::FileConfig::read(text, Path::new("/"));
            assert_eq!((read.is_ok(), validator.is_valid(&value)), (is_right, is_right), "{text}");
        }
    }
}
