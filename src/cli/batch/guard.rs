//! A panic in one file is a failure of that file, and of no other.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

use dopt_rewrite::{Options, Rejected, Rewrite, rewrite_without};

use crate::failure::Failure;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Rewrites, and turns a panic into a failure of this one file.
pub fn guarded_rewrite(text: &str, options: &Options<'_>) -> Result<Rewrite, Failure> {
    guarded_rewrite_without(text, options, &[])
}

/// The same, and leaves the places of some fixes alone.
pub fn guarded_rewrite_without(text: &str, options: &Options<'_>, rejected: &[Rejected]) -> Result<Rewrite, Failure> {
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(|| rewrite_without(text, options, rejected)));
    GUARDED.set(false);
    match result {
        Ok(result) => result.map_err(Failure::Bug),
        Err(_) => Err(Failure::Panic(PANIC.take().unwrap_or_default())),
    }
}

/// While a file is rewritten, a panic is kept for the report instead of printed.
pub fn record_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            return usual(info);
        }
        let message = info.payload_as_str().unwrap_or("a panic without a message");
        let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
        PANIC.set(Some(format!("{message}{}", place.unwrap_or_default())));
    }));
}

#[cfg(test)]
mod tests {
    use dopt_model::NO_FACTS;
    use dopt_rewrite::{Settings, Transform};

    use super::*;

    const PANICS: Transform = Transform {
        name: "panics",
        summary: "",
        manual: "",
        aliases: &[],
        triggers: &["FROM"],
        joint: false,
        never_safe: false,
        propose: |_| panic!("out of luck"),
    };

    #[test]
    fn a_panic_is_a_failure_of_one_file() {
        record_panics();
        let settings = Settings::default();
        let options =
            Options { transforms: &[&PANICS], unsafe_fixes: false, inline_ignores: true, settings, facts: &NO_FACTS };
        let failure = guarded_rewrite("FROM a\n", &options).unwrap_err();
        assert!(failure.to_string().contains("please report it: out of luck (src/cli/batch/guard.rs:"), "{failure}");
        assert!(guarded_rewrite("ARG A\n", &options).is_ok());
    }
}
