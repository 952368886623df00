//! # pin-images
//!
//! Writes the digest of every image behind its name, so that tomorrow's build starts from the same bytes as today's. It
//! runs on demand only: with `dopt pin`, `dopt fix --pin`, or where `dopt.toml` says so.
//!
//! ```facts
//! python:3.12-slim    index sha256:90ee8b0f5c0d4c0c1d4d6f0d0f7fd8f9a5b9d3f6d1c0b8a79f6e5d4c3b2a1908 linux/amd64 linux/arm64
//! nginx:1.27          index sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a linux/amd64 linux/arm64
//! ghcr.io/acme/jdk:21 image sha256:2be61dfcac9d7fdc5fd5ba1aeae4ff34d4e5fc6c0eb8a1a21fb6fcf1c2d7a8b4 linux/amd64
//! docker/dockerfile:1 index sha256:4c68376a702446fc3c79af22de146a148bc3367e73c25a5803d453b6b3f722fb linux/amd64
//! redis:latest        index sha256:ca65ea36ae16e709b0f1c7534bc7e5b5ac2e5bb3c97236e4fec00e3625eb678d tag=7.4.1
//! acme/tools:latest   index sha256:1d2c3b4a5968778695a4b3c2d1e0ffeeddccbbaa99887766554433221100fedc
//! acme/gone:1         error not-found docker.io has no image acme/gone:1
//! acme/down:1         error unreachable docker.io gave no answer within 10 s
//! acme/secret:1       error denied docker.io asks for credentials
//! acme/odd:1          error malformed docker.io sent a manifest that has another digest than it says
//! acme/new:1          error not-locked dopt.lock does not have acme/new:1
//! ```
//!
//! ```dockerfile before pin
//! # syntax=docker/dockerfile:1
//! FROM python:3.12-slim AS build
//! RUN --mount=type=bind,from=ghcr.io/acme/jdk:21,target=/jdk /jdk/bin/java -version
//! FROM python:3.12-slim
//! COPY --from=nginx:1.27 /etc/nginx/mime.types /etc/
//! COPY --from=build /etc/os-release /build-release
//! ```
//! ```dockerfile after
//! # syntax=docker/dockerfile:1@sha256:4c68376a702446fc3c79af22de146a148bc3367e73c25a5803d453b6b3f722fb
//! FROM python:3.12-slim@sha256:90ee8b0f5c0d4c0c1d4d6f0d0f7fd8f9a5b9d3f6d1c0b8a79f6e5d4c3b2a1908 AS build
//! RUN --mount=type=bind,from=ghcr.io/acme/jdk:21@sha256:2be61dfcac9d7fdc5fd5ba1aeae4ff34d4e5fc6c0eb8a1a21fb6fcf1c2d7a8b4,target=/jdk /jdk/bin/java -version
//! FROM python:3.12-slim@sha256:90ee8b0f5c0d4c0c1d4d6f0d0f7fd8f9a5b9d3f6d1c0b8a79f6e5d4c3b2a1908
//! COPY --from=nginx:1.27@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a /etc/nginx/mime.types /etc/
//! COPY --from=build /etc/os-release /build-release
//! ```
//!
//! The digest is that of the index where there is one, so that every platform still finds its own image. From then on
//! the tag is decoration: security updates come only with the next `dopt pin --update`, or with the pull requests of
//! Renovate or Dependabot, which read this form.
//!
//! `latest` says nothing about what it was. The version that has the same digest is written instead, where the registry
//! tells one; else the digest alone says what it was:
//!
//! ```dockerfile before pin
//! FROM acme/tools:latest AS tools
//! FROM redis
//! ```
//! ```dockerfile after
//! FROM acme/tools:latest@sha256:1d2c3b4a5968778695a4b3c2d1e0ffeeddccbbaa99887766554433221100fedc AS tools
//! FROM redis:7.4.1@sha256:ca65ea36ae16e709b0f1c7534bc7e5b5ac2e5bb3c97236e4fec00e3625eb678d
//! ```
//!
//! An `ARG` that holds a whole reference, and is there for nothing else, gets the digest in its default:
//!
//! ```dockerfile before pin
//! ARG BASE=python:3.12-slim
//! FROM ${BASE}
//! ```
//! ```dockerfile after
//! ARG BASE=python:3.12-slim@sha256:90ee8b0f5c0d4c0c1d4d6f0d0f7fd8f9a5b9d3f6d1c0b8a79f6e5d4c3b2a1908
//! FROM ${BASE}
//! ```
//!
//! A part of a reference does not: behind the digest, `--build-arg VERSION=3.13` would change the name and not the image.
//!
//! ```dockerfile refused pin: part-is-variable
//! ARG VERSION=3.12
//! FROM python:${VERSION}-slim
//! ```
//! ```dockerfile refused pin: variable-used-elsewhere
//! ARG BASE=python:3.12-slim
//! FROM $BASE
//! ARG BASE
//! LABEL base=$BASE
//! ```
//!
//! What is pinned stays so until `--update` looks it up anew; what the author pinned to the image of one platform stays
//! with that platform.
//!
//! ```dockerfile unchanged pin
//! FROM python:3.12-slim@sha256:1111111111111111111111111111111111111111111111111111111111111111
//! ```
//! ```dockerfile before pin update
//! FROM ghcr.io/acme/jdk:21@sha256:2222222222222222222222222222222222222222222222222222222222222222
//! ```
//! ```dockerfile after
//! FROM ghcr.io/acme/jdk:21@sha256:2be61dfcac9d7fdc5fd5ba1aeae4ff34d4e5fc6c0eb8a1a21fb6fcf1c2d7a8b4
//! ```
//!
//! **Safe**: the build that is done now starts from the same bytes as without the digest. A reference that the file does
//! not tell, an image that a registry does not tell, and one that is not there for the platform of its `FROM`, stay as
//! they are:
//!
//! ```dockerfile refused pin: platform-missing
//! FROM --platform=linux/arm64 ghcr.io/acme/jdk:21
//! ```
//! ```dockerfile refused pin: image-not-found
//! FROM acme/gone:1
//! ```

use dopt_model::{Digest, ImageFact, ImageName, ImageRef, ImageVersion, Platform, Question};
use dopt_rewrite::{
    CheckedPlatforms, Edit, Effect, Fix, ImageSite, NotPinned, PinPolicy, Pinning, Proposal, Refusal, Safety, Subject,
    Transform, Why, image_sites,
};

pub const TRANSFORM: Transform = Transform {
    name: "pin-images",
    summary: "pin images to their digests (with dopt pin or --pin)",
    manual: include_str!("pin_images.rs"),
    aliases: &["DL3006", "DL3007"],
    triggers: &["FROM", "from", "From"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let Some(pinning) = &subject.settings.pin else { return Vec::new() };
    let pins = Pins { subject, pinning };
    let proposals = image_sites(subject.stages).into_iter().map(|site| site.and_then(|site| pins.pin(&site)));
    proposals.filter_map(Result::transpose).collect()
}

struct Pins<'p> {
    subject: &'p Subject<'p>,
    pinning: &'p Pinning,
}

impl Pins<'_> {
    fn pin(&self, site: &ImageSite) -> Result<Option<Fix>, Refusal> {
        let refuse = |why| Err(Refusal::new(site.at, why));
        let written = ImageRef::parse(&site.reference);
        let Some(image) = ImageName::parse(&site.reference) else {
            return refuse(Why::NotPinned(NotPinned::NotAReference));
        };
        let tagged = image.with_version(ImageVersion::Tag(written.tag.unwrap_or("latest").to_owned()));
        if self.is_context(&site.reference) {
            return refuse(Why::NotPinned(NotPinned::IsNamedContext));
        }
        if self.pinning.policy(&tagged) == PinPolicy::Ignore {
            return refuse(Why::NotPinned(NotPinned::KeptByPolicy));
        }
        let is_suppressed = match site.instruction {
            Some(instruction) => self.subject.is_suppressed(instruction),
            None => self.subject.is_suppressed_everywhere(),
        };
        let found = match &image.version {
            _ if is_suppressed => Err(Why::SuppressedByComment),
            ImageVersion::Digest(old) if self.pinning.updates(&tagged) => self.updated(old, &image, &tagged, site),
            ImageVersion::Digest(old) => self.kept(old, &tagged).map(|()| None),
            ImageVersion::Tag(_) => self.first(&tagged, site).map(Some),
        };
        match found {
            Ok(pinned) => Ok(pinned.filter(|pinned| pinned.text != site.reference).map(|pinned| fix(site, pinned))),
            Err(why) => refuse(why),
        }
    }

    /// Builders look for a context under the name as it is written, without `:latest`.
    fn is_context(&self, reference: &str) -> bool {
        let name = reference.strip_suffix(":latest").unwrap_or(reference);
        self.pinning.contexts.iter().any(|context| context.eq_ignore_ascii_case(name))
    }

    /// A reference that had no digest.
    fn first(&self, image: &ImageName, site: &ImageSite) -> Result<Pinned, Why> {
        let fact = self.known(image, site)?;
        self.expect_young(fact, image)?;
        let written = ImageRef::parse(&site.reference);
        let digest = &fact.digest;
        let (name, reference) = (written.name, &site.reference);
        Ok(match (written.tag, &fact.version) {
            (None | Some("latest"), Some(version)) => Pinned {
                text: format!("{name}:{version}@{digest}"),
                title: format!("pin {reference} to {version}, which it is now, and to its digest"),
            },
            (None | Some("latest"), None) => Pinned {
                text: format!("{reference}@{digest}"),
                title: format!("pin {reference} to its digest; no tag tells which version that is"),
            },
            _ => Pinned { text: format!("{reference}@{digest}"), title: format!("pin {reference} to its digest") },
        })
    }

    /// A digest that may be another one by now. It stays what it was: that of an index, or of the image of a platform.
    fn updated(
        &self,
        old: &Digest,
        image: &ImageName,
        tagged: &ImageName,
        site: &ImageSite,
    ) -> Result<Option<Pinned>, Why> {
        let written = ImageRef::parse(&site.reference);
        let Some(tag) = written.tag else { return Err(Why::NotPinned(NotPinned::DigestWithoutTag)) };
        let now = self.known(tagged, site)?;
        if now.digest == *old {
            return Ok(None);
        }
        let digest = match now.is_index && !self.fact(Question::Image(image.clone()))?.is_index {
            true => self.of_same_platform(old, image, tagged)?,
            false => now.digest.clone(),
        };
        let name = written.name;
        let title = format!("pin {name}:{tag} to the digest that it has now");
        Ok(Some(Pinned { text: format!("{name}:{tag}@{digest}"), title }))
    }

    /// The image for the platform of an older one.
    fn of_same_platform(&self, old: &Digest, image: &ImageName, tagged: &ImageName) -> Result<Digest, Why> {
        let now = self.platforms(tagged)?;
        if now.iter().any(|(_, digest)| digest.as_ref() == Some(old)) {
            return Ok(old.clone());
        }
        let before = self.platforms(image)?;
        let Some((platform, _)) = before.first() else {
            return Err(Why::NotPinned(NotPinned::PlatformMissing(format!(
                "{image} does not say which platform it is for"
            ))));
        };
        let found = now.iter().find(|(found, _)| found == platform).and_then(|(_, digest)| digest.clone());
        found.ok_or_else(|| {
            Why::NotPinned(NotPinned::PlatformMissing(format!("{tagged} is not there for {platform} any more")))
        })
    }

    /// A digest that is not looked up: whether it may be that old.
    fn kept(&self, old: &Digest, tagged: &ImageName) -> Result<(), Why> {
        if self.pinning.max_age.is_none() {
            return Ok(());
        }
        match self.fact(Question::Locked(tagged.clone())) {
            Ok(fact) if fact.digest != *old => Err(Why::NotPinned(NotPinned::PinAgeUnknown)),
            Ok(fact) => self.expect_young(fact, tagged),
            Err(Why::NotPinned(NotPinned::NotLookedUp(question))) => {
                Err(Why::NotPinned(NotPinned::NotLookedUp(question)))
            }
            Err(_) => Err(Why::NotPinned(NotPinned::PinAgeUnknown)),
        }
    }

    fn expect_young(&self, fact: &ImageFact, image: &ImageName) -> Result<(), Why> {
        const DAY: u64 = 24 * 60 * 60;
        if self.pinning.max_age.is_none_or(|max_age| fact.age <= max_age) {
            return Ok(());
        }
        let days = fact.age / DAY;
        let ago = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        Err(Why::NotPinned(NotPinned::PinIsStale(format!(
            "the digest of {image} was looked up {ago} ago; `dopt pin --update` does it anew"
        ))))
    }

    /// What is known of an image, which is there for all platforms that it is wanted for.
    fn known(&self, image: &ImageName, site: &ImageSite) -> Result<&ImageFact, Why> {
        let wanted: &[Platform] = match &site.platforms {
            CheckedPlatforms::Only(platform) => std::slice::from_ref(platform),
            CheckedPlatforms::Configured => &self.pinning.platforms,
            CheckedPlatforms::None => &[],
        };
        if !wanted.is_empty() {
            let found = self.platforms(image)?;
            let is_missing = |wanted: &&Platform| !found.iter().any(|(platform, _)| platform.serves(wanted));
            if let Some(missing) = wanted.iter().find(is_missing) {
                let there: Vec<String> = found.iter().map(|(platform, _)| platform.to_string()).collect();
                let there = if there.is_empty() { "none that it names".to_owned() } else { there.join(", ") };
                return Err(Why::NotPinned(NotPinned::PlatformMissing(format!(
                    "{image} is not there for {missing}, only for {there}"
                ))));
            }
        }
        self.fact(Question::Image(image.clone()))
    }

    fn platforms(&self, image: &ImageName) -> Result<&[(Platform, Option<Digest>)], Why> {
        match self.subject.facts.platforms(image) {
            Some(Ok(platforms)) => Ok(platforms),
            Some(Err(unanswered)) => Err(unanswered.clone().into()),
            None => Err(Why::NotPinned(NotPinned::NotLookedUp(Question::Platforms(image.clone())))),
        }
    }

    fn fact(&self, question: Question) -> Result<&ImageFact, Why> {
        match self.subject.facts.image(question.name()) {
            Some(Ok(fact)) => Ok(fact),
            Some(Err(unanswered)) => Err(unanswered.clone().into()),
            None => Err(Why::NotPinned(NotPinned::NotLookedUp(question))),
        }
    }
}

/// A reference with its digest, and what to tell about it.
struct Pinned {
    text: String,
    title: String,
}

fn fix(site: &ImageSite, Pinned { text, title }: Pinned) -> Fix {
    Fix {
        title: title.into(),
        at: site.at,
        safety: Safety::Safe,
        effects: vec![Effect::Pins {
            instruction: site.instruction,
            before: site.reference.clone(),
            after: text.clone(),
        }],
        edits: vec![Edit::replace(site.at, text)],
    }
}
