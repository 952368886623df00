//! Values that nobody may see: those of build arguments, wherever a build or an image says them.

const LEAST: usize = 3;
const HIDDEN: &str = "[hidden]";

/// The values.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    /// The values of build arguments. A very short one is no secret, and would be found everywhere.
    pub fn of(arguments: &[(String, String)]) -> Secrets {
        let mut values: Vec<String> = Vec::new();
        for (_, value) in arguments.iter().filter(|(_, value)| value.len() >= LEAST) {
            values.push(value.clone());
            // As JSON writes it, without the quotes.
            let quoted = serde_json::Value::String(value.clone()).to_string();
            values.push(quoted[1..quoted.len() - 1].to_owned());
        }
        // One may be a part of another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Secrets { values }
    }

    /// The text without them.
    pub fn hide(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| text.replace(value, HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_hidden_however_they_are_written() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let secrets =
            Secrets::of(&[pair("A", "hunter2"), pair("B", "hunter2-long"), pair("C", "a\"b\\c"), pair("D", "1")]);
        assert_eq!(secrets.hide("x hunter2-long hunter2 1"), "x [hidden] [hidden] 1");
        let json = serde_json::json!({ "x": "a\"b\\c" }).to_string();
        assert_eq!(secrets.hide(&json), r#"{"x":"[hidden]"}"#);
    }
}
