//! `cargo xtask schemas`: the built-in table of fields, from the Go modules of Tekton
//! and Kubernetes.
//!
//! What a decoder takes stands in the OpenAPI descriptions of the modules
//! (`pkg/apis/pipeline/*/swagger.json` of tektoncd/pipeline, which name the types of
//! k8s.io/kubernetes' `api/openapi-spec/swagger.json`). Below which fields the API server
//! prunes nothing stands in the CRDs (`config/300-crds`). One table holds all versions:
//! a field that not every version has carries a mask.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use serde_json::Value;

/// Versions of Tekton in the table, from the oldest on.
pub const VERSIONS: [&str; 4] = ["0.68.1", "1.6.6", "1.12.2", "1.15.1"];

/// The Kubernetes whose types Tekton's name.
const KUBERNETES: &str = "1.35.4";

/// API versions with the kinds that are read in them.
const KINDS: [(&str, &[&str]); 3] = [
    ("v1", &["PipelineRun", "TaskRun", "Pipeline", "Task"]),
    ("v1beta1", &["PipelineRun", "TaskRun", "Pipeline", "Task", "StepAction", "CustomRun"]),
    ("v1alpha1", &["StepAction"]),
];

/// A field: its shape, and whether the API server keeps all that stands below.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Field {
    shape: String,
    is_kept: bool,
}

type Types = BTreeMap<String, BTreeMap<String, Field>>;

/// Writes the table into the checkout at `root`; returns its path.
///
/// # Errors
/// Modules that cannot be fetched, files that are not as expected.
pub fn schemas(root: &Path) -> io::Result<PathBuf> {
    let kubernetes = read_json(&module("k8s.io/kubernetes", KUBERNETES)?.join("api/openapi-spec/swagger.json"))?;
    let mut all = Vec::new();
    for version in VERSIONS {
        let folder = module("github.com/tektoncd/pipeline", version)?;
        all.push(types_of(&folder, &kubernetes["definitions"])?);
    }
    borrow_embedded(&mut all);
    let path = root.join("src/lint/schema/fields.txt");
    fs::write(&path, render(&all))?;
    Ok(path)
}

fn module(path: &str, version: &str) -> io::Result<PathBuf> {
    let output = Command::new("go").args(["mod", "download", "-json", &format!("{path}@v{version}")]).output()?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    answer["Dir"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other(format!("{path}@v{version}: {}", answer["Error"])))
}

fn read_json(path: &Path) -> io::Result<Value> {
    let text = fs::read(path).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
    Ok(serde_json::from_slice(&text)?)
}

/// All types that the kinds reach.
fn types_of(folder: &Path, kubernetes: &Value) -> io::Result<Types> {
    let mut types = Types::new();
    for (api_version, kinds) in KINDS {
        let swagger = read_json(&folder.join(format!("pkg/apis/pipeline/{api_version}/swagger.json")))?;
        let mut reader = Reader { api_version, tekton: &swagger["definitions"], kubernetes, types: &mut types };
        for kind in kinds {
            let Some(definition) = swagger["definitions"].get(format!("{api_version}.{kind}")) else { continue };
            reader.add(&format!("{api_version}.{kind}"), definition);
        }
        for kind in kinds {
            if let Some(crd) = crd_of(folder, api_version, kind)? {
                mark(&mut types, &format!("{api_version}.{kind}"), &crd, &mut BTreeSet::new());
            }
        }
    }
    Ok(types)
}

struct Reader<'a> {
    api_version: &'a str,
    tekton: &'a Value,
    kubernetes: &'a Value,
    types: &'a mut Types,
}

impl Reader<'_> {
    fn add(&mut self, name: &str, definition: &Value) {
        if self.types.contains_key(name) {
            return;
        }
        self.types.insert(name.to_owned(), BTreeMap::new());
        for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
            // Nobody writes a status, and what it holds is no business of a manifest's.
            let shape = if field == "status" && definition["properties"].get("spec").is_some() {
                "any".to_owned()
            } else {
                self.shape(schema)
            };
            if let Some(fields) = self.types.get_mut(name) {
                fields.insert(field.clone(), Field { shape, is_kept: false });
            }
        }
    }

    fn shape(&mut self, schema: &Value) -> String {
        if let Some(reference) = schema["$ref"].as_str().and_then(|text| text.strip_prefix("#/definitions/")) {
            return self.reference(reference);
        }
        match schema["type"].as_str() {
            Some("array") => format!("[{}]", self.shape(&schema["items"])),
            Some("object") if schema.get("additionalProperties").is_some() => {
                format!("map[{}]", self.shape(&schema["additionalProperties"]))
            }
            Some("string") => "string".to_owned(),
            Some("integer") => "int".to_owned(),
            Some("boolean") => "bool".to_owned(),
            Some("number") => "number".to_owned(),
            _ => "any".to_owned(),
        }
    }

    fn reference(&mut self, reference: &str) -> String {
        let short = reference.rsplit('.').next().unwrap_or(reference);
        match short {
            "ParamValue" => return "param".to_owned(),
            "Duration" => return "duration".to_owned(),
            "Quantity" => return "quantity".to_owned(),
            "IntOrString" => return "intstr".to_owned(),
            "RawExtension" | "FieldsV1" => return "any".to_owned(),
            "Time" | "MicroTime" => return "string".to_owned(),
            _ => {}
        }
        if let Some(definition) = self.tekton.get(reference) {
            let name = if reference.contains('/') { short.to_owned() } else { reference.to_owned() };
            self.add(&name, &definition.clone());
            return name;
        }
        // StepActions of v1beta1 use types of v1, which are read first.
        if self.types.contains_key(reference) {
            return reference.to_owned();
        }
        let places = [("core", "io.k8s.api.core.v1."), ("meta", "io.k8s.apimachinery.pkg.apis.meta.v1.")];
        for (prefix, package) in places {
            let full =
                if reference.starts_with("io.k8s.") { reference.to_owned() } else { format!("{package}{short}") };
            if !full.starts_with(package) {
                continue;
            }
            if let Some(definition) = self.kubernetes.get(&full) {
                if let Some(alias) = scalar(definition) {
                    return alias;
                }
                let name = format!("{prefix}.{short}");
                self.add(&name, &definition.clone());
                return name;
            }
        }
        let _ = self.api_version;
        "any".to_owned()
    }
}

/// The shape of a definition that is no object.
fn scalar(definition: &Value) -> Option<String> {
    match definition["type"].as_str() {
        Some("string") => Some("string".to_owned()),
        Some("integer") => Some("int".to_owned()),
        Some("object") if definition.get("properties").is_none() => Some("any".to_owned()),
        _ => None,
    }
}

/// The schema of a kind in the CRDs of a module.
fn crd_of(folder: &Path, api_version: &str, kind: &str) -> io::Result<Option<Value>> {
    let path = folder.join(format!("config/300-crds/300-{}.yaml", kind.to_lowercase()));
    let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
    let crd: Value = serde_yaml::from_str(&text).map_err(io::Error::other)?;
    let versions = crd["spec"]["versions"].as_array();
    let version = versions.into_iter().flatten().find(|version| version["name"] == api_version);
    Ok(version.map(|version| version["schema"]["openAPIV3Schema"].clone()))
}

/// Marks the fields below which a CRD keeps what it does not know.
fn mark(types: &mut Types, name: &str, crd: &Value, seen: &mut BTreeSet<String>) {
    if !seen.insert(name.to_owned()) {
        return;
    }
    add_embedded(types, name, crd);
    let Some(fields) = types.get(name).cloned() else { return };
    for (field, known) in fields {
        let mut node = &crd["properties"][&field];
        let mut shape = known.shape.as_str();
        loop {
            if node["x-kubernetes-preserve-unknown-fields"] == true && node.get("properties").is_none() {
                if let Some(field) = types.get_mut(name).and_then(|fields| fields.get_mut(&field)) {
                    field.is_kept = true;
                }
                break;
            }
            if let Some(inner) = shape.strip_prefix('[') {
                (shape, node) = (inner.trim_end_matches(']'), &node["items"]);
            } else if let Some(inner) = shape.strip_prefix("map[") {
                (shape, node) = (inner.trim_end_matches(']'), &node["additionalProperties"]);
            } else {
                break;
            }
        }
        if node.is_object() {
            let (shape, node) = (shape.to_owned(), node.clone());
            mark(types, &shape, &node, seen);
        }
    }
    seen.remove(name);
}

/// Names of the fields of the structs that are embedded without a mark: `ResolverRef`.
const EMBEDDED: [&str; 2] = ["resolver", "params"];

/// The CRDs of versions before 0.70 say nothing of fields: those of embedded structs are
/// taken from the next version.
fn borrow_embedded(all: &mut [Types]) {
    for at in (0..all.len().saturating_sub(1)).rev() {
        let next = all[at + 1].clone();
        for (name, fields) in &mut all[at] {
            let Some(known) = next.get(name).filter(|known| known.contains_key("resolver")) else { continue };
            for field in EMBEDDED {
                if let Some(shape) = known.get(field) {
                    fields.entry(field.to_owned()).or_insert_with(|| shape.clone());
                }
            }
        }
    }
}

/// Adds what a CRD has and the OpenAPI description lacks: fields of embedded structs that
/// are not marked as inline, such as those of `ResolverRef`.
fn add_embedded(types: &mut Types, name: &str, crd: &Value) {
    let Some((group, _)) = name.split_once('.') else { return };
    let param = format!("[{group}.Param]");
    let has_param = types.contains_key(param.trim_matches(['[', ']']));
    for (field, schema) in crd["properties"].as_object().into_iter().flatten() {
        let Some(fields) = types.get_mut(name).filter(|fields| !fields.contains_key(field)) else { continue };
        let is_param = schema["items"]["properties"].get("value").is_some();
        let shape = match schema["type"].as_str() {
            Some("string") => "string",
            Some("integer") => "int",
            Some("boolean") => "bool",
            Some("array") if is_param && has_param => param.as_str(),
            _ => "any",
        };
        fields.insert(field.clone(), Field { shape: shape.to_owned(), is_kept: false });
    }
}

/// The table as text.
fn render(all: &[Types]) -> String {
    let mut text = String::new();
    text.push_str("# Written by `cargo xtask schemas`; do not edit.\n");
    text.push_str(&format!(
        "# From github.com/tektoncd/pipeline@v{} (pkg/apis/pipeline/*/swagger.json, config/300-crds)\n",
        VERSIONS.join(", v")
    ));
    text.push_str(&format!("# and k8s.io/kubernetes@v{KUBERNETES} (api/openapi-spec/swagger.json).\n"));
    text.push_str("# FIELD SHAPE; ~ where the CRD keeps what stands below; @ where not every version has it.\n");
    text.push_str(&format!("versions {}\n", VERSIONS.join(" ")));
    let names: BTreeSet<&String> = all.iter().flat_map(BTreeMap::keys).collect();
    for name in names {
        text.push_str(&format!("{name}\n"));
        let fields: BTreeSet<&String> =
            all.iter().filter_map(|types| types.get(name)).flat_map(BTreeMap::keys).collect();
        for field in fields {
            let known: Vec<Option<&Field>> =
                all.iter().map(|types| types.get(name).and_then(|fields| fields.get(field))).collect();
            let Some(newest) = known.iter().rev().find_map(|field| *field) else { continue };
            let mask: String = known.iter().map(|field| if field.is_some() { '1' } else { '0' }).collect();
            text.push_str(&format!(" {field} {}", newest.shape));
            if newest.is_kept {
                text.push('~');
            }
            if mask.contains('0') {
                text.push_str(&format!(" @{mask}"));
            }
            text.push('\n');
        }
    }
    text
}
