//! What dopt reads of images, compared with what engines and `tar` make of the same bytes.
//!
//! `DOPT_SEED=7` generates the layers of seed 7, `DOPT_CASES=10` ten times as many. Without buildah, and without root,
//! everything is skipped, loudly.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use dopt_image::{Image, Kind, Reading, Tree, Wanted, read_archive};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::Value;

use crate::layers::{archive, layers, saved};
use crate::storage::{Storage, is_root, text};

#[path = "real_images/layers.rs"]
mod layers;
#[path = "real_images/storage.rs"]
mod storage;

const CASES: u32 = 25;
const WANTED: Wanted<'_> = Wanted { name: None, platform: "linux/amd64" };

fn say(line: &str) {
    // The harness keeps what macros print to itself.
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// A storage, or the word that there is none.
fn storage(what: &str) -> Option<Storage> {
    let found = if is_root() { Storage::new() } else { Err("only root can mount images here".to_owned()) };
    found.map_err(|why| say(&format!("SKIPPED: {why}, so {what}"))).ok()
}

#[test]
fn merged_trees_are_what_buildah_mounts() {
    let Some(storage) = storage("no merged tree was compared") else { return };
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = number("DOPT_SEED").unwrap_or(clock);
    say(&format!("layers: DOPT_SEED={seed}"));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = CASES * u32::try_from(number("DOPT_CASES").unwrap_or(1)).unwrap();
    let config = Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(&layers(), |steps| {
        let archives: Vec<Vec<u8>> = steps.iter().enumerate().map(|(at, steps)| archive(at, steps)).collect();
        let saved = saved(&archives, "localhost/generated:1");
        let image = read_archive(&saved[..], &WANTED, &Reading::default()).unwrap();
        let (ours, theirs) = (our_tree(&image), their_tree(&storage, &saved));
        let theirs = with_chosen_modes(&ours, theirs);
        if ours == theirs { Ok(()) } else { Err(TestCaseError::fail(difference(&ours, &theirs))) }
    });
    assert!(result.is_ok(), "DOPT_SEED={seed}: {}", result.unwrap_err());
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Kind, mode, owner, size and target by path.
type Listing = BTreeMap<String, String>;

fn our_tree(image: &Image) -> Listing {
    let tree = Tree::merge(&image.layers);
    let line = |node: dopt_image::Node<'_>| match node.entry() {
        None => "folder".to_owned(),
        Some(entry) if entry.kind == Kind::Folder => format!("folder {:o} {}", entry.mode, entry.uid),
        Some(entry) if entry.kind == Kind::Symlink => format!("symlink {}", entry.link.as_deref().unwrap_or("")),
        Some(entry) => format!("{} {:o} {} {}", entry.kind.name(), entry.mode, entry.uid, entry.size),
    };
    tree.nodes().filter(|(path, _)| !path.is_empty()).map(|(path, node)| (path.to_owned(), line(node))).collect()
}

fn their_tree(storage: &Storage, saved: &[u8]) -> Listing {
    let path = storage.path("saved.tar");
    fs::write(&path, saved).unwrap();
    let container = storage.buildah(&["from", "--quiet", &format!("docker-archive:{}", path.display())]).unwrap();
    let root = storage.buildah(&["mount", &container]).unwrap();
    let mut found = Listing::new();
    list(Path::new(&root), Path::new(&root), &mut found);
    storage.buildah(&["rm", &container]).unwrap();
    storage.buildah(&["rmi", "--all", "--force"]).unwrap();
    found
}

fn list(root: &Path, folder: &Path, found: &mut Listing) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        // Where nothing lies below a whiteout, the overlay lists its name, and nobody can open it.
        let (path, Ok(data)) = (entry.path(), entry.metadata()) else { continue };
        let mode = data.mode() & 0o7777;
        let line = if data.is_dir() {
            list(root, &path, found);
            format!("folder {mode:o} {}", data.uid())
        } else if data.is_symlink() {
            format!("symlink {}", fs::read_link(&path).unwrap().display())
        } else {
            format!("file {mode:o} {} {}", data.uid(), data.len())
        };
        found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), line);
    }
}

/// Of a folder that no layer names, the mode is the driver's choice.
fn with_chosen_modes(ours: &Listing, theirs: Listing) -> Listing {
    let chosen = |(path, line): (String, String)| match ours.get(&path).map(String::as_str) {
        Some("folder") if line.starts_with("folder ") => (path, "folder".to_owned()),
        _ => (path, line),
    };
    theirs.into_iter().map(chosen).collect()
}

fn difference(ours: &Listing, theirs: &Listing) -> String {
    let mut text = String::new();
    for path in ours.keys().chain(theirs.keys()) {
        let (left, right) = (ours.get(path), theirs.get(path));
        if left != right {
            text.push_str(&format!("\n{path}: ours {left:?}, theirs {right:?}"));
        }
    }
    text
}

const DOCKERFILE: &str = "\
FROM scratch
COPY busybox /bin/busybox
RUN [\"/bin/busybox\", \"sh\", \"-c\", \"/bin/busybox --install -s /bin\"]
COPY app /srv/app
RUN mkdir -p /var/lib/apt/lists && head -c 300000 /dev/zero > /var/lib/apt/lists/main && ln /srv/app/a /srv/app/b
RUN chown -R 1000:1000 /srv/app
RUN rm -rf /var/lib/apt/lists && mkdir -p /srv/empty
";

/// A small image that is built in several steps.
fn built(storage: &Storage) -> String {
    let context = storage.path("context");
    fs::create_dir_all(context.join("app")).unwrap();
    let busybox = text(Command::new("sh").args(["-c", "command -v busybox"]).output()).unwrap();
    fs::copy(busybox, context.join("busybox")).unwrap();
    fs::write(context.join("app/a"), vec![7; 123_456]).unwrap();
    fs::write(context.join("Dockerfile"), DOCKERFILE).unwrap();
    let name = "localhost/small:1";
    let context = context.display().to_string();
    storage.buildah(&["build", "--quiet", "--layers", "--tag", name, &context]).unwrap();
    name.to_owned()
}

fn size(storage: &Storage, arguments: &[&str]) -> Value {
    let output = storage.command(env!("CARGO_BIN_EXE_dopt")).args(["size", "-f", "json"]).args(arguments).output();
    serde_json::from_str(&text(output).unwrap()).unwrap()
}

/// The bytes of a layer as buildah has them: those of the uncompressed archive.
fn archive_bytes(storage: &Storage, diff_id: &str) -> u64 {
    let path = storage.path("graph").join(format!("{0}-layers/layers.json", storage.driver));
    let known: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let layer = known.iter().find(|layer| layer["diff-digest"] == diff_id).expect("buildah has the layer");
    layer["diff-size"].as_u64().unwrap()
}

#[test]
fn totals_are_those_of_buildah_and_sums_those_of_tar() {
    let Some(storage) = storage("no total was compared") else { return };
    let name = built(&storage);
    let by_name = size(&storage, &[&name, "--engine", "buildah"]);
    let layout = storage.path("layout").display().to_string();
    storage.buildah(&["push", "--quiet", &name, &format!("oci:{layout}:1")]).unwrap();
    let archive = storage.path("small.tar").display().to_string();
    storage.buildah(&["push", "--quiet", &name, &format!("oci-archive:{archive}:1")]).unwrap();
    let dockerfile = storage.path("context/Dockerfile").display().to_string();
    let by_folder = size(&storage, &[&layout, "--dockerfile", &dockerfile]);
    let by_archive = size(&storage, &[&archive]);

    let inspected: Value =
        serde_json::from_str(&storage.buildah(&["inspect", "--type", "image", &name]).unwrap()).unwrap();
    let diff_ids = inspected["OCIv1"]["rootfs"]["diff_ids"].as_array().unwrap();
    let theirs: Vec<u64> = diff_ids.iter().map(|id| archive_bytes(&storage, id.as_str().unwrap())).collect();
    for found in [&by_name, &by_folder, &by_archive] {
        let ours: Vec<u64> =
            found["layers"].as_array().unwrap().iter().map(|layer| layer["archive_bytes"].as_u64().unwrap()).collect();
        assert_eq!(ours, theirs);
        assert_eq!(found["bytes"], by_name["bytes"]);
    }
    for layer in by_folder["layers"].as_array().unwrap() {
        let blob = layer["name"].as_str().unwrap().replace(':', "/");
        let listed = text(Command::new("tar").args(["-tvf", &format!("{layout}/blobs/{blob}")]).output()).unwrap();
        let sizes =
            listed.lines().filter(|line| line.starts_with('-')).map(|line| line.split_whitespace().nth(2).unwrap());
        let sum: u64 = sizes.map(|size| size.parse::<u64>().unwrap()).sum();
        assert_eq!(layer["bytes"], sum, "{listed}");
    }
    let lines: Vec<u64> =
        by_folder["layers"].as_array().unwrap().iter().map(|layer| layer["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
    let rules: Vec<&str> =
        by_folder["findings"].as_array().unwrap().iter().filter_map(|found| found["rule"].as_str()).collect();
    assert_eq!(rules, ["clean-apt", "fold-chown"]);
}

#[test]
fn nothing_is_left_behind_and_mistakes_are_told() {
    let Some(storage) = storage("no mistake was made") else { return };
    let run = |arguments: &[&str]| {
        let output = storage.command(env!("CARGO_BIN_EXE_dopt")).arg("size").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["localhost/no-such:1", "--engine", "buildah"]);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("buildah") && said.contains("no-such"), "{said}");
    assert_eq!(fs::read_dir(storage.path("tmp")).unwrap().count(), 0);
}

#[test]
fn a_click_on_a_box_of_the_page_opens_it() {
    let Ok(browser) =
        text(Command::new("sh").args(["-c", "command -v chromium || command -v chromium-browser"]).output())
    else {
        return say("SKIPPED: chromium is not installed, so nobody looked at the page");
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &'static str, bytes: usize| layers::Step::File(name, 0o644, vec![1; bytes]);
    let steps = [vec![file("a/x/p", 9000), file("a/<script>", 1000)], vec![file("b/x/p", 5000), file("b.d", 2000)]];
    let archives: Vec<Vec<u8>> = steps.iter().enumerate().map(|(at, steps)| archive(at, steps)).collect();
    fs::write(folder.path().join("image.tar"), saved(&archives, "page:1")).unwrap();
    let dopt = Command::new(env!("CARGO_BIN_EXE_dopt"))
        .args(["size", "image.tar", "--html", "page.html"])
        .current_dir(&folder)
        .output();
    text(dopt).unwrap();
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    // Where the browser would go for more than this file, it says so.
    assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("url("), "the page needs other files");

    let after = |script: &str| {
        let path = folder.path().join("with-script.html");
        fs::write(&path, page.replace("</body>", &format!("<script>{script}</script></body>"))).unwrap();
        let mut command = Command::new(&browser);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", "--dump-dom"]);
        let shown =
            text(command.arg(format!("--user-data-dir={}", folder.path().display())).arg(&path).output()).unwrap();
        let path = shown.split_once("id=\"path\"").expect("the page has a path").1;
        path.split_once("</nav>").unwrap().0.to_owned()
    };
    const CLICK: &str = "document.elementFromPoint(120, 260).closest('.box').click();";
    assert!(after("").contains(">all<") && !after("").contains("layer 1"));
    let once = after(CLICK);
    assert!(once.contains("layer 1<") && !once.contains(">a<"), "{once}");
    let twice = after(&format!("{CLICK}{CLICK}"));
    assert!(twice.contains(">a<"), "{twice}");
    let escape = "dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}));";
    assert_eq!(after(&format!("{CLICK}{CLICK}{escape}")), once);
    let folders = after(&format!("document.getElementById('by-folder').click();{CLICK}"));
    assert!(folders.contains(">a<"), "{folders}");
}
