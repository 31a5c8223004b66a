//! throwaway
use std::path::Path;
use tekton_fix::model::*;
fn walk(dir: &Path, out: &mut Vec<std::path::PathBuf>) {
    for e in std::fs::read_dir(dir).unwrap() {
        let p = e.unwrap().path();
        if p.is_dir() { walk(&p, out) } else { out.push(p) }
    }
}
fn prune(v: &mut serde_json::Value) {
    match v {
        serde_json::Value::Object(m) => {
            m.retain(|_, v| !v.is_null());
            for v in m.values_mut() {
                prune(v)
            }
        }
        serde_json::Value::Array(a) => {
            for v in a {
                prune(v)
            }
        }
        _ => {}
    }
}
fn load(dir: &Path) -> Cluster {
    let mut c = Cluster::default();
    let mut fs = vec![];
    walk(dir, &mut fs);
    for f in fs {
        let rel = f.strip_prefix(dir).unwrap().to_str().unwrap().to_string();
        let text = std::fs::read_to_string(&f).unwrap();
        if rel == "timestamp" {
            let l = text.lines().last().unwrap();
            let t: Vec<&str> = l.split_whitespace().collect();
            c.taken_at = Some(format!("{}T{}Z", t[0], t[1]).parse().unwrap());
            continue;
        }
        if rel.ends_with(".log") {
            let p: Vec<&str> = rel.split('/').collect();
            c.logs.insert(format!("{}/{}/{}", p[1], p[3], p[4]), text);
            continue;
        }
        if !rel.ends_with(".yaml") {
            continue;
        }
        let parts: Vec<&str> = rel.split('/').collect();
        let v: serde_json::Value = match serde_yaml::from_str(text.trim_start_matches("---\n")) {
            Ok(v) => v,
            Err(e) => {
                println!("{rel}: {e}");
                continue;
            }
        };
        let ns = if parts[0] == "namespaces" { parts[1] } else { "" };
        let items: Vec<serde_json::Value> = if let Some(i) = v.get("items").and_then(|i| i.as_array()) {
            let (g, p) = (parts[parts.len() - 2], parts[parts.len() - 1].trim_end_matches(".yaml"));
            if let Some(k) = Kind::of_resource(g, p) {
                c.coverage.record(
                    k,
                    ns,
                    if v["kind"] == "List" { Reading::Partly("gather".into()) } else { Reading::Listed },
                );
            }
            i.clone()
        } else {
            if parts[0] == "cluster-scoped-resources" && parts.len() == 4 {
                if let Some(k) = Kind::of_resource(parts[1], parts[2]) {
                    c.coverage.record(k, "", Reading::Listed);
                }
            }
            vec![v]
        };
        for mut i in items {
            prune(&mut i);
            let (a, k) =
                (i["apiVersion"].as_str().unwrap_or("").to_string(), i["kind"].as_str().unwrap_or("").to_string());
            if let Some(kind) = Kind::of(&a, &k) {
                if let Err(e) = c.insert(kind, i, Origin::File { path: rel.clone(), line: 0 }) {
                    println!("ERR {rel} {e}")
                }
            } else {
                println!("unknown {a} {k}")
            }
        }
    }
    c.sort();
    c
}
#[test]
fn all() {
    let base = Path::new("/work/shared/incidents");
    let mut good = 0;
    let mut n = 0;
    let mut ds: Vec<_> = std::fs::read_dir(base).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    ds.sort();
    for d in ds {
        let t: serde_json::Value =
            serde_yaml::from_str(&std::fs::read_to_string(d.join("truth.yaml")).unwrap()).unwrap();
        let c = load(&d.join("snapshot"));
        let (ns, name) = t["run"].as_str().unwrap().split_once('/').unwrap();
        let run = c.pipeline_run(ns, name).unwrap_or_else(|| panic!("{d:?}"));
        let r = tekton_fix::checks::diagnose(&c, run, c.taken_at.unwrap());
        let mut want = vec![t["cause"].as_str().unwrap().to_string()];
        for a in t["also_causes"].as_array().into_iter().flatten() {
            want.push(a.as_str().unwrap().into())
        }
        let want: Vec<String> =
            want.into_iter().filter(|w| !["healthy-succeeded", "waiting-normal"].contains(&w.as_str())).collect();
        let got: Vec<&str> = r.findings.iter().map(|f| f.cause).collect();
        let ok = got == want;
        n += 1;
        if ok {
            good += 1
        }
        println!(
            "{} {} {:?} got {:?} want {:?}",
            if ok { "ok  " } else { "FAIL" },
            d.file_name().unwrap().to_str().unwrap(),
            r.state,
            got,
            want
        );
        if std::env::var("V").is_ok() {
            for f in &r.findings {
                println!("   {} {} [{}]\n      {}", f.code, f.summary, f.confidence.as_str(), f.chain.join("\n      "));
                for e in &f.evidence {
                    println!("      * {} {} = {:.90} ({})", e.object, e.field, e.value, e.source)
                }
                for x in &f.cannot_tell {
                    println!("      ? {x}")
                }
            }
        }
        // evidence objects of truth
        if ok {
            for e in t["evidence"].as_array().into_iter().flatten() {
                let o = e["object"].as_str().unwrap();
                if o.contains("absent") {
                    continue;
                }
                if !want.is_empty() && !r.findings.iter().any(|f| f.evidence.iter().any(|x| x.object == o)) {
                    println!("      missing evidence {o} {}", e["field"])
                }
            }
        }
    }
    println!("{good}/{n}");
}
