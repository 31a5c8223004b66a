//! A snapshot of a cluster says what the cluster says, also where not all may be read.

use serde_json::Value;

use crate::server::{Fault, Server};
use crate::{EXPORT, RUN, plugin, text};

/// A diagnosis without ages, which go on, and places of evidence, which differ.
fn comparable(bytes: &[u8]) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["source", "file", "line", "ageSeconds", "age"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut document: Value = serde_json::from_slice(bytes).unwrap();
    strip(&mut document);
    document
}

#[tokio::test]
async fn a_snapshot_says_what_the_cluster_says() {
    for (fault, refused) in [
        (Fault::None, None),
        (Fault::ListStatus("nodes", 403), Some("nodes")),
        (Fault::ListStatus("securitycontextconstraints", 403), Some("securitycontextconstraints")),
        (Fault::ListStatus("statefulsets", 503), None),
    ] {
        let server = Server::start(std::path::Path::new(EXPORT), fault).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken.tar.gz");
        let path = path.to_str().unwrap();
        let taken = plugin(&server, &["snapshot", RUN, "-o", path]).await;
        assert_eq!(taken.status.code(), Some(0), "{}", text(&taken));
        if let Some(refused) = refused {
            assert!(text(&taken).contains(&format!("for want of rights: {refused}")), "{}", text(&taken));
        }
        let live = plugin(&server, &["diagnose", RUN, "-o", "json"]).await;
        let read = plugin(&server, &["diagnose", RUN, "-o", "json", "--from", path]).await;
        assert_eq!(comparable(&live.stdout), comparable(&read.stdout), "{fault:?}: {}", text(&read));
        assert_eq!(comparable(&read.stdout)["runs"][0]["findings"][0]["code"], "TKF101");
    }
}
