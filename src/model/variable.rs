//! The value of a variable: known, a default that a build may replace, or unknown.

use dopt_syntax::dockerfile::{Modifier, Segment};

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// This, in every build.
    Known(String),
    /// This, unless `--build-arg` says otherwise.
    Default(String),
    /// The variable is not set, as far as the Dockerfile says; the base image may set it.
    Unset,
    /// It cannot be known from the file.
    Unknown,
}

impl Value {
    /// The text, whether or not a build may replace it.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Known(text) | Value::Default(text) => Some(text),
            Value::Unset | Value::Unknown => None,
        }
    }
}

/// Puts the values into a word. `lookup` gives the value of a name.
pub(crate) fn evaluate(segments: &[Segment], lookup: &dyn Fn(&str) -> Value) -> Value {
    let mut text = String::new();
    let mut replaceable = false;
    for segment in segments {
        let value = match segment {
            Segment::Literal(literal) => Value::Known(literal.clone()),
            Segment::Expansion(expansion) => {
                let value = lookup(&expansion.name);
                match (&expansion.modifier, value) {
                    (Modifier::Plain, value) => value,
                    (Modifier::Default(or_empty, word), value) => match value {
                        // The base image may set the variable, so an unset one proves nothing but for an ARG.
                        Value::Unset => as_default(evaluate(word, lookup)),
                        Value::Known(text) | Value::Default(text) if text.is_empty() && *or_empty => {
                            as_default(evaluate(word, lookup))
                        }
                        value => value,
                    },
                    (Modifier::Alternative(or_empty, word), value) => match value {
                        Value::Known(text) if !(text.is_empty() && *or_empty) => evaluate(word, lookup),
                        _ => Value::Unknown,
                    },
                    (Modifier::Other, _) => Value::Unknown,
                }
            }
        };
        match value {
            Value::Known(part) => text.push_str(&part),
            Value::Default(part) => {
                text.push_str(&part);
                replaceable = true;
            }
            Value::Unset | Value::Unknown => return Value::Unknown,
        }
    }
    if replaceable { Value::Default(text) } else { Value::Known(text) }
}

fn as_default(value: Value) -> Value {
    match value {
        Value::Known(text) => Value::Default(text),
        other => other,
    }
}
