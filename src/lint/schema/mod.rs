//! The fields that Tekton's decoders take, by version (fields.txt, written by
//! `cargo xtask schemas`).

pub(crate) mod json;

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a value has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// A Go duration: `1h30m`.
    Duration,
    /// A Kubernetes quantity: `500m`, `2Gi`.
    Quantity,
    /// A number or text.
    IntOrText,
    /// A parameter's value: text, a list or a mapping of text.
    Param,
    /// A list.
    List(Box<Self>),
    /// A mapping with keys of the author's choice.
    Map(Box<Self>),
    /// A mapping with known keys, by the name of its type.
    Object(&'static str),
}

/// A field of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its key.
    pub(crate) name: &'static str,
    /// What its value has to be.
    pub(crate) shape: Shape,
    /// Whether the API server keeps what it does not know below it.
    pub(crate) is_kept: bool,
    mask: u32,
}

/// The fields of all types.
#[derive(Debug)]
pub(crate) struct Table {
    versions: Vec<&'static str>,
    types: HashMap<&'static str, Vec<Field>>,
}

/// The fields of one version of Tekton.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema {
    table: &'static Table,
    version: usize,
    prunes: bool,
}

/// Why there is no table for a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSchema {
    /// It is no version.
    NotOne,
    /// It is older than the oldest that is known.
    TooOld(&'static str),
}

impl Schema {
    /// The newest version.
    pub(crate) fn newest() -> Self {
        let table = table();
        Self { table, version: table.versions.len() - 1, prunes: true }
    }

    /// The newest version in the table that is not newer than this one.
    ///
    /// # Errors
    /// When it is no version, or older than all in the table.
    pub(crate) fn of(version: &str) -> Result<Self, NoSchema> {
        let wanted = parsed(version).filter(|parts| (2..=3).contains(&parts.len())).ok_or(NoSchema::NotOne)?;
        let table = table();
        // Fields come and go with minor versions.
        let fits = |known: &str| parsed(known).is_some_and(|known| known[..2] <= wanted[..2]);
        let oldest = table.versions.first().copied().unwrap_or_default();
        let version = table.versions.iter().rposition(|known| fits(known)).ok_or(NoSchema::TooOld(oldest))?;
        Ok(Self { table, version, prunes: wanted[..2] >= PRUNES_SINCE[..] })
    }

    /// The version of Tekton.
    pub(crate) fn version(self) -> &'static str {
        self.table.versions[self.version]
    }

    /// Whether this is the table of a version, its patches aside.
    pub(crate) fn is_of(self, version: &str) -> bool {
        let minor = |text: &str| parsed(text).map(|parts| (parts.first().copied(), parts.get(1).copied()));
        minor(self.version()) == minor(version)
    }

    /// Whether the API server prunes what the CRDs do not know: structural since 0.70.
    pub(crate) fn prunes(self) -> bool {
        self.prunes
    }

    /// Whether there is such a type.
    pub(crate) fn has_type(self, name: &str) -> bool {
        self.type_named(name).is_some()
    }

    /// The name of a type, as the table has it.
    pub(crate) fn type_named(self, name: &str) -> Option<&'static str> {
        self.table.types.get_key_value(name).map(|(name, _)| *name)
    }

    /// Fields of a type.
    pub(crate) fn fields(self, name: &str) -> impl Iterator<Item = &'static Field> {
        let bit = 1 << self.version;
        self.table.types.get(name).into_iter().flatten().filter(move |field| field.mask & bit != 0)
    }

    /// A field of a type.
    pub(crate) fn field(self, name: &str, key: &str) -> Option<&'static Field> {
        self.fields(name).find(|field| field.name == key)
    }
}

/// The version whose CRDs were the first to be structural.
const PRUNES_SINCE: [u64; 2] = [0, 70];

/// The numbers of a version.
fn parsed(text: &str) -> Option<Vec<u64>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    // `1.6.0-rc1` and `1.6.0+build` have the fields of 1.6.
    let text = text.split(['-', '+']).next().unwrap_or(text);
    text.split('.').map(|part| part.parse().ok()).collect()
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| parse(include_str!("fields.txt")))
}

fn parse(text: &'static str) -> Table {
    let mut table = Table { versions: Vec::new(), types: HashMap::new() };
    let mut current = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(versions) = line.strip_prefix("versions ") {
            table.versions = versions.split(' ').collect();
        } else if let Some(field) = line.strip_prefix(' ') {
            let mut words = field.split(' ');
            let (Some(name), Some(shape)) = (words.next(), words.next()) else { continue };
            let mask = words.next().and_then(|mask| mask.strip_prefix('@')).map_or(u32::MAX, |mask| {
                mask.chars().enumerate().filter(|(_, bit)| *bit == '1').map(|(at, _)| 1 << at).sum()
            });
            let is_kept = shape.ends_with('~');
            let field = Field { name, shape: shape_of(shape.trim_end_matches('~')), is_kept, mask };
            table.types.entry(current).or_default().push(field);
        } else {
            current = line;
            table.types.entry(current).or_default();
        }
    }
    table
}

fn shape_of(text: &'static str) -> Shape {
    if let Some(inner) = text.strip_prefix('[') {
        return Shape::List(Box::new(shape_of(&inner[..inner.len() - 1])));
    }
    if let Some(inner) = text.strip_prefix("map[") {
        return Shape::Map(Box::new(shape_of(&inner[..inner.len() - 1])));
    }
    match text {
        "any" => Shape::Any,
        "string" => Shape::Text,
        "int" => Shape::Int,
        "number" => Shape::Number,
        "bool" => Shape::Bool,
        "duration" => Shape::Duration,
        "quantity" => Shape::Quantity,
        "intstr" => Shape::IntOrText,
        "param" => Shape::Param,
        name => Shape::Object(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there() {
        fn check(shape: &Shape, table: &Table) {
            match shape {
                Shape::List(inner) | Shape::Map(inner) => check(inner, table),
                Shape::Object(name) => assert!(table.types.contains_key(name), "{name}"),
                _ => {}
            }
        }
        let table = table();
        assert_eq!(table.versions.len(), 4);
        for field in table.types.values().flatten() {
            check(&field.shape, table);
        }
    }

    #[test]
    fn fields_come_with_their_version() {
        let old = Schema::of("0.68.1").unwrap();
        assert!(old.field("pod.Template", "hostUsers").is_none());
        assert!(Schema::of("1.9").unwrap().field("pod.Template", "hostUsers").is_some());
        assert_eq!(Schema::of("v1.6.3").unwrap().version(), "1.6.6");
        assert_eq!(Schema::of("1.3.0").unwrap().version(), "0.68.1");
        assert_eq!(Schema::of("1.6").unwrap().version(), "1.6.6");
        assert_eq!(Schema::of("2.0").unwrap().version(), "1.15.1");
        assert_eq!(Schema::of("newest").err(), Some(NoSchema::NotOne));
        assert_eq!(Schema::of("1").err(), Some(NoSchema::NotOne));
        assert_eq!(Schema::of("0.44").err(), Some(NoSchema::TooOld("0.68.1")));
        assert!(!Schema::of("0.68.1").unwrap().prunes() && Schema::of("1.3").unwrap().prunes());
        assert!(Schema::of("1.6.0").unwrap().is_of("1.6") && !Schema::of("1.3").unwrap().is_of("1.3"));
        assert!(Schema::newest().field("v1.PipelineRunSpec", "pipelineSpec").unwrap().is_kept);
    }
}
