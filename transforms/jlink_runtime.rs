//! # jlink-runtime
//!
//! Points at images that start a program of Java on a whole runtime: `jlink` makes one of only those modules that the
//! program needs, of about a third of the size, and it runs on an image without Java.
//!
//! ```dockerfile advice
//! FROM eclipse-temurin:21-jre
//! COPY app.jar /app.jar
//! CMD ["java", "-jar", "/app.jar"]
//! ```
//!
//! It takes a stage that has the kit and the program, and a final one of the same C library:
//!
//! ```text
//! FROM eclipse-temurin:21 AS runtime
//! COPY app.jar /
//! RUN jlink --strip-java-debug-attributes --no-man-pages --no-header-files --output /java --add-modules \
//!     "$(jdeps --ignore-missing-deps --multi-release 21 --print-module-deps /app.jar)"
//!
//! FROM debian:12-slim
//! COPY --from=runtime /java /opt/java
//! ENV PATH="/opt/java/bin:$PATH"
//! COPY app.jar /app.jar
//! CMD ["java", "-jar", "/app.jar"]
//! ```
//!
//! `jdeps` does not look into archives within archives: of a fat one (Spring Boot) it wants the unpacked `BOOT-INF/lib` as
//! `--class-path`, and its classes.
//!
//! **Advice**: modules that a program finds by their names only (`jdk.crypto.ec` for TLS, `java.naming`, `jdk.localedata`,
//! `jdk.zipfs`, agents and what reads beans) are told by no list, so that only a test of all that it does can tell. A file
//! that runs jlink, an image that builds, a server's image, and Java 8, which has no modules, get no advice.
//!
//! ```dockerfile unchanged
//! FROM eclipse-temurin:8-jre
//! COPY app.jar /app.jar
//! CMD ["java", "-jar", "/app.jar"]
//! ```
//! ```dockerfile unchanged
//! FROM eclipse-temurin:21-jre
//! COPY start.sh /
//! CMD ["/start.sh"]
//! ```
//! ```dockerfile refused: suppressed-by-comment
//! # dopt: ignore=jlink-runtime
//! FROM eclipse-temurin:21-jre
//! COPY app.jar /app.jar
//! ENTRYPOINT java $OPTIONS -jar /app.jar
//! ```

use dopt_model::commands::paths::base_name;
use dopt_model::{Base, ImageRef};
use dopt_rewrite::{Fix, Proposal, Refusal, Safety, Subject, Transform, Why};
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};

pub const TRANSFORM: Transform = Transform {
    name: "jlink-runtime",
    summary: "point at programs of Java that need only a part of their runtime",
    manual: include_str!("jlink_runtime.rs"),
    aliases: &[],
    triggers: &["java"],
    joint: false,
    never_safe: true,
    propose,
};

const CAVEAT: &str = "modules that it finds by their names only (for TLS, names, beans) have to be told too, and only a test \
                      of all that it does can tell; dopt explain jlink-runtime has the steps";

/// What says that a file makes a runtime already, or builds where it runs.
const BUILDS: &[&str] = &["jlink", "mvn", "gradle", "javac", "sbt ", "jmods"];

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let document = subject.document();
    let mut proposals = Vec::new();
    for stage in subject.stages.all().iter().filter(|stage| stage.in_image) {
        let Base::Image(written) = &stage.base else { continue };
        if !ImageRef::parse(written).has_modules_of_java() {
            continue;
        }
        let body = &document.instructions()[stage.body.clone()];
        let says = |word: &str| body.iter().any(|found| found.arguments_text(document.text()).contains(word));
        let starts = body.iter().filter(|found| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint));
        let program = starts.into_iter().find_map(|start| program(start, document.text()));
        let Some(program) = program.filter(|_| !BUILDS.iter().any(|word| says(word))) else { continue };
        let at = document.instructions()[stage.from].range;
        proposals.push(match subject.is_suppressed(stage.from) {
            true => Err(Refusal::new(at, Why::SuppressedByComment)),
            false => Ok(Fix {
                title: format!("make a runtime of the modules that {program} needs with jlink, in place of {written}")
                    .into(),
                at,
                safety: Safety::Advice { caveat: CAVEAT },
                effects: Vec::new(),
                edits: Vec::new(),
            }),
        });
    }
    proposals
}

/// What Java is started with: the name of the archive, where it is told.
fn program(start: &Instruction, text: &str) -> Option<String> {
    let words: Vec<String> = match &start.form {
        Form::Exec(words) => words.iter().flat_map(|word| word.split_whitespace().map(str::to_owned)).collect(),
        Form::Shell => start.arguments_text(text).split_whitespace().map(str::to_owned).collect(),
    };
    let java = words.iter().position(|word| base_name(word) == "java")?;
    let mut behind = words[java..].iter().skip_while(|word| *word != "-jar").skip(1);
    let archive = behind.next().map(|word| base_name(word.trim_matches(['"', '\''])).to_owned());
    Some(archive.filter(|name| name.ends_with(".jar")).unwrap_or_else(|| "the program".to_owned()))
}
