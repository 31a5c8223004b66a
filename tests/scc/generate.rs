//! Random constraints, grants, namespaces and pods, small and nasty.

use serde_json::{Map, Value, json};

use super::library;

/// A small generator of numbers (splitmix64): the same seed gives the same question
/// on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x2545_f491_4f6c_dd1d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }

    /// Up to `most` of the values, repetitions possible.
    fn some(&mut self, values: &[&str], most: usize) -> Vec<String> {
        (0..self.below(most + 1)).map(|_| (*self.pick(values)).to_owned()).collect()
    }

    /// Sets a field once in `of` times.
    fn maybe(&mut self, object: &mut Value, of: usize, field: &str, value: impl FnOnce(&mut Self) -> Value) {
        if self.once_in(of) {
            object[field] = value(self);
        }
    }
}

const NAMESPACE: &str = "ci";
const ACCOUNTS: [&str; 4] = ["default", "pipeline", "builder", "deployer"];
const CAPABILITIES: [&str; 10] =
    ["ALL", "KILL", "MKNOD", "SETUID", "SETGID", "SETFCAP", "NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN", "NET_ADMIN"];
/// Start of the namespace's first block in most questions.
const START: i64 = 1_000_970_000;

fn id(dice: &mut Dice) -> i64 {
    let values =
        [0, 1, 10, 1000, 1001, 1005, 2000, 65_532, 65_534, START, START + 1, START + 9_999, START + 10_000, 107];
    *dice.pick(&values)
}

fn ids(dice: &mut Dice, most: usize) -> Vec<i64> {
    (0..dice.below(most + 1)).map(|_| id(dice)).collect()
}

fn annotations(dice: &mut Dice) -> Value {
    let uid = [
        "1000970000/10000",
        "1000970000-1000979999",
        "1000970000/1",
        "1000/65000",
        "0/4000000",
        "1000970000/10000x",
        "1000979999-1000970000",
        "1000970000/0",
        " 1000970000/10000",
        "1000970000/10000,2000/5",
        "1000970000",
        "a/b",
        "",
    ];
    let groups = [
        "1000970000/10000",
        "1000970000-1000979999",
        "1000970000/10000,1000/100",
        "1000/5,1000970000/10000",
        "65532/1",
        "",
        "x",
    ];
    let levels =
        ["s0:c31,c20", "s0:c20,c31", "s0", "s0:c0.c1023", "s0:c31,c20/extra", "system_u:object_r:svirt_t:s0", ""];
    let common = |dice: &mut Dice, values: &[&'static str]| {
        let at = if dice.once_in(8) { dice.below(values.len()) } else { dice.below(2).min(values.len() - 1) };
        values[at]
    };
    let mut annotations = json!({});
    if !dice.once_in(60) {
        annotations["openshift.io/sa.scc.uid-range"] = json!(common(dice, &uid));
    }
    if !dice.once_in(5) {
        annotations["openshift.io/sa.scc.supplemental-groups"] = json!(common(dice, &groups));
    }
    if !dice.once_in(60) {
        annotations["openshift.io/sa.scc.mcs"] = json!(common(dice, &levels));
    }
    annotations
}

fn ranges(dice: &mut Dice) -> Value {
    let range = |dice: &mut Dice| {
        let min = id(dice);
        json!({ "min": min, "max": min + *dice.pick(&[0, 1, 100, 10_000]) })
    };
    Value::Array((0..dice.below(3)).map(|_| range(dice)).collect())
}

fn group_strategy(dice: &mut Dice) -> Value {
    let mut strategy = json!({ "type": dice.pick(&["MustRunAs", "RunAsAny"]) });
    if strategy["type"] == "MustRunAs" && !dice.once_in(3) {
        strategy["ranges"] = ranges(dice);
    }
    strategy
}

fn user_strategy(dice: &mut Dice) -> Value {
    match dice.below(5) {
        0 => json!({ "type": "MustRunAs", "uid": id(dice) }),
        1 => json!({ "type": "MustRunAsNonRoot" }),
        2 => json!({ "type": "RunAsAny" }),
        3 => {
            let min = id(dice);
            json!({ "type": "MustRunAsRange", "uidRangeMin": min, "uidRangeMax": min + *dice.pick(&[0, 100, 70_000]) })
        }
        _ => json!({ "type": "MustRunAsRange" }),
    }
}

fn se_linux(dice: &mut Dice) -> Value {
    let mut options = json!({});
    dice.maybe(&mut options, 3, "level", |dice| {
        json!(dice.pick(&["s0:c31,c20", "s0:c20,c31", "s0:c1,c2", "s0", "s0:c31,c20,c5", "junk", "s0:c0.c1023"]))
    });
    dice.maybe(&mut options, 6, "type", |dice| json!(dice.pick(&["container_t", "spc_t", "container_engine_t"])));
    dice.maybe(&mut options, 8, "user", |dice| json!(dice.pick(&["system_u", "user_u"])));
    dice.maybe(&mut options, 8, "role", |dice| json!(dice.pick(&["system_r", "object_r"])));
    options
}

const PROFILES: [&str; 6] =
    ["*", "runtime/default", "unconfined", "localhost/a.json", "docker/default", "localhost/b.json"];

fn constraint(dice: &mut Dice, at: usize) -> Value {
    let name = format!("{}-{at}", dice.pick(&["aa", "build", "restricted-x", "zz", "custom"]));
    let volumes = [
        "*",
        "none",
        "configMap",
        "secret",
        "emptyDir",
        "persistentVolumeClaim",
        "projected",
        "downwardAPI",
        "hostPath",
        "csi",
        "ephemeral",
        "image",
        "nfs",
        "flexVolume",
    ];
    let mut scc = json!({
        "metadata": { "name": name },
        "allowPrivilegedContainer": dice.once_in(4), "allowHostNetwork": dice.once_in(4),
        "allowHostPorts": dice.once_in(4), "allowHostPID": dice.once_in(4), "allowHostIPC": dice.once_in(4),
        "allowHostDirVolumePlugin": dice.once_in(5), "readOnlyRootFilesystem": dice.once_in(8),
        "runAsUser": user_strategy(dice), "fsGroup": group_strategy(dice), "supplementalGroups": group_strategy(dice),
        "seLinuxContext": if dice.once_in(3) { json!({ "type": "RunAsAny" }) } else { json!({ "type": "MustRunAs" }) },
        "defaultAddCapabilities": dice.some(&CAPABILITIES, 2),
        "requiredDropCapabilities": dice.some(&CAPABILITIES, 3),
        "allowedCapabilities": dice.some(&CAPABILITIES, 3),
        "users": dice.some(&["system:serviceaccount:ci:pipeline", "dev", "system:serviceaccount:other:pipeline"], 1),
        "groups": dice.some(&["system:serviceaccounts", "system:serviceaccounts:ci", "devs", "system:authenticated"], 1),
    });
    if scc["seLinuxContext"]["type"] == "MustRunAs" && dice.once_in(3) {
        scc["seLinuxContext"]["seLinuxOptions"] = se_linux(dice);
    }
    let listed = if dice.once_in(3) { vec!["*".to_owned()] } else { dice.some(&volumes[2..], 9) };
    if !dice.once_in(20) {
        scc["volumes"] = json!(if dice.once_in(25) { dice.some(&volumes, 1) } else { listed });
    }
    dice.maybe(&mut scc, 3, "priority", |dice| json!(dice.pick(&[0, 1, 10, 11, 20, -5])));
    dice.maybe(&mut scc, 2, "allowPrivilegeEscalation", |dice| json!(dice.once_in(2)));
    dice.maybe(&mut scc, 4, "defaultAllowPrivilegeEscalation", |dice| json!(dice.once_in(2)));
    dice.maybe(&mut scc, 2, "seccompProfiles", |dice| json!(dice.some(&PROFILES, 3)));
    dice.maybe(&mut scc, 6, "userNamespaceLevel", |dice| json!(dice.pick(&["AllowHostLevel", "RequirePodLevel"])));
    let sysctls = ["*", "kernel.*", "kernel.shm_rmid_forced", "net.core.somaxconn", "net.ipv4.ip_local_port_range"];
    dice.maybe(&mut scc, 4, "allowedUnsafeSysctls", |dice| json!(dice.some(&sysctls, 2)));
    dice.maybe(&mut scc, 5, "forbiddenSysctls", |dice| json!(dice.some(&sysctls, 2)));
    dice.maybe(&mut scc, 4, "allowedFlexVolumes", |dice| {
        json!(dice.some(&["a/b", "c/d"], 2).into_iter().map(|driver| json!({ "driver": driver })).collect::<Vec<_>>())
    });
    scc
}

fn rule(dice: &mut Dice, sccs: &[String]) -> Value {
    let mut rule = json!({
        "verbs": [dice.pick(&["use", "use", "use", "*", "get"])],
        "apiGroups": [dice.pick(&["security.openshift.io", "security.openshift.io", "*", ""])],
        "resources": [dice.pick(&["securitycontextconstraints", "securitycontextconstraints", "*", "pods"])],
    });
    if !dice.once_in(8) {
        rule["resourceNames"] = json!((0..=dice.below(2)).map(|_| dice.pick(sccs).clone()).collect::<Vec<_>>());
    }
    rule
}

fn subject(dice: &mut Dice) -> Value {
    let api = "rbac.authorization.k8s.io";
    match dice.below(6) {
        0 => json!({ "kind": "User", "apiGroup": api,
            "name": dice.pick(&["dev", "system:serviceaccount:ci:pipeline"]) }),
        1 => json!({ "kind": "Group", "apiGroup": api, "name": dice.pick(&["devs", "system:serviceaccounts",
            "system:serviceaccounts:ci", "system:authenticated", "system:serviceaccounts:kube-system"]) }),
        2 => json!({ "kind": "ServiceAccount", "name": "tekton-pipelines-controller",
            "namespace": "openshift-pipelines" }),
        3 => json!({ "kind": "ServiceAccount", "name": dice.pick(&ACCOUNTS), "namespace": "other" }),
        _ => json!({ "kind": "ServiceAccount", "name": dice.pick(&ACCOUNTS), "namespace": NAMESPACE }),
    }
}

fn grants(dice: &mut Dice, sccs: &[String], objects: &mut Vec<Value>) {
    let api = "rbac.authorization.k8s.io/v1";
    for at in 0..dice.below(5) {
        let (role, own) = (format!("role-{at}"), dice.once_in(3));
        let namespace = if dice.once_in(6) { "other" } else { NAMESPACE };
        let rules: Vec<Value> = (0..=dice.below(2)).map(|_| rule(dice, sccs)).collect();
        let kind = if own { "Role" } else { "ClusterRole" };
        if !dice.once_in(15) {
            let mut meta = json!({ "name": role });
            if own {
                meta["namespace"] = json!(namespace);
            }
            objects.push(json!({ "apiVersion": api, "kind": kind, "metadata": meta, "rules": rules }));
        }
        let subjects: Vec<Value> = (0..=dice.below(2)).map(|_| subject(dice)).collect();
        let wide = !own && dice.once_in(2);
        let mut meta = json!({ "name": format!("binding-{at}") });
        if !wide {
            meta["namespace"] = json!(if dice.once_in(8) { "other" } else { NAMESPACE });
        }
        objects.push(json!({ "apiVersion": api, "kind": if wide { "ClusterRoleBinding" } else { "RoleBinding" },
            "metadata": meta, "subjects": subjects,
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role } }));
    }
}

fn creator(dice: &mut Dice) -> Value {
    let account = |namespace: &str, name: &str| {
        json!({ "user": format!("system:serviceaccount:{namespace}:{name}"), "groups": ["system:serviceaccounts",
            format!("system:serviceaccounts:{namespace}"), "system:authenticated"] })
    };
    match dice.below(8) {
        0..=2 => account("openshift-pipelines", "tekton-pipelines-controller"),
        3 | 4 => account("kube-system", "statefulset-controller"),
        5 => json!({ "user": "dev", "groups": ["devs", "system:authenticated:oauth", "system:authenticated"] }),
        6 => json!({ "user": "system:admin", "groups":
            [dice.pick(&["system:masters", "system:cluster-admins"]), "system:authenticated"] }),
        _ => json!({ "user": "carol", "groups": [] }),
    }
}

fn seccomp(dice: &mut Dice) -> Value {
    match dice.below(4) {
        0 => json!({ "type": "Unconfined" }),
        1 => json!({ "type": "Localhost", "localhostProfile": dice.pick(&["a.json", "b.json"]) }),
        _ => json!({ "type": "RuntimeDefault" }),
    }
}

/// Fields that pods and containers share.
fn shared(dice: &mut Dice, of: usize, context: &mut Value) {
    dice.maybe(context, of, "runAsUser", |dice| json!(id(dice)));
    dice.maybe(context, of * 2, "runAsGroup", |dice| json!(id(dice)));
    dice.maybe(context, of * 2, "runAsNonRoot", |dice| json!(dice.once_in(2)));
    dice.maybe(context, of * 3, "seLinuxOptions", se_linux);
    dice.maybe(context, of * 2, "seccompProfile", seccomp);
}

fn pod_context(dice: &mut Dice) -> Value {
    let mut context = json!({});
    shared(dice, 3, &mut context);
    dice.maybe(&mut context, 3, "fsGroup", |dice| json!(id(dice)));
    dice.maybe(&mut context, 5, "supplementalGroups", |dice| json!(ids(dice, 2)));
    dice.maybe(&mut context, 10, "fsGroupChangePolicy", |dice| json!(dice.pick(&["Always", "OnRootMismatch"])));
    dice.maybe(&mut context, 12, "sysctls", |dice| {
        let names = [
            "kernel.shm_rmid_forced",
            "kernel.msgmax",
            "net.core.somaxconn",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_rmem",
            "net/core/somaxconn",
        ];
        json!(dice.some(&names, 3).into_iter().map(|name| json!({ "name": name, "value": "1" })).collect::<Vec<_>>())
    });
    context
}

fn container_context(dice: &mut Dice) -> Value {
    let mut context = json!({});
    shared(dice, 4, &mut context);
    dice.maybe(&mut context, 3, "capabilities", |dice| {
        let mut capabilities = json!({});
        dice.maybe(&mut capabilities, 2, "add", |dice| json!(dice.some(&CAPABILITIES, 3)));
        dice.maybe(&mut capabilities, 2, "drop", |dice| json!(dice.some(&CAPABILITIES, 3)));
        capabilities
    });
    dice.maybe(&mut context, 12, "privileged", |dice| json!(dice.once_in(2)));
    dice.maybe(&mut context, 5, "allowPrivilegeEscalation", |dice| json!(dice.once_in(2)));
    dice.maybe(&mut context, 10, "readOnlyRootFilesystem", |dice| json!(dice.once_in(2)));
    context
}

fn container(dice: &mut Dice, name: String) -> Value {
    let mut container = json!({ "name": name, "image": "i" });
    dice.maybe(&mut container, 2, "securityContext", container_context);
    dice.maybe(&mut container, 6, "ports", |dice| {
        let port = |dice: &mut Dice| {
            let mut port = json!({ "containerPort": 8000 + dice.below(5) });
            dice.maybe(&mut port, 3, "hostPort", |dice| json!(9000 + dice.below(3)));
            port
        };
        Value::Array((0..=dice.below(2)).map(|_| port(dice)).collect())
    });
    container
}

fn volume(dice: &mut Dice, at: usize) -> Value {
    let token = json!({ "sources": [{ "serviceAccountToken": { "path": "token", "expirationSeconds": 3607 } },
        { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
        { "downwardAPI": { "items": [{ "path": "namespace",
            "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } }] } }] });
    let (field, source) = match dice.below(14) {
        0..=3 => ("projected", token),
        4 => ("projected", json!({ "sources": [{ "secret": { "name": "s" } }] })),
        5 => ("hostPath", json!({ "path": "/x" })),
        6 => ("secret", json!({ "secretName": "s" })),
        7 => ("configMap", json!({ "name": "c" })),
        8 => ("persistentVolumeClaim", json!({ "claimName": "c" })),
        9 => ("flexVolume", json!({ "driver": dice.pick(&["a/b", "x/y"]) })),
        10 => ("csi", json!({ "driver": "d" })),
        11 => ("nfs", json!({ "server": "s", "path": "/" })),
        12 => ("downwardAPI", json!({ "items": [] })),
        _ => ("emptyDir", json!({})),
    };
    json!({ "name": format!("v{at}"), field: source })
}

fn pod(dice: &mut Dice, sccs: &[String]) -> Value {
    let mut meta = json!({ "namespace": NAMESPACE });
    match dice.below(8) {
        0 => meta["generateName"] = json!("p-"),
        1 => (meta["name"], meta["generateName"]) = (json!("p-1"), json!("p-")),
        _ => meta["name"] = json!("affinity-assistant-607af64060-0"),
    }
    let mut annotations = Map::new();
    if dice.once_in(15) {
        let required = if dice.once_in(8) { "none-such".to_owned() } else { dice.pick(sccs).clone() };
        annotations.insert("openshift.io/required-scc".to_owned(), json!(required));
    }
    if dice.once_in(30) {
        annotations.insert("openshift.io/scc".to_owned(), json!(dice.pick(sccs)));
    }
    let profile =
        |dice: &mut Dice| json!(dice.pick(&["runtime/default", "unconfined", "localhost/a.json", "docker/default"]));
    if dice.once_in(25) {
        annotations.insert("seccomp.security.alpha.kubernetes.io/pod".to_owned(), profile(dice));
    }
    if dice.once_in(30) {
        annotations.insert("container.seccomp.security.alpha.kubernetes.io/c0".to_owned(), profile(dice));
    }
    if !annotations.is_empty() {
        meta["annotations"] = Value::Object(annotations);
    }
    let containers: Vec<Value> = (0..=dice.below(3)).map(|at| container(dice, format!("c{at}"))).collect();
    let mut spec = json!({ "containers": containers });
    dice.maybe(&mut spec, 3, "initContainers", |dice| {
        Value::Array((0..=dice.below(2)).map(|at| container(dice, format!("i{at}"))).collect())
    });
    dice.maybe(&mut spec, 25, "ephemeralContainers", |dice| json!([container(dice, "e0".to_owned())]));
    if !dice.once_in(20) {
        spec["serviceAccountName"] = json!(dice.pick(&ACCOUNTS));
    }
    if !dice.once_in(3) {
        spec["securityContext"] = pod_context(dice);
    }
    dice.maybe(&mut spec, 2, "volumes", |dice| Value::Array((0..=dice.below(3)).map(|at| volume(dice, at)).collect()));
    dice.maybe(&mut spec, 20, "hostNetwork", |_| json!(true));
    dice.maybe(&mut spec, 25, "hostPID", |_| json!(true));
    dice.maybe(&mut spec, 25, "hostIPC", |_| json!(true));
    dice.maybe(&mut spec, 10, "hostUsers", |dice| json!(dice.once_in(2)));
    dice.maybe(&mut spec, 60, "os", |dice| json!({ "name": dice.pick(&["linux", "windows"]) }));
    json!({ "metadata": meta, "spec": spec })
}

/// What a webhook does between the two passes, as a merge patch.
fn webhook(dice: &mut Dice, pod: &Value) -> Value {
    match dice.below(6) {
        0 => {
            let mut containers = pod["spec"]["containers"].as_array().cloned().unwrap_or_default();
            containers.push(container(dice, "sidecar".to_owned()));
            json!({ "spec": { "containers": containers } })
        }
        1 => json!({ "spec": { "securityContext": { "fsGroup": id(dice) } } }),
        2 => json!({ "spec": { "securityContext": null } }),
        3 => json!({ "spec": { "hostNetwork": true } }),
        4 => {
            json!({ "metadata": { "annotations": { "openshift.io/scc": dice.pick(&["anyuid", "privileged", "x"]) } } })
        }
        _ => json!({ "metadata": { "labels": { "injected": "yes" } } }),
    }
}

/// One question for the plugin.
pub fn question(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let dice = &mut dice;
    let mut sccs =
        library::platform(dice.pick::<&str>(&["ocp-4.11", "ocp-4.14", "ocp-4.17", "ocp-4.19", "ocp-4.20", "ocp-5.0"]));
    if dice.once_in(2) {
        sccs.push(library::pipelines(dice.pick::<&str>(&["op-v0.50.0", "op-v0.63.0", "op-v0.74.0"])));
    }
    if dice.once_in(150) {
        sccs.remove(dice.below(sccs.len()));
    }
    let mut taken: Vec<String> = Vec::new();
    for at in 0..dice.below(4) {
        let scc = constraint(dice, at);
        taken.push(scc["metadata"]["name"].as_str().unwrap().to_owned());
        sccs.push(if dice.once_in(20) { scc } else { library::defaulted(&scc) });
    }
    for scc in &mut sccs {
        if dice.once_in(20) {
            scc["groups"] = json!(["system:serviceaccounts"]);
        }
        scc["apiVersion"] = json!("security.openshift.io/v1");
        scc["kind"] = json!("SecurityContextConstraints");
    }
    let names: Vec<String> = sccs.iter().map(|scc| scc["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    let mut objects = sccs;
    objects.extend(library::roles());
    if !dice.once_in(150) {
        objects.push(json!({ "apiVersion": "v1", "kind": "Namespace",
            "metadata": { "name": NAMESPACE, "annotations": annotations(dice) } }));
    }
    grants(dice, &names, &mut objects);
    let pod = pod(dice, &names);
    let mut question = json!({ "id": format!("s-{seed}"), "objects": objects, "pod": pod, "creator": creator(dice) });
    match dice.below(12) {
        0 => question["webhook"] = webhook(dice, &pod),
        1 => {
            question["update"] = match dice.below(5) {
                0 => json!({ "metadata": { "labels": { "a": "b" } } }),
                1 => json!({ "metadata": { "annotations": { "k8s.ovn.org/pod-networks": "x" } } }),
                2 => json!({ "metadata": { "annotations": { "openshift.io/required-scc": dice.pick(&names) } } }),
                3 => json!({ "metadata": { "finalizers": ["x/y"] } }),
                _ => json!({ "spec": { "activeDeadlineSeconds": 5 } }),
            };
        }
        2 if dice.once_in(2) => {
            question["update"] = json!({ "spec": { "ephemeralContainers": [container(dice, "debug".to_owned())] } });
            question["subresource"] = json!("ephemeralcontainers");
        }
        _ => {}
    }
    question
}
