//! Certificates, keys, tokens and kubeconfigs of a rig.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::Result;

/// Token of the administrator.
pub const ADMIN: &str = "admin-token";

/// Users with a token each: `(token, user, groups)`.
pub const USERS: [(&str, &str, &str); 5] = [
    (ADMIN, "admin", "system:masters"),
    ("kcm-token", "system:kube-controller-manager", ""),
    ("scheduler-token", "system:kube-scheduler", ""),
    ("developer-token", "developer", "system:authenticated:oauth"),
    ("nobody-token", "nobody", ""),
];

/// Files of a rig's trust.
#[derive(Debug, Clone)]
pub struct Pki {
    /// Folder that holds them.
    pub folder: PathBuf,
}

impl Pki {
    /// Makes a certificate authority, a server certificate, a key for ServiceAccount
    /// tokens and the token file.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let pki = Self { folder: folder.to_owned() };
        let text = |error: rcgen::Error| error.to_string();
        let ca_key = KeyPair::generate().map_err(text)?;
        let mut ca = CertificateParams::new(Vec::new()).map_err(text)?;
        ca.distinguished_name.push(DnType::CommonName, "rig");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let ca_cert = ca.self_signed(&ca_key).map_err(text)?;
        pki.write("ca.crt", &ca_cert.pem())?;
        pki.write("ca.key", &ca_key.serialize_pem())?;
        let issuer = Issuer::new(ca, ca_key);
        let names = ["127.0.0.1", "10.0.0.1", "localhost", "kubernetes.default.svc"].map(str::to_owned).to_vec();
        let server_key = KeyPair::generate().map_err(text)?;
        let server = CertificateParams::new(names).map_err(text)?.signed_by(&server_key, &issuer).map_err(text)?;
        pki.write("server.crt", &server.pem())?;
        pki.write("server.key", &server_key.serialize_pem())?;
        let accounts = KeyPair::generate().map_err(text)?;
        pki.write("sa.key", &accounts.serialize_pem())?;
        pki.write("sa.pub", &accounts.public_key_pem())?;
        let rows: String =
            USERS.iter().map(|(token, user, groups)| format!("{token},{user},{user},\"{groups}\"\n")).collect();
        pki.write("tokens.csv", &rows)?;
        Ok(pki)
    }

    /// A file of the trust.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, content: &str) -> Result<()> {
        fs::write(self.path(name), content).map_err(|error| format!("{name}: {error}"))
    }

    /// Writes a kubeconfig for a token; returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn kubeconfig(&self, name: &str, port: u16, token: &str) -> Result<PathBuf> {
        let file = format!("{name}.kubeconfig");
        let ca = self.path("ca.crt");
        let content = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: rig\nclusters:\n- name: rig\n  cluster: {{server: \"https://127.0.0.1:{port}\", certificate-authority: \"{}\"}}\nusers:\n- name: {name}\n  user: {{token: \"{token}\"}}\ncontexts:\n- name: rig\n  context: {{cluster: rig, user: {name}, namespace: default}}\n",
            ca.display()
        );
        self.write(&file, &content)?;
        Ok(self.path(&file))
    }
}
