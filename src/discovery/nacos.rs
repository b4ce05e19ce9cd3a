//! Nacos: an ephemeral instance, kept by beats (<https://nacos.io/en-us/docs/open-api.html>).

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode};

use super::web::{Web, ask, done, object, refused};
use super::{Access, Failed, Found, Health, Instance, Look, Lookup, Place, Registry};

/// How often beats come where the server does not say. Without any for fifteen seconds an instance is ill, without any
/// for thirty it is gone.
const BEAT: Duration = Duration::from_secs(5);

/// "There is no such instance", among the codes of Nacos.
const UNKNOWN: i64 = 20_404;

pub(super) struct Nacos {
    web: Web,
    place: Place,
    context: String,
    user: Option<(String, String)>,
    /// The token, and until when it holds.
    token: Option<(String, Instant)>,
    there: bool,
}

impl Nacos {
    pub(super) fn new(place: &Place, access: &Access) -> Result<Nacos, Failed> {
        let context = place.option("context").unwrap_or("nacos").trim_matches('/');
        let context = if context.is_empty() { String::new() } else { format!("/{context}") };
        let user = access.nacos_user.clone();
        Ok(Nacos {
            web: Web::new(place, access)?,
            place: place.clone(),
            context,
            user,
            token: None,
            there: false,
        })
    }

    async fn log_in(&mut self) -> Result<(), Failed> {
        let Some((name, password)) = &self.user else { return Ok(()) };
        if self.token.as_ref().is_some_and(|(_, until)| Instant::now() < *until) {
            return Ok(());
        }
        // In the body, for addresses end up in logs.
        let path = format!("{}/v1/auth/login", self.context);
        let request =
            self.web.request(Method::POST, &path).header("Content-Type", "application/x-www-form-urlencoded");
        let text = |t: &str| {
            percent_encoding::utf8_percent_encode(t, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let said =
            object(request.body(format!("username={}&password={}", text(name), text(password)))).await?;
        let token =
            said["accessToken"].as_str().ok_or_else(|| Failed::Odd("it gives no token".to_owned()))?;
        let holds = Duration::from_secs(said["tokenTtl"].as_u64().unwrap_or(60));
        // A new one well before the old one has run out.
        self.token = Some((token.to_owned(), Instant::now() + holds * 4 / 5));
        Ok(())
    }

    fn request(&self, method: Method, path: &str, instance: &Instance) -> RequestBuilder {
        let query = vec![
            ("ip", instance.address.ip().to_string()),
            ("port", instance.address.port().to_string()),
            ("ephemeral", "true".to_owned()),
        ];
        self.about(method, path, query, "clusterName")
    }

    /// A request about the service of the place. `cluster` is what the cluster is called in it.
    fn about(&self, method: Method, path: &str, more: Vec<(&str, String)>, cluster: &str) -> RequestBuilder {
        let path = format!("{}/v1/ns/instance{path}", self.context);
        let mut query = vec![("serviceName", self.place.name.clone())];
        query.extend(more);
        for (key, option) in [("groupName", "group"), ("namespaceId", "namespace"), (cluster, "cluster")] {
            query.extend(self.place.option(option).map(|value| (key, value.to_owned())));
        }
        if let Some((token, _)) = &self.token {
            query.push(("accessToken", token.clone()));
        }
        self.web.request(method, &path).query(&query)
    }

    async fn beat(&mut self, instance: &Instance) -> Result<Option<Duration>, Failed> {
        let (status, text) = ask(self.request(Method::PUT, "/beat", instance)).await?;
        if matches!(status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) {
            self.token = None;
        }
        if !status.is_success() {
            return Err(refused(status, &text));
        }
        let said: serde_json::Value = serde_json::from_str(&text)
            .map_err(|_| Failed::Odd("its answer to a beat is no JSON".to_owned()))?;
        if said["code"].as_i64() == Some(UNKNOWN) {
            return Ok(None);
        }
        Ok(Some(said["clientBeatInterval"].as_u64().filter(|ms| *ms > 0).map_or(BEAT, Duration::from_millis)))
    }
}

impl Registry for Nacos {
    async fn hold(&mut self, instance: &Instance) -> Result<Duration, Failed> {
        self.log_in().await?;
        if self.there {
            if let Some(next) = self.beat(instance).await? {
                return Ok(next);
            }
            self.there = false;
        }
        let facts = serde_json::to_string(&instance.facts).map_err(|e| Failed::Odd(e.to_string()))?;
        let request = self.request(Method::POST, "", instance);
        done(request.query(&[("metadata", facts), ("healthy", "true".into()), ("weight", "1.0".into())]))
            .await?;
        self.there = true;
        Ok(BEAT)
    }

    async fn part(&mut self, instance: &Instance) -> Result<(), Failed> {
        self.log_in().await?;
        done(self.request(Method::DELETE, "", instance)).await.map(|_| ())
    }
}

impl Lookup for Nacos {
    async fn look(&mut self) -> Result<Look, Failed> {
        self.log_in().await?;
        let request = self.about(Method::GET, "/list", vec![("healthyOnly", "false".to_owned())], "clusters");
        let (status, text) = ask(request).await?;
        if matches!(status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) {
            self.token = None;
        }
        if !status.is_success() {
            return Err(refused(status, &text));
        }
        let said: serde_json::Value = serde_json::from_str(&text)
            .map_err(|_| Failed::Odd("its list of instances is no JSON".to_owned()))?;
        let hosts = said["hosts"].as_array().ok_or_else(|| Failed::Odd("it lists no `hosts`".to_owned()))?;
        let mut look = Look { found: Vec::new(), odd: Vec::new(), next: super::LOOK };
        for host in hosts {
            // Whoever disables an instance, or takes its weight away, wants no new calls there.
            let drained = host["enabled"] == false || host["weight"].as_f64() == Some(0.0);
            let health = match (drained, host["healthy"] == false) {
                (true, _) => Health::Draining,
                (_, true) => Health::Unhealthy,
                _ => Health::Healthy,
            };
            let version = host["metadata"]["version"].as_str().map(str::to_owned);
            match Found::at(host["ip"].as_str().unwrap_or_default(), &host["port"]) {
                Ok(found) => look.found.push(Found { health, version, ..found }),
                Err(why) => look.odd.push(why),
            }
        }
        Ok(look)
    }
}
