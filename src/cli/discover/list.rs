//! `--files-from`: paths that another program wrote.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::failure::plain;

/// The paths in a list, or in standard input: with a NUL behind each, where there is any, else one on each line.
pub fn read(list: &Path, beside: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let is_stdin = list.as_os_str() == "-";
    if is_stdin && beside.iter().any(|path| path.as_os_str() == "-") {
        return Err("standard input cannot be a list of files and a Dockerfile; write only one of both -".to_owned());
    }
    let bytes = match is_stdin {
        true => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
        false => fs::read(list),
    };
    let bytes = bytes.map_err(|error| format!("--files-from {}: cannot be read: {}", list.display(), plain(&error)))?;
    let end = if bytes.contains(&0) { 0 } else { b'\n' };
    let names = bytes.split(|byte| *byte == end).filter(|name| !name.is_empty());
    names.map(|name| path(name, list)).collect()
}

#[cfg(unix)]
fn path(name: &[u8], _: &Path) -> Result<PathBuf, String> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    Ok(OsStr::from_bytes(name).into())
}

#[cfg(not(unix))]
fn path(name: &[u8], list: &Path) -> Result<PathBuf, String> {
    let name = std::str::from_utf8(name).map_err(|_| format!("--files-from {}: a path is not UTF-8", list.display()));
    Ok(PathBuf::from(name?.trim_end_matches('\r')))
}
