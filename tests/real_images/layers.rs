//! Layers whose files get into each other's way: adds, overwrites, whiteouts, opaque folders and links of a few paths.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// What a layer does to a path.
#[derive(Clone, Debug)]
pub enum Step {
    Folder(&'static str, u32),
    File(&'static str, u32, Vec<u8>),
    Symlink(&'static str, &'static str),
    Whiteout(&'static str),
    Opaque(&'static str),
}

impl Step {
    fn path(&self) -> &'static str {
        match self {
            Step::Folder(path, _) | Step::File(path, ..) | Step::Symlink(path, _) => path,
            Step::Whiteout(path) | Step::Opaque(path) => path,
        }
    }
}

const PATHS: &[&str] = &[
    "a", "b", "a/x", "a/y", "a/x/p", "a/x/q", "b/x", "b/x/p", "b.d", "b-d", "a/x.p", "a/é", "a/x/p/deep",
    "c/only/below",
];

/// Some layers, each with a few steps.
pub fn layers() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let path = || select(PATHS);
    let mode = select(&[0o644_u32, 0o755, 0o600, 0o4755, 0o1777][..]);
    let step = prop_oneof![
        2 => (path(), mode.clone()).prop_map(|(path, mode)| Step::Folder(path, mode)),
        4 => (path(), mode, vec(any::<u8>(), 0..40)).prop_map(|(path, mode, text)| Step::File(path, mode, text)),
        1 => (path(), select(&["x", "../b", "/etc/none"][..])).prop_map(|(path, target)| Step::Symlink(path, target)),
        3 => path().prop_map(Step::Whiteout),
        1 => prop_oneof![Just("a"), Just("b"), Just("a/x")].prop_map(Step::Opaque),
    ];
    vec(vec(step, 1..10), 1..5)
}

/// The archive of a layer, as a storage driver would write it: no path twice, nothing below what is no folder, what
/// hides lower layers in front of what the layer has. The lowest layer leaves out folders that the paths of others
/// show; above it drivers disagree about what becomes of the folder below.
pub fn archive(at: usize, steps: &[Step]) -> Vec<u8> {
    let mut with_folders = Vec::new();
    for step in steps {
        let path = step.path();
        let folders = path.match_indices('/').map(|(end, _)| Step::Folder(&path[..end], 0o755));
        with_folders.extend(folders.filter(|_| at > 0));
        if let (Step::Opaque(path), true) = (step, at > 0) {
            with_folders.push(Step::Folder(path, 0o755));
        }
        with_folders.push(step.clone());
    }
    let steps = &with_folders;
    let mut builder = Builder::new(Vec::new());
    let (mut taken, mut solid): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut order: Vec<&Step> = steps.iter().collect();
    order.sort_by_key(|step| !matches!(step, Step::Whiteout(_) | Step::Opaque(_)));
    for step in order {
        let (path, kind, mode, content, link) = match step {
            Step::Folder(path, mode) => ((*path).to_owned(), EntryType::Directory, *mode, &[][..], ""),
            Step::File(path, mode, content) => ((*path).to_owned(), EntryType::Regular, *mode, &content[..], ""),
            Step::Symlink(path, target) => ((*path).to_owned(), EntryType::Symlink, 0o777, &[][..], *target),
            Step::Whiteout(path) => (hidden(path), EntryType::Regular, 0, &[][..], ""),
            Step::Opaque(path) => (format!("{path}/.wh..wh..opq"), EntryType::Regular, 0, &[][..], ""),
        };
        let own = match step {
            Step::Whiteout(path) => (*path).to_owned(),
            Step::Opaque(_) => format!("{path} "),
            _ => path.clone(),
        };
        let inside = |outer: &str, inner: &str| inner.starts_with(&format!("{outer}/"));
        let clashes = taken.contains(&own) || solid.iter().any(|outer| inside(outer, &own));
        let is_solid = kind != EntryType::Directory && !matches!(step, Step::Opaque(_));
        if clashes || (is_solid && taken.iter().any(|inner| inside(&own, inner))) {
            continue;
        }
        taken.push(own.clone());
        if is_solid {
            solid.push(own);
        }
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(u64::from(mode) % 3);
        header.set_gid(0);
        header.set_mtime(1);
        header.set_size(content.len() as u64);
        match link {
            "" => builder.append_data(&mut header, &path, content).unwrap(),
            _ => builder.append_link(&mut header, &path, link).unwrap(),
        }
    }
    builder.into_inner().unwrap()
}

fn hidden(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/.wh.{name}"),
        None => format!(".wh.{path}"),
    }
}

/// What `docker save` would write of these layers.
pub fn saved(layers: &[Vec<u8>], name: &str) -> Vec<u8> {
    let sums: Vec<String> = layers.iter().map(|layer| hex(&Sha256::digest(layer))).collect();
    let config = serde_json::json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": sums.iter().map(|sum| format!("sha256:{sum}")).collect::<Vec<_>>()},
    })
    .to_string();
    let own = format!("{}.json", hex(&Sha256::digest(&config)));
    let paths: Vec<String> = (0..layers.len()).map(|at| format!("layer-{at}.tar")).collect();
    let manifest = serde_json::json!([{"Config": own, "RepoTags": [name], "Layers": paths}]).to_string();
    let mut builder = Builder::new(Vec::new());
    let texts = [(own.as_str(), config.as_bytes()), ("manifest.json", manifest.as_bytes())];
    let layers = paths.iter().zip(layers).map(|(path, layer)| (path.as_str(), &layer[..]));
    for (path, content) in layers.chain(texts) {
        let mut header = Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
