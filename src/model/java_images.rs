//! The images that run Java without what builds it, by vendor and version, as the lists of official images have them.

use crate::ImageRef;

/// An image with the runtime of the same version as that of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaRuntime {
    /// The whole reference.
    pub reference: String,
    /// Whether it is of another distribution, which counts its users and keeps its programs otherwise.
    pub moves: bool,
}

/// Words of tags that an image of the runtime has too.
const KEPT: &[&str] = &[
    "jdk", "slim", "alpine", "focal", "jammy", "noble", "resolute", "ubi9", "ubi10", "minimal", "stretch", "buster",
    "bullseye", "hotspot", "openj9", "bionic",
];

/// Images that have a kit where the tag does not say otherwise.
const KITS: &[&str] = &[
    "openjdk", "eclipse-temurin", "amazoncorretto", "adoptopenjdk", "ibm-semeru-runtimes", "sapmachine", "maven",
    "gradle", "azul/zulu-openjdk", "azul/zulu-openjdk-alpine", "azul/zulu-openjdk-debian",
    "bellsoft/liberica-openjdk-debian", "bellsoft/liberica-openjdk-alpine", "bellsoft/liberica-openjdk-centos",
];

/// Whether a text names what a kit has and a runtime has not, or elsewhere: up to Java 8, the runtime is a folder of the kit.
pub fn names_kit(text: &str) -> bool {
    ["/jre/", "/usr/lib/jvm", "tools.jar", "JAVA_HOME/lib/ct.sym", "/jmods"].iter().any(|word| text.contains(word))
}

impl ImageRef<'_> {
    /// Whether an image is known to have the compiler of Java.
    pub fn is_java_kit(self) -> bool {
        let name = self.familiar_name();
        // Without a word of Java in its tag, it is not told which one Tomcat's image has.
        let is_of_tomcat = name == "tomcat" && self.tag.is_some_and(|tag| tag.contains("jdk"));
        let is_kit = KITS.contains(&name) || name.starts_with("adoptopenjdk/openjdk") || is_of_tomcat;
        let runs_only = ["jre", "headless", "headful", "windowsservercore", "nanoserver"];
        is_kit && !runs_only.iter().any(|word| self.tag.is_some_and(|tag| tag.contains(word)))
    }

    /// Whether an image is there to run Java, of which `jlink` makes a smaller one: 9 or later.
    pub fn has_modules_of_java(self) -> bool {
        let name = self.familiar_name();
        let is_of_java = KITS.contains(&name) && !["maven", "gradle"].contains(&name);
        is_of_java && self.version().is_some_and(|(version, _)| version >= 9)
    }

    /// The image with the runtime alone: of the same vendor, or of the successor where the vendor has given up.
    pub fn java_runtime(self) -> Option<JavaRuntime> {
        let tag = self.tag.filter(|_| self.digest.is_none() && self.is_java_kit())?;
        let same = |tag: String| Some(JavaRuntime { reference: format!("{}:{tag}", self.name), moves: false });
        match self.familiar_name() {
            "openjdk" => match number(tag)?.parse::<u32>().ok()? {
                // Alpine's were given up earlier.
                8 if self.tag_has("alpine") => same(without_kit(tag)?),
                8..=11 if !self.tag_has("alpine") => same(without_kit(tag)?),
                // What follows has no image of the runtime; that of the successor is made from the same sources.
                version @ (17 | 21..) if !tag.contains("-ea") && !tag.contains("-rc") => {
                    let alpine = if self.tag_has("alpine") { "-alpine" } else { "" };
                    Some(JavaRuntime { reference: format!("eclipse-temurin:{version}-jre{alpine}"), moves: true })
                }
                _ => None,
            },
            "eclipse-temurin" | "adoptopenjdk" => same(without_kit(tag)?),
            "amazoncorretto" => same(corretto(tag)?),
            "tomcat" if !tag.contains("corretto") => same(tag.replacen("jdk", "jre", 1)),
            "maven" => maven(tag),
            "gradle" if self.version().is_some_and(|version| version.0 >= 7) && !tag.contains("graal") => {
                let version = tag.split_once("-jdk").and_then(|(_, rest)| number(rest))?;
                let reference = format!("eclipse-temurin:{version}-jre{}", system(tag));
                Some(JavaRuntime { reference, moves: false })
            }
            _ => None,
        }
    }
}

impl JavaRuntime {
    /// A runtime for what an image of Maven or Gradle builds whose tag does not tell its Java: that has been 17 or newer
    /// for long, and what is built for a version runs on it, and on newer ones.
    pub fn for_target(image: ImageRef<'_>, version: u32) -> Option<JavaRuntime> {
        let tag = image.tag.unwrap_or("latest");
        let is_new = match image.familiar_name() {
            "maven" => ["3", "3.9", "latest"].contains(&tag) || tag.starts_with("3.9."),
            "gradle" => ["8", "latest"].contains(&tag) || tag.starts_with("8."),
            _ => false,
        };
        let is_plain = tag == "latest" || tag.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let version = if version <= 17 { 17 } else { version };
        let has_runtime = [17, 21, 25].contains(&version);
        (is_new && is_plain && has_runtime && image.digest.is_none())
            .then(|| JavaRuntime { reference: format!("eclipse-temurin:{version}-jre"), moves: true })
    }
}

/// `17`, `17-jdk`, `17.0.9_9-jdk-jammy`, `8u412-b08-jdk` → `17-jre`, `17.0.9_9-jre-jammy`, `8u412-b08-jre`.
fn without_kit(tag: &str) -> Option<String> {
    let parts: Vec<&str> = tag.split('-').collect();
    let is_build = |part: &&str| part.strip_prefix('b').is_some_and(|rest| rest.parse::<u32>().is_ok());
    let version = 1 + usize::from(parts.get(1).is_some_and(is_build));
    let is_version = parts[0].starts_with(|c: char| c.is_ascii_digit());
    if !is_version || !parts[version..].iter().all(|part| KEPT.contains(part)) {
        return None;
    }
    let rest = parts[version..].iter().filter(|part| **part != "jdk");
    let new: Vec<&str> = parts[..version].iter().chain(&["jre"]).chain(rest).copied().collect();
    Some(new.join("-"))
}

/// Amazon's images of the runtime are those of Java 8, and of Amazon Linux 2023 with what draws.
fn corretto(tag: &str) -> Option<String> {
    let parts: Vec<&str> = tag.split('-').filter(|part| !["jdk", "full"].contains(part)).collect();
    let [version, system] = parts[..] else { return None };
    match number(version)?.as_str() {
        "8" if system == "al2023" || system.starts_with("alpine") => Some(format!("{version}-{system}-jre")),
        "11" | "17" | "21" if system == "al2023" => Some(format!("{version}-{system}-headful")),
        _ => None,
    }
}

fn maven(tag: &str) -> Option<JavaRuntime> {
    let vendors = [("eclipse-temurin-", "eclipse-temurin"), ("openjdk-", "openjdk"), ("jdk-", "openjdk")];
    let (rest, vendor) = vendors.iter().find_map(|(word, vendor)| Some((tag.split_once(word)?.1, *vendor)))?;
    if tag.contains("adoptopenjdk") || tag.contains("openj9") {
        return None;
    }
    let version = number(rest)?;
    match (vendor, version.as_str()) {
        ("openjdk", "8" | "11") => Some(JavaRuntime { reference: format!("openjdk:{version}-jre-slim"), moves: false }),
        ("openjdk", "17" | "21") => {
            Some(JavaRuntime { reference: format!("eclipse-temurin:{version}-jre"), moves: true })
        }
        ("openjdk", _) => None,
        _ => Some(JavaRuntime { reference: format!("eclipse-temurin:{version}-jre{}", system(tag)), moves: false }),
    }
}

/// The distribution that a tag names behind its version.
fn system(tag: &str) -> String {
    let found = ["alpine", "jammy", "focal", "noble", "resolute"];
    let found = found.iter().find(|name| tag.split('-').any(|part| part == **name));
    found.map_or_else(String::new, |name| format!("-{name}"))
}

fn number(text: &str) -> Option<String> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_for_a_version_runs_on_it() {
        let found = |image, version| JavaRuntime::for_target(ImageRef::parse(image), version);
        let reference = |image, version| found(image, version).map(|found| found.reference);
        assert_eq!(reference("maven:3.9", 8).as_deref(), Some("eclipse-temurin:17-jre"));
        assert_eq!(reference("maven", 21).as_deref(), Some("eclipse-temurin:21-jre"));
        assert_eq!(reference("gradle:8.5", 17).as_deref(), Some("eclipse-temurin:17-jre"));
        for (image, version) in
            [("maven:3.9", 22), ("maven:3.6", 8), ("maven:3.9-ibmjava", 8), ("gradle:7", 8), ("openjdk", 17)]
        {
            assert_eq!(found(image, version), None, "{image}");
        }
    }

    #[test]
    fn runtimes_are_of_the_same_version() {
        for (image, runtime) in [
            ("eclipse-temurin:17", Some("eclipse-temurin:17-jre")),
            ("eclipse-temurin:17.0.9_9-jdk-jammy", Some("eclipse-temurin:17.0.9_9-jre-jammy")),
            ("eclipse-temurin:8u412-b08-jdk", Some("eclipse-temurin:8u412-b08-jre")),
            ("eclipse-temurin:21-jdk-ubi9-minimal", Some("eclipse-temurin:21-jre-ubi9-minimal")),
            ("eclipse-temurin:17-jre", None),
            ("eclipse-temurin", None),
            ("eclipse-temurin:latest", None),
            ("openjdk:8", Some("openjdk:8-jre")),
            ("docker.io/library/openjdk:8u222-jdk-stretch", Some("docker.io/library/openjdk:8u222-jre-stretch")),
            ("openjdk:11-jdk-slim", Some("openjdk:11-jre-slim")),
            ("openjdk:11-jdk-alpine", None),
            ("openjdk:8-alpine", Some("openjdk:8-jre-alpine")),
            ("openjdk:7", None),
            ("openjdk:14", None),
            ("openjdk:17", Some("eclipse-temurin:17-jre")),
            ("openjdk:17-jdk-slim-buster", Some("eclipse-temurin:17-jre")),
            ("openjdk:17-alpine", Some("eclipse-temurin:17-jre-alpine")),
            ("openjdk:24-ea-14-jdk", None),
            ("openjdk:17-windowsservercore", None),
            ("openjdk:11-oracle", None),
            ("adoptopenjdk:11-jdk-hotspot", Some("adoptopenjdk:11-jre-hotspot")),
            ("adoptopenjdk:8-jdk-openj9", Some("adoptopenjdk:8-jre-openj9")),
            ("amazoncorretto:17", None),
            ("amazoncorretto:8-alpine3.17-jdk", Some("amazoncorretto:8-alpine3.17-jre")),
            ("amazoncorretto:17-al2023", Some("amazoncorretto:17-al2023-headful")),
            ("amazoncorretto:17-alpine", None),
            ("tomcat:9-jdk17", Some("tomcat:9-jre17")),
            ("tomcat:10.1.14-jdk21-temurin-jammy", Some("tomcat:10.1.14-jre21-temurin-jammy")),
            ("tomcat:9-jdk17-corretto", None),
            ("tomcat:9", None),
            ("maven:3.9-eclipse-temurin-21-alpine", Some("eclipse-temurin:21-jre-alpine")),
            ("maven:3-jdk-8", Some("openjdk:8-jre-slim")),
            ("maven:3.6.3-openjdk-17", Some("eclipse-temurin:17-jre")),
            ("maven:3.6-jdk-14", None),
            ("maven:3.9", None),
            ("gradle:8.10-jdk21-jammy", Some("eclipse-temurin:21-jre-jammy")),
            ("gradle:8-jdk17-graal", None),
            ("example.com/openjdk:17", None),
            ("openjdk:17@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a", None),
        ] {
            let found = ImageRef::parse(image).java_runtime();
            assert_eq!(found.map(|found| found.reference).as_deref(), runtime, "{image}");
        }
    }
}
