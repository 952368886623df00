//! One JSON object. Fields may be added; none changes its meaning without a new `version`.

use dopt_image::{Difference, Reason};
use serde_json::{Value, json};

use super::trial::Smoke;
use super::verdict::{Side, Verdict};

/// The verdict.
pub fn object(path: &str, verdict: &Verdict) -> Value {
    let expected: Vec<Value> = verdict
        .expected
        .iter()
        .map(|(found, reason)| {
            let mut entry = difference(found);
            entry["rule"] = match reason {
                Reason::Declared(rule) => json!(rule),
                Reason::Noise => Value::Null,
            };
            entry
        })
        .collect();
    let saved: Vec<Value> = verdict.saved().iter().map(|(rule, bytes)| json!({"rule": rule, "bytes": bytes})).collect();
    let config: Vec<Value> = verdict
        .config
        .iter()
        .map(|change| json!({"key": change.key, "before": change.before, "after": change.after}))
        .collect();
    json!({
        "version": 1,
        "path": path,
        "verdict": if verdict.is_good() { "same" } else if verdict.after.is_err() { "fails" } else { "differs" },
        "rules": verdict.rules,
        "untried": verdict.untried(),
        "before": side(&verdict.before),
        "after": verdict.after.as_ref().ok().map(side),
        "log": verdict.after.as_ref().err(),
        "saved": saved,
        "config": config,
        "findings": verdict.unexpected.iter().map(difference).collect::<Vec<_>>(),
        "expected": expected,
        "smoke": verdict.smoke.as_ref().map(|(before, after)| {
            json!({"same": verdict.smoke_is_same(), "before": smoke(before), "after": smoke(after)})
        }),
    })
}

/// Where there is nothing to verify.
pub fn nothing(path: &str) -> Value {
    json!({"version": 1, "path": path, "verdict": "unchanged", "rules": []})
}

fn side(side: &Side) -> Value {
    json!({"bytes": side.bytes, "layers": side.layers, "seconds": side.seconds})
}

fn smoke(smoke: &Smoke) -> Value {
    json!({"code": smoke.code, "printed": smoke.printed})
}

fn difference(found: &Difference) -> Value {
    json!({
        "path": format!("/{}", found.path),
        "change": found.change.code(),
        "before": found.before,
        "after": found.after,
        "bytes_before": found.bytes_before,
        "bytes_after": found.bytes_after,
    })
}
