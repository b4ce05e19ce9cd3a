//! Consul: the agent looks after the instance (<https://developer.hashicorp.com/consul/api-docs/agent/service>).

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::web::{Web, ask, done, refused, segment, send};
use super::{Access, Failed, Found, Health, Instance, Look, Lookup, Place, Registry};

/// How often the agent calls the health service of the instance.
const CHECK: &str = "2s";

/// How long an instance may be ill before the agent forgets it. Less than a minute is a minute.
const FORGET: &str = "1m";

/// How often the agent is asked whether it still knows the instance: one that was started anew may not.
const ASK: Duration = Duration::from_secs(5);

/// Beats in place of checks: how long one holds, and how often it comes.
const TTL: &str = "15s";
const BEAT: Duration = Duration::from_secs(5);

/// How long the agent may wait for a change of who is there: it adds a sixteenth of it, and an answer has to come in time.
const WAIT: &str = "8s";

/// The least time between two looks: what the agent calls a change may be none for us.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Consul {
    web: Web,
    place: Place,
    token: Option<String>,
    /// The instance says by itself that it is well: where the agent cannot call it.
    beats: bool,
    there: bool,
    /// What the agent calls the state that was seen last (`X-Consul-Index`).
    index: Option<u64>,
}

impl Consul {
    pub(super) fn new(place: &Place, access: &Access) -> Result<Consul, Failed> {
        let beats = place.option("check") == Some("ttl");
        let token = access.consul_token.clone();
        Ok(Consul {
            web: Web::new(place, access)?,
            place: place.clone(),
            token,
            beats,
            there: false,
            index: None,
        })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let asked =
            ["dc", "ns", "partition"].into_iter().filter_map(|key| Some((key, self.place.option(key)?)));
        let request = self.web.request(method, path).query(&asked.collect::<Vec<_>>());
        match &self.token {
            Some(token) => request.header("X-Consul-Token", token),
            None => request,
        }
    }

    fn id(&self, instance: &Instance) -> String {
        format!("{}-{}", self.place.name.replace('/', "-"), instance.address)
    }

    /// What the agent is told.
    fn definition(&self, instance: &Instance) -> Value {
        let check = if self.beats {
            json!({"TTL": TTL, "Status": "passing", "DeregisterCriticalServiceAfter": FORGET})
        } else {
            json!({
                "GRPC": instance.address.to_string(),
                "GRPCUseTLS": instance.tls,
                "TLSSkipVerify": self.place.option("tls-skip-verify") == Some("true"),
                "Interval": CHECK,
                "Timeout": CHECK,
                // It listens already; the first check is on its way.
                "Status": "passing",
                "DeregisterCriticalServiceAfter": FORGET,
            })
        };
        let version = instance.facts.get("version").map(|v| format!("version={v}"));
        json!({
            "ID": self.id(instance),
            "Name": self.place.name,
            "Address": instance.address.ip().to_string(),
            "Port": instance.address.port(),
            "Tags": version.into_iter().chain(["grpc".to_owned()]).collect::<Vec<_>>(),
            "Meta": instance.facts,
            "Check": check,
        })
    }
}

impl Registry for Consul {
    async fn hold(&mut self, instance: &Instance) -> Result<Duration, Failed> {
        let id = self.id(instance);
        if self.there {
            let path = format!("/v1/agent/service/{id}");
            let (status, text) = ask(self.request(Method::GET, &path)).await?;
            match status {
                StatusCode::NOT_FOUND => self.there = false,
                status if !status.is_success() => return Err(refused(status, &text)),
                _ => {}
            }
        }
        if !self.there {
            let request = self.request(Method::PUT, "/v1/agent/service/register");
            done(request.query(&[("replace-existing-checks", "true")]).json(&self.definition(instance)))
                .await?;
            self.there = true;
        }
        if self.beats {
            done(self.request(Method::PUT, &format!("/v1/agent/check/pass/service:{id}"))).await?;
            return Ok(BEAT);
        }
        Ok(ASK)
    }

    async fn part(&mut self, instance: &Instance) -> Result<(), Failed> {
        let path = format!("/v1/agent/service/deregister/{}", self.id(instance));
        done(self.request(Method::PUT, &path)).await.map(|_| ())
    }
}

impl Lookup for Consul {
    async fn look(&mut self) -> Result<Look, Failed> {
        let mut request =
            self.request(Method::GET, &format!("/v1/health/service/{}", segment(&self.place.name)));
        if let Some(index) = self.index.take() {
            request = request.query(&[("index", index.to_string().as_str()), ("wait", WAIT)]);
        }
        let answer = send(request).await?;
        let index = answer.header("x-consul-index").and_then(|index| index.parse().ok());
        let entries: Vec<Value> = answer.json()?;
        // One that is not above zero would not be waited for.
        self.index = index.filter(|index| *index > 0);
        let mut look = Look { found: Vec::new(), odd: Vec::new(), next: PAUSE };
        if self.index.is_none() {
            look.next = super::LOOK;
        }
        for entry in &entries {
            let service = &entry["Service"];
            let own = service["Address"].as_str().filter(|address| !address.is_empty());
            let host = own.or_else(|| entry["Node"]["Address"].as_str()).unwrap_or_default();
            let facts = &service["Meta"];
            match Found::at(host, &service["Port"]) {
                Ok(found) => look.found.push(Found {
                    health: health(&entry["Checks"]),
                    version: facts["version"].as_str().map(str::to_owned),
                    ..found
                }),
                Err(why) => look.odd.push(why),
            }
        }
        Ok(look)
    }
}

/// What the checks of an instance and of its node come to. A warning takes nobody out, as in Consul's own answers to DNS.
fn health(checks: &Value) -> Health {
    let checks = checks.as_array().map(Vec::as_slice).unwrap_or_default();
    let critical = checks.iter().filter(|check| check["Status"] == "critical");
    let mut health = Health::Healthy;
    for check in critical {
        // Somebody has put it into maintenance; nothing is wrong with it.
        let wanted = check["CheckID"]
            .as_str()
            .is_some_and(|id| id == "_node_maintenance" || id.starts_with("_service_maintenance"));
        if !wanted {
            return Health::Unhealthy;
        }
        health = Health::Draining;
    }
    health
}
