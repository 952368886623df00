//! What is in force where: small files with one question each.

use dopt_syntax::Document;
use dopt_syntax::shell::Dialect;

use crate::commands::Invocation;
use crate::commands::archives::{downloads, spelling, unpacked};
use crate::{Base, Errexit, Family, ImageRef, Placed, Shell, Stages, State, User, Value, isolation};

/// Asks about the last `RUN` of a file.
fn last_run<T>(text: &str, ask: impl FnOnce(State<'_>) -> T) -> T {
    let document = Document::parse(text);
    let stages = Stages::of(&document);
    let run = stages.runs().last().expect("the file has a RUN");
    ask(run.state())
}

fn known(text: &str) -> Value {
    Value::Known(text.to_owned())
}

#[test]
fn the_user_is_the_last_one_of_the_lineage() {
    let cases = [
        ("FROM debian\nRUN x", User::Root),
        ("FROM example.com/x\nRUN x", User::Unknown),
        ("FROM debian\nUSER app:app\nRUN x", User::Other("app".to_owned())),
        ("FROM debian\nUSER app\nUSER 0:0\nRUN x", User::Root),
        ("FROM debian AS a\nUSER app\nFROM A\nRUN x", User::Other("app".to_owned())),
        ("FROM debian\nARG U=app\nUSER $U\nRUN x", User::Unknown),
        ("FROM debian\nENV U=app\nUSER ${U}\nRUN x", User::Other("app".to_owned())),
    ];
    for (text, expected) in cases {
        assert_eq!(last_run(text, |state| state.user()), expected, "{text}");
    }
}

#[test]
fn workdirs_stack_and_stay_unknown_where_the_base_may_set_one() {
    let cases = [
        ("FROM debian\nRUN x", Some("/")),
        ("FROM debian\nWORKDIR /a\nWORKDIR b\nRUN x", Some("/a/b")),
        ("FROM example.com/x\nWORKDIR b\nRUN x", None),
        ("FROM example.com/x\nWORKDIR /b\nRUN x", Some("/b")),
        ("FROM debian\nENV D=/a\nWORKDIR $D/c\nRUN x", Some("/a/c")),
        ("FROM debian\nARG D=/a\nWORKDIR $D\nRUN x", None),
        ("FROM debian AS a\nWORKDIR /a\nFROM a\nRUN x", Some("/a")),
    ];
    for (text, expected) in cases {
        assert_eq!(last_run(text, |state| state.workdir().map(str::to_owned)).as_deref(), expected, "{text}");
    }
}

#[test]
fn variables_follow_the_scopes_of_buildkit() {
    let default = |text: &str| Value::Default(text.to_owned());
    let cases = [
        ("FROM debian\nRUN x", Value::Unset),
        ("FROM debian\nENV V=1\nRUN x", known("1")),
        ("FROM debian\nENV V 1 2\nRUN x", known("1 2")),
        ("FROM debian\nENV V=1\nENV V=2\nRUN x", known("2")),
        ("FROM debian\nENV A=1\nENV A=2 V=$A\nRUN x", known("1")),
        ("FROM debian\nARG V=1\nRUN x", default("1")),
        ("FROM debian\nARG V\nRUN x", Value::Unknown),
        ("FROM debian\nENV V=1\nARG V=2\nRUN x", known("1")),
        ("FROM debian\nENV V=a-${B:-b}\nRUN x", default("a-b")),
        ("FROM debian\nENV B=x\nENV V=${B:+y}\nRUN x", known("y")),
        ("FROM debian\nENV V=${B}\nRUN x", Value::Unknown),
        ("FROM debian\nENV V='$B'\nRUN x", known("$B")),
        // An ARG in front of the first FROM is not seen inside a stage until it is named there.
        ("ARG V=1\nFROM debian\nRUN x", Value::Unset),
        ("ARG V=1\nFROM debian\nARG V\nRUN x", default("1")),
        ("FROM debian AS a\nARG V=1\nFROM a\nRUN x", default("1")),
        ("FROM debian AS a\nENV V=1\nFROM debian\nRUN x", Value::Unset),
        ("FROM debian\nENV V=$V:1\nRUN x", Value::Unknown),
    ];
    for (text, expected) in cases {
        assert_eq!(last_run(text, |state| state.variable("V")), expected, "{text}");
    }
}

#[test]
fn the_shell_is_known_or_said_to_be_unknown() {
    let shell = |dialect, errexit| Shell { dialect, errexit, reads_startup_files: false };
    let cases = [
        ("FROM debian\nRUN x", shell(Some(Dialect::Posix), Errexit::Off)),
        ("FROM example.com/x\nRUN x", shell(Some(Dialect::Posix), Errexit::Unknown)),
        (
            "FROM debian\nSHELL [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\"]\nRUN x",
            shell(Some(Dialect::Bash), Errexit::On),
        ),
        (
            "FROM debian\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN x",
            shell(Some(Dialect::Bash), Errexit::Off),
        ),
        ("FROM debian AS a\nSHELL [\"/bin/bash\", \"-c\"]\nFROM a\nRUN x", shell(Some(Dialect::Bash), Errexit::Off)),
    ];
    for (text, expected) in cases {
        assert_eq!(last_run(text, |state| state.shell()), expected, "{text}");
    }
    for other in ["FROM debian\nSHELL [\"pwsh\", \"-c\"]\nRUN x", "FROM mcr.microsoft.com/windows/servercore\nRUN x"] {
        assert_eq!(last_run(other, |state| state.shell().dialect), None, "{other}");
    }
    let login = "FROM debian\nSHELL [\"/bin/bash\", \"-lc\"]\nRUN x";
    assert!(last_run(login, |state| state.shell().reads_startup_files));
}

#[test]
fn stages_know_their_base_and_whether_they_end_up_in_an_image() {
    let text = "ARG TAG=12\nFROM debian:$TAG AS base\nFROM base AS build\nRUN x\nFROM golang AS tools\nFROM base\n\
                COPY --from=build /a /a\nRUN --mount=from=tools,target=/t x\nFROM golang AS extra\nFROM 0\nFROM base";
    let document = Document::parse(text);
    let stages = Stages::of(&document);
    let bases: Vec<Base> = stages.all().iter().map(|stage| stage.base.clone()).collect();
    let image = |name: &str| Base::Image(name.to_owned());
    assert_eq!(
        bases,
        [
            image("debian:12"),
            Base::Stage(0),
            image("golang"),
            Base::Stage(0),
            image("golang"),
            image("0"),
            Base::Stage(0)
        ]
    );
    // The unused stages can only be there for `--target`.
    let in_image: Vec<bool> = stages.all().iter().map(|stage| stage.in_image).collect();
    assert_eq!(in_image, [true, false, false, true, true, true, true]);
}

#[test]
fn families_come_from_names_and_tags() {
    let cases = [
        ("debian:12", Family::Debian),
        ("docker.io/library/python:3.12-slim", Family::Debian),
        ("python:3.12-alpine", Family::Alpine),
        ("python:alpine3.19", Family::Alpine),
        ("example.com:5000/x/y:bookworm", Family::Debian),
        ("example.com:5000/x/y", Family::Unknown),
        ("rockylinux:9@sha256:00", Family::RedHat),
        ("scratch", Family::Scratch),
        ("mcr.microsoft.com/windows/nanoserver:ltsc2022", Family::Windows),
    ];
    for (name, expected) in cases {
        assert_eq!(ImageRef::parse(name).family(), expected, "{name}");
    }
    assert!(ImageRef::parse("debian:jessie-slim").is_ancient());
    assert!(ImageRef::parse("ubuntu:14.04").is_ancient());
    for name in ["alpine:3.2", "gliderlabs/alpine:v2.7", "python:2.7-alpine3.1", "nvidia/cuda:8.0-devel-ubuntu14.04"] {
        assert!(ImageRef::parse(name).is_ancient(), "{name}");
    }
    for name in
        ["debian:12", "alpine:3.20", "alpine:3", "alpine", "python:3.1-alpine3.10", "node:8-alpine", "ubuntu:24.04"]
    {
        assert!(!ImageRef::parse(name).is_ancient(), "{name}");
    }
    assert_eq!(ImageRef::parse("localhost:5000/a@sha256:1").tag, None);
}

#[test]
fn scripts_say_what_they_would_leak() {
    let ask = |body: &str| {
        let document = Document::parse(format!("FROM debian\nRUN {body}"));
        let stages = Stages::of(&document);
        let run = stages.runs().next().expect("there is a RUN");
        isolation(&run.script().unwrap_or_else(|error| panic!("{body}: {}", error.why)))
    };
    for body in ["ls && mkdir a", "(cd x && ls)", "cd x | cat", "A=1 ls", "ls > $(cd x && pwd)", "if a; then b; fi"] {
        assert!(!ask(body).subshell, "{body}");
    }
    for body in [
        "cd x", "A=1", "export A", "ls && { cd x; }", "if a; then cd b; fi", "for i in a; do b; done", "set -x",
        "umask 0", "f() { :; }", "exec >a", "exit 0", "echo ${A:=1}", "$CMD", "command cd x", "A=1 :", "unset A",
    ] {
        assert!(ask(body).subshell, "{body}");
    }
    for body in [". ./x", "source x", "eval x", "return 0", "trap a EXIT"] {
        assert!(ask(body).impossible.is_some(), "{body}");
    }
    assert!(ask("a & b").background && ask("(a &)").background && ask("echo $(a &)").background);
    assert!(ask("set -e; a").sets_errexit && ask("set -o errexit").sets_errexit && !ask("set -x").sets_errexit);
    assert!(ask("a; b").heeds_errexit && ask("if a; then b; fi").heeds_errexit && !ask("a && b || c").heeds_errexit);
}

#[test]
fn downloads_and_archives_are_told_by_their_words() {
    let ask = |command: &str| {
        let document = Document::parse(format!("FROM debian\nRUN {command}"));
        let stages = Stages::of(&document);
        let script = stages.runs().next().expect("there is a RUN").script().expect("it can be read");
        let mut answer = (Vec::new(), None);
        script.script().walk(&mut |command| {
            let found = Invocation::of(command, script.text()).expect("it has a program");
            answer = (downloads(&found), unpacked(&found).map(|at| spelling(&command.words[at], script.text())));
        });
        answer
    };
    for (command, file) in [
        ("wget https://a.b/c.tgz", "c.tgz"),
        ("wget -q https://a.b/$V/c-$V.tgz", "c-${V}.tgz"),
        ("wget -qO /tmp/c.tgz https://a.b/d", "/tmp/c.tgz"),
        ("wget --output-document=c.tgz https://a.b/d", "c.tgz"),
        ("curl -fsSLO https://a.b/c.tgz", "c.tgz"),
        ("curl -L https://a.b/d -o \"c.tgz\"", "c.tgz"),
        ("sudo curl --output c.tgz https://a.b/d", "c.tgz"),
    ] {
        assert_eq!(ask(command).0, [file], "{command}");
    }
    for command in ["wget -O- https://a.b/c", "curl https://a.b/c.tgz", "wget -P /x https://a.b/c", "echo a/b"] {
        assert!(ask(command).0.iter().all(|file| file.starts_with('-')), "{command}: {:?}", ask(command).0);
    }
    for command in [
        "tar xzf a.tgz", "tar -xzf a.tgz -C /b", "tar -C /b -xf a.tgz", "tar -x -v -f a.tgz", "tar --extract -f a.tgz",
        "unzip -q a.tgz -d b", "unzip -d b a.tgz", "dpkg -i a.tgz", "rpm -Uvh a.tgz",
    ] {
        assert_eq!(ask(command).1.as_deref(), Some("a.tgz"), "{command}");
    }
    for command in [
        "tar czf a.tgz b", "tar tzf a.tgz", "tar xz", "tar xzf -", "tar xzf *.tgz", "unzip -l a.zip", "unzip '*.zip'",
        "dpkg -i a.deb b.deb", "rpm -q a", "rpm -i https://a.b/c.rpm", "apt-get install -y a", "tar -xfz a.tgz b",
    ] {
        assert_eq!(ask(command).1, None, "{command}");
    }
    assert_eq!(ask("apt-get install -y ./a.deb").1.as_deref(), Some("./a.deb"));
}

#[test]
fn copies_tell_where_their_files_are_where_names_do() {
    let ask = |copy: &str| {
        let document = Document::parse(format!("FROM debian\nWORKDIR /w\n{copy}"));
        let stages = Stages::of(&document);
        Placed::of(stages.state(0, 2), &document.instructions()[2], document.text())
    };
    for (copy, files) in [
        ("COPY a.sh /b.sh", Some(vec!["/b.sh"])),
        ("COPY x/a.sh /b/", Some(vec!["/b/a.sh"])),
        ("COPY a.sh b.sh .", Some(vec!["/w/a.sh", "/w/b.sh"])),
        ("COPY [\"a.sh\", \"./\"]", Some(vec!["/w/a.sh"])),
        ("COPY Makefile /b/Makefile", None),
        ("COPY a.sh /b", None),
        ("COPY *.sh /b/", None),
        ("COPY src /b/", None),
    ] {
        let found = ask(copy).expect("its paths are known").files();
        assert_eq!(
            found.as_deref(),
            files.map(|files| files.into_iter().map(str::to_owned).collect::<Vec<_>>()).as_deref(),
            "{copy}"
        );
    }
    assert_eq!(ask("COPY a $B/c"), None);
    assert!(!ask("ADD https://a.b/c.tgz /").is_none_or(|placed| placed.from_context));
}

#[test]
fn folders_of_known_images_are_empty_or_not() {
    let debian = ImageRef::parse("debian:12");
    for folder in ["/app", "/srv/x", "/opt/app", "/usr/src/app", "/home/a/b", "/tmp/x"] {
        assert!(debian.lacks(folder), "{folder}");
        assert!(!ImageRef::parse("example.com/base").lacks(folder), "{folder}");
        assert!(!ImageRef::parse("node:8-onbuild").lacks(folder), "{folder}");
    }
    for folder in
        ["/", "/etc/nginx", "/usr/share/x", "/var/www/html", "/home/a", "/root", "/data", "/opt", "/usr/src/php"]
    {
        assert!(!debian.lacks(folder), "{folder}");
    }
    assert!(ImageRef::parse("php:8.3-apache").has_nothing_below("/var/www/html"));
    assert!(!ImageRef::parse("redis:7").lacks("/redis"));
}
