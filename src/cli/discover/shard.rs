//! `--shard`: which of several machines a file belongs to.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::{Lost, Source, tidy};

/// One part of several: `3/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    index: u64,
    count: u64,
}

/// What of a file is to be done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The file itself.
    pub file: bool,
    /// What there is to say about the folder around it, which files in several parts can have in common.
    pub folder: bool,
}

impl Share {
    /// Everything.
    pub const ALL: Share = Share { file: true, folder: true };
}

impl Shard {
    /// What of these files belongs to it.
    pub fn of(self, sources: Vec<Result<Source, Lost>>) -> Vec<Result<Source, Lost>> {
        let share = |source: Result<Source, Lost>| match source {
            Ok(Source::File { path, named, .. }) => {
                let folder = tidy(&path).parent().unwrap_or(Path::new(""));
                let share = Share { file: self.has(&path), folder: self.has(folder) };
                (share.file || share.folder).then_some(Ok(Source::File { path, named, share }))
            }
            Err(lost) => self.has(&lost.path).then_some(Err(lost)),
            Ok(Source::Stdin) => (self.index == 0).then_some(Ok(Source::Stdin)),
        };
        sources.into_iter().filter_map(share).collect()
    }

    fn has(self, path: &Path) -> bool {
        hash(&tidy(path).to_string_lossy().replace('\\', "/")) % self.count == self.index
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.count)
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Shard, &'static str> {
        let wrong = "expected a part and how many there are, such as 3/16";
        let (part, count) = text.split_once('/').ok_or(wrong)?;
        let (part, count) = (part.parse::<u64>().map_err(|_| wrong)?, count.parse::<u64>().map_err(|_| wrong)?);
        if part == 0 || part > count {
            return Err("parts are counted from 1 to as many as there are, such as 3/16");
        }
        Ok(Shard { index: part - 1, count })
    }
}

/// FNV-1a, mixed once more: the same on every machine and for ever, other than the hashes of the standard library.
fn hash(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (fnv ^ (fnv >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_one_part_and_the_parts_are_alike() {
        let mut sizes = [0; 16];
        for number in 0..16_000 {
            let path = format!("services/{}/Dockerfile", number * 7);
            let has = |part: &usize| Shard { index: *part as u64, count: 16 }.has(Path::new(&path));
            let parts: Vec<usize> = (0..16).filter(has).collect();
            assert_eq!(parts.len(), 1, "{path}");
            sizes[parts[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (850..1150).contains(size)), "{sizes:?}");
    }

    #[test]
    fn a_path_stays_in_its_part_for_ever() {
        let part =
            |path: &str| (1..=16).find(|part| format!("{part}/16").parse::<Shard>().unwrap().has(Path::new(path)));
        assert_eq!([part("Dockerfile"), part("./Dockerfile"), part("a/b/Dockerfile")], [Some(16), Some(16), Some(10)]);
        assert!(["", "1", "0/4", "5/4", "a/b", "1/0", "-1/4"].iter().all(|text| text.parse::<Shard>().is_err()));
    }
}
