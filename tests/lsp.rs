//! `dopt lsp` speaks with a client that is not ours: pytest-lsp starts the real process. The conversations are in
//! `tests/lsp/test_lsp.py`.

mod referees;

use std::path::Path;
use std::process::Command;

#[test]
fn a_client_that_is_not_ours_is_understood() {
    let Some(python) = referees::python() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lsp");
    let output = Command::new(python.join("bin/python"))
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "test_lsp.py"])
        .current_dir(folder)
        .env("DOPT", env!("CARGO_BIN_EXE_dopt"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("21 passed"), "{said}");
}
