//! What downloads the dependencies of compiled languages. A later build works from them, so they go only behind the
//! last one.

use super::{CACHE, Cache, Remedy};

pub(super) const GO: Cache = Cache {
    name: "go",
    programs: &["go"],
    filled_by: &["build", "install", "test", "get", "generate", "mod download", "vet", "run"],
    value_options: &["-C"],
    remedy: Remedy::Command("clean -cache -modcache"),
    remedy_behind_others: Some(Remedy::Command("clean -cache")),
    signs_of_care: &[
        "go clean", "GOCACHE", "GOMODCACHE", "go-build", "pkg/mod", "GOFLAGS", "/go/pkg", "rm -rf /go", "GOPATH",
        ".cache", "rm -rf $GO",
    ],
    folders: &["~/.cache/go-build", "/go/pkg/mod"],
    mounts: &["/go/pkg/mod", "~/.cache/go-build"],
    needs_image: &["golang"],
    needs_version: Some((1, 11)),
    offline: &["GOPROXY=off"],
    needed_by: Some(&["build", "install", "test", "get", "generate", "run", "mod", "vet", "tool", "list"]),
    missed_by: &["pkg/mod", "go-build"],
    ..CACHE
};

pub(super) const CARGO: Cache = Cache {
    name: "cargo",
    programs: &["cargo"],
    filled_by: &["build", "install", "test", "check", "fetch", "run", "b", "t", "r", "rustc"],
    value_options: &["--color", "--config", "-Z", "-C"],
    remedy: Remedy::Delete(&["/usr/local/cargo/git", "/usr/local/cargo/registry"]),
    signs_of_care: &[
        "registry", "CARGO_HOME", ".cargo", "cargo/git", "rm -rf /usr/local/cargo", "--offline", "vendor",
        "cargo-cache",
    ],
    folders: &["/usr/local/cargo/registry", "/usr/local/cargo/git"],
    mounts: &["/usr/local/cargo/git", "/usr/local/cargo/registry"],
    needs_image: &["rust"],
    offline: &["--offline", "--frozen"],
    needed_by: Some(&[
        "build", "install", "test", "check", "fetch", "run", "b", "t", "r", "rustc", "watch", "chef", "doc", "bench",
    ]),
    missed_by: &["cargo/registry", "cargo/git"],
    ..CACHE
};

pub(super) const MAVEN: Cache = Cache {
    name: "maven",
    programs: &["mvn", "mvnw"],
    filled_by: &[
        "package", "install", "compile", "verify", "test", "deploy", "clean", "dependency:go-offline",
        "dependency:resolve",
    ],
    value_options: &["-f", "--file", "-pl", "--projects", "-s", "--settings", "-P", "-T", "-gs", "-t", "-rf"],
    remedy: Remedy::Delete(&["~/.m2/repository"]),
    signs_of_care: &[".m2", "maven.repo.local", "localRepository", "MAVEN_CONFIG", "MAVEN_OPTS", "user.home"],
    folders: &["~/.m2/repository"],
    mounts: &["~/.m2/repository"],
    offline: &["-o", "--offline"],
    needed_by: Some(&[]),
    missed_by: &[".m2/repository"],
    ..CACHE
};

/// Its daemon goes on writing, so that a `rm` beside it could fail.
pub(super) const GRADLE: Cache = Cache {
    name: "gradle",
    programs: &["gradle", "gradlew"],
    filled_by: &["build", "assemble", "bootJar", "jar", "shadowJar", "installDist", "clean", "test", "bootWar", "war"],
    value_options: &["-b", "-p", "--project-dir", "-x", "--exclude-task", "-g", "-I", "--build-file"],
    remedy: Remedy::Delete(&["~/.gradle/caches"]),
    signs_of_care: &[".gradle", "GRADLE_USER_HOME", "--gradle-user-home", " -g ", "user.home"],
    folders: &["~/.gradle/caches"],
    mounts: &["~/.gradle/caches"],
    needs_words: &["--no-daemon", "org.gradle.daemon=false"],
    offline: &["--offline"],
    needed_by: Some(&[]),
    missed_by: &[".gradle/caches"],
    ..CACHE
};

pub(super) const DOTNET: Cache = Cache {
    name: "nuget",
    programs: &["dotnet"],
    filled_by: &["publish"],
    remedy: Remedy::Command("nuget locals all --clear"),
    signs_of_care: &["nuget locals", ".nuget", "NUGET_PACKAGES", "--packages", "--no-restore", "HOME="],
    folders: &["~/.nuget/packages"],
    mounts: &["~/.nuget/packages"],
    offline: &["--no-restore", "--no-build"],
    needed_by: Some(&["build", "publish", "restore", "run", "test", "watch", "pack", "tool", "ef", "msbuild"]),
    missed_by: &[".nuget"],
    ..CACHE
};
