//! What a project of Java builds, as far as the words of its build files tell.

use super::Context;

/// What the build files of a folder say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JavaProject {
    /// Whether files beside the archive may belong to it, to which it refers. An archive alone is all that `java -jar`
    /// looks at otherwise.
    pub has_folder: bool,
    /// Whether it may refer to what was downloaded for the build.
    pub uses_downloads: bool,
}

/// What puts files beside an archive, refers to some, or makes something else of it.
const BESIDE: &[&str] = &[
    "maven-dependency-plugin", "appassembler", "addClasspath", "Class-Path", "quarkus", "micronaut", "libsDirName",
    "destinationDirectory", "buildDirectory", "buildDir", "<directory>target", "outputDirectory", "native-image",
    "graalvm", "javafx", "jpackage", "apply from", "apply(from", "includeBuild", "buildSrc",
];

/// What makes an archive refer to the folder of downloads.
const DOWNLOADS: &[&str] =
    &["classpathLayoutType", ".m2", "localRepository", "classpathMavenRepositoryLayout", ".gradle/caches"];

/// Parents of projects that put nothing beside archives.
const PARENTS: &[&str] = &["spring-boot-starter-parent"];

impl JavaProject {
    /// Reads all build files of a context that lie in a folder (`""`, `"server/"`) or below it, and the parents above.
    pub fn of_folder(context: &Context, folder: &str) -> Option<JavaProject> {
        let names = ["pom.xml", "build.gradle", "build.gradle.kts"];
        names.iter().find(|name| context.has(&format!("{folder}{name}")))?;
        let is_build = |path: &str| names.iter().any(|name| path.rsplit('/').next() == Some(name));
        let is_around =
            |path: &str| path.starts_with(folder) || folder.starts_with(path.rfind('/').map_or("", |at| &path[..=at]));
        let builds: Vec<(&str, &str)> = context.texts().filter(|(path, _)| is_build(path) && is_around(path)).collect();
        let says = |words: &[&str]| builds.iter().any(|(_, text)| words.iter().any(|word| text.contains(word)));
        let is_foreign = |text: &str| {
            let Some((_, rest)) = text.split_once("<parent>") else { return false };
            let parent = rest.split("</parent>").next().unwrap_or(rest);
            let name = parent.split_once("<artifactId>").and_then(|(_, rest)| rest.split_once('<'));
            let name = name.map_or("", |(name, _)| name.trim());
            let own = format!("<artifactId>{name}</artifactId>");
            let is_own = |found: &str| found.replacen(&format!("<parent>{parent}</parent>"), "", 1).contains(&own);
            !PARENTS.contains(&name) && !builds.iter().any(|(_, found)| is_own(found))
        };
        let has_plugins = context.below("").any(|path| path.contains("buildSrc/") || path.contains("build-logic/"));
        let is_unseen = has_plugins || builds.iter().any(|(_, text)| is_foreign(text));
        Some(JavaProject { has_folder: says(BESIDE) || is_unseen, uses_downloads: says(DOWNLOADS) })
    }

    /// The newest version of Java that build files say they build for, each in its way; `None` where none says.
    pub fn target(context: &Context) -> Option<u32> {
        const WORDS: &[&str] = &[
            "<maven.compiler.release>", "<maven.compiler.target>", "<maven.compiler.source>", "<java.version>",
            "<release>", "<target>", "JavaLanguageVersion.of(", "JavaVersion.VERSION_", "jvmToolchain(",
            "sourceCompatibility = ", "targetCompatibility = ",
        ];
        let names = ["pom.xml", "build.gradle", "build.gradle.kts"];
        let builds =
            context.texts().filter(|(path, _)| path.rsplit('/').next().is_some_and(|name| names.contains(&name)));
        let versions = builds.flat_map(|(_, text)| {
            WORDS.iter().flat_map(|word| text.match_indices(word).map(|(at, word)| &text[at + word.len()..]))
        });
        let number = |rest: &str| {
            let rest = rest.trim_start_matches(['"', '\'']);
            let rest = rest.strip_prefix("1.").or(rest.strip_prefix("1_")).unwrap_or(rest);
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
        };
        versions.filter_map(number).max()
    }

    /// Whether sources use the compiler, or what looks into other programs, when they run.
    pub fn uses_kit(context: &Context) -> bool {
        const KIT: &[&str] = &["javax.tools.", "com.sun.tools.", "com.sun.jdi", "jdk.jshell", "jdk.jfr.consumer"];
        let is_source = |path: &str| {
            [".java", ".kt", ".groovy", ".scala"].iter().any(|end| path.ends_with(end)) && !path.contains("src/test/")
        };
        context.texts().any(|(path, text)| is_source(path) && KIT.iter().any(|word| text.contains(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[(&str, &str)], folder: &str) -> JavaProject {
        let texts = texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let files = texts.clone().map(|(path, _)| path).collect();
        JavaProject::of_folder(&Context::new(files, texts.collect()), folder).unwrap()
    }

    #[test]
    fn versions_are_told_in_many_ways() {
        for (name, text, version) in [
            ("pom.xml", "<maven.compiler.source>1.8</maven.compiler.source>", Some(8)),
            ("pom.xml", "<java.version>17</java.version><release>21</release>", Some(21)),
            ("pom.xml", "<release>${java.version}</release>", None),
            ("build.gradle", "sourceCompatibility = '11'", Some(11)),
            ("build.gradle.kts", "java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }", Some(21)),
            ("build.gradle", "sourceCompatibility = JavaVersion.VERSION_1_8", Some(8)),
        ] {
            let context = Context::new(vec![name.to_owned()], [(name.to_owned(), text.to_owned())].into());
            assert_eq!(JavaProject::target(&context), version, "{text}");
        }
    }

    #[test]
    fn archives_have_files_beside_them_where_a_plugin_or_a_parent_may_put_them_there() {
        let of = |artifact: &str| {
            format!("<parent><artifactId>{artifact}</artifactId></parent><artifactId>app</artifactId>")
        };
        for (name, text, has_folder) in [
            ("pom.xml", "<dependency><artifactId>x</artifactId></dependency>".to_owned(), false),
            ("pom.xml", "<artifactId>maven-dependency-plugin</artifactId>".to_owned(), true),
            ("pom.xml", of("spring-boot-starter-parent"), false),
            ("pom.xml", of("of-the-company"), true),
            ("build.gradle", "dependencies { implementation 'a:b:1' }".to_owned(), false),
            ("build.gradle", "jar { manifest { attributes 'Class-Path': 'lib/a.jar' } }".to_owned(), true),
            ("build.gradle.kts", "apply(from = \"more.gradle.kts\")".to_owned(), true),
        ] {
            assert_eq!(read(&[(name, &text)], "").has_folder, has_folder, "{text}");
        }
        let parent = ("pom.xml", "<artifactId>all</artifactId>");
        let module = of("all");
        assert!(!read(&[parent, ("server/pom.xml", &module)], "server/").has_folder);
        let parent = ("pom.xml", "<artifactId>all</artifactId><addClasspath>true</addClasspath>");
        assert!(read(&[parent, ("server/pom.xml", &module)], "server/").has_folder);
    }
}
