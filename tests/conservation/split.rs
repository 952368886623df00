//! `SplitsStage`: the builder is what it was, and the stage behind it has what configures, what is fetched, and the rest.

use dopt_rewrite::{Carried, Restart, Split};

use super::*;

const BEFORE: &str = "ARG V=1\nENV A=$V\nWORKDIR /src\nCOPY . .\nRUN go build -o /app\nEXPOSE 80\nCMD [\"/app\"]";

const BUILDER: &str = "ARG V=1\nENV A=$V\nWORKDIR /src\nCOPY . .\nRUN go build -o /app\n";

fn splits() -> Vec<Effect> {
    vec![Effect::SplitsStage(Split {
        first: 0,
        last: 5,
        builder: "build".to_owned(),
        base: "debian:bookworm-slim".to_owned(),
        variables: Vec::new(),
        folder: None,
        prepared: Vec::new(),
        installed: Vec::new(),
        carried: vec![Carried::at("/app")],
        finished: Vec::new(),
        restart: None,
    })]
}

/// Whether a text is taken for the split that was declared.
fn verdict(head: &str, after: &str) -> Verdict {
    let (old, new) = (Document::parse(format!("{head}\n{BEFORE}\n")), Document::parse(after.to_owned()));
    assert!(old.problems().is_empty() && new.problems().is_empty(), "{:?} in\n{after}", new.problems());
    match conserves(&Stages::of(&old), &Stages::of(&new), &splits()) {
        Ok(()) => Sound,
        Err(_) => Damage,
    }
}

#[test]
fn split_stages() {
    const STAGE: &str = "ARG V=1\nENV A=$V\nWORKDIR /src\nCOPY --from=build /app /app\n";
    const REST: &str = "EXPOSE 80\nCMD [\"/app\"]\n";
    let whole = |name: &str, builder: &str, base: &str, stage: &str, rest: &str| {
        format!("FROM golang:1.22{name}\n{builder}\nFROM {base}\n{stage}{rest}")
    };
    let (name, base) = (" AS build", "debian:bookworm-slim");
    let rows = [
        ("as declared", whole(name, BUILDER, base, STAGE, REST), Sound),
        ("no name", whole("", BUILDER, base, STAGE, REST), Damage),
        ("another name", whole(" AS b", BUILDER, base, STAGE, REST), Damage),
        ("another base", whole(name, BUILDER, "debian:12", STAGE, REST), Damage),
        ("a base by another name", whole(name, BUILDER, "debian:bookworm-slim AS x", STAGE, REST), Damage),
        ("a step of the builder changed", whole(name, &BUILDER.replace("-o", "-v -o"), base, STAGE, REST), Damage),
        ("a step of the builder lost", whole(name, &BUILDER.replace("COPY . .\n", ""), base, STAGE, REST), Damage),
        ("the layout of the builder", whole(name, &BUILDER.replace("RUN go", "RUN  go"), base, STAGE, REST), Damage),
        ("a variable lost", whole(name, BUILDER, base, &STAGE.replace("ENV A=$V\n", ""), REST), Damage),
        ("a variable changed", whole(name, BUILDER, base, &STAGE.replace("A=$V", "A=2"), REST), Damage),
        ("an argument lost", whole(name, BUILDER, base, &STAGE.replace("ARG V=1\n", ""), REST), Damage),
        ("the folder lost", whole(name, BUILDER, base, &STAGE.replace("WORKDIR /src\n", ""), REST), Damage),
        ("another folder", whole(name, BUILDER, base, &STAGE.replace("/src", "/s"), REST), Damage),
        (
            "out of order",
            whole(name, BUILDER, base, &STAGE.replacen("ARG V=1\nENV A=$V\n", "ENV A=$V\nARG V=1\n", 1), REST),
            Damage,
        ),
        (
            "nothing fetched",
            whole(name, BUILDER, base, &STAGE.replace("COPY --from=build /app /app\n", ""), REST),
            Damage,
        ),
        ("fetched to another place", whole(name, BUILDER, base, &STAGE.replace("/app /app", "/app /b"), REST), Damage),
        (
            "fetched from elsewhere",
            whole(name, BUILDER, base, &STAGE.replace("--from=build", "--from=b"), REST),
            Damage,
        ),
        ("more fetched", whole(name, BUILDER, base, &format!("{STAGE}COPY --from=build /b /b\n"), REST), Damage),
        ("a step more", whole(name, BUILDER, base, &format!("{STAGE}RUN true\n"), REST), Damage),
        ("a user more", whole(name, BUILDER, base, &format!("{STAGE}USER nobody\n"), REST), Damage),
        ("the rest changed", whole(name, BUILDER, base, STAGE, &REST.replace("80", "81")), Damage),
        ("the rest lost", whole(name, BUILDER, base, STAGE, "EXPOSE 80\n"), Damage),
        ("not done", format!("FROM golang:1.22\n{BEFORE}\n"), Damage),
    ];
    let wrong: Vec<_> =
        rows.iter().filter(|(_, after, expected)| verdict("FROM golang:1.22", after) != *expected).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_name_that_others_build_by_goes_to_the_last_stage() {
    let after = |builder: &str, last: &str| {
        format!(
            "FROM golang:1.22 AS {builder}\n{BUILDER}\nFROM debian:bookworm-slim{last}\nARG V=1\nENV A=$V\nWORKDIR /src\n\
             COPY --from=build /app /app\nEXPOSE 80\nCMD [\"/app\"]\n"
        )
    };
    let head = "FROM golang:1.22 AS app";
    assert_eq!(verdict(head, &after("build", " AS app")), Sound);
    assert_eq!(verdict(head, &after("build", "")), Damage);
    assert_eq!(verdict(head, &after("build", " AS other")), Damage);
    assert_eq!(verdict(head, &after("app", " AS app")), Damage);
}

#[test]
fn an_image_without_a_shell_starts_none() {
    let before = |start: &str| format!("FROM golang:1.22\nRUN go build -o /app\nCMD {start}\n");
    let after = |start: &str| {
        format!(
            "FROM golang:1.22 AS build\nRUN go build -o /app\n\nFROM gcr.io/distroless/static-debian12\nWORKDIR /go\n\
             COPY --from=build /app /app\nCMD {start}\n"
        )
    };
    let split = Split {
        first: 0,
        last: 1,
        builder: "build".to_owned(),
        base: "gcr.io/distroless/static-debian12".to_owned(),
        variables: Vec::new(),
        folder: Some("/go".to_owned()),
        prepared: Vec::new(),
        installed: Vec::new(),
        carried: vec![Carried::at("/app")],
        finished: Vec::new(),
        restart: None,
    };
    for (start, expected) in [("[\"/app\"]", Sound), ("/app", Damage)] {
        let (old, new) = (Document::parse(before(start)), Document::parse(after(start)));
        let found = conserves(&Stages::of(&old), &Stages::of(&new), &[Effect::SplitsStage(split.clone())]);
        assert_eq!(found.is_ok(), expected == Sound, "{start}: {found:?}");
    }
}

fn split_of(variables: &[&str], restart: Option<&str>) -> Split {
    Split {
        first: 0,
        last: 1,
        builder: "build".to_owned(),
        base: "debian:bookworm-slim".to_owned(),
        variables: variables.iter().map(|line| (*line).to_owned()).collect(),
        folder: Some("/go".to_owned()),
        prepared: vec!["RUN go build -o /app .".to_owned()],
        installed: Vec::new(),
        carried: vec![Carried::at("/app")],
        finished: Vec::new(),
        restart: restart.map(|text| Restart { index: 2, program: "/app".to_owned(), text: text.to_owned() }),
    }
}

#[test]
fn what_starts_a_program_no_longer_builds_it_and_does_nothing_else() {
    let old = Document::parse("FROM golang:1.22\nCOPY . .\nCMD [\"go\", \"run\", \".\"]\nEXPOSE 80\n");
    let after = |start: &str| {
        Document::parse(format!(
            "FROM golang:1.22 AS build\nCOPY . .\nRUN go build -o /app .\n\nFROM debian:bookworm-slim\nWORKDIR /go\n\
             COPY --from=build /app /app\n{start}\nEXPOSE 80\n"
        ))
    };
    for (declared, written, expected) in [
        ("CMD [\"/app\"]", "CMD [\"/app\"]", Sound),
        ("CMD [\"/app\"]", "CMD [\"/app\", \"--more\"]", Damage),
        ("CMD [\"/bin/app\"]", "CMD [\"/bin/app\"]", Damage),
        ("CMD [\"/app\"]", "CMD [\"go\", \"run\", \".\"]", Damage),
    ] {
        let new = after(written);
        let split = split_of(&[], Some(declared));
        let found = conserves(&Stages::of(&old), &Stages::of(&new), &[Effect::SplitsStage(split)]);
        assert_eq!(found.is_ok(), expected == Sound, "{declared} {written}: {found:?}");
    }
}

#[test]
fn only_what_the_build_image_sets_is_set_again() {
    let old = Document::parse("FROM golang:1.22\nCOPY . .\nCMD [\"/app\"]\n");
    for (line, expected) in
        [("ENV GOPATH=/go", Sound), ("ENV GOPATH=/other", Damage), ("ENV GOLANG_VERSION=1.22.0", Damage)]
    {
        let new = Document::parse(format!(
            "FROM golang:1.22 AS build\nCOPY . .\nRUN go build -o /app .\n\nFROM debian:bookworm-slim\n{line}\nWORKDIR /go\n\
             COPY --from=build /app /app\nCMD [\"/app\"]\n"
        ));
        let effects = [Effect::SplitsStage(split_of(&[line], None))];
        let found = conserves(&Stages::of(&old), &Stages::of(&new), &effects);
        assert_eq!(found.is_ok(), expected == Sound, "{line}: {found:?}");
    }
}
