//! One file of a layer.

/// One entry of a layer's archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path from the root without a slash in front; bytes that are no UTF-8 stand as `\xNN`. For a whiteout, what
    /// it removes.
    pub path: Box<str>,
    /// What it is.
    pub kind: Kind,
    /// The bytes of a file's content; 0 for everything else.
    pub size: u64,
    /// Permissions with the set-id and sticky bits.
    pub mode: u32,
    /// The number of the owner.
    pub uid: u64,
    /// The number of the group.
    pub gid: u64,
    /// What a symbolic link says, or the path that a hard link shares its content with.
    pub link: Option<Box<str>>,
    /// XXH3 of a file's content, to find equal files. Nobody is kept from making two that collide.
    pub fingerprint: u128,
    /// What is only read for comparisons; see [`crate::Reading::exact`].
    pub exact: Option<Box<Exact>>,
}

/// What tells two files apart whoever made them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exact {
    /// SHA-256 of a file's content; zeros for everything else.
    pub sha256: [u8; 32],
    /// Extended attributes with their values, sorted; capabilities are `security.capability`.
    pub xattrs: Vec<(String, Vec<u8>)>,
    /// Major and minor number of a device.
    pub device: Option<(u32, u32)>,
    /// The content of what package managers write down of themselves.
    pub text: Option<Box<str>>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Symlink,
    /// Another name of a file of the same layer.
    HardLink,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
    /// Removes a path of the layers below.
    Whiteout,
    /// Removes all that the layers below have in a folder.
    Opaque,
}

impl Kind {
    /// One word for people and machines.
    pub fn name(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Folder => "folder",
            Kind::Symlink => "symlink",
            Kind::HardLink => "hardlink",
            Kind::Device => "device",
            Kind::Fifo => "fifo",
            Kind::Whiteout => "whiteout",
            Kind::Opaque => "opaque",
        }
    }
}

/// The path of an archive from its root: `./a//b/../c` is `a/c`. `None` where it leads out of the root.
pub(crate) fn clean_path(raw: &[u8]) -> Option<String> {
    let text = shown(raw);
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The text of a name; bytes that are no UTF-8 stay apart as `\xNN`.
pub(crate) fn shown(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// What an entry's path means: a whiteout, or the path itself. `None` for the notes of an old storage driver.
pub(crate) fn whiteout(path: &str) -> Option<(&str, Option<Kind>)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.strip_prefix(".wh.") {
        None => Some((path, None)),
        Some(".wh..opq") => Some((folder, Some(Kind::Opaque))),
        Some(own) if own.starts_with(".wh.") => None,
        Some(_) => Some((path, Some(Kind::Whiteout))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        for (raw, clean) in [
            ("./etc/passwd", Some("etc/passwd")),
            ("/etc//./passwd/", Some("etc/passwd")),
            ("a/../b", Some("b")),
            ("../etc/passwd", None),
            ("a/../../b", None),
            ("./", Some("")),
        ] {
            assert_eq!(clean_path(raw.as_bytes()).as_deref(), clean, "{raw}");
        }
        assert_eq!(clean_path(b"caf\xe9").as_deref(), Some("caf\\xe9"));
    }

    #[test]
    fn whiteouts_are_told_from_files() {
        assert_eq!(whiteout("a/b"), Some(("a/b", None)));
        assert_eq!(whiteout("a/.wh.b"), Some(("a/.wh.b", Some(Kind::Whiteout))));
        assert_eq!(whiteout("a/.wh..wh..opq"), Some(("a", Some(Kind::Opaque))));
        assert_eq!(whiteout(".wh..wh..opq"), Some(("", Some(Kind::Opaque))));
        assert_eq!(whiteout(".wh..wh.plnk/1.2"), Some((".wh..wh.plnk/1.2", None)));
        assert_eq!(whiteout(".wh..wh.aufs"), None);
    }
}
