//! Certificates made on the spot: an authority, a server, a client. Their keys live as long as the run.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use thiserror::Error;

/// Certificates that cannot be made.
#[derive(Debug, Error)]
pub enum CertError {
    /// The library has something against them.
    #[error("cannot make certificates")]
    Make(#[from] rcgen::Error),
    /// They cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// Files with certificates and keys, in PEM.
#[derive(Debug)]
pub struct Certs {
    folder: PathBuf,
}

impl Certs {
    /// Makes them in a folder.
    ///
    /// # Errors
    ///
    /// They cannot be made or written.
    pub fn make(folder: &Path) -> Result<Certs, CertError> {
        let certs = Certs { folder: folder.to_owned() };
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "protopact verify");
        let key = KeyPair::generate()?;
        let authority = params.self_signed(&key)?;
        certs.write("ca.pem", &authority.pem())?;
        let issuer = Issuer::new(params, key);
        let usages = [
            ("server", ExtendedKeyUsagePurpose::ServerAuth),
            ("client", ExtendedKeyUsagePurpose::ClientAuth),
        ];
        for (name, usage) in usages {
            let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
            params.distinguished_name.push(DnType::CommonName, name);
            params.extended_key_usages = vec![usage];
            params.use_authority_key_identifier_extension = true;
            let key = KeyPair::generate()?;
            let signed = params.signed_by(&key, &issuer)?;
            certs.write(&format!("{name}.pem"), &signed.pem())?;
            certs.write(&format!("{name}.key"), &key.serialize_pem())?;
        }
        Ok(certs)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), CertError> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(|source| CertError::Write { path, source })
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// What a server shows, and whom it asks for a certificate.
    #[must_use]
    pub fn server(&self, asks: bool) -> Value {
        let ca = asks.then(|| self.path("ca.pem"));
        let mut out = json!({"cert": self.path("server.pem"), "key": self.path("server.key")});
        if let (Some(ca), Value::Object(map)) = (ca, &mut out) {
            map.insert("ca".to_owned(), json!(ca));
        }
        out
    }

    /// Whom a client trusts, and what it shows.
    #[must_use]
    pub fn client(&self, shows: bool) -> Value {
        if shows {
            json!({"ca": self.path("ca.pem"), "cert": self.path("client.pem"), "key": self.path("client.key")})
        } else {
            json!({"ca": self.path("ca.pem")})
        }
    }
}
