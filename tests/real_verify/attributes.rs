//! Capabilities and other extended attributes, set by real programs in real builds.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::storage::text;
use crate::{dopt, say, with_storage};

/// Puts a program of this machine, and the libraries that it needs, into a folder.
fn copy_program(name: &str, folder: &Path) -> Result<(), String> {
    let program =
        text(Command::new("sh").args(["-c", &format!("PATH=$PATH:/sbin:/usr/sbin command -v {name}")]).output())
            .map_err(|_| format!("{name} is not installed"))?;
    let needed = text(Command::new("ldd").arg(&program).output())?;
    let libraries = needed.split_whitespace().filter(|word| word.starts_with('/'));
    for (from, to) in libraries.map(|path| (path, path)).chain([(program.as_str(), &*format!("/bin/{name}"))]) {
        let to = folder.join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).map_err(|error| error.to_string())?;
        fs::copy(from, to).map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[test]
fn a_lost_capability_is_found() {
    with_storage(|storage, project| {
        if let Err(why) = copy_program("setcap", &project.join("tools")) {
            return say(&format!("SKIPPED: {why} (Debian package libcap2-bin), so no capability was lost"));
        }
        let text = "FROM python:3.12\nCOPY tools /\nCOPY app /srv/app\nRUN setcap cap_net_raw+ep /srv/app\n";
        fs::write(project.join("app"), "hello").unwrap();
        fs::write(project.join("Dockerfile"), text).unwrap();
        for (what, other, words) in [
            (
                "lost",
                text.replace("RUN setcap cap_net_raw+ep /srv/app\n", ""),
                "app has lost the capabilities cap_net_raw=ep",
            ),
            (
                "changed",
                text.replace("net_raw+ep", "net_admin,cap_net_raw+p"),
                "app had the capabilities cap_net_raw=ep and has cap_net_admin,cap_net_raw=p",
            ),
            (
                "new",
                format!("{text}RUN setcap cap_chown+ei /bin/setcap\n"),
                "setcap has the new capabilities cap_chown=ei",
            ),
        ] {
            fs::write(project.join("Other"), other).unwrap();
            let ran = dopt(storage, &["verify", "Dockerfile", "--against", "Other", "--no-baseline"]);
            assert_eq!(ran.code, Some(1), "{what}: {}{}", ran.out, ran.err);
            assert!(ran.out.contains("1 difference that no fix declared"), "{what}: {}", ran.out);
            assert!(ran.out.contains(words), "{what}: {}", ran.out);
        }
        // A copy keeps them, whichever way it is made.
        fs::write(project.join("Other"), text.replace("COPY app", "ADD app")).unwrap();
        let ran = dopt(storage, &["verify", "Dockerfile", "--against", "Other", "--no-baseline"]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    });
}

#[test]
fn a_lost_attribute_of_a_user_is_found() {
    with_storage(|storage, project| {
        if let Err(why) = copy_program("setfattr", &project.join("tools")) {
            return say(&format!("SKIPPED: {why} (Debian package attr), so no attribute was lost"));
        }
        let set = "RUN setfattr -n user.origin -v shop /srv/app\n";
        let text = format!("FROM python:3.12\nCOPY tools /\nCOPY app /srv/app\n{set}");
        fs::write(project.join("app"), "hello").unwrap();
        fs::write(project.join("Dockerfile"), &text).unwrap();
        for (other, words) in [
            (text.replace(set, ""), "app has lost the attributes user.origin=0x73686f70"),
            (
                text.replace("-v shop", "-v stop"),
                "app had the attributes user.origin=0x73686f70 and has user.origin=0x73746f70",
            ),
        ] {
            fs::write(project.join("Other"), other).unwrap();
            let ran = dopt(storage, &["verify", "Dockerfile", "--against", "Other", "--no-baseline"]);
            assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
            assert!(ran.out.contains("1 difference that no fix declared"), "{}", ran.out);
            assert!(ran.out.contains(words), "{}", ran.out);
        }
    });
}
