//! The page of `dopt fix --html` in a real browser: what is ticked is what the patch has, and `git apply` takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

/// So many of the real files are looked at, where they are at hand.
const REAL_FILES: usize = 150;
const CHOICES: usize = 12;
const MANY_FILES: u64 = 5_000;

#[test]
fn git_takes_the_patch_of_every_choice() {
    let Some(browser) = browser() else { return };
    let project = Project::new(&[]);
    let seed = seed();
    say(&format!("choices: DOPT_SEED={seed}"));
    let mut files: Vec<PathBuf> = paths_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    match std::env::var_os("DOPT_CORPUS") {
        Some(folder) => {
            let real = paths_in(Path::new(&folder));
            let step = (real.len() / REAL_FILES).max(1);
            files.extend(real.into_iter().skip(seed as usize % step).step_by(step));
        }
        None => say("SKIPPED: the real Dockerfiles are not here (DOPT_CORPUS), so the page was made of our own only"),
    }
    for (at, path) in files.iter().enumerate() {
        // Names that patches have to quote, and folders.
        let folder = ["a", "b c", "d\"e", "ü"][at % 4];
        project.write(&format!("{folder}/{at}.Dockerfile"), &fs::read(path).unwrap());
    }
    project.write("crlf.Dockerfile", b"FROM debian\r\nADD a.py /\r\nENV A b\r\n");
    project.write("no-end.Dockerfile", b"FROM debian\nADD a.py /\nENV A b");
    let page = project.page(&["--unsafe-fixes"]);
    let script = format!(
        "let state = {seed}n;
        const random = () => {{ state = (state * 6364136223846793005n + 1442695040888963407n) % (1n << 64n); return Number(state >> 40n) / 2 ** 24; }};
        const made = [];
        for (let nth = 0; nth < {CHOICES}; nth++) {{
          const share = [0, 1][nth] ?? random();
          for (const file of files) file.on = file.on.map(() => random() < share);
          made.push([ticked().units, patch()]);
        }}
        result(made);"
    );
    let made = browser.run(&page, &script);
    let made = made.as_array().unwrap();
    assert_eq!(made.len(), CHOICES);
    assert_eq!(made[0][1], "", "nothing is ticked, so there is nothing in the patch");
    let whole = project.copy();
    whole.apply(made[1][1].as_str().unwrap());
    let fixed = project.copy();
    fixed.dopt(&["fix", "--write", "--unsafe-fixes"]);
    assert_eq!(whole.texts(), fixed.texts(), "all that is ticked is all that dopt fix does");
    let mut units = 0;
    for choice in &made[2..] {
        let some = project.copy();
        some.apply(choice[1].as_str().unwrap());
        units += choice[0].as_u64().unwrap();
        let checked: Value = serde_json::from_str(&some.dopt(&["check", "-f", "json"])).unwrap();
        let before: Value = serde_json::from_str(&project.dopt(&["check", "-f", "json"])).unwrap();
        assert_eq!(checked["summary"]["failed"], before["summary"]["failed"], "DOPT_SEED={seed}");
    }
    assert!(units > 100, "{units} changes were ticked");
}

#[test]
fn a_click_takes_a_tick_away_and_the_copied_patch_does_without_it() {
    let Some(browser) = browser() else { return };
    let before = "FROM debian\nADD a.py /a\nRUN true\nADD b.py /b\n";
    let project = Project::new(&[("app/Dockerfile", before), ("Dockerfile", "FROM debian\nADD c.py /\n")]);
    let page = project.page(&[]);
    let copied = browser.run(
        &page,
        "let copied; Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { copied = text; } } });
        choose(shown.findIndex((file) => file.p.startsWith('app/')));
        document.querySelectorAll('.unit input')[0].click();
        byId('copy').click();
        result(copied);",
    );
    project.apply(copied.as_str().unwrap());
    assert_eq!(project.text("app/Dockerfile"), before.replace("ADD b", "COPY b"));
    assert_eq!(project.text("Dockerfile"), "FROM debian\nCOPY c.py /\n");
}

#[test]
fn everything_can_be_done_from_the_keyboard() {
    let Some(browser) = browser() else { return };
    let project =
        Project::new(&[("a/Dockerfile", "FROM debian\nADD a.py /\n"), ("b/Dockerfile", "FROM debian\nADD b.py /\n")]);
    let page = project.page(&[]);
    let copied = browser.run(
        &page,
        "let copied; Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { copied = text; } } });
        const press = (key, target = document.body) => target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        const seen = [];
        press('j'); seen.push(document.querySelector('main h2').textContent);
        press('x');
        press('ArrowDown', byId('list')); seen.push(document.querySelector('main h2').textContent);
        const before = document.querySelector('.split') !== null; press('u');
        seen.push(before !== (document.querySelector('.split') !== null));
        press('n'); seen.push(document.activeElement.type);
        press('Escape'); seen.push(document.querySelector('main h2').textContent);
        press('/'); seen.push(document.activeElement.id); document.activeElement.blur();
        const theme = document.documentElement.dataset.theme; press('t');
        seen.push(theme !== document.documentElement.dataset.theme);
        press('?'); seen.push(byId('help').open); byId('help').close();
        press('c');
        result([seen, copied]);",
    );
    let seen =
        serde_json::json!(["./a/Dockerfile", "./b/Dockerfile", true, "checkbox", "Overview", "search", true, true]);
    let plain = |value: &Value| Value::from(value.to_string().replace("./", ""));
    assert_eq!(plain(&copied[0]), plain(&seen));
    project.apply(copied[1].as_str().unwrap());
    assert_eq!(project.text("a/Dockerfile"), "FROM debian\nADD a.py /\n");
    assert_eq!(project.text("b/Dockerfile"), "FROM debian\nCOPY b.py /\n");
}

#[test]
fn filters_leave_what_they_say() {
    let Some(browser) = browser() else { return };
    let project = Project::new(&[
        ("web/Dockerfile", "FROM node:20\nRUN npm cache clean\n"),
        ("web/api/Dockerfile", "FROM debian\nADD a.py /\n"),
        ("job/Dockerfile", "FROM debian\nRUN apt-get update && apt-get install -y curl\n"),
        ("bad/Dockerfile", "FORM debian\n"),
        ("done/Dockerfile", "FROM debian\n"),
    ]);
    let page = project.page(&["--unsafe-fixes"]);
    let shown = browser.run(
        &page,
        "const seen = [];
        const set = (id, value) => { byId(id).value = value; byId(id).dispatchEvent(new Event('input')); byId(id).dispatchEvent(new Event('change')); };
        const with_ = (values) => { for (const id of ['search', 'rule', 'safety', 'folder']) set(id, values[id] || ''); set('kind', values.kind || 'changes'); seen.push(shown.map((file) => file.p.replace(/^\\.\\//, ''))); };
        with_({}); with_({ rule: 'copy-not-add' }); with_({ safety: 'unsafe' }); with_({ folder: 'web' }); with_({ search: 'force' });
        with_({ kind: 'troubles' }); with_({ kind: 'all' });
        result(seen);",
    );
    let expected = serde_json::json!([
        ["job/Dockerfile", "web/Dockerfile", "web/api/Dockerfile"],
        ["web/api/Dockerfile"],
        ["job/Dockerfile"],
        ["web/Dockerfile", "web/api/Dockerfile"],
        ["web/Dockerfile"],
        ["bad/Dockerfile"],
        ["bad/Dockerfile", "done/Dockerfile", "job/Dockerfile", "web/Dockerfile", "web/api/Dockerfile"],
    ]);
    assert_eq!(shown, expected);
}

#[test]
fn no_text_of_a_file_gets_out_of_its_place() {
    let Some(browser) = browser() else { return };
    let lines = [
        "LABEL a=\"</script><script>window.broken=1</script>\"", "LABEL b=\"<img src=x onerror=window.broken=2><!--\"",
        "LABEL c=\"${x:-`\\u2028\u{2028}}]]>&lt;\"", "ENV K </script><svg/onload=window.broken=3>",
    ];
    let text = format!("FROM debian\n{}\nADD a.py /\n", lines.join("\n"));
    let name = "<b onmouseover=x>'\"&amp;`/Dockerfile";
    let project = Project::new(&[(name, &text)]);
    let page = project.page(&[]);
    let seen = browser.run(
        &page,
        "choose(0);
        result([window.broken ?? null, document.querySelectorAll('main img, main svg, main script').length,
          document.querySelector('main h2').textContent, [...document.querySelectorAll('main .text')].map((cell) => cell.textContent), document.title]);",
    );
    assert_eq!((&seen[0], &seen[1]), (&Value::Null, &Value::from(0)));
    assert!(seen[2].as_str().unwrap().ends_with(name), "{seen}");
    for line in lines {
        assert!(seen[3].as_array().unwrap().iter().any(|cell| cell == line), "{line} in {seen}");
    }
    assert_eq!(seen[4], "dopt: review of a run");
    // Where the browser would go for more than this file, the frame says so.
    let (frame, _) = page.split_once("id=\"data\"").unwrap();
    let scripts = page.rsplit_once("</script>").unwrap().0.rsplit_once("<script>").unwrap().1;
    for part in [frame, scripts] {
        assert!(
            !part.contains("src=") && !part.contains("url(") && !part.contains("@import"),
            "the page needs other files"
        );
        assert!(!part.contains("http") && !part.contains("fetch("), "the page asks the network");
    }
}

#[test]
fn an_ignore_file_that_is_not_there_yet_is_in_the_patch() {
    let Some(browser) = browser() else { return };
    let project =
        Project::new(&[("Dockerfile", "FROM debian\nCOPY . /app\n"), (".git/HEAD", "ref: refs/heads/main\n")]);
    let page = project.page(&[]);
    let made = browser.run(&page, "result([files.map((file) => file.p), patch()]);");
    assert!(made[0].to_string().contains(".dockerignore"), "{made}");
    project.apply(made[1].as_str().unwrap());
    assert!(project.text(".dockerignore").contains(".git"));
}

#[test]
fn of_thousands_of_files_only_what_is_seen_is_drawn() {
    let Some(browser) = browser() else { return };
    let project = Project::new(&[]);
    for nth in 0..MANY_FILES {
        project.write(&format!("team-{}/service-{nth}/Dockerfile", nth % 12), b"FROM debian\nADD a.py /\nADD b.py /\n");
    }
    let page = project.page(&[]);
    let seen = browser.run(
        &page,
        "const rows = () => document.querySelectorAll('.row').length, all = () => document.querySelectorAll('*').length;
        const seen = [files.length, rows(), all(), [...document.querySelectorAll('main button.link')].map((node) => node.textContent)];
        byId('list').scrollTop = 1e9; drawRows();
        seen.push(document.querySelector('.row:last-child .path').textContent, rows());
        byId('search').value = 'service-4711/'; byId('search').dispatchEvent(new Event('input'));
        seen.push(shown.length, rows());
        choose(0); seen.push(document.querySelectorAll('.unit').length);
        result(seen);",
    );
    assert_eq!(seen[0], MANY_FILES);
    let most = |at: usize, most: u64| assert!(seen[at].as_u64().unwrap() <= most, "{seen}");
    most(1, 60);
    most(2, 1500);
    most(5, 60);
    let folders: Vec<String> = (0..12).map(|nth| format!("team-{nth}")).collect();
    let mut listed: Vec<String> = serde_json::from_value(seen[3].clone()).unwrap();
    listed.retain(|name| name != "copy-not-add");
    assert_eq!(BTreeSet::from_iter(listed), BTreeSet::from_iter(folders));
    assert_eq!(seen[4], "team-9/service-993/Dockerfile");
    assert_eq!((&seen[6], &seen[7], &seen[8]), (&Value::from(1), &Value::from(1), &Value::from(2)));
}

#[test]
fn what_the_baseline_knows_is_not_on_the_page() {
    let Some(browser) = browser() else { return };
    let project = Project::new(&[("Dockerfile", "FROM debian\nADD a.py /\nRUN apt update\n")]);
    project.dopt(&["check", "--write-baseline"]);
    project.write("Dockerfile", b"FROM debian\nADD a.py /\nRUN apt update\nADD b.py /\nRUN true\nADD c.py /\n");
    let page = project.page(&[]);
    let made = browser.run(&page, "result([files[0].u.map((unit) => unit.f.map((fix) => fix[3])), patch()]);");
    assert_eq!(made[0], serde_json::json!([[4], [6]]), "lines of fixes");
    project.apply(made[1].as_str().unwrap());
    assert!(project.text("Dockerfile").contains("ADD a.py /\nRUN apt update\nCOPY b.py /\nRUN true\nCOPY c.py"));
}

#[test]
fn a_page_that_cannot_be_written_ends_the_run_before_it_begins() {
    let project = Project::new(&[("Dockerfile", "FROM debian\nADD a.py /\n")]);
    for path in ["no/such/page.html", "."] {
        let mut command = project.command(env!("CARGO_BIN_EXE_dopt"));
        let output = command.args(["fix", "--write", "--html", path]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("{path}: cannot be written")), "{said}");
        assert_eq!(project.text("Dockerfile"), "FROM debian\nADD a.py /\n");
    }
}

fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn seed() -> u64 {
    let given = std::env::var("DOPT_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

fn paths_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file() && path.extension().is_none_or(|extension| extension != "txt"));
    paths.sort();
    paths
}

/// Chromium without a window.
struct Browser {
    program: String,
}

fn browser() -> Option<Browser> {
    let which = Command::new("sh").args(["-c", "command -v chromium || command -v chromium-browser"]).output().unwrap();
    if !which.status.success() {
        say("SKIPPED: chromium is not installed, so nobody looked at the page");
        return None;
    }
    Some(Browser { program: String::from_utf8(which.stdout).unwrap().trim().to_owned() })
}

impl Browser {
    /// Opens the page from a file, runs a script in it, and gives what that hands to `result`.
    fn run(&self, page: &str, script: &str) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        let script = format!(
            "<script>function result(value) {{ const node = document.createElement('pre'); node.id = 'result';
            node.textContent = encodeURIComponent(JSON.stringify(value)); document.body.append(node); }}\n{{ {script} }}</script></body>"
        );
        fs::write(&path, page.replacen("</body>", &script, 1)).unwrap();
        let mut command = Command::new(&self.program);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,900", "--dump-dom"]);
        command.arg(format!("--user-data-dir={}", folder.path().display())).arg(&path);
        let output = command.output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let result = shown.rsplit_once("<pre id=\"result\">").map(|(_, rest)| rest.split('<').next().unwrap());
        let result = result.unwrap_or_else(|| panic!("no result\n{}", String::from_utf8_lossy(&output.stderr)));
        serde_json::from_str(&decoded(result)).unwrap()
    }
}

/// The text of `encodeURIComponent`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// A folder with Dockerfiles.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(project.work()).unwrap();
        for (name, text) in files {
            project.write(name, text.as_bytes());
        }
        project
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.work().join(name)).unwrap()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.work()).env("HOME", self.folder.path());
        command
    }

    fn dopt(&self, arguments: &[&str]) -> String {
        let output = self.command(env!("CARGO_BIN_EXE_dopt")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn page(&self, arguments: &[&str]) -> String {
        let path = self.folder.path().join("page.html");
        let output =
            self.command(env!("CARGO_BIN_EXE_dopt")).args(["fix", "--html"]).arg(&path).args(arguments).output();
        assert!(output.unwrap().stdout.is_empty(), "what is on the page is not printed too");
        fs::read_to_string(path).unwrap()
    }

    fn copy(&self) -> Project {
        let other = Project { folder: tempfile::tempdir().unwrap() };
        let copied = Command::new("cp").arg("-a").arg(self.work()).arg(other.work()).status().unwrap();
        assert!(copied.success());
        other
    }

    /// All files, by path.
    fn texts(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut texts = BTreeMap::new();
        let mut folders = vec![self.work()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        texts.insert(path.strip_prefix(self.work()).unwrap().to_owned(), fs::read(&path).unwrap());
                    }
                }
            }
        }
        texts
    }

    fn apply(&self, patch: &str) {
        let mut git = self.command("git");
        // No repository around the folder counts.
        git.args(["apply", "--whitespace=nowarn", "-"]).env("GIT_CEILING_DIRECTORIES", self.folder.path());
        let mut git = git.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        git.stdin.take().unwrap().write_all(patch.as_bytes()).unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{patch}", String::from_utf8_lossy(&output.stderr));
    }
}
