//! What the files of hosts start in containers of an image: Fly.io, Heroku, Railway and Render.

use std::fs;
use std::path::{Path, PathBuf};

use dopt_model::Service;
use saphyr::{LoadableYamlNode, Yaml};
use serde_json::Value;

use super::find::shown;

/// One image of a host: its Dockerfile, and what is started of it.
type Started = (Option<String>, Vec<String>);

/// Reads a text; `None` where it is not what its name says.
type Reader = fn(&str) -> Option<Vec<Started>>;

const FILES: &[(&str, Reader)] = &[
    ("fly.toml", fly),
    ("heroku.yml", heroku),
    ("railway.json", railway_json),
    ("railway.toml", railway_toml),
    ("render.yaml", render),
];

/// The Dockerfiles that such files in a folder name, and what they start. Files that cannot be read say nothing.
pub fn of_context(context: &Path) -> Vec<(PathBuf, Service)> {
    let mut services = Vec::new();
    for (name, read) in FILES {
        let path = context.join(name);
        let Some(found) = fs::read_to_string(&path).ok().and_then(|text| read(&text)) else { continue };
        for (dockerfile, commands) in found {
            let built = context.join(dockerfile.as_deref().unwrap_or("Dockerfile"));
            let service = |command| Service { file: shown(&path), command: Some(command), ..Service::default() };
            services.extend(commands.into_iter().map(|command| (built.clone(), service(command))));
        }
    }
    services
}

fn fly(text: &str) -> Option<Vec<Started>> {
    let table: toml::Table = text.parse().ok()?;
    let string = |value: &toml::Value| value.as_str().map(str::to_owned);
    let dockerfile = table.get("build").and_then(|build| build.get("dockerfile")).and_then(string);
    let release = table.get("deploy").and_then(|deploy| deploy.get("release_command")).and_then(string);
    let processes = table.get("processes").and_then(toml::Value::as_table);
    let processes = processes.into_iter().flat_map(|all| all.values().filter_map(string));
    Some(vec![(dockerfile, release.into_iter().chain(processes).collect())])
}

fn railway_toml(text: &str) -> Option<Vec<Started>> {
    let table: toml::Table = text.parse().ok()?;
    Some(railway(&serde_json::to_value(table).ok()?))
}

fn railway_json(text: &str) -> Option<Vec<Started>> {
    Some(railway(&serde_json::from_str(text).ok()?))
}

fn railway(value: &Value) -> Vec<Started> {
    let string = |value: &Value| value.as_str().map(str::to_owned);
    let deploy = &value["deploy"];
    let before = deploy["preDeployCommand"].as_array().into_iter().flatten().filter_map(string);
    let said = [&deploy["startCommand"], &deploy["preDeployCommand"]].into_iter().filter_map(string);
    vec![(string(&value["build"]["dockerfilePath"]), said.chain(before).collect())]
}

fn heroku(text: &str) -> Option<Vec<Started>> {
    let documents = Yaml::load_from_str(text).ok()?;
    let file = documents.first()?;
    let images = file.as_mapping_get("build")?.as_mapping_get("docker")?;
    let dockerfile = |name: &str| images.as_mapping_get(name).and_then(Yaml::as_str).map(str::to_owned);
    let mut found = Vec::new();
    let of_image = |entry: &Yaml<'_>, own: &str| {
        let image = entry.as_mapping_get("image").and_then(Yaml::as_str).unwrap_or(own);
        let command = entry.as_mapping_get("command").unwrap_or(entry);
        let lines = command.as_vec().map(Vec::as_slice).unwrap_or_else(|| std::slice::from_ref(command));
        (dockerfile(image), lines.iter().filter_map(|line| line.as_str().map(str::to_owned)).collect())
    };
    found.extend(file.as_mapping_get("release").map(|release| of_image(release, "web")));
    let runs = file.as_mapping_get("run").and_then(Yaml::as_mapping).into_iter().flatten();
    found.extend(runs.filter_map(|(name, entry)| Some(of_image(entry, name.as_str()?))));
    Some(found)
}

fn render(text: &str) -> Option<Vec<Started>> {
    let documents = Yaml::load_from_str(text).ok()?;
    let services = documents.first()?.as_mapping_get("services")?.as_vec()?;
    let of_service = |service: &Yaml<'_>| {
        let string = |key: &str| service.as_mapping_get(key).and_then(Yaml::as_str).map(str::to_owned);
        let commands = ["dockerCommand", "preDeployCommand"].into_iter().filter_map(string).collect();
        (string("dockerfilePath"), commands)
    };
    Some(services.iter().map(of_service).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let found = of_context(folder.path()).into_iter().map(|(built, service)| {
            let built = built.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
            (built, service.command.unwrap_or_default())
        });
        found.collect()
    }

    fn pairs<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
        expected.into_iter().map(|(built, command)| (built.to_owned(), command.to_owned())).collect()
    }

    #[test]
    fn releases_and_processes_of_hosts_are_read() {
        let fly =
            "app = 'shop'\n[deploy]\nrelease_command = 'npx prisma migrate deploy'\n[processes]\nweb = 'node a.js'\n";
        assert_eq!(
            of("fly.toml", fly),
            pairs([("Dockerfile", "npx prisma migrate deploy"), ("Dockerfile", "node a.js")])
        );
        let heroku = "build: {docker: {web: Dockerfile, worker: w/Dockerfile}}\nrelease: {image: web, command: [./tasks.sh]}\n\
                      run:\n  web: bundle exec puma\n  worker: {command: [python w.py]}\n";
        assert_eq!(
            of("heroku.yml", heroku),
            pairs([("Dockerfile", "./tasks.sh"), ("Dockerfile", "bundle exec puma"), ("w/Dockerfile", "python w.py")])
        );
        let railway =
            r#"{"build": {"dockerfilePath": "app.Dockerfile"}, "deploy": {"preDeployCommand": ["npm run migrate"]}}"#;
        assert_eq!(of("railway.json", railway), pairs([("app.Dockerfile", "npm run migrate")]));
        assert_eq!(of("railway.toml", "[deploy]\nstartCommand = 'a b'\n"), pairs([("Dockerfile", "a b")]));
        let render = "services:\n  - type: web\n    runtime: docker\n    dockerCommand: bin/serve\n  - type: pserv\n";
        assert_eq!(of("render.yaml", render), pairs([("Dockerfile", "bin/serve")]));
    }

    #[test]
    fn what_is_something_else_says_nothing() {
        for (name, _) in FILES {
            assert!(of(name, "[1, 2\n").is_empty() && of(name, "").is_empty(), "{name}");
        }
    }
}
