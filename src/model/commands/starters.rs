//! Programs that start others, by their names.

/// Shells that run a text or a file.
pub const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// Programs that start what stands behind them and their options.
pub const INITS: &[&str] = &["tini", "dumb-init", "docker-init", "catatonit"];

/// Programs that start what a file of their own names.
pub const SUPERVISORS: &[&str] = &["supervisord", "foreman", "honcho", "circusd", "s6-svscan", "runsvdir", "overmind"];
