//! `dopt.lock`: which digest an image had when it was looked up. Sorted TOML, a table of its own for each image, so
//! that branches which add different images merge without a conflict.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use dopt_model::{Digest, ImageFact, ImageName, ImageVersion, Platform, PlatformDigests};
use toml::de::{DeTable, DeValue};

const HEADING: &str = "\
# The digests of images, as they were looked up. Made by dopt; keep it with the Dockerfiles.
# `dopt pin --update` looks them up anew.
version = 1
";

/// The images of a lockfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    images: BTreeMap<ImageName, Locked>,
}

/// What the file says of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The digest of what the name stood for.
    pub digest: Digest,
    /// Whether that is an index.
    pub is_index: bool,
    /// The platforms, where somebody looked.
    pub platforms: Option<Vec<Platform>>,
    /// The version tag with the same digest, for `latest`.
    pub version: Option<String>,
    /// When it was looked up, in whole seconds.
    pub when: SystemTime,
}

/// Why a lockfile cannot be used: a sentence without a full stop, behind the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError(String);

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Locked {
    /// What a registry said just now.
    pub fn of(fact: &ImageFact, now: SystemTime) -> Locked {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let platforms = |all: &PlatformDigests| {
            let mut platforms: Vec<Platform> = all.iter().map(|(platform, _)| platform.clone()).collect();
            platforms.sort();
            platforms.dedup();
            platforms
        };
        Locked {
            digest: fact.digest.clone(),
            is_index: fact.is_index,
            platforms: fact.platforms.as_ref().map(platforms),
            version: fact.version.clone(),
            when: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        }
    }

    /// The fact that it stands for.
    pub fn fact(&self, now: SystemTime) -> ImageFact {
        let platforms = self.platforms.as_ref();
        ImageFact {
            digest: self.digest.clone(),
            is_index: self.is_index,
            platforms: platforms.map(|all| all.iter().map(|platform| (platform.clone(), None)).collect()),
            version: self.version.clone(),
            age: now.duration_since(self.when).unwrap_or_default().as_secs(),
        }
    }
}

impl Lock {
    /// What the file says of an image.
    pub fn get(&self, name: &ImageName) -> Option<&Locked> {
        self.images.get(name)
    }

    /// Adds an image, or replaces what was said of it.
    pub fn insert(&mut self, name: ImageName, locked: Locked) {
        self.images.insert(name, locked);
    }

    /// How many images it has.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Reads a file; one that is not there has no images.
    pub fn load(path: &Path) -> Result<Lock, LockError> {
        match fs::read_to_string(path) {
            Ok(text) => Lock::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Lock::default()),
            Err(error) => Err(LockError(format!("cannot be read: {error}"))),
        }
    }

    /// Puts these images into the file, beside those that are in it by then, through a temporary file and a rename.
    pub fn store(&self, path: &Path) -> Result<(), LockError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Of several runs at the same time, each waits for the others to be done; the lock ends with the handle. Where
        // a folder cannot be locked, the last one counts.
        let handle = fs::File::open(folder);
        let _locked = handle.as_ref().map(fs::File::lock);
        let mut all = Lock::load(path)?;
        all.images.extend(self.images.iter().map(|(name, locked)| (name.clone(), locked.clone())));
        let temporary = folder.join(format!(".dopt.lock.{}", std::process::id()));
        let write = || -> io::Result<()> {
            let mut file = fs::File::create(&temporary)?;
            file.write_all(all.to_text().as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&temporary);
            LockError(format!("cannot be written: {error}"))
        })
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Lock, LockError> {
        if text.lines().any(|line| line.starts_with("<<<<<<< ")) {
            return Err(LockError("has conflicts of a merge; keep either side of each, or delete the file".to_owned()));
        }
        let line_of = |at: usize| 1 + text[..at.min(text.len())].matches('\n').count();
        let table = DeTable::parse(text).map_err(|error| {
            let line = line_of(error.span().unwrap_or_default().start);
            LockError(format!("cannot be read: {} on line {line}", error.message()))
        })?;
        let table = table.get_ref();
        if table.get("version").and_then(|value| integer(value.get_ref())) != Some(1) {
            return Err(LockError("is not of version 1, which is the one that this dopt reads".to_owned()));
        }
        let mut images = BTreeMap::new();
        for (name, value) in table.get("image").and_then(|value| value.get_ref().as_table()).into_iter().flatten() {
            let wrong = |what: &str| {
                let line = line_of(name.span().start);
                LockError(format!("has {what} for {} on line {line}", name.get_ref()))
            };
            let key = ImageName::parse(name.get_ref()).filter(|name| matches!(name.version, ImageVersion::Tag(_)));
            let key = key.ok_or_else(|| wrong("no name of an image"))?;
            let entry = value.get_ref().as_table().ok_or_else(|| wrong("no table"))?;
            images.insert(key, locked(entry).map_err(wrong)?);
        }
        Ok(Lock { images })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = HEADING.to_owned();
        for (name, locked) in &self.images {
            // A string as a literal, for there is nothing to escape in names, digests and platforms.
            let _ = write!(text, "\n[image.\"{name}\"]\ndigest = \"{}\"\n", locked.digest);
            let _ = writeln!(text, "kind = \"{}\"", if locked.is_index { "index" } else { "image" });
            if let Some(platforms) = &locked.platforms {
                let all: Vec<String> = platforms.iter().map(|platform| format!("\"{platform}\"")).collect();
                let _ = writeln!(text, "platforms = [{}]", all.join(", "));
            }
            if let Some(version) = &locked.version {
                let _ = writeln!(text, "tag = \"{version}\"");
            }
            let _ = writeln!(text, "looked-up = {}", humantime::format_rfc3339_seconds(locked.when));
        }
        text
    }
}

/// One image. The error is what is there instead.
fn locked(entry: &DeTable<'_>) -> Result<Locked, &'static str> {
    let text = |key: &str| entry.get(key).and_then(|value| value.get_ref().as_str());
    let digest = text("digest").and_then(Digest::parse).ok_or("no digest")?;
    let is_index = match text("kind") {
        Some("index") => true,
        Some("image") => false,
        _ => return Err("no kind (`index` or `image`)"),
    };
    let platform = |value: &toml::Spanned<DeValue<'_>>| value.get_ref().as_str().and_then(Platform::parse);
    let platforms = match entry.get("platforms") {
        None => None,
        Some(value) => {
            let all = value.get_ref().as_array().ok_or("no list of platforms")?;
            Some(all.iter().map(platform).collect::<Option<Vec<_>>>().ok_or("no list of platforms")?)
        }
    };
    let when = match entry.get("looked-up").map(toml::Spanned::get_ref) {
        Some(DeValue::Datetime(when)) => humantime::parse_rfc3339(&when.to_string()).ok(),
        _ => None,
    };
    let when = when.ok_or("no time (`looked-up`)")?;
    let version = text("tag").map(str::to_owned);
    // It is written into Dockerfiles.
    if version.as_deref().is_some_and(|tag| ImageName::parse(&format!("a:{tag}")).is_none()) {
        return Err("no tag");
    }
    Ok(Locked { digest, is_index, platforms, version, when })
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    value.as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(digit: char, platforms: Option<&[&str]>, version: Option<&str>) -> Locked {
        let digest = Digest::parse(&format!("sha256:{}", digit.to_string().repeat(64))).unwrap();
        let parsed = |all: &[&str]| all.iter().map(|name| Platform::parse(name).unwrap()).collect();
        let when = humantime::parse_rfc3339("2026-11-23T20:10:05Z").unwrap();
        Locked {
            digest,
            is_index: platforms.is_some(),
            platforms: platforms.map(parsed),
            version: version.map(str::to_owned),
            when,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut lock = Lock::default();
        assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);
        lock.insert(ImageName::parse("python:3.12").unwrap(), entry('1', None, None));
        lock.insert(ImageName::parse("redis").unwrap(), entry('2', None, Some("7.4.1")));
        let both = ["linux/amd64", "linux/arm/v7"];
        lock.insert(ImageName::parse("ghcr.io/acme/app:1").unwrap(), entry('3', Some(&both), None));
        let text = lock.to_text();
        assert_eq!(Lock::parse(&text).unwrap(), lock, "{text}");
        assert!(text.contains("\n[image.\"redis:latest\"]\ndigest = \"sha256:22"), "{text}");
        assert!(
            text.contains("platforms = [\"linux/amd64\", \"linux/arm/v7\"]\nlooked-up = 2026-11-23T20:10:05Z\n"),
            "{text}"
        );
    }

    #[test]
    fn a_lockfile_that_is_wrong_says_where() {
        let digest = format!("sha256:{}", "1".repeat(64));
        let good = format!(
            "version = 1\n[image.\"a:1\"]\ndigest = \"{digest}\"\nkind = \"image\"\nlooked-up = 2026-01-01T00:00:00Z\n"
        );
        assert!(Lock::parse(&good).is_ok());
        for (text, message) in [
            ("version = 2\n".to_owned(), "is not of version 1, which is the one that this dopt reads"),
            (good.replace("sha256:1", "sha256:x"), "has no digest for a:1 on line 2"),
            (good.replace("\"image\"", "\"x\""), "has no kind (`index` or `image`) for a:1 on line 2"),
            (good.replace("a:1", "A:1"), "has no name of an image for A:1 on line 2"),
            (
                good.replace("2026-01", "\"2026-01").replace("00Z", "00Z\""),
                "has no time (`looked-up`) for a:1 on line 2",
            ),
            (format!("{good}tag = \"x y\"\n"), "has no tag for a:1 on line 2"),
            (format!("<<<<<<< ours\n{good}"), "has conflicts of a merge; keep either side of each, or delete the file"),
            (format!("{good}="), "cannot be read: "),
        ] {
            let error = Lock::parse(&text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn two_runs_that_store_at_different_times_keep_both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dopt.lock");
        for (name, digit) in [("a:1", '1'), ("b:1", '2')] {
            let mut lock = Lock::default();
            lock.insert(ImageName::parse(name).unwrap(), entry(digit, None, None));
            lock.store(&path).unwrap();
        }
        assert_eq!(Lock::load(&path).unwrap().images.len(), 2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
