//! The table of client properties: Java's names, librdkafka's where they differ, and what each does here.
//!
//! A property that is not in it is unknown, which callers may take lightly: a file written for another client
//! holds more than this one needs. What would weaken security if it were left out is refused instead.

use std::path::PathBuf;
use std::time::Duration;

use super::security::{Material, Place, Protocol};
use super::{Options, OptionsError, Secret, jaas};

/// A property this client knows.
#[derive(Debug)]
pub struct Property {
    /// Java's name, or librdkafka's where Java has none.
    pub name: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// Whether its value must not be seen.
    pub is_secret: bool,
    /// What it does here.
    pub doc: &'static str,
    set: Set,
}

#[derive(Clone, Copy, Debug)]
enum Set {
    /// Takes the name that was used and the value.
    To(fn(&mut Options, &'static str, &str) -> Result<(), Wrong>),
    /// Known to other clients and without a meaning here.
    Nothing,
}

/// What is wrong with a value.
enum Wrong {
    Wanted(&'static str),
    Refused(&'static str),
}

/// All properties this client knows.
pub fn known() -> impl Iterator<Item = &'static Property> {
    TABLE.iter()
}

/// The property of a name or another name of it.
pub fn find(name: &str) -> Option<&'static Property> {
    TABLE.iter().find(|property| property.name == name || property.aliases.contains(&name))
}

/// Whether the value of a property must not be seen; unknown ones are judged by their name.
pub fn is_secret(name: &str) -> bool {
    find(name).map_or_else(|| jaas::JaasEntry::is_secret(name), |property| property.is_secret)
}

impl Property {
    /// The names under which it is found.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Whether it does something here.
    pub fn has_effect(&self) -> bool {
        !matches!(self.set, Set::Nothing)
    }
}

impl Options {
    /// Sets an option by the name of Kafka's property (librdkafka's names are taken, too).
    pub fn set_property(&mut self, key: &str, value: &str) -> Result<(), OptionsError> {
        let unknown = || OptionsError::Unknown { key: key.to_owned() };
        let property = find(key).ok_or_else(unknown)?;
        let name = property.names().find(|name| *name == key).unwrap_or(property.name);
        let Set::To(set) = property.set else { return Ok(()) };
        let shown = || if property.is_secret { "(hidden)".to_owned() } else { value.to_owned() };
        set(self, name, value).map_err(|wrong| match wrong {
            Wrong::Wanted(wanted) => OptionsError::Invalid { key: key.to_owned(), value: shown(), wanted },
            Wrong::Refused(reason) => {
                OptionsError::Unsupported { key: key.to_owned(), value: shown(), reason }
            }
        })
    }
}

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    doc: &'static str,
    set: fn(&mut Options, &'static str, &str) -> Result<(), Wrong>,
) -> Property {
    Property { name, aliases, is_secret: false, doc, set: Set::To(set) }
}

const fn secret(
    name: &'static str,
    aliases: &'static [&'static str],
    doc: &'static str,
    set: fn(&mut Options, &'static str, &str) -> Result<(), Wrong>,
) -> Property {
    Property { name, aliases, is_secret: true, doc, set: Set::To(set) }
}

const fn nothing(name: &'static str, doc: &'static str) -> Property {
    Property { name, aliases: &[], is_secret: false, doc, set: Set::Nothing }
}

#[rustfmt::skip]
const TABLE: &[Property] = &[
    row("bootstrap.servers", &["metadata.broker.list"], "brokers to ask first, HOST:PORT with commas between", |o, _, v| {
        o.set_bootstrap(&[v]).map_err(|_| Wrong::Wanted("HOST:PORT with commas between"))
    }),
    row("client.id", &[], "how this client calls itself", |o, _, v| { o.client_id = v.to_owned(); Ok(()) }),
    row("client.rack", &[], "read from replicas of this rack", |o, _, v| { o.rack = filled(v); Ok(()) }),
    row("request.timeout.ms", &["socket.timeout.ms"], "how long one request may wait for its answer", |o, _, v| millis(&mut o.request_timeout, v)),
    row("default.api.timeout.ms", &[], "how long one call may take with all its retries", |o, _, v| millis(&mut o.timeout, v)),
    row("retry.backoff.ms", &[], "the first pause between tries", |o, _, v| millis(&mut o.retry_backoff, v)),
    row("retry.backoff.max.ms", &[], "the longest pause between tries", |o, _, v| millis(&mut o.retry_backoff_max, v)),
    row("socket.connection.setup.timeout.ms", &[], "how long connecting may take", |o, _, v| millis(&mut o.connect_timeout, v)),
    row("security.protocol", &[], "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL", |o, _, v| {
        o.security.set_protocol(Protocol::named(v).ok_or(Wrong::Wanted("PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"))?);
        Ok(())
    }),

    row("ssl.truststore.location", &["ssl.ca.location"], "file of authorities: PEM, PKCS12 or JKS", |o, n, v| { o.security.tls_mut().trust = file(n, v); Ok(()) }),
    row("ssl.truststore.certificates", &["ssl.ca.pem"], "authorities as PEM", |o, n, v| { o.security.tls_mut().trust = pem(n, v); Ok(()) }),
    secret("ssl.truststore.password", &[], "password of the trust store", |o, _, v| { o.security.tls_mut().trust_password = hidden(v); Ok(()) }),
    row("ssl.truststore.type", &[], "PEM, PKCS12 or JKS; seen from the file", |_, _, v| store_type(v)),
    row("ssl.keystore.location", &["ssl.key.location"], "file of our key: PEM, PKCS12 or JKS", |o, n, v| { o.security.tls_mut().key = file(n, v); Ok(()) }),
    row("ssl.certificate.location", &[], "PEM file of our certificate, when it is not with the key", |o, n, v| { o.security.tls_mut().certificate = file(n, v); Ok(()) }),
    row("ssl.keystore.certificate.chain", &["ssl.certificate.pem"], "our certificate as PEM", |o, n, v| { o.security.tls_mut().certificate = pem(n, v); Ok(()) }),
    secret("ssl.keystore.key", &["ssl.key.pem"], "our key as PEM", |o, n, v| { o.security.tls_mut().key = pem(n, v); Ok(()) }),
    secret("ssl.keystore.password", &[], "password of the key store", |o, _, v| { o.security.tls_mut().key_store_password = hidden(v); Ok(()) }),
    secret("ssl.key.password", &[], "password of the key", |o, _, v| { o.security.tls_mut().key_password = hidden(v); Ok(()) }),
    row("ssl.keystore.type", &[], "PEM, PKCS12 or JKS; seen from the file", |_, _, v| store_type(v)),
    row("ssl.endpoint.identification.algorithm", &[], "https: the certificate must name the host; empty or none: it need not", |o, _, v| {
        o.security.tls_mut().verify_host = match v.trim().to_ascii_lowercase().as_str() {
            "https" => true,
            "" | "none" => false,
            _ => return Err(Wrong::Wanted("https, none or nothing")),
        };
        Ok(())
    }),
    row("enable.ssl.certificate.verification", &[], "false: any certificate is taken", |o, _, v| boolean(&mut o.security.tls_mut().verify_certificate, v)),
    row("ssl.enabled.protocols", &["ssl.protocol"], "TLS versions: TLSv1.2, TLSv1.3", |o, n, v| {
        let named = list(v);
        // `TLS` is Java's name for whatever is enabled.
        if n == "ssl.protocol" && v.trim() == "TLS" { return Ok(()); }
        if !named.iter().any(|version| version == "TLSv1.2" || version == "TLSv1.3") {
            return Err(Wrong::Wanted("TLSv1.2 or TLSv1.3"));
        }
        o.security.tls_mut().versions = named;
        Ok(())
    }),
    row("ssl.cipher.suites", &[], "cipher suites by their IANA names", |o, _, v| { o.security.tls_mut().cipher_suites = list(v); Ok(()) }),
    row("ssl.crl.location", &[], "refused: revocation lists are not read", |_, _, v| refuse_if_set(v, "revocation lists are not read")),
    row("ssl.engine.factory.class", &[], "refused: TLS is built in", |_, _, v| refuse_if_set(v, "TLS is built in and cannot be replaced by a class")),

    row("sasl.mechanism", &["sasl.mechanisms"], "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER", |o, _, v| { o.security.sasl_mut().mechanism = filled(v); Ok(()) }),
    secret("sasl.jaas.config", &[], "login module with its options", |o, _, v| login_module(o, v)),
    row("sasl.username", &[], "user of PLAIN and SCRAM", |o, _, v| { o.security.sasl_mut().username = filled(v); Ok(()) }),
    secret("sasl.password", &[], "password of PLAIN and SCRAM", |o, _, v| { o.security.sasl_mut().password = hidden(v); Ok(()) }),
    row("sasl.oauthbearer.token.endpoint.url", &[], "where a token is asked for: https:, http:, or file: with the token in it", |o, _, v| { o.security.sasl_mut().oauth.endpoint = filled(v); Ok(()) }),
    row("sasl.oauthbearer.client.credentials.client.id", &["sasl.oauthbearer.client.id"], "who asks for a token", |o, _, v| { o.security.sasl_mut().oauth.client_id = filled(v); Ok(()) }),
    secret("sasl.oauthbearer.client.credentials.client.secret", &["sasl.oauthbearer.client.secret"], "password of who asks for a token", |o, _, v| { o.security.sasl_mut().oauth.client_secret = hidden(v); Ok(()) }),
    row("sasl.oauthbearer.scope", &[], "what the token is for", |o, _, v| { o.security.sasl_mut().oauth.scope = filled(v); Ok(()) }),
    row("sasl.oauthbearer.header.urlencode", &[], "encode client id and secret for the endpoint", |o, _, v| boolean(&mut o.security.sasl_mut().oauth.encode_credentials, v)),
    row("sasl.oauthbearer.extensions", &[], "KEY=VALUE with commas between, sent with the token", |o, _, v| {
        o.security.sasl_mut().oauth.extensions = pairs(v, ',').ok_or(Wrong::Wanted("KEY=VALUE with commas between"))?;
        Ok(())
    }),
    secret("sasl.oauthbearer.token", &[], "the token itself (only here)", |o, _, v| { o.security.sasl_mut().oauth.token = hidden(v); Ok(()) }),
    row("sasl.oauthbearer.token.command", &[], "command that prints the token (only here)", |o, _, v| { o.security.sasl_mut().oauth.command = filled(v); Ok(()) }),
    row("sasl.oauthbearer.method", &[], "default or oidc (librdkafka); seen from the rest", |_, _, v| match v.trim() {
        "" | "default" | "oidc" => Ok(()),
        _ => Err(Wrong::Wanted("default or oidc")),
    }),
    row("https.ca.location", &[], "file of authorities for the token endpoint", |o, n, v| { o.security.sasl_mut().oauth.endpoint_trust = file(n, v); Ok(()) }),
    row("https.ca.pem", &[], "authorities for the token endpoint as PEM", |o, n, v| { o.security.sasl_mut().oauth.endpoint_trust = pem(n, v); Ok(()) }),

    nothing("sasl.oauthbearer.config", "no effect"),
    nothing("enable.sasl.oauthbearer.unsecure.jwt", "no effect"),
    nothing("sasl.login.callback.handler.class", "no effect: what it would do follows from the other properties"),
    nothing("sasl.client.callback.handler.class", "no effect: what it would do follows from the other properties"),
    nothing("sasl.login.class", "no effect"),
    nothing("sasl.oauthbearer.jwt.retriever.class", "no effect: what it would do follows from the other properties"),
    nothing("sasl.kerberos.service.name", "no effect: GSSAPI is not built in"),
    nothing("sasl.kerberos.keytab", "no effect: GSSAPI is not built in"),
    nothing("sasl.kerberos.principal", "no effect: GSSAPI is not built in"),
    nothing("sasl.kerberos.kinit.cmd", "no effect: GSSAPI is not built in"),
    nothing("ssl.provider", "no effect"),
    nothing("ssl.providers", "no effect"),
    nothing("ssl.keymanager.algorithm", "no effect"),
    nothing("ssl.trustmanager.algorithm", "no effect"),
    nothing("ssl.secure.random.implementation", "no effect"),
    nothing("security.providers", "no effect"),
    nothing("api.version.request", "no effect: versions are always asked for"),
    nothing("broker.address.family", "no effect"),
    nothing("client.dns.lookup", "no effect: all addresses of a name are tried"),
    nothing("connections.max.idle.ms", "no effect"),
    nothing("log_level", "no effect"),
    nothing("metadata.max.age.ms", "no effect"),
    nothing("reconnect.backoff.max.ms", "no effect"),
    nothing("reconnect.backoff.ms", "no effect"),
    nothing("retries", "no effect: tries end with default.api.timeout.ms"),
    nothing("socket.keepalive.enable", "no effect"),
];

fn filled(value: &str) -> Option<String> {
    Some(value.trim()).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn hidden(value: &str) -> Option<Secret> {
    (!value.is_empty()).then(|| Secret::new(value))
}

fn file(property: &'static str, value: &str) -> Option<Material> {
    let value = filled(value)?;
    // librdkafka looks for the system's authorities itself when told so.
    (value != "probe").then(|| Material { property, place: Place::File(PathBuf::from(value)) })
}

fn pem(property: &'static str, value: &str) -> Option<Material> {
    Some(Material { property, place: Place::Text(hidden(value)?) })
}

fn list(value: &str) -> Vec<String> {
    value.split([',', ':']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn pairs(value: &str, separator: char) -> Option<Vec<(String, String)>> {
    let parts = value.split(separator).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))).collect()
}

fn millis(into: &mut Duration, value: &str) -> Result<(), Wrong> {
    let parsed = value.trim().parse().ok().filter(|millis: &u64| *millis > 0);
    *into = parsed.map(Duration::from_millis).ok_or(Wrong::Wanted("a number of milliseconds above 0"))?;
    Ok(())
}

fn boolean(into: &mut bool, value: &str) -> Result<(), Wrong> {
    *into = match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => true,
        "false" | "0" => false,
        _ => return Err(Wrong::Wanted("true or false")),
    };
    Ok(())
}

fn store_type(value: &str) -> Result<(), Wrong> {
    match value.trim().to_ascii_uppercase().as_str() {
        "" | "PEM" | "PKCS12" | "JKS" => Ok(()),
        _ => Err(Wrong::Wanted("PEM, PKCS12 or JKS")),
    }
}

fn refuse_if_set(value: &str, why: &'static str) -> Result<(), Wrong> {
    if value.trim().is_empty() { Ok(()) } else { Err(Wrong::Refused(why)) }
}

/// Takes the options of a login module. Those of a mechanism that is not built in are left out: the mechanism
/// is refused by its name, once connections are prepared.
fn login_module(options: &mut Options, line: &str) -> Result<(), Wrong> {
    let entry = jaas::parse(line).map_err(Wrong::Refused)?;
    let sasl = options.security.sasl_mut();
    let text = |name: &str| entry.option(name).and_then(filled);
    match entry.module.as_str() {
        "PlainLoginModule" | "ScramLoginModule" => {
            sasl.username = text("username");
            sasl.password = entry.option("password").and_then(hidden);
            sasl.is_delegation_token =
                entry.option("tokenauth").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        }
        "OAuthBearerLoginModule" => {
            let oauth = &mut sasl.oauth;
            oauth.client_id = text("clientId").or(oauth.client_id.take());
            oauth.client_secret =
                entry.option("clientSecret").and_then(hidden).or(oauth.client_secret.take());
            oauth.scope = text("scope").or(oauth.scope.take());
            oauth.unsecured_subject = text("unsecuredLoginStringClaim_sub");
            let extension = |(key, value): &(String, String)| {
                Some((key.strip_prefix("extension_")?.to_owned(), value.clone()))
            };
            oauth.extensions.extend(entry.options.iter().filter_map(extension));
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn with(properties: &[(&str, &str)]) -> Options {
        let mut options = Options::default();
        for (key, value) in properties {
            options.set_property(key, value).unwrap();
        }
        options
    }

    #[test]
    fn no_name_stands_for_two_properties() {
        let names: Vec<&str> = known().flat_map(Property::names).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn java_and_librdkafka_say_the_same() {
        let java = with(&[
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-256"),
            ("sasl.jaas.config", "a.b.ScramLoginModule required username=\"x\" password=\"y\";"),
            ("ssl.truststore.location", "/ca.pem"),
            ("ssl.endpoint.identification.algorithm", ""),
        ]);
        let librdkafka = with(&[
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanisms", "SCRAM-SHA-256"),
            ("sasl.username", "x"),
            ("sasl.password", "y"),
            ("ssl.ca.location", "/ca.pem"),
            ("ssl.endpoint.identification.algorithm", "none"),
        ]);
        for options in [&java, &librdkafka] {
            let security = &options.security;
            assert_eq!(security.protocol(), Protocol::SaslSsl);
            assert_eq!(security.sasl().mechanism.as_deref(), Some("SCRAM-SHA-256"));
            assert_eq!(security.sasl().username.as_deref(), Some("x"));
            assert_eq!(security.sasl().password.as_ref().map(Secret::expose), Some("y"));
            assert_eq!(
                security.tls().trust.as_ref().map(|trust| &trust.place),
                Some(&Place::File("/ca.pem".into()))
            );
            assert!(!security.tls().verify_host);
        }
    }

    #[test]
    fn login_module_of_oauth_is_read() {
        let options = with(&[(
            "sasl.jaas.config",
            "OAuthBearerLoginModule required clientId=\"me\" clientSecret='s' scope=all extension_lkc=\"7\";",
        )]);
        let oauth = &options.security.sasl().oauth;
        assert_eq!((oauth.client_id.as_deref(), oauth.scope.as_deref()), (Some("me"), Some("all")));
        assert_eq!(oauth.client_secret.as_ref().map(Secret::expose), Some("s"));
        assert_eq!(oauth.extensions, [("lkc".to_owned(), "7".to_owned())]);
    }

    #[test]
    fn wrong_values_are_named_and_secret_ones_hidden() {
        let said = |key, value| Options::default().set_property(key, value).unwrap_err().to_string();
        assert_eq!(
            said("security.protocol", "TLS"),
            "security.protocol=TLS is not valid: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL is wanted"
        );
        assert_eq!(
            said("request.timeout.ms", "0"),
            "request.timeout.ms=0 is not valid: a number of milliseconds above 0 is wanted"
        );
        assert_eq!(
            said("ssl.crl.location", "/x"),
            "ssl.crl.location=/x is not supported: revocation lists are not read"
        );
        assert_eq!(
            said("sasl.jaas.config", "X required password=\"geheim"),
            "sasl.jaas.config=(hidden) is not supported: a quote is not closed"
        );
        assert_eq!(said("nope", "x"), "unknown client property \"nope\"");
    }

    #[test]
    fn secrets_are_known_by_name_even_of_unknown_properties() {
        for name in
            ["sasl.password", "ssl.key.password", "sasl.jaas.config", "schema.registry.password", "x.secret"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["sasl.username", "ssl.ca.location", "client.id"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
