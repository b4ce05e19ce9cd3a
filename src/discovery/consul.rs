//! Consul: the agent looks after the instance (<https://developer.hashicorp.com/consul/api-docs/agent/service>).

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::web::{Web, ask, done, refused};
use super::{Access, Failed, Instance, Place, Registry};

/// How often the agent calls the health service of the instance.
const CHECK: &str = "2s";

/// How long an instance may be ill before the agent forgets it. Less than a minute is a minute.
const FORGET: &str = "1m";

/// How often the agent is asked whether it still knows the instance: one that was started anew may not.
const ASK: Duration = Duration::from_secs(5);

/// Beats in place of checks: how long one holds, and how often it comes.
const TTL: &str = "15s";
const BEAT: Duration = Duration::from_secs(5);

pub(super) struct Consul {
    web: Web,
    place: Place,
    token: Option<String>,
    /// The instance says by itself that it is well: where the agent cannot call it.
    beats: bool,
    there: bool,
}

impl Consul {
    pub(super) fn new(place: &Place, access: &Access) -> Result<Consul, Failed> {
        let beats = place.option("check") == Some("ttl");
        let token = access.consul_token.clone();
        Ok(Consul { web: Web::new(place, access)?, place: place.clone(), token, beats, there: false })
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
