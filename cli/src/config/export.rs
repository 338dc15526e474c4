//! A context as a file of another client: Java's properties or librdkafka's.
//!
//! The two differ in how credentials are said (JAAS or user and password) and in where certificates are.

use kr_client::options::{Options, jaas, security::Place};

/// Whose file it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// client.properties of Java
    Java,
    /// Configuration of librdkafka, kcat and what is built on them
    Librdkafka,
}

/// The properties in the order of the file; secrets as they are, or left out as comments.
pub fn write(options: &Options, format: ExportFormat, with_secrets: bool) -> String {
    let servers: Vec<String> = options.bootstrap.iter().map(ToString::to_string).collect();
    let mut page = Page { text: String::new(), with_secrets, escapes: format == ExportFormat::Java };
    page.plain("bootstrap.servers", &servers.join(","));
    page.plain("client.id", &options.client_id);
    if let Some(rack) = &options.rack {
        page.plain("client.rack", rack);
    }
    let protocol = options.security.protocol();
    page.plain("security.protocol", protocol.name());
    if protocol.is_tls() {
        tls(&mut page, options, format);
    }
    if protocol.is_sasl() {
        match format {
            ExportFormat::Java => java_sasl(&mut page, options),
            ExportFormat::Librdkafka => librdkafka_sasl(&mut page, options),
        }
    }
    page.text
}

struct Page {
    text: String,
    with_secrets: bool,
    /// librdkafka and kcat take values as they are.
    escapes: bool,
}

impl Page {
    fn plain(&mut self, key: &str, value: &str) {
        let value = if self.escapes { escaped(value) } else { value.to_owned() };
        self.text.push_str(&format!("{key}={value}\n"));
    }

    fn secret(&mut self, key: &str, value: &str) {
        if self.with_secrets {
            self.plain(key, value);
        } else {
            self.text.push_str(&format!("# {key} is a secret: --out FILE writes it\n"));
        }
    }

    fn comment(&mut self, text: &str) {
        self.text.push_str(&format!("# {text}\n"));
    }
}

/// A value as Java reads it back: backslashes doubled, line ends as `\n`.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn tls(page: &mut Page, options: &Options, format: ExportFormat) {
    let tls = options.security.tls();
    let is_java = format == ExportFormat::Java;
    if let Some(trust) = &tls.trust {
        match (&trust.place, is_java) {
            (Place::File(file), true) => {
                page.plain("ssl.truststore.location", &file.display().to_string());
                page.plain("ssl.truststore.type", store_type(file));
            }
            (Place::File(file), false) => page.plain("ssl.ca.location", &file.display().to_string()),
            (Place::Text(pem), true) => {
                page.plain("ssl.truststore.type", "PEM");
                page.plain("ssl.truststore.certificates", pem.expose());
            }
            (Place::Text(pem), false) => page.plain("ssl.ca.pem", pem.expose()),
        }
        if let (Some(password), true) = (&tls.trust_password, is_java) {
            page.secret("ssl.truststore.password", password.expose());
        }
    }
    key(page, options, is_java);
    if !tls.verify_host {
        page.plain("ssl.endpoint.identification.algorithm", if is_java { "" } else { "none" });
    }
    match (tls.verify_certificate, is_java) {
        (true, _) => {}
        (false, true) => page.comment("certificates are not verified here; Java has no property for that"),
        (false, false) => page.plain("enable.ssl.certificate.verification", "false"),
    }
}

fn key(page: &mut Page, options: &Options, is_java: bool) {
    let tls = options.security.tls();
    if let Some(certificate) = &tls.certificate {
        match (&certificate.place, is_java) {
            (Place::File(file), false) => page.plain("ssl.certificate.location", &file.display().to_string()),
            (Place::File(file), true) => {
                let file = file.display();
                page.comment(&format!("Java wants certificate {file} and key in one PEM file or store"));
            }
            (Place::Text(pem), true) => page.plain("ssl.keystore.certificate.chain", pem.expose()),
            (Place::Text(pem), false) => page.plain("ssl.certificate.pem", pem.expose()),
        }
    }
    if let Some(key) = &tls.key {
        match (&key.place, is_java) {
            (Place::File(file), true) => {
                page.plain("ssl.keystore.location", &file.display().to_string());
                page.plain("ssl.keystore.type", store_type(file));
            }
            (Place::File(file), false) if store_type(file) == "PEM" => {
                page.plain("ssl.key.location", &file.display().to_string());
            }
            (Place::File(file), false) => page.plain("ssl.keystore.location", &file.display().to_string()),
            (Place::Text(pem), true) => page.secret("ssl.keystore.key", pem.expose()),
            (Place::Text(pem), false) => page.secret("ssl.key.pem", pem.expose()),
        }
    }
    for (key, password) in
        [("ssl.keystore.password", &tls.key_store_password), ("ssl.key.password", &tls.key_password)]
    {
        if let Some(password) = password {
            page.secret(key, password.expose());
        }
    }
}

fn store_type(file: &std::path::Path) -> &'static str {
    match std::fs::read(file).unwrap_or_default().first() {
        Some(0xFE) => "JKS",
        Some(0x30) => "PKCS12",
        _ => "PEM",
    }
}

fn java_sasl(page: &mut Page, options: &Options) {
    const PACKAGE: &str = "org.apache.kafka.common.security";
    let sasl = options.security.sasl();
    let mechanism = sasl.mechanism.as_deref().unwrap_or_default();
    page.plain("sasl.mechanism", mechanism);
    let user = sasl.username.as_deref().unwrap_or_default();
    let password = sasl.password.as_ref().map_or("", |password| password.expose());
    let mut login = vec![("username", user), ("password", password)];
    if sasl.is_delegation_token {
        login.push(("tokenauth", "true"));
    }
    let oauth = &sasl.oauth;
    let line = match mechanism {
        "PLAIN" => jaas::write(&format!("{PACKAGE}.plain.PlainLoginModule"), &login),
        "OAUTHBEARER" => {
            if let Some(url) = &oauth.endpoint {
                page.plain("sasl.oauthbearer.token.endpoint.url", url);
                page.plain(
                    "sasl.login.callback.handler.class",
                    &format!("{PACKAGE}.oauthbearer.OAuthBearerLoginCallbackHandler"),
                );
            }
            let secret = oauth.client_secret.as_ref().map_or("", |secret| secret.expose());
            let mut login = vec![("clientId", oauth.client_id.as_deref().unwrap_or_default())];
            login.push(("clientSecret", secret));
            login.extend(oauth.scope.as_deref().map(|scope| ("scope", scope)));
            jaas::write(&format!("{PACKAGE}.oauthbearer.OAuthBearerLoginModule"), &login)
        }
        _ => jaas::write(&format!("{PACKAGE}.scram.ScramLoginModule"), &login),
    };
    page.secret("sasl.jaas.config", &line);
}

fn librdkafka_sasl(page: &mut Page, options: &Options) {
    let sasl = options.security.sasl();
    page.plain("sasl.mechanisms", sasl.mechanism.as_deref().unwrap_or_default());
    if let Some(user) = &sasl.username {
        page.plain("sasl.username", user);
    }
    if let Some(password) = &sasl.password {
        page.secret("sasl.password", password.expose());
    }
    let oauth = &sasl.oauth;
    if let Some(url) = &oauth.endpoint {
        page.plain("sasl.oauthbearer.method", "oidc");
        page.plain("sasl.oauthbearer.token.endpoint.url", url);
        page.plain("sasl.oauthbearer.client.id", oauth.client_id.as_deref().unwrap_or_default());
        if let Some(secret) = &oauth.client_secret {
            page.secret("sasl.oauthbearer.client.secret", secret.expose());
        }
        if let Some(scope) = &oauth.scope {
            page.plain("sasl.oauthbearer.scope", scope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::property_file;

    fn options(properties: &[(&str, &str)]) -> Options {
        let mut options = Options::default();
        for (key, value) in properties {
            options.set_property(key, value).unwrap();
        }
        options
    }

    /// What one form says, the other says, too, and both are read back as they were.
    #[test]
    fn exported_files_say_the_same_when_read_again() {
        let original = options(&[
            ("bootstrap.servers", "a:1,b:2"),
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", "me"),
            ("sasl.password", "a\"b=;\\n'"),
            ("ssl.ca.location", "/ca.pem"),
            ("ssl.endpoint.identification.algorithm", ""),
        ]);
        for format in [ExportFormat::Java, ExportFormat::Librdkafka] {
            let text = write(&original, format, true);
            let pairs = property_file::parse(&text);
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let read = options(&pairs);
            assert_eq!(read.bootstrap, original.bootstrap, "{text}");
            assert_eq!(read.security.protocol(), original.security.protocol());
            let (read, original) = (&read.security, &original.security);
            assert_eq!(read.sasl().username, original.sasl().username, "{text}");
            assert_eq!(read.sasl().password, original.sasl().password, "{text}");
            assert_eq!(
                read.tls().trust.as_ref().map(|trust| &trust.place),
                original.tls().trust.as_ref().map(|trust| &trust.place)
            );
            assert!(!read.tls().verify_host);
        }
    }

    #[test]
    fn secrets_are_left_out_unless_wanted() {
        let options = options(&[
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", "me"),
            ("sasl.password", "geheim"),
            ("ssl.keystore.password", "geheim"),
        ]);
        for format in [ExportFormat::Java, ExportFormat::Librdkafka] {
            assert!(!write(&options, format, false).contains("geheim"));
        }
    }
}
