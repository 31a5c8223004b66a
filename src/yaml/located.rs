//! Documents that people write, read into types, with the place of what is read: what is
//! wrong with one is shown where it stands.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// A value with the place at which it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub inner: T,
    /// Line, from 1; 0 when unknown.
    pub line: usize,
    /// Column, from 1; 0 when unknown.
    pub column: usize,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        let (line, column) = position(spanned.referenced);
        Ok(Self { inner: spanned.value, line, column })
    }
}

#[cfg(test)]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, in the words of the type that was expected.
    pub message: String,
    /// Line, from 1; 0 when unknown.
    pub line: usize,
    /// Column, from 1; 0 when unknown.
    pub column: usize,
}

/// Reads one document into a type. Keys that stand twice, unknown ones where the type denies
/// them, and aliases without end are refused.
///
/// # Errors
/// The first thing that is wrong.
pub fn read_typed<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_saphyr::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), position);
        Fault { message: words(&error), line, column }
    })
}

fn position(location: serde_saphyr::Location) -> (usize, usize) {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    (number(location.line()), number(location.column()))
}

/// The first line of the reader's message, without the place that is told beside it.
fn words(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ").map_or(line, |(words, _)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: Located<String>,
        #[serde(default)]
        count: Option<Located<u8>>,
    }

    #[test]
    fn values_are_read_with_their_places() {
        let thing: Thing = read_typed("name: a\ncount:  7\n").unwrap();
        assert_eq!((thing.name.inner.as_str(), thing.name.line, thing.name.column), ("a", 1, 7));
        let count = thing.count.unwrap();
        assert_eq!((count.inner, count.line, count.column), (7, 2, 9));
    }

    #[test]
    fn faults_are_told_where_they_stand() {
        let fault = |text: &str| read_typed::<Thing>(text).unwrap_err();
        let unknown = fault("name: a\nnumber: 1\n");
        assert_eq!((unknown.line, unknown.column), (2, 1), "{unknown:?}");
        assert!(unknown.message.contains("number") && unknown.message.contains("count"), "{unknown:?}");
        assert_eq!(fault("name: a\ncount: many\n").line, 2);
        assert!(fault("name: a\nname: b\n").message.contains("duplicate"));
        assert!(fault("count: 1\n").message.contains("name"));
        assert!(fault("name: [\n").line > 0);
    }
}
