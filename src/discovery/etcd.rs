//! etcd: a key below the name of the service, as etcd's own gRPC resolver for Go reads it
//! (<https://etcd.io/docs/v3.6/dev-guide/grpc_naming/>), under a lease that ends with the instance.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::web::{Web, ask, object, refused};
use super::{Access, Failed, Found, Instance, Look, Lookup, Place, Registry};

/// How long a lease holds, in seconds, where nothing is said.
const TTL: u64 = 10;

pub(super) struct Etcd {
    web: Web,
    name: String,
    ttl: u64,
    user: Option<(String, String)>,
    token: Option<String>,
    /// The number of the lease, a text of digits.
    lease: Option<String>,
}

impl Etcd {
    pub(super) fn new(place: &Place, access: &Access) -> Result<Etcd, Failed> {
        let ttl = place
            .option("ttl")
            .and_then(|t| t.parse().ok())
            .filter(|t| (3..=3600).contains(t))
            .unwrap_or(TTL);
        let user = access.etcd_user.clone();
        Ok(Etcd {
            web: Web::new(place, access)?,
            name: place.name.clone(),
            ttl,
            user,
            token: None,
            lease: None,
        })
    }

    /// Asks by the JSON gateway; logs in when that is wanted, and once more when the token has run out.
    async fn ask(&mut self, path: &str, body: &Value) -> Result<Value, Failed> {
        for last in [false, true] {
            if let (Some((name, password)), None) = (&self.user, &self.token) {
                let who = json!({"name": name, "password": password});
                let said = object(self.web.request(Method::POST, "/v3/auth/authenticate").json(&who)).await?;
                self.token = said["token"].as_str().map(str::to_owned);
            }
            let mut request = self.web.request(Method::POST, path).json(body);
            if let Some(token) = &self.token {
                request = request.header("Authorization", token);
            }
            let (status, text) = ask(request).await?;
            if status == StatusCode::UNAUTHORIZED && self.token.take().is_some() && !last {
                continue;
            }
            if !status.is_success() {
                return Err(refused(status, &text));
            }
            return serde_json::from_str(&text)
                .map_err(|_| Failed::Odd("it does not answer with JSON".to_owned()));
        }
        Err(Failed::Odd("it takes no token of its own".to_owned()))
    }

    async fn grant(&mut self, instance: &Instance) -> Result<(), Failed> {
        let granted = self.ask("/v3/lease/grant", &json!({"TTL": self.ttl.to_string()})).await?;
        let lease = granted["ID"].as_str().map(str::to_owned);
        let lease = lease.ok_or_else(|| Failed::Odd("it grants no lease".to_owned()))?;
        // `Op` is "add"; what is behind `Metadata` is for whoever reads it.
        let value = json!({"Op": 0, "Addr": instance.address.to_string(), "Metadata": instance.facts});
        let put = json!({
            "key": BASE64.encode(format!("{}/{}", self.name, instance.address)),
            "value": BASE64.encode(value.to_string()),
            "lease": lease,
        });
        self.lease = Some(lease);
        self.ask("/v3/kv/put", &put).await.map(|_| ())
    }
}

impl Registry for Etcd {
    async fn hold(&mut self, instance: &Instance) -> Result<Duration, Failed> {
        let mut alive = false;
        if let Some(lease) = self.lease.clone() {
            let said = self.ask("/v3/lease/keepalive", &json!({"ID": lease})).await?;
            // Of a lease that has run out nothing is left, not even its time.
            alive = said["result"]["TTL"].as_str().is_some_and(|ttl| ttl != "0");
        }
        if !alive {
            self.lease = None;
            if let Err(why) = self.grant(instance).await {
                // A lease without its key is of no use to anybody.
                self.lease = None;
                return Err(why);
            }
        }
        Ok(Duration::from_secs(self.ttl) / 3)
    }

    async fn part(&mut self, _: &Instance) -> Result<(), Failed> {
        let Some(lease) = self.lease.clone() else { return Ok(()) };
        // With the lease goes its key.
        self.ask("/v3/lease/revoke", &json!({"ID": lease})).await.map(|_| ())
    }
}

impl Lookup for Etcd {
    async fn look(&mut self) -> Result<Look, Failed> {
        // All keys that begin with the name and a slash: up to, and without, the name and what follows on the slash.
        let (from, to) = (format!("{}/", self.name), format!("{}0", self.name));
        let range = json!({"key": BASE64.encode(from), "range_end": BASE64.encode(to)});
        let said = self.ask("/v3/kv/range", &range).await?;
        let mut look = Look { found: Vec::new(), odd: Vec::new(), next: super::LOOK };
        for pair in said["kvs"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let plain = |part: &Value| BASE64.decode(part.as_str()?).ok();
            let key = plain(&pair["key"]).unwrap_or_default();
            let key = crate::text::escape(&String::from_utf8_lossy(&key)).into_owned();
            let value = plain(&pair["value"]).and_then(|v| serde_json::from_slice::<Value>(&v).ok());
            let Some(value) = value else {
                look.odd.push(format!("the value of `{key}` is no JSON"));
                continue;
            };
            match Found::of(value["Addr"].as_str().unwrap_or_default()) {
                Ok(found) => {
                    let version = value["Metadata"]["version"].as_str().map(str::to_owned);
                    look.found.push(Found { version, ..found });
                }
                Err(why) => look.odd.push(format!("`{key}`: {why}")),
            }
        }
        Ok(look)
    }
}
