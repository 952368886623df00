//! Manifests: which media types there are, and what an index or a configuration says of platforms.

use dopt_model::{Digest, Platform, PlatformDigests};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const IMAGES: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const OLD: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v1+json", "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

/// What is asked for: without the indexes, a registry may give the image of one platform.
pub(crate) const ACCEPTED: [&str; 4] = [INDEXES[0], INDEXES[1], IMAGES[0], IMAGES[1]];

/// What a media type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Index,
    Image,
    /// Schema 1, whose digest is not that of its bytes.
    Old,
    Other,
}

impl Kind {
    pub(crate) fn of(media_type: &str) -> Kind {
        let bare = media_type.split(';').next().unwrap_or_default().trim();
        let is = |list: &[&str; 2]| list.iter().any(|known| known.eq_ignore_ascii_case(bare));
        match bare {
            _ if is(&INDEXES) => Kind::Index,
            _ if is(&IMAGES) => Kind::Image,
            _ if is(&OLD) => Kind::Old,
            _ => Kind::Other,
        }
    }
}

/// A manifest that was read. The errors are ends of sentences that start with the registry.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub kind: Kind,
    value: Value,
}

impl Manifest {
    /// Reads the bytes; what they say of themselves counts before what the header says of them.
    pub(crate) fn read(body: &[u8], content_type: Option<&str>) -> Result<Manifest, String> {
        let value: Value = serde_json::from_slice(body).map_err(|_| "sends a manifest that is no JSON".to_owned())?;
        if value["schemaVersion"] == 1 {
            return Err("has the image in a form (schema 1) that no digest can be trusted for".to_owned());
        }
        let kind = match value["mediaType"].as_str().map(Kind::of) {
            Some(kind @ (Kind::Index | Kind::Image)) => kind,
            Some(_) => Kind::Other,
            None if value["manifests"].is_array() => Kind::Index,
            None if value["config"].is_object() => Kind::Image,
            None => Kind::Other,
        };
        let said = content_type.map(Kind::of).filter(|kind| matches!(kind, Kind::Index | Kind::Image));
        match kind {
            Kind::Other | Kind::Old => Err("sends a manifest that is neither an index nor an image".to_owned()),
            _ if said.is_some_and(|said| said != kind) => {
                Err("sends a manifest of another kind than it says".to_owned())
            }
            kind => Ok(Manifest { kind, value }),
        }
    }

    /// The platforms of an index, without attestations and what nobody can name.
    pub(crate) fn platforms(&self) -> Result<PlatformDigests, String> {
        let bad = || "sends an index that cannot be read".to_owned();
        let mut found = Vec::new();
        for entry in self.value["manifests"].as_array().ok_or_else(bad)? {
            let digest = entry["digest"].as_str().and_then(Digest::parse).ok_or_else(bad)?;
            let is_attestation = entry["annotations"]["vnd.docker.reference.type"].is_string();
            if let (Some(platform), false) = (platform(&entry["platform"]), is_attestation) {
                found.push((platform, Some(digest)));
            }
        }
        Ok(found)
    }

    /// The digests of what an index lists, whatever it is for; none of an image.
    pub(crate) fn listed(&self) -> impl Iterator<Item = Digest> {
        let entries = self.value["manifests"].as_array().into_iter().flatten();
        entries.filter_map(|entry| Digest::parse(entry["digest"].as_str()?))
    }

    /// The digest of an image's configuration.
    pub(crate) fn config(&self) -> Result<Digest, String> {
        let digest = self.value["config"]["digest"].as_str().and_then(Digest::parse);
        digest.ok_or_else(|| "sends a manifest without a configuration".to_owned())
    }
}

/// The platform that a configuration, or an entry of an index, names.
pub(crate) fn platform(value: &Value) -> Option<Platform> {
    let (os, architecture) = (value["os"].as_str()?, value["architecture"].as_str()?);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    let variant = value["variant"].as_str().filter(|variant| is_word(variant));
    let is_known = is_word(os) && is_word(architecture) && os != "unknown" && architecture != "unknown";
    is_known.then(|| Platform::new(os, architecture, variant))
}

/// The digest of bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    let hash = Sha256::digest(bytes);
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Digest::parse(&format!("sha256:{digits}")).expect("64 digits are a digest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attestations_are_no_platforms() {
        let digest = digest_of(b"");
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[
            {{"digest":"{digest}","platform":{{"os":"linux","architecture":"arm64","variant":"v8"}}}},
            {{"digest":"{digest}","platform":{{"os":"unknown","architecture":"unknown"}}}},
            {{"digest":"{digest}","platform":{{"os":"linux","architecture":"amd64"}},
              "annotations":{{"vnd.docker.reference.type":"attestation-manifest"}}}},
            {{"digest":"{digest}"}}]}}"#,
            INDEXES[0]
        );
        let index = Manifest::read(text.as_bytes(), Some(INDEXES[0])).unwrap();
        let shown: Vec<String> = index.platforms().unwrap().iter().map(|(found, _)| found.to_string()).collect();
        assert_eq!((index.kind, shown), (Kind::Index, vec!["linux/arm64".to_owned()]));
    }

    #[test]
    fn what_is_no_manifest_is_not_taken_for_one() {
        let index =
            format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{{"digest":"sha256:1"}}]}}"#, INDEXES[1]);
        assert!(Manifest::read(index.as_bytes(), None).unwrap().platforms().is_err());
        for (text, content_type) in [
            ("", None),
            ("{\"manifests\":[", None),
            ("[]", None),
            (r#"{"schemaVersion":1,"manifests":[]}"#, None),
            (r#"{"schemaVersion":2}"#, Some(INDEXES[0])),
            (r#"{"mediaType":"text/html","config":{}}"#, None),
            (r#"{"config":{}}"#, Some(INDEXES[0])),
            (&index, Some(IMAGES[0])),
        ] {
            assert!(Manifest::read(text.as_bytes(), content_type).is_err(), "{text} {content_type:?}");
        }
    }

    #[test]
    fn the_digest_is_that_of_the_bytes() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest_of(b"").as_str(), empty);
    }
}
