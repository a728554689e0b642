//! Where settings come from: the defaults, then the TOML file, then the environment, which wins.

use super::variables::{OTHERS, VARIABLES};
use std::collections::HashMap;
use std::path::Path;

/// The file read when it exists and none was named.
const DEFAULT_FILE: &str = "clea.toml";

/// The text of every setting, and what is wrong with them so far.
#[derive(Debug, Default)]
pub(super) struct Source {
    values: HashMap<&'static str, String>,
    pub(super) errors: Vec<String>,
}

impl Source {
    /// Reads the file and the environment.
    pub(super) fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let mut source = Self::defaults();
        match file {
            Some(path) => source.add_file(path),
            None if Path::new(DEFAULT_FILE).exists() => source.add_file(Path::new(DEFAULT_FILE)),
            None => {}
        }
        source.add_environment(environment);
        source
    }

    /// The defaults and these settings only.
    pub(super) fn of(settings: impl Iterator<Item = (String, String)>) -> Self {
        let mut source = Self::defaults();
        source.add_environment(settings);
        source
    }

    fn defaults() -> Self {
        let values = VARIABLES.iter().map(|v| (v.name, v.default.to_owned())).collect();
        Self { values, errors: Vec::new() }
    }

    fn add_file(&mut self, path: &Path) {
        let shown = path.display();
        let table = std::fs::read_to_string(path)
            .map_err(|error| format!("{shown}: {error}"))
            .and_then(|text| {
                text.parse::<toml::Table>().map_err(|error| format!("{shown}: {}", error.message()))
            });
        match table {
            Ok(table) => self.add_table(&shown.to_string(), table),
            Err(error) => self.errors.push(error),
        }
    }

    fn add_table(&mut self, shown: &str, table: toml::Table) {
        for (key, value) in table {
            let Some(variable) = VARIABLES.iter().find(|v| v.key() == key) else {
                self.errors.push(format!("{shown}: `{key}` is no setting"));
                continue;
            };
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Datetime(date) => date.to_string(),
                toml::Value::Boolean(on) => (if on { "on" } else { "off" }).to_owned(),
                _ => {
                    self.errors.push(format!("{shown}: `{key}` must be a text or a whole number"));
                    continue;
                }
            };
            self.values.insert(variable.name, text);
        }
    }

    /// An unknown `CLEA_…` is warned about and not refused: containers receive names of their own.
    fn add_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        for (name, value) in environment.filter(|(name, _)| name.starts_with("CLEA_")) {
            match VARIABLES.iter().find(|v| v.name == name) {
                Some(variable) => {
                    self.values.insert(variable.name, value);
                }
                None if OTHERS.contains(&name.as_str()) || name.starts_with("CLEA_TEST_") => {}
                None => eprintln!("clea: warning: {name} is no setting of this program"),
            }
        }
    }

    /// The setting's text, trimmed.
    pub(super) fn text(&self, name: &str) -> String {
        self.values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default()
    }

    /// The setting as `parse` reads it; what it refuses joins the errors under the variable's name.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(&self.text(name)) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.errors.push(format!("{name}: {reason}"));
                None
            }
        }
    }
}
