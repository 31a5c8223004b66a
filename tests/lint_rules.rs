//! Findings in small manifests, each rule with what breaks it and what does not.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");

/// The findings of a text: code, line, message, severity and effect.
fn findings(text: &str, more: &[&str]) -> Vec<Value> {
    let mut child = Command::new(BINARY)
        .args(["lint", "-", "-o", "json"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    json["files"][0]["findings"].as_array().unwrap().clone()
}

/// `CODE path` of each finding.
fn told(text: &str) -> Vec<String> {
    findings(text, &[])
        .iter()
        .map(|finding| format!("{} {}", finding["code"].as_str().unwrap(), finding["path"].as_str().unwrap()))
        .collect()
}

const NONE: [&str; 0] = [];

/// A run with two workspaces on one claim, and tasks that use them in some order.
fn shared(first: &str, second: &str) -> String {
    format!(
        "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {{generateName: a-}}
spec:
  pipelineSpec:
    workspaces: [{{name: source}}, {{name: cache}}]
    tasks:
    - name: one
      taskRef: {{name: x}}
      workspaces: [{first}]
    - name: two
      taskRef: {{name: z}}
      workspaces: [{second}]
  workspaces:
  - name: source
    persistentVolumeClaim: {{claimName: disk}}
  - name: cache
    persistentVolumeClaim: {{claimName: disk}}
"
    )
}

#[test]
fn one_claim_is_told_where_a_task_waits_for_an_assistant_that_nobody_makes() {
    let (source, cache) = ("{name: s, workspace: source}", "{name: c, workspace: cache}");
    let both = format!("{source}, {cache}");
    let swapped = format!("{cache}, {source}");
    let path = "TKF720 spec.workspaces[1].persistentVolumeClaim.claimName";
    // The last claim among a task's workspaces counts, and only `cache` has an assistant.
    assert_eq!(told(&shared(&both, cache)), NONE);
    assert_eq!(told(&shared(&both, &both)), NONE);
    assert_eq!(told(&shared(&both, &swapped)), [path]);
    assert_eq!(told(&shared(&both, source)), [path]);
    let found = findings(&shared(&both, source), &[]);
    assert!(found[0]["message"].as_str().unwrap().contains("task two"), "{found:?}");
    assert_eq!(found[0]["severity"], "error");
}

#[test]
fn one_claim_is_judged_by_the_pipeline_of_the_same_file_and_else_with_care() {
    let run = "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: a-}
spec:
  pipelineRef: {name: build}
  workspaces:
  - name: source
    persistentVolumeClaim: {claimName: disk}
  - name: cache
    persistentVolumeClaim: {claimName: disk}
";
    let pipeline = |order: &str| {
        format!(
            "---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {{name: build}}
spec:
  workspaces: [{{name: source}}, {{name: cache}}]
  tasks:
  - name: one
    taskRef: {{name: x}}
    workspaces: [{order}]
"
        )
    };
    let alone = findings(run, &[]);
    assert_eq!((alone.len(), &alone[0]["severity"]), (1, &Value::from("warning")));
    assert_eq!(told(&[run, &pipeline("{name: source}, {name: cache}")].concat()), NONE);
    let waits = findings(&[run, &pipeline("{name: cache}, {name: source}")].concat(), &[]);
    assert_eq!((waits.len(), &waits[0]["severity"]), (1, &Value::from("error")));
}

#[test]
fn what_belongs_to_a_new_claim_is_not_moved_beside_an_existing_one() {
    let run = |binding: &str| {
        format!(
            "apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {{generateName: a-}}
spec:
  taskRef: {{name: x}}
  workspaces:
  - name: w
{binding}"
        )
    };
    for binding in [
        "    persistentVolumeClaim: {claimName: disk}\n    accessModes: [ReadWriteOnce]\n",
        "    persistentVolumeClaim:\n      claimName: disk\n      accessModes: [ReadWriteOnce]\n",
        "    emptyDir: {}\n    storageClassName: fast\n",
    ] {
        let found = findings(&run(binding), &[]);
        assert_eq!(found.len(), 1, "{binding}: {found:?}");
        assert!(found[0].get("suggestedPath").is_none() && found[0]["fix"].is_null(), "{found:?}");
    }
    let alone = findings(&run("    accessModes: [ReadWriteOnce]\n"), &[]);
    assert_eq!(alone[0]["suggestedPath"], "spec.workspaces[0].volumeClaimTemplate.spec.accessModes", "{alone:?}");
}

#[test]
fn fields_of_an_embedded_spec_find_their_way_into_it() {
    let text = "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: a-}
spec:
  tasks:
  - name: one
    taskRef: {name: x}
";
    let found = findings(text, &[]);
    let tasks = found.iter().find(|finding| finding["path"] == "spec.tasks").unwrap();
    assert_eq!(tasks["suggestedPath"], "spec.pipelineSpec.tasks");
    // Beside a reference it has no place, and a null says nothing.
    let found = findings(&text.replace("  tasks:", "  pipelineRef: {name: p}\n  tasks:"), &[]);
    assert!(found.iter().all(|finding| finding.get("suggestedPath").is_none()), "{found:?}");
    let found = findings(
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: a}\nspec: {tasks: , pipelineRef: {name: p}}\n",
        &[],
    );
    assert!(found.iter().all(|finding| finding.get("suggestedPath").is_none()), "{found:?}");
}

#[test]
fn a_name_without_a_place_is_nobodys_account() {
    let text =
        "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: a}\nspec:\n  name: build\n  taskRef: {name: x}\n";
    let found = findings(text, &[]);
    assert_eq!(told(text), ["TKF704 spec.name"]);
    assert!(found[0]["fix"].is_null(), "{found:?}");
    let claim = "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: a}\nspec:\n  taskRef: {name: x}\n  workspaces:\n  - name: w\n    persistentVolumeClaim: {name: disk}\n";
    assert_eq!(findings(claim, &[])[0]["suggestedPath"], "spec.workspaces[0].persistentVolumeClaim.claimName");
}

#[test]
fn pipeline_resources_of_v1beta1_are_told() {
    let text = "apiVersion: tekton.dev/v1beta1
kind: Task
metadata: {name: a}
spec:
  resources:
    inputs: [{name: source, type: git}]
  steps: [{image: x}]
---
apiVersion: tekton.dev/v1beta1
kind: Pipeline
metadata: {name: a}
spec:
  resources: [{name: source, type: git}]
  tasks:
  - name: one
    taskRef: {name: a}
    resources: {inputs: [{name: source, resource: source}]}
";
    assert_eq!(told(text), ["TKF705 spec.resources", "TKF705 spec.resources", "TKF705 spec.tasks[0].resources"]);
    // Those of a step are others.
    let step = "apiVersion: tekton.dev/v1beta1\nkind: Task\nmetadata: {name: a}\nspec:\n  steps: [{image: x, resources: {limits: {cpu: 1}}}]\n";
    assert_eq!(told(step), NONE);
}

/// A task with one step whose script holds a text.
fn script(params: &str, text: &str) -> String {
    format!(
        "apiVersion: tekton.dev/v1
kind: Task
metadata: {{name: a}}
spec:
  params: {params}
  steps:
  - image: x
    script: '{text}'
"
    )
}

#[test]
fn keys_of_object_parameters_are_looked_up() {
    let git = "[{name: git, type: object, properties: {url: {type: string}}}, {name: list, type: array}]";
    assert_eq!(told(&script(git, "echo $(params.git.url) $(params.list[0])")), NONE);
    assert_eq!(told(&script(git, "echo $(params.git.branch)")), ["TKF712 spec.steps[0].script"]);
    assert_eq!(told(&script(git, "echo $(params.list[*])")), ["TKF706 spec.steps[0].script"]);
    assert_eq!(told(&script(git, "echo $(params.git[*])")), ["TKF706 spec.steps[0].script"]);
    // Keys that are declared nowhere are not judged by guesses.
    assert_eq!(told(&script("[{name: a, type: string}]", "echo $(params.a)")), NONE);
    let missing = "[{name: git, type: object}]";
    assert_eq!(told(&script(missing, "x")), ["TKF710 spec.params[0].properties"]);
}

#[test]
fn parameters_of_an_embedded_task_need_a_value() {
    let run = |params: &str, outer: &str| {
        format!(
            "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {{generateName: a-}}
spec:
  params: {outer}
  pipelineSpec:
    tasks:
    - name: one
      params: {params}
      taskSpec:
        params: [{{name: image}}, {{name: tag, default: latest}}]
        steps: [{{image: $(params.image)}}]
"
        )
    };
    let path = "TKF711 spec.pipelineSpec.tasks[0].taskSpec.params[0].name";
    assert_eq!(told(&run("[]", "[]")), [path]);
    assert_eq!(told(&run("[{name: image, value: x}]", "[]")), NONE);
    // One of the same name further out may be meant.
    assert_eq!(told(&run("[]", "[{name: image, value: x}]")), NONE);
}

#[test]
fn patches_that_stand_in_a_kustomization_are_read() {
    let text = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base]
patches:
- patch: |-
    apiVersion: tekton.dev/v1
    kind: PipelineRun
    metadata:
      name: build
    spec:
      serviceAccountName: robot
- target: {kind: PipelineRun, name: build}
  patch: |
    - op: add
      path: /spec/podTemplate
      value: {hostNetwork: true}
    - op: add
      path: /spec/taskRunTemplate
      value:
        podtemplate: {}
    - op: replace
      path: /spec/params/0/value
      value: x
patchesStrategicMerge:
- |-
  apiVersion: tekton.dev/v1
  kind: TaskRun
  metadata: {name: t}
  spec:
    timeouts: 1h
- other.yaml
";
    let found = findings(text, &[]);
    let lines: Vec<(String, u64)> = found
        .iter()
        .map(|finding| (finding["path"].as_str().unwrap().to_owned(), finding["line"].as_u64().unwrap()))
        .collect();
    let wanted = [
        ("patches[0].patch", 11),
        ("patches[1].patch", 15),
        ("patches[1].patch", 20),
        ("patchesStrategicMerge[0]", 30),
    ];
    let wanted: Vec<(String, u64)> = wanted.iter().map(|(path, line)| ((*path).to_owned(), *line)).collect();
    assert_eq!(lines, wanted, "{found:#?}");
    assert_eq!(found[0]["suggestedPath"], "spec.taskRunTemplate.serviceAccountName");
    assert_eq!(found[0]["column"], 7);
    // What stands in a text is not mended there.
    assert!(found.iter().all(|finding| finding["fix"].is_null()), "{found:#?}");
    // Patches of other kinds are no business of ours.
    let other =
        "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /spec/podTemplate, value: 1}\n";
    assert_eq!(
        told(&format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n# tekton.dev\n{other}")),
        NONE
    );
}

#[test]
fn references_are_judged_as_the_webhook_does() {
    let run = |reference: &str| {
        format!(
            "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{generateName: a-}}\nspec:\n  pipelineRef: {reference}\n"
        )
    };
    assert_eq!(told(&run("{}")), ["TKF710 spec.pipelineRef.name"]);
    assert_eq!(told(&run("{name: a, params: [{name: b, value: c}]}")).len(), 2);
    assert_eq!(told(&run("{resolver: git, params: [{name: url, value: x}]}")), NONE);
    assert_eq!(told(&run("{params: [{name: url, value: x}]}")), ["TKF710 spec.pipelineRef.resolver"]);
    assert_eq!(told(&run("{name: a b}")), ["TKF708 spec.pipelineRef.name"]);
    assert_eq!(told(&run("{name: '{{ name }}'}")), NONE);
}

#[test]
fn a_value_that_is_missing_is_refused_and_a_null_only_where_the_server_takes_it_away() {
    let text = "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: a-}
spec:
  params:
  - name: a
  - name: b
    value:
  pipelineSpec:
    params: [{name: a, default: x}, {name: b, default: x}]
    tasks:
    - name: one
      taskRef: {name: x}
      params: [{name: c, value: }, {name: d}]
";
    let found = findings(text, &[]);
    let paths: Vec<&str> = found.iter().map(|finding| finding["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["spec.params[0].value", "spec.params[1].value", "spec.pipelineSpec.tasks[0].params[1].value"]);
    for finding in &found {
        assert_eq!(finding["effect"], "Tekton's webhook refuses the object");
    }
}

#[test]
fn brackets_are_opened_for_what_moves_into_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    let text = "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: a-}
spec:
  pipelineRef: {name: p}
  taskRunTemplate: {}
  timeouts: {tasks: 30m}
  # the robot
  serviceAccountName: robot
  timeout: 1h # long
";
    std::fs::write(&path, text.replace(" # long", "")).unwrap();
    let fix = Command::new(BINARY).args(["lint", "--fix", "--yes"]).arg(&path).output().unwrap();
    assert_eq!(fix.status.code(), Some(0), "{}", String::from_utf8_lossy(&fix.stdout));
    let wanted = "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: a-}
spec:
  pipelineRef: {name: p}
  taskRunTemplate:
    # the robot
    serviceAccountName: robot
  timeouts: {tasks: 30m, pipeline: 1h}
";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
    // A comment would be lost in brackets: that is told before, not after.
    let found = findings(text, &[]);
    let told = Command::new(BINARY).args(["lint", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = told;
    told.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let screen = String::from_utf8(told.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(found.len(), 2);
    assert!(screen.contains("lint --fix mends 1") && screen.contains("fix: by hand"), "{screen}");
}

#[test]
fn numbers_beyond_64_bits_do_not_stand_in_the_way_of_a_fix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    let text = "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: a-}\nspec:\n  taskref: {name: x}\n  params:\n  - name: id\n    value: 12345678901234567890123\n";
    std::fs::write(&path, text).unwrap();
    Command::new(BINARY).args(["lint", "--fix", "--yes"]).arg(&path).output().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text.replace("taskref", "taskRef"));
}

/// A Pipeline with a spec, and a run that embeds the same.
fn pipelines(spec: &str) -> [String; 2] {
    [
        format!("apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: a}}\nspec: {spec}\n"),
        format!(
            "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{generateName: a-}}\nspec: {{pipelineSpec: {spec}}}\n"
        ),
    ]
}

#[test]
fn names_of_a_pipelines_parameters_count_only_where_an_embedded_task_gets_them() {
    // As decided by the validation of Tekton 0.68.1, 1.6.6, 1.12.2 and 1.15.1.
    let inline = "tasks: [{name: t, taskSpec: {steps: [{image: i}]}}]";
    let referred = "tasks: [{name: t, taskRef: {name: u}}]";
    for params in
        ["[{type: string, default: x}]", "[{name: 1a, default: x}]", "[{name: a, type: object, default: {b: c}}]"]
    {
        let [pipeline, run] = pipelines(&format!("{{params: {params}, {inline}}}"));
        assert_eq!(told(&pipeline), NONE, "{params}");
        assert_eq!(told(&run).len(), 1, "{params}: {:?}", told(&run));
        for text in pipelines(&format!("{{params: {params}, {referred}}}")) {
            assert_eq!(told(&text), NONE, "{params}");
        }
    }
    let task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a}\nspec: {params: [{name: 1a}], steps: [{image: i}]}\n";
    assert_eq!(told(task), ["TKF708 spec.params[0].name"]);
}

#[test]
fn items_in_which_nothing_stands_are_told_where_they_are_refused() {
    let task = |field: &str| {
        told(&format!(
            "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: a}}\nspec: {{{field}: [null], steps: [{{image: i}}]}}\n"
        ))
    };
    assert_eq!(task("workspaces"), NONE);
    assert_eq!(task("params"), ["TKF706 spec.params[0]"]);
    let referred = "tasks: [{name: t, taskRef: {name: u}}]";
    let [pipeline, _] = pipelines(&format!("{{params: [null], {referred}}}"));
    assert_eq!(told(&pipeline), NONE);
    let [pipeline, _] = pipelines(&format!("{{workspaces: [null], {referred}}}"));
    assert_eq!(told(&pipeline), ["TKF706 spec.workspaces[0]"]);
    for text in pipelines(&format!("{{workspaces: [{{optional: true}}], {referred}}}")) {
        assert!(told(&text).iter().any(|line| line.starts_with("TKF710 ")), "{:?}", told(&text));
    }
    let [pipeline, _] =
        pipelines("{workspaces: [{name: w}], tasks: [{name: t, workspaces: [{workspace: w}], taskRef: {name: u}}]}");
    assert_eq!(told(&pipeline), NONE);
}

#[test]
fn a_volume_that_is_null_is_none_and_a_default_of_numbers_is_one_text() {
    let run = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {generateName: a-}\nspec:\n  pipelineRef: {name: b}\n  \
               workspaces:\n  - name: w\n    emptyDir:";
    assert_eq!(told(&format!("{run}\n")), ["TKF710 spec.workspaces[0]"]);
    assert_eq!(told(&format!("{run} {{}}\n")), NONE);
    let task = |default: &str| {
        told(&format!(
            "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: a}}\nspec:\n  params:\n  - name: p\n    type: array\n    \
             default: {default}\n  steps: [{{image: i}}]\n"
        ))
    };
    assert_eq!(task("[1, a]"), ["TKF709 spec.params[0].default"]);
    assert_eq!(task("[\"1\", a]"), NONE);
}

#[test]
fn the_name_of_a_parameter_holds_no_variables() {
    let [pipeline, _] =
        pipelines("{tasks: [{name: t, params: [{name: $(params.nope), value: x}], taskRef: {name: u}}]}");
    assert_eq!(told(&pipeline), NONE);
}

#[test]
fn what_a_whole_task_asks_for_has_one_name() {
    let run = |resources: &str| {
        let text = format!(
            "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{generateName: a-}}\nspec:\n  taskRef: {{name: b}}\n  resources:\n    {resources}\n"
        );
        let found = findings(&text, &[]);
        (found[0]["code"].as_str().unwrap().to_owned(), found[0]["suggestedPath"].clone())
    };
    assert_eq!(run("requests: {cpu: 1}"), ("TKF702".to_owned(), Value::from("spec.computeResources")));
    assert_eq!(run("inputs: []"), ("TKF705".to_owned(), Value::Null));
}
