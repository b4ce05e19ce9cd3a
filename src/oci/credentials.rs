//! What Docker's configuration has for a registry (<https://docs.docker.com/reference/cli/docker/login/>): in itself, or with
//! a helper (<https://github.com/docker/docker-credential-helpers>).

use std::path::PathBuf;

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;
use serde_json::Value;

use super::OciError;
use crate::machine::Host;
use crate::machine::run::{Call, Limits, RunError, run};
use crate::text::without_secrets;

/// What a helper says, and ends with an error, where it knows of no credentials.
const UNKNOWN: &str = "credentials not found";

/// The name of those who are known by a token alone.
const TOKEN: &str = "<token>";

/// The names of Docker's own registry, and what its credentials are kept under.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// How much of what a helper says is told, in characters.
const LENGTH: usize = 300;

/// What a helper knows.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Known {
    username: String,
    secret: String,
}

/// The credentials for a registry; nothing where there are none. In the order of Docker's own client: the helper of the
/// registry, the helper of all registries, the configuration itself.
pub(super) fn credentials(host: &Host, registry: &str) -> Result<RegistryAuth, OciError> {
    let folder = match (host.var("DOCKER_CONFIG"), host.var("HOME")) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(home)) => PathBuf::from(home).join(".docker"),
        (None, None) => return Ok(RegistryAuth::Anonymous),
    };
    let Ok(text) = std::fs::read(folder.join("config.json")) else { return Ok(RegistryAuth::Anonymous) };
    let failed = |said: String| OciError::Credentials { registry: registry.to_owned(), said };
    let Ok(mut config) = serde_json::from_slice::<Value>(&text) else {
        return Err(failed("it is no JSON".to_owned()));
    };
    let named = |name: &Value| name.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let key = if HUB.contains(&registry) { HUB_KEY } else { registry };
    let own = named(&config["credHelpers"][key]).or_else(|| named(&config["credHelpers"][registry]));
    // A helper of its own is all that is asked.
    let (helper, alone) = match own {
        Some(helper) => (Some(helper), true),
        None => (named(&config["credsStore"]), false),
    };
    if let Some(helper) = helper {
        let known = ask(host, key, &helper).map_err(failed)?;
        if alone || !matches!(known, RegistryAuth::Anonymous) {
            return Ok(known);
        }
    }
    // The library asks helpers without a bound in time, and takes one that knows nothing for one that failed.
    if let Some(config) = config.as_object_mut() {
        config.retain(|key, _| key == "auths");
    }
    match get_credential_from_reader(config.to_string().as_bytes(), registry) {
        Ok(DockerCredential::UsernamePassword(name, password)) => Ok(RegistryAuth::Basic(name, password)),
        Ok(DockerCredential::IdentityToken(token)) => Ok(RegistryAuth::Bearer(token)),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Asks a helper.
fn ask(host: &Host, registry: &str, helper: &str) -> Result<RegistryAuth, String> {
    let name = format!("docker-credential-{helper}");
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let program = helper.chars().all(plain).then(|| host.find(&name)).flatten();
    let program = program.ok_or_else(|| format!("the helper `{name}` is not on the path"))?;
    let call = Call {
        name: &name,
        program: &program,
        arguments: vec!["get".into()],
        folder: &host.cwd,
        input: registry.as_bytes(),
        set: Vec::new(),
    };
    let done = match run(host, &call, Limits::default()) {
        Ok(done) => done,
        // What is wrong is said on standard output.
        Err(RunError::Failed { output, messages, .. })
            if output.contains(UNKNOWN) || messages.contains(UNKNOWN) =>
        {
            return Ok(RegistryAuth::Anonymous);
        }
        Err(error) => {
            let said = match &error {
                RunError::Failed { output, messages, .. } => [messages, output].map(|text| line(text)),
                _ => Default::default(),
            };
            let said = said.into_iter().find(|said| !said.is_empty());
            return Err(said.map_or_else(|| error.to_string(), |said| format!("{error}: {said}")));
        }
    };
    let known: Known =
        serde_json::from_slice(&done.output).map_err(|_| format!("what `{name}` says is no answer"))?;
    Ok(match known {
        Known { username, secret } if username == TOKEN => RegistryAuth::Bearer(secret),
        Known { username, secret } => RegistryAuth::Basic(username, secret),
    })
}

/// The first line that is a message, and not a part of an answer, which has the secret.
fn line(text: &str) -> String {
    let message = |line: &&str| !line.is_empty() && !line.contains(['{', '"']);
    let found = text.lines().map(str::trim).find(message).unwrap_or_default();
    without_secrets(found).chars().take(LENGTH).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    /// A home with a configuration, and a helper that runs a script.
    fn host(folder: &Path, config: &str, helper: &str) -> Host {
        let path = folder.join("docker-credential-ours");
        std::fs::create_dir_all(folder.join(".docker")).unwrap();
        std::fs::write(folder.join(".docker/config.json"), config).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{helper}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let env = [
            ("HOME", folder.as_os_str().to_owned()),
            ("PATH", format!("{}:/usr/bin:/bin", folder.display()).into()),
        ];
        Host { env: env.map(|(name, value)| (name.into(), value)).into(), cwd: folder.to_owned() }
    }

    fn basic(auth: RegistryAuth) -> Option<(String, String)> {
        match auth {
            RegistryAuth::Basic(name, password) => Some((name, password)),
            _ => None,
        }
    }

    const KNOWS: &str = "read -r registry; [ \"$1\" = get ] && printf '{\"ServerURL\":\"%s\",\"Username\":\"me\",\"Secret\":\"s3cret of %s\"}' \"$registry\" \"$registry\"";

    #[test]
    fn the_helper_of_a_registry_comes_first_and_the_configuration_last() {
        let dir = tempfile::tempdir().unwrap();
        // `me:own`
        let auths = "\"auths\": {\"r.example\": {\"auth\": \"bWU6b3du\"}, \"two.example\": {}}";
        let own = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        for (config, registry, expected) in [
            (
                format!("{{{auths}, \"credHelpers\": {{\"r.example\": \"ours\"}}}}"),
                "r.example",
                own("me", "s3cret of r.example"),
            ),
            (format!("{{{auths}}}"), "r.example", own("me", "own")),
            (format!("{{{auths}, \"credsStore\": \"ours\"}}"), "r.example", own("me", "s3cret of r.example")),
            (
                format!("{{{auths}, \"credsStore\": \"ours\"}}"),
                "two.example",
                own("me", "s3cret of two.example"),
            ),
            (format!("{{{auths}, \"credHelpers\": {{\"r.example\": \"ours\"}}}}"), "two.example", None),
            (
                "{\"credsStore\": \"ours\"}".to_owned(),
                "docker.io",
                own("me", "s3cret of https://index.docker.io/v1/"),
            ),
        ] {
            let host = host(dir.path(), &config, KNOWS);
            assert_eq!(basic(credentials(&host, registry).unwrap()), expected, "{config}");
        }
    }

    #[test]
    fn where_the_helper_of_all_knows_nothing_the_configuration_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let config = "{\"auths\": {\"r.example\": {\"auth\": \"bWU6b3du\"}}, \"credsStore\": \"ours\"}";
        let host = host(dir.path(), config, "cat >/dev/null; echo 'credentials not found'; exit 1");
        let found = credentials(&host, "r.example").unwrap();
        assert_eq!(basic(found), Some(("me".to_owned(), "own".to_owned())));
    }

    #[test]
    fn a_helper_that_knows_nothing_is_no_error_and_one_that_fails_tells_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let config = "{\"credsStore\": \"ours\"}";
        let asked = |helper: &str| credentials(&host(dir.path(), config, helper), "r.example");
        let found = asked("cat >/dev/null; echo 'credentials not found in native keychain'; exit 1").unwrap();
        assert!(matches!(found, RegistryAuth::Anonymous));
        let found = asked("cat >/dev/null; echo '{\"Username\": \"<token>\", \"Secret\": \"t\"}'").unwrap();
        assert!(matches!(found, RegistryAuth::Bearer(token) if token == "t"));
        for (helper, why) in [
            (
                "cat >/dev/null; echo '{\"Secret\": \"s3cret\"}'; echo the keychain is locked; exit 1",
                "failed (exit status: 1): the keychain is locked",
            ),
            (
                "cat >/dev/null; echo '\"Secret\": \"s3cret\"'",
                "what `docker-credential-ours` says is no answer",
            ),
        ] {
            let error = asked(helper).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("s3cret"), "{error}");
        }
        let error =
            credentials(&host(dir.path(), "{\"credsStore\": \"../ours\"}", KNOWS), "r.example").unwrap_err();
        assert!(error.to_string().contains("is not on the path"), "{error}");
        let error = credentials(&host(dir.path(), "{", KNOWS), "r.example").unwrap_err();
        assert!(error.to_string().contains("it is no JSON"), "{error}");
    }
}
