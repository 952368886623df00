//! Walks through a context, on as many threads as there are cores: folders wait in one place, nothing else is shared.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};
use std::thread;

use dopt_dockerignore::{
    BrokenPattern, Findings, Folder, IgnoreFile, Kind, Plan, Proof, ProofFolder, Rules, Step, Survey,
};

use crate::failure::plain;

/// More threads than this wait for the disk.
const MOST_THREADS: usize = 8;

/// A folder that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// From the context.
    pub path: String,
    /// Why.
    pub error: String,
}

/// The first walk: what is there, and what of it is junk.
pub fn survey(context: &Path, plan: &Plan<'_>) -> (Findings, Vec<Trouble>) {
    let threads = thread::available_parallelism().map_or(2, usize::from).min(MOST_THREADS);
    let parts = in_parallel(threads, Folder::default(), |number, queue| {
        let mut survey = Survey::new(plan, number as u64, threads as u64);
        let mut troubles = Vec::new();
        while let Some(folder) = queue.next() {
            survey.begin(&folder);
            let at = on_disk(context, &folder.path);
            let mut found = Vec::new();
            let read = each_entry(&at, &mut |entry, kind| {
                let name = bytes_of(&entry.file_name());
                let kind = match kind {
                    kind if kind.is_dir() => Kind::Folder,
                    kind if kind.is_file() => Kind::File(entry.metadata().map_or(0, |data| data.len())),
                    kind if kind.is_symlink() => Kind::Link,
                    _ => Kind::Other,
                };
                let has_venv = || entry.path().join("pyvenv.cfg").is_file();
                found.extend(survey.entry(&folder, &name, kind, has_venv));
            });
            if let Err(error) = read {
                troubles.push(Trouble { path: shown(&folder.path), error: plain(&error) });
            }
            queue.done(found);
        }
        (survey.found, troubles)
    });
    let mut findings = Findings::default();
    let mut troubles = Vec::new();
    for (part, own) in parts {
        findings.merge(part);
        troubles.extend(own);
    }
    troubles.sort();
    (findings, troubles)
}

/// Something that a new file hides and the old one does not.
pub struct Hidden {
    /// Its path.
    pub path: Vec<u8>,
    kind: Kind,
}

impl Hidden {
    /// Whether some rule is for just this.
    pub fn is_junk(&self, rules: &Rules, context: &Path) -> bool {
        let at = self.path.iter().rposition(|byte| *byte == b'/');
        let (folder, name) =
            at.map_or((&self.path[..0], &self.path[..]), |at| (&self.path[..at], &self.path[at + 1..]));
        let (safe, risky) =
            rules.of(folder, name, self.kind, || on_disk(context, &self.path).join("pyvenv.cfg").is_file());
        safe.or(risky).is_some()
    }
}

/// The second walk: all that one file shows and the other hides, without what lies in it.
pub fn newly_hidden(context: &Path, before: &IgnoreFile, after: &IgnoreFile) -> Result<Vec<Hidden>, BrokenPattern> {
    compared(context, Proof { before, after, reports_shown: false })
}

/// The first path that one file hides and the other shows; nothing where that cannot be told.
pub fn first_difference(context: &Path, one: &IgnoreFile, other: &IgnoreFile) -> Option<Vec<u8>> {
    let found = compared(context, Proof { before: one, after: other, reports_shown: true }).ok()?;
    found.into_iter().map(|hidden| hidden.path).min()
}

fn compared(context: &Path, proof: Proof<'_>) -> Result<Vec<Hidden>, BrokenPattern> {
    let threads = thread::available_parallelism().map_or(2, usize::from).min(MOST_THREADS);
    let parts = in_parallel(threads, ProofFolder::default(), |_, queue| {
        let (mut hidden, mut broken) = (Vec::new(), None);
        while let Some(folder) = queue.next() {
            let mut found = Vec::new();
            let at = on_disk(context, &folder.path);
            let mut look = |entry: &DirEntry, kind: FileType| match proof.entry(
                &folder,
                &bytes_of(&entry.file_name()),
                kind.is_dir(),
            ) {
                Ok(Step::Pass) => {}
                Ok(Step::Walk(folder)) => found.push(folder),
                Ok(Step::NewlyHidden(path) | Step::NewlyShown(path)) => {
                    let kind = match kind {
                        kind if kind.is_dir() => Kind::Folder,
                        kind if kind.is_file() => Kind::File(entry.metadata().map_or(0, |data| data.len())),
                        kind if kind.is_symlink() => Kind::Link,
                        _ => Kind::Other,
                    };
                    hidden.push(Hidden { path, kind });
                }
                Err(error) => broken = Some(error),
            };
            // What cannot be read was told of by the first walk.
            let _ = each_entry(&at, &mut look);
            queue.done(found);
        }
        (hidden, broken)
    });
    let mut all = Vec::new();
    for (hidden, broken) in parts {
        if let Some(error) = broken {
            return Err(error);
        }
        all.extend(hidden);
    }
    Ok(all)
}

fn each_entry(folder: &Path, look: &mut dyn FnMut(&DirEntry, FileType)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(kind) = entry.file_type() {
            look(&entry, kind);
        }
    }
    Ok(())
}

/// Folders that wait, and how many threads are busy with others.
struct Waiting<T> {
    folders: Vec<T>,
    busy: usize,
}

struct Shared<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

/// One thread's access to the folders that wait.
struct Queue<'s, T> {
    shared: &'s Shared<T>,
    own: Vec<T>,
    is_busy: bool,
}

impl<T> Queue<'_, T> {
    /// The next folder; `None` where no thread has any left.
    fn next(&mut self) -> Option<T> {
        if let Some(folder) = self.own.pop() {
            return Some(folder);
        }
        let mut waiting = self.shared.waiting.lock().expect("no thread panics while it has the lock");
        if std::mem::take(&mut self.is_busy) {
            waiting.busy -= 1;
        }
        loop {
            if let Some(folder) = waiting.folders.pop() {
                waiting.busy += 1;
                self.is_busy = true;
                return Some(folder);
            }
            if waiting.busy == 0 {
                self.shared.changed.notify_all();
                return None;
            }
            waiting = self.shared.changed.wait(waiting).expect("no thread panics while it has the lock");
        }
    }

    /// Takes the folders that were found in one. Those that others have no work without go to them.
    fn done(&mut self, found: Vec<T>) {
        self.own.extend(found);
        if self.own.len() < 2 {
            return;
        }
        let mut waiting = self.shared.waiting.lock().expect("no thread panics while it has the lock");
        if waiting.folders.is_empty() {
            let half = self.own.len() / 2;
            waiting.folders.extend(self.own.drain(..half));
            self.shared.changed.notify_all();
        }
    }
}

fn in_parallel<T: Send, R: Send>(
    threads: usize,
    root: T,
    work: impl Fn(usize, &mut Queue<'_, T>) -> R + Sync,
) -> Vec<R> {
    let shared = Shared { waiting: Mutex::new(Waiting { folders: vec![root], busy: 0 }), changed: Condvar::new() };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|number| {
                let (shared, work) = (&shared, &work);
                scope.spawn(move || work(number, &mut Queue { shared, own: Vec::new(), is_busy: false }))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no thread panics")).collect()
    })
}

/// The place of a path of the context.
#[cfg(unix)]
pub fn on_disk(context: &Path, path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    if path.is_empty() { context.to_path_buf() } else { context.join(OsStr::from_bytes(path)) }
}

#[cfg(not(unix))]
pub fn on_disk(context: &Path, path: &[u8]) -> PathBuf {
    if path.is_empty() { context.to_path_buf() } else { context.join(&*String::from_utf8_lossy(path)) }
}

/// A name as builders match it.
#[cfg(unix)]
pub fn bytes_of(name: &OsStr) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    name.as_bytes().to_vec()
}

#[cfg(not(unix))]
pub fn bytes_of(name: &OsStr) -> Vec<u8> {
    name.to_string_lossy().replace('\\', "/").into_bytes()
}

/// A path of the context for people: what would disturb a terminal is escaped.
pub fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    if path.is_empty() {
        return ".".to_owned();
    }
    match text.chars().any(char::is_control) || matches!(text, std::borrow::Cow::Owned(_)) {
        true => path.escape_ascii().to_string(),
        false => text.into_owned(),
    }
}
