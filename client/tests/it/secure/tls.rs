//! TLS: who is trusted, who is not, and what is said of it.

use kr_client::Fault;

use super::authority::{Authority, file, self_signed};
use super::front::{Front, Wants};
use super::{FakeCluster, options, options_for, use_it, why};

const HOSTS: &[&str] = &["localhost", "127.0.0.1"];

fn wants(tls: std::sync::Arc<rustls::ServerConfig>) -> Wants {
    Wants { tls: Some(tls), ..Wants::default() }
}

#[tokio::test]
async fn broker_is_trusted_by_its_authority() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let front = Front::before(&cluster, wants(authority.issue("broker", HOSTS).server(None))).await;
    let ca = authority.file();
    let location = ca.path().display().to_string();
    for (key, value) in [
        ("ssl.truststore.location", location.as_str()),
        ("ssl.ca.location", location.as_str()),
        ("ssl.truststore.certificates", &authority.pem().replace('\n', " ")),
        ("enable.ssl.certificate.verification", "false"),
    ] {
        use_it(options(&front, &[("security.protocol", "SSL"), (key, value)])).await.unwrap();
    }
}

#[tokio::test]
async fn unknown_authority_is_named_with_the_trust_store() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let front = Front::before(&cluster, wants(authority.issue("broker", HOSTS).server(None))).await;
    let other = Authority::new("Other CA").file();
    let location = other.path().display().to_string();
    let properties = [("security.protocol", "SSL"), ("ssl.truststore.location", location.as_str())];
    let (fault, said) = why(options(&front, &properties)).await;
    assert_eq!(fault, Fault::Unreachable);
    assert_eq!(
        said,
        format!(
            "TLS: the broker's certificate \"CN=broker\" is issued by \"CN=Good CA\", \
            which {location} (ssl.truststore.location) does not hold"
        )
    );
}

#[tokio::test]
async fn wrong_host_is_named_and_can_be_left_unchecked() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let leaf = authority.issue("broker", &["kafka.example", "10.0.0.1"]);
    let front = Front::before(&cluster, wants(leaf.server(None))).await;
    let ca = authority.file();
    let location = ca.path().display().to_string();
    let mut properties = vec![("security.protocol", "SSL"), ("ssl.truststore.location", location.as_str())];
    let (_, said) = why(options(&front, &properties)).await;
    assert_eq!(
        said,
        "TLS: the broker's certificate is not for \"127.0.0.1\" but for kafka.example, 10.0.0.1"
    );
    properties.push(("ssl.endpoint.identification.algorithm", ""));
    use_it(options(&front, &properties)).await.unwrap();
    // The chain is checked all the same.
    let other = Authority::new("Other CA").file();
    let location = other.path().display().to_string();
    properties.push(("ssl.truststore.location", location.as_str()));
    let (_, said) = why(options(&front, &properties)).await;
    assert!(said.contains("is issued by \"CN=Good CA\""), "{said}");
}

#[tokio::test]
async fn expired_certificate_is_named_with_its_date() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let front = Front::before(&cluster, wants(authority.issue_expired("old", HOSTS).server(None))).await;
    let pem = authority.pem();
    let properties = [("security.protocol", "SSL"), ("ssl.ca.pem", pem.as_str())];
    let (_, said) = why(options(&front, &properties)).await;
    assert_eq!(said, "TLS: certificate \"CN=old\" of the broker expired on 2002-02-03");
}

/// Java and OpenSSL trust a certificate that is itself in the trust store.
#[tokio::test]
async fn certificate_in_the_trust_store_is_trusted_itself() {
    let cluster = FakeCluster::start(1);
    let leaf = self_signed("broker", HOSTS);
    let front = Front::before(&cluster, wants(leaf.server(None))).await;
    let properties = [("security.protocol", "SSL"), ("ssl.ca.pem", leaf.pem.as_str())];
    use_it(options(&front, &properties)).await.unwrap();
    let elsewhere = self_signed("broker", &["elsewhere"]);
    let front = Front::before(&cluster, wants(elsewhere.server(None))).await;
    let properties = [("security.protocol", "SSL"), ("ssl.ca.pem", elsewhere.pem.as_str())];
    let (_, said) = why(options(&front, &properties)).await;
    assert_eq!(said, "TLS: the broker's certificate is not for \"127.0.0.1\" but for elsewhere");
}

#[tokio::test]
async fn client_certificate_is_shown_when_it_is_wanted() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let server = authority.issue("broker", HOSTS).server(Some(&authority.der()));
    let front = Front::before(&cluster, wants(server)).await;
    let ca = authority.pem();
    let base = [("security.protocol", "SSL"), ("ssl.ca.pem", ca.as_str())];

    let (fault, said) = why(options(&front, &base)).await;
    assert_eq!(fault, Fault::Denied);
    assert_eq!(
        said,
        "TLS: the broker refused a client without a certificate (ssl.keystore.location is not set): it wants one"
    );

    let client = authority.issue("kr", &[]);
    let key = client.key.serialize_pem();
    let both = file(&format!("{}{key}", client.pem));
    let both = both.path().display().to_string();
    let keystore = [base[0], base[1], ("ssl.keystore.location", both.as_str())];
    use_it(options(&front, &keystore)).await.unwrap();
    let texts =
        [base[0], base[1], ("ssl.certificate.pem", client.pem.as_str()), ("ssl.key.pem", key.as_str())];
    use_it(options(&front, &texts)).await.unwrap();

    let stranger = Authority::new("Other CA").issue("stranger", &[]);
    let key = stranger.key.serialize_pem();
    let wrong =
        [base[0], base[1], ("ssl.certificate.pem", stranger.pem.as_str()), ("ssl.key.pem", key.as_str())];
    let (fault, said) = why(options(&front, &wrong)).await;
    assert_eq!(fault, Fault::Denied);
    assert!(
        said.starts_with("TLS: the broker refused our certificate \"CN=stranger\" of ssl.key.pem"),
        "{said}"
    );
}

/// Row 15: stores of Java are read as they are.
#[tokio::test]
async fn complaint_15_java_stores_are_read_directly() {
    let dir = format!("{}/testdata/stores", env!("CARGO_MANIFEST_DIR"));
    let dir = std::path::Path::new(&dir);
    let pem = std::fs::read_to_string(dir.join("ca.pem")).unwrap();
    let clients = rustls_pki_types::pem::PemObject::from_pem_slice(pem.as_bytes()).unwrap();
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let front = Front::before(&cluster, wants(authority.issue("broker", HOSTS).server(Some(&clients)))).await;
    let ca = authority.pem();
    for (store, key_password) in
        [("client.p12", ""), ("client.jks", ""), ("client-key.jks", "keypass1"), ("openssl.p12", "")]
    {
        let store = dir.join(store).display().to_string();
        let mut properties = vec![
            ("security.protocol", "SSL"),
            ("ssl.ca.pem", ca.as_str()),
            ("ssl.keystore.location", store.as_str()),
            ("ssl.keystore.password", "changeit"),
        ];
        if !key_password.is_empty() {
            properties.push(("ssl.key.password", key_password));
        }
        use_it(options(&front, &properties)).await.unwrap();
        properties.retain(|(key, _)| *key != "ssl.keystore.password");
        properties.push(("ssl.keystore.password", "wrong"));
        let (fault, said) = why(options(&front, &properties)).await;
        assert_eq!(fault, Fault::Caller);
        assert!(said.contains(&store) && said.contains("password is wrong"), "{said}");
    }
}

#[tokio::test]
async fn tls_to_a_plaintext_listener_is_told() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, Wants::default()).await;
    let ca = Authority::new("Good CA").pem();
    let (fault, said) = why(options(&front, &[("security.protocol", "SSL"), ("ssl.ca.pem", &ca)])).await;
    assert_eq!(fault, Fault::Unreachable);
    assert_eq!(said, "TLS: it does not answer in TLS (it closed the connection when TLS began)");
}

#[tokio::test]
async fn plaintext_to_a_tls_listener_is_told() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let front = Front::before(&cluster, wants(authority.issue("broker", HOSTS).server(None))).await;
    let (fault, said) = why(options(&front, &[])).await;
    assert_eq!(fault, Fault::Unreachable);
    assert_eq!(said, "it answers in TLS, and security.protocol is PLAINTEXT");
}

#[tokio::test]
async fn a_listener_that_says_nothing_costs_its_time_and_no_more() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ca = Authority::new("Good CA").pem();
    let server = listener.local_addr().unwrap().to_string();
    let mut options = options_for(&server, &[("security.protocol", "SSL"), ("ssl.ca.pem", &ca)]);
    options.request_timeout = std::time::Duration::from_millis(100);
    let (_, said) = why(options).await;
    assert_eq!(said, "the TLS handshake was not done within 100ms");
}

#[tokio::test]
async fn old_versions_can_be_ruled_out() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let front = Front::before(&cluster, wants(authority.issue("broker", HOSTS).server(None))).await;
    let ca = authority.pem();
    for (version, suite) in
        [("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"), ("TLSv1.3", "TLS_AES_256_GCM_SHA384")]
    {
        let properties = [
            ("security.protocol", "SSL"),
            ("ssl.ca.pem", ca.as_str()),
            ("ssl.enabled.protocols", version),
            ("ssl.cipher.suites", suite),
        ];
        let probe = kr_client::connection::probe::probe(
            &front.address.to_string().parse().unwrap(),
            &options(&front, &properties),
        )
        .await;
        let tls = probe.tls.unwrap_or_else(|| panic!("{:?}", probe.steps));
        assert_eq!(
            (tls.version.as_str(), tls.cipher_suite.replace("TLS13_", "TLS_").as_str()),
            (version, suite)
        );
        assert_eq!(tls.chain[0].subject, "CN=broker");
        assert_eq!(tls.chain[0].names, HOSTS);
    }
}
