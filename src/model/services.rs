//! What compose files and those of hosts start in containers of an image, besides what its own file says.

/// One service that is built from the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// The file that says so, as it is shown.
    pub file: String,
    /// The stage that is built; the last one where it names none.
    pub target: Option<String>,
    /// What takes the place of `ENTRYPOINT`, as the text of a shell. It takes that of `CMD`, too.
    pub entrypoint: Option<String>,
    /// What takes the place of `CMD`.
    pub command: Option<String>,
    /// What takes the place of the command of `HEALTHCHECK`.
    pub check: Option<String>,
}

impl Service {
    /// All that it says of what is started.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        [&self.entrypoint, &self.command, &self.check].into_iter().flatten().map(String::as_str)
    }

    /// What a container of it starts, where the file has this entrypoint; `None` where it starts what the file says.
    pub fn started(&self, entrypoint: &str) -> Option<String> {
        let own = self.entrypoint.as_deref().unwrap_or(entrypoint);
        let command = self.command.as_deref().unwrap_or_default();
        (self.entrypoint.is_some() || self.command.is_some()).then(|| format!("{own} {command}").trim().to_owned())
    }
}
