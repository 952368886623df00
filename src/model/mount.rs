//! `RUN --mount=…`: what lies over the file system while a step runs.

use dopt_syntax::dockerfile::Instruction;

/// One mount of a `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted.
    pub kind: MountKind,
    /// Where, as written; `None` where the flag does not say.
    pub target: Option<String>,
    /// What is mounted there, as written; `None` where the flag does not say, which is all there is.
    pub source: Option<String>,
    /// The stage or image of `from=`.
    pub from: Option<String>,
    /// Whether a bind mount may be written to.
    pub writable: bool,
}

/// The types of mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the context, a stage or an image. What is written is thrown away.
    Bind,
    /// A folder that builds share and that no layer holds.
    Cache,
    /// An empty folder in memory.
    Tmpfs,
    /// A secret.
    Secret,
    /// The agent of SSH.
    Ssh,
    /// A type that is not known.
    Unknown,
}

impl Mount {
    /// The mounts of a `RUN`, in order.
    pub fn all(run: &Instruction) -> Vec<Mount> {
        run.flags.iter().filter(|flag| flag.name() == "mount").map(|flag| Mount::parse(flag.value())).collect()
    }

    fn parse(value: Option<&str>) -> Mount {
        let mut mount = Mount { kind: MountKind::Bind, target: None, source: None, from: None, writable: false };
        for field in value.unwrap_or_default().split(',') {
            let (key, value) = field.split_once('=').unwrap_or((field, "true"));
            match key.to_ascii_lowercase().as_str() {
                "type" => mount.kind = MountKind::of(value),
                "target" | "dst" | "destination" => mount.target = Some(value.to_owned()),
                "source" | "src" => mount.source = Some(value.to_owned()),
                "from" => mount.from = Some(value.to_owned()),
                "rw" | "readwrite" => mount.writable = value != "false",
                _ => {}
            }
        }
        mount
    }

    /// Whether this mount keeps what is written to `path` out of the layer.
    pub fn hides(&self, path: &str) -> bool {
        let Some(target) = &self.target else { return false };
        let target = target.trim_end_matches('/');
        matches!(self.kind, MountKind::Cache | MountKind::Tmpfs | MountKind::Bind)
            && path.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The same for a folder that may start with `~`, the home folder of whoever runs the step.
    pub fn hides_from(&self, folder: &str, home: Option<&str>) -> bool {
        let Some(rest) = folder.strip_prefix("~/") else { return self.hides(folder) };
        match (home, &self.target) {
            (Some(home), _) if self.hides(&format!("{home}/{rest}")) => true,
            (_, Some(target)) => {
                let target = target.trim_end_matches('/');
                let ends = |part: &str| target.strip_suffix(part).is_some_and(|head| head.ends_with('/'));
                let heads = rest.match_indices('/').map(|(at, _)| &rest[..at]).chain([rest]);
                matches!(self.kind, MountKind::Cache | MountKind::Tmpfs | MountKind::Bind)
                    && heads.into_iter().any(ends)
            }
            _ => false,
        }
    }
}

impl MountKind {
    fn of(word: &str) -> MountKind {
        match word {
            "bind" => MountKind::Bind,
            "cache" => MountKind::Cache,
            "tmpfs" => MountKind::Tmpfs,
            "secret" => MountKind::Secret,
            "ssh" => MountKind::Ssh,
            _ => MountKind::Unknown,
        }
    }
}
