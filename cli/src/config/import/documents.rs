//! Files of kafkactl, rpk, kcl and kaf: documents with clusters in them.
//!
//! Each function walks its tool's layout; what all have in common (TLS files, SASL) is in [`Cluster`].

use serde_json::Value;

use super::{FoundSecret, Imported};

/// `contexts.NAME: {brokers, clientID, tls: {..}, sasl: {..}}`, `current-context`.
pub fn kafkactl(document: &Value) -> Vec<Imported> {
    let current = text(document, "current-context");
    let contexts = document.get("contexts").and_then(Value::as_object);
    let one = |(name, entry): (&String, &Value)| {
        let mut cluster = Cluster::new(entry, &["contexts", name]);
        cluster.imported.name = Some(name.clone());
        cluster.imported.is_current = current.as_ref() == Some(name);
        cluster.servers("brokers");
        cluster.plain("clientID", "client.id");
        if cluster.is_on("tls") {
            cluster.tls(&["tls"], ["ca", "cert", "certKey", "insecure"]);
        }
        if cluster.is_on("sasl") {
            cluster.sasl(&["sasl"], ["mechanism", "username", "password"]);
            if cluster.at(&["sasl", "tokenprovider"]).is_some() {
                cluster
                    .imported
                    .note("its token provider is not taken over; see sasl.oauthbearer.token.command");
            }
        }
        if cluster.at(&["kubernetes", "enabled"]).and_then(Value::as_bool) == Some(true) {
            cluster.imported.note("it runs inside Kubernetes there; this client connects from here");
        }
        cluster.finish()
    };
    contexts.into_iter().flatten().map(one).collect()
}

/// `profiles: [{name, kafka_api: {brokers, tls: {..}, sasl: {..}}}]`, `current_profile`.
pub fn rpk(document: &Value) -> Vec<Imported> {
    let current = text(document, "current_profile");
    let profiles = document.get("profiles").and_then(Value::as_array);
    let one = |(index, profile): (usize, &Value)| {
        let index = index.to_string();
        let api = profile.get("kafka_api").unwrap_or(&Value::Null);
        let mut cluster = Cluster::new(api, &["profiles", &index, "kafka_api"]);
        cluster.imported.name = text(profile, "name");
        cluster.imported.is_current = cluster.imported.name == current;
        cluster.servers("brokers");
        // An empty table asks for TLS with the system's authorities.
        if cluster.at(&["tls"]).is_some_and(|tls| !tls.is_null()) {
            cluster.tls(&["tls"], ["ca_file", "cert_file", "key_file", "insecure_skip_verify"]);
        }
        if cluster.at(&["sasl"]).is_some_and(|sasl| !sasl.is_null()) {
            cluster.sasl(&["sasl"], ["mechanism", "user", "password"]);
        }
        cluster.finish()
    };
    profiles.into_iter().flatten().enumerate().map(one).collect()
}

/// `seed_brokers, tls, sasl` at the top or in `profiles.NAME`, `current_profile`.
pub fn kcl(document: &Value) -> Vec<Imported> {
    let read = |entry: &Value, path: &[&str]| {
        let mut cluster = Cluster::new(entry, path);
        cluster.servers("seed_brokers");
        if cluster.at(&["tls"]).is_some() {
            cluster.tls(&["tls"], ["ca_cert_path", "client_cert_path", "client_key_path", "insecure"]);
        }
        if cluster.at(&["sasl"]).is_some() {
            cluster.sasl(&["sasl"], ["method", "user", "pass"]);
            if cluster.at(&["sasl", "is_token"]).and_then(Value::as_bool) == Some(true) {
                cluster
                    .imported
                    .note("its password is a delegation token: use sasl.jaas.config with tokenauth=true");
            }
        }
        cluster.finish()
    };
    let current = text(document, "current_profile");
    let profiles = document.get("profiles").and_then(Value::as_object);
    let mut found: Vec<Imported> = profiles
        .into_iter()
        .flatten()
        .map(|(name, entry)| Imported {
            is_current: current.as_ref() == Some(name),
            name: Some(name.clone()),
            ..read(entry, &["profiles", name])
        })
        .collect();
    if document.get("seed_brokers").is_some() {
        found.push(Imported { is_current: found.is_empty(), ..read(document, &[]) });
    }
    found
}

/// `clusters: [{name, brokers, SASL: {..}, TLS: {..}, security-protocol}]`, `current-cluster`.
pub fn kaf(document: &Value) -> Vec<Imported> {
    let current = text(document, "current-cluster");
    let clusters = document.get("clusters").and_then(Value::as_array);
    let one = |(index, entry): (usize, &Value)| {
        let index = index.to_string();
        let mut cluster = Cluster::new(entry, &["clusters", &index]);
        cluster.imported.name = text(entry, "name");
        cluster.imported.is_current = cluster.imported.name == current;
        cluster.servers("brokers");
        let protocol = text(entry, "security-protocol").unwrap_or_default().to_uppercase();
        if cluster.at(&["TLS"]).is_some_and(|tls| !tls.is_null()) || protocol.ends_with("SSL") {
            cluster.tls(&["TLS"], ["cafile", "clientfile", "clientkeyfile", "insecure"]);
        }
        if cluster.at(&["SASL"]).is_some_and(|sasl| !sasl.is_null()) {
            cluster.sasl(&["SASL"], ["mechanism", "username", "password"]);
            cluster.plain_at(&["SASL", "tokenURL"], "sasl.oauthbearer.token.endpoint.url");
            cluster.plain_at(&["SASL", "clientID"], "sasl.oauthbearer.client.credentials.client.id");
            cluster.secret(&["SASL", "clientSecret"], "sasl.oauthbearer.client.credentials.client.secret");
        }
        cluster.finish()
    };
    clusters.into_iter().flatten().enumerate().map(one).collect()
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(scalar).filter(|text| !text.is_empty())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A cluster's part of a document, and what was read of it.
struct Cluster<'a> {
    entry: &'a Value,
    /// Where the part is, for references to secrets in it.
    path: Vec<String>,
    imported: Imported,
    has_tls: bool,
    has_sasl: bool,
}

impl<'a> Cluster<'a> {
    fn new(entry: &'a Value, path: &[&str]) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self { entry, path, imported: Imported::default(), has_tls: false, has_sasl: false }
    }

    fn at(&self, path: &[&str]) -> Option<&'a Value> {
        path.iter().try_fold(self.entry, |value, key| value.get(key))
    }

    fn text_at(&self, path: &[&str]) -> Option<String> {
        self.at(path).and_then(scalar).filter(|text| !text.is_empty())
    }

    /// Whether a part is there and not switched off.
    fn is_on(&self, key: &str) -> bool {
        self.at(&[key]).is_some_and(|part| part.get("enabled").and_then(Value::as_bool).unwrap_or(true))
    }

    fn servers(&mut self, key: &str) {
        self.imported.servers = match self.at(&[key]) {
            Some(Value::Array(servers)) => servers.iter().filter_map(scalar).collect(),
            Some(Value::String(servers)) => crate::config::split(servers),
            _ => Vec::new(),
        };
    }

    fn plain(&mut self, key: &str, property: &str) {
        self.plain_at(&[key], property);
    }

    fn plain_at(&mut self, path: &[&str], property: &str) {
        if let Some(value) = self.text_at(path) {
            self.imported.set(property, value);
        }
    }

    fn secret(&mut self, path: &[&str], property: &str) {
        let Some(value) = self.text_at(path) else { return };
        let keys = self.path.iter().map(String::as_str).chain(path.iter().copied());
        let place = keys.map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect();
        self.imported.secrets.push(FoundSecret { property: property.to_owned(), value, place });
    }

    /// Keys: authority, certificate, key, "do not verify".
    fn tls(&mut self, at: &[&str], keys: [&str; 4]) {
        self.has_tls = true;
        let [authority, certificate, key, insecure] = keys;
        let within = |name| [at, &[name]].concat();
        self.plain_at(&within(authority), "ssl.ca.location");
        self.plain_at(&within(certificate), "ssl.certificate.location");
        self.plain_at(&within(key), "ssl.key.location");
        if self.at(&within(insecure)).and_then(Value::as_bool) == Some(true) {
            self.imported.set("enable.ssl.certificate.verification", "false");
        }
    }

    /// Keys: mechanism, user, password.
    fn sasl(&mut self, at: &[&str], keys: [&str; 3]) {
        self.has_sasl = true;
        let [mechanism, user, password] = keys;
        let named = self.text_at(&[at, &[mechanism]].concat());
        self.imported.set("sasl.mechanism", mechanism_of(named.as_deref()));
        self.plain_at(&[at, &[user]].concat(), "sasl.username");
        self.secret(&[at, &[password]].concat(), "sasl.password");
    }

    fn finish(mut self) -> Imported {
        let protocol = match (self.has_sasl, self.has_tls) {
            (true, true) => "SASL_SSL",
            (true, false) => "SASL_PLAINTEXT",
            (false, true) => "SSL",
            (false, false) => return self.imported,
        };
        self.imported.properties.insert(0, ("security.protocol".to_owned(), protocol.to_owned()));
        self.imported
    }
}

/// The registered name of what tools call `plaintext`, `scram-sha512` and the like.
fn mechanism_of(named: Option<&str>) -> String {
    let Some(named) = named else { return "PLAIN".to_owned() };
    let plain: String = named.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    match plain.as_str() {
        "PLAIN" | "PLAINTEXT" => "PLAIN".to_owned(),
        "SCRAMSHA256" => "SCRAM-SHA-256".to_owned(),
        "SCRAMSHA512" => "SCRAM-SHA-512".to_owned(),
        "OAUTH" | "OAUTHBEARER" => "OAUTHBEARER".to_owned(),
        "AWSMSKIAM" => "AWS_MSK_IAM".to_owned(),
        _ => named.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Value {
        serde_norway::from_str(text).unwrap()
    }

    fn pairs(imported: &Imported) -> Vec<(&str, &str)> {
        let secrets = imported.secrets.iter().map(|secret| (secret.property.as_str(), secret.place.as_str()));
        imported.properties.iter().map(|(key, value)| (key.as_str(), value.as_str())).chain(secrets).collect()
    }

    #[test]
    fn kafkactl_contexts_are_read() {
        let found = kafkactl(&yaml(
            "contexts:\n  a/b:\n    brokers: [x:1, 'y:2']\n    tls: {enabled: true, ca: /ca.pem, insecure: true}\n\
            \x20   sasl: {enabled: true, username: u, password: geheim, mechanism: scram-sha512}\n\
            \x20 plain:\n    brokers: [z:3]\n    tls: {enabled: false}\n    sasl: {enabled: false, password: no}\n\
            current-context: plain\n",
        ));
        assert_eq!(found[0].name.as_deref(), Some("a/b"));
        assert_eq!(found[0].servers, ["x:1", "y:2"]);
        assert_eq!(
            pairs(&found[0]),
            [
                ("security.protocol", "SASL_SSL"),
                ("ssl.ca.location", "/ca.pem"),
                ("enable.ssl.certificate.verification", "false"),
                ("sasl.mechanism", "SCRAM-SHA-512"),
                ("sasl.username", "u"),
                ("sasl.password", "/contexts/a~1b/sasl/password"),
            ]
        );
        assert!(found[1].is_current && found[1].secrets.is_empty() && found[1].properties.is_empty());
    }

    #[test]
    fn rpk_profiles_are_read() {
        let found = rpk(&yaml(
            "version: 6\ncurrent_profile: prod\nprofiles:\n- name: local\n  kafka_api: {brokers: [l:1]}\n\
            - name: prod\n  kafka_api:\n    brokers: [p:1]\n    tls: {}\n\
            \x20   sasl: {user: u, password: geheim, mechanism: SCRAM-SHA-256}\n",
        ));
        assert_eq!(found.len(), 2);
        assert_eq!(pairs(&found[0]), []);
        assert_eq!(
            pairs(&found[1]),
            [
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "SCRAM-SHA-256"),
                ("sasl.username", "u"),
                ("sasl.password", "/profiles/1/kafka_api/sasl/password"),
            ]
        );
    }

    #[test]
    fn kcl_files_of_both_kinds_are_read() {
        let old: Value = toml_edit::de::from_str(
            "seed_brokers = [\"a:1\"]\n[tls]\nca_cert_path = \"/ca\"\nclient_cert_path = \"/c\"\nclient_key_path = \"/k\"\n",
        )
        .unwrap();
        assert_eq!(
            pairs(&kcl(&old)[0]),
            [
                ("security.protocol", "SSL"),
                ("ssl.ca.location", "/ca"),
                ("ssl.certificate.location", "/c"),
                ("ssl.key.location", "/k"),
            ]
        );
        let new: Value = toml_edit::de::from_str(
            "current_profile = \"p\"\n[profiles.p]\nseed_brokers = [\"a:1\"]\n\
            sasl = { method = \"plain\", user = \"u\", pass = \"geheim\" }\n",
        )
        .unwrap();
        let found = kcl(&new);
        assert!(found[0].is_current);
        assert_eq!(found[0].secrets[0].place, "/profiles/p/sasl/pass");
    }

    #[test]
    fn kaf_clusters_are_read() {
        let found = kaf(&yaml(
            "current-cluster: a\nclusters:\n- name: a\n  brokers: [a:1]\n  security-protocol: SASL_SSL\n\
            \x20 SASL: {mechanism: OAUTHBEARER, clientID: me, clientSecret: geheim, tokenURL: 'https://idp/t'}\n",
        ));
        assert_eq!(
            pairs(&found[0]),
            [
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", "OAUTHBEARER"),
                ("sasl.oauthbearer.token.endpoint.url", "https://idp/t"),
                ("sasl.oauthbearer.client.credentials.client.id", "me"),
                ("sasl.oauthbearer.client.credentials.client.secret", "/clusters/0/SASL/clientSecret"),
            ]
        );
    }

    #[test]
    fn odd_documents_give_nothing_and_no_panic() {
        for text in
            ["", "[]", "contexts: 7", "profiles: {a: 1}", "clusters: [1, null]", "contexts: {a: null}"]
        {
            let document = yaml(text);
            for read in [kafkactl, rpk, kcl, kaf] {
                for imported in read(&document) {
                    assert!(imported.servers.is_empty(), "{text}");
                }
            }
        }
    }
}
