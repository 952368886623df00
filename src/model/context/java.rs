//! What a project of Java builds, as far as the words of its build files tell.

use super::Context;

/// What the build files of a folder say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JavaProject {
    /// Whether all that the program needs lies in its one archive: a plugin packs it, or nothing is needed.
    pub is_whole: bool,
    /// Whether a plugin puts files beside the archive, to which it refers.
    pub has_folder: bool,
}

/// Plugins of Maven and of Gradle that pack everything into one archive.
const PACKERS: &[&str] = &[
    "spring-boot-maven-plugin", "maven-shade-plugin", "jar-with-dependencies", "org.springframework.boot",
    "com.github.johnrengelman.shadow", "com.gradleup.shadow", "io.ktor.plugin",
];

/// What puts files beside an archive, or makes something else of it.
const BESIDE: &[&str] = &[
    "maven-dependency-plugin", "appassembler", "addClasspath", "quarkus", "micronaut", "libsDirName",
    "destinationDirectory", "buildDirectory", "buildDir", "<directory>target", "outputDirectory", "native-image",
    "graalvm", "javafx", "jpackage",
];

impl JavaProject {
    /// Reads all build files of a context that lie in a folder (`""`, `"server/"`) or below it.
    pub fn of_folder(context: &Context, folder: &str) -> Option<JavaProject> {
        let names = ["pom.xml", "build.gradle", "build.gradle.kts"];
        names.iter().find(|name| context.has(&format!("{folder}{name}")))?;
        let is_build = |path: &str| path.starts_with(folder) && names.iter().any(|name| path.ends_with(name));
        let texts: Vec<&str> = context.texts().filter(|(path, _)| is_build(path)).map(|(_, text)| text).collect();
        let says = |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| text.contains(word)));
        let needs = ["<dependencies>", "implementation ", "implementation(", "compile ", "runtimeOnly", "api "];
        let needs_others = texts.iter().any(|text| {
            let tested = text.contains("<dependencies>") && text.matches("<dependency>").count() == tests(text);
            needs.iter().any(|word| text.contains(word)) && !tested
        });
        Some(JavaProject { is_whole: says(PACKERS) || !needs_others, has_folder: says(BESIDE) })
    }
}

/// How many dependencies of Maven only tests have.
fn tests(pom: &str) -> usize {
    pom.split("<dependency>")
        .skip(1)
        .filter(|rest| {
            let end = rest.find("</dependency>").unwrap_or(rest.len());
            rest[..end].contains("<scope>test</scope>")
        })
        .count()
}

#[cfg(test)]
mod tests_of_words {
    use super::*;

    fn read(name: &str, text: &str) -> JavaProject {
        let context = Context::new(vec![name.to_owned()], [(name.to_owned(), text.to_owned())].into());
        JavaProject::of_folder(&context, "").unwrap()
    }

    #[test]
    fn archives_are_whole_where_nothing_is_needed_or_all_is_packed() {
        let dependency = |scope: &str| {
            format!("<dependencies><dependency><artifactId>x</artifactId>{scope}</dependency></dependencies>")
        };
        for (name, text, is_whole) in [
            ("pom.xml", String::new(), true),
            ("pom.xml", dependency(""), false),
            ("pom.xml", dependency("<scope>test</scope>"), true),
            ("pom.xml", dependency("") + "<artifactId>maven-shade-plugin</artifactId>", true),
            ("build.gradle", "dependencies { implementation 'a:b:1' }".to_owned(), false),
            ("build.gradle.kts", "plugins { id(\"org.springframework.boot\") }".to_owned(), true),
        ] {
            assert_eq!(read(name, &text).is_whole, is_whole, "{text}");
        }
        assert!(read("pom.xml", "<artifactId>maven-dependency-plugin</artifactId>").has_folder);
    }
}
