//! SASL: who is let in, and what is said to who is not.

use kr_client::Fault;

use super::authority::Authority;
use super::front::{Front, PASSWORD, TokenEndpoint, USER, Wants, token};
use super::{FakeCluster, options, use_it, why};

const ALL: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

fn wants(sasl: &[&'static str]) -> Wants {
    Wants { sasl: sasl.to_vec(), ..Wants::default() }
}

fn credentials<'a>(mechanism: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", mechanism),
        ("sasl.username", USER),
        ("sasl.password", password),
    ]
}

#[tokio::test]
async fn each_mechanism_lets_in_and_keeps_out() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, wants(ALL)).await;
    for mechanism in ALL {
        use_it(options(&front, &credentials(mechanism, PASSWORD))).await.unwrap();
        let (fault, said) = why(options(&front, &credentials(mechanism, "falsch"))).await;
        assert_eq!(fault, Fault::Denied, "{said}");
        assert!(said.starts_with(&format!("SASL {mechanism}: authentication failed: ")), "{said}");
        assert!(!said.contains("falsch"), "{said}");
    }
}

/// With SASL nothing is asked twice: what the node serves is known before it knows us.
#[tokio::test]
async fn api_versions_are_asked_for_once() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, wants(ALL)).await;
    kr_client::Client::connect(options(&front, &credentials("PLAIN", PASSWORD))).await.unwrap();
    assert_eq!(cluster.requests(), [(1, 18, 4), (1, 3, 7)]);
}

#[tokio::test]
async fn sasl_goes_over_tls() {
    let (cluster, authority) = (FakeCluster::start(1), Authority::new("Good CA"));
    let tls = Some(authority.issue("broker", &["127.0.0.1"]).server(None));
    let front = Front::before(&cluster, Wants { tls, ..wants(ALL) }).await;
    let ca = authority.pem();
    let jaas = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"alice\" password=\"geheim\";";
    let properties = [
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.jaas.config", jaas),
        ("ssl.ca.pem", ca.as_str()),
    ];
    use_it(options(&front, &properties)).await.unwrap();
}

#[tokio::test]
async fn mechanisms_on_offer_are_named() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, wants(&["GSSAPI", "SCRAM-SHA-512"])).await;
    let (fault, said) = why(options(&front, &credentials("PLAIN", PASSWORD))).await;
    assert_eq!(fault, Fault::Denied);
    assert_eq!(said, "SASL: the broker does not offer PLAIN; it offers GSSAPI, SCRAM-SHA-512");
}

#[tokio::test]
async fn a_sasl_listener_is_told_from_a_broken_one() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, wants(ALL)).await;
    let (fault, said) = why(options(&front, &[])).await;
    assert_eq!(fault, Fault::Denied);
    assert_eq!(said, "the broker closed the connection on the first request that needs authentication");
}

#[tokio::test]
async fn a_broker_that_asks_for_too_many_iterations_is_refused_at_once() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, Wants { iterations: u32::MAX, ..wants(ALL) }).await;
    let (_, said) = why(options(&front, &credentials("SCRAM-SHA-256", PASSWORD))).await;
    assert_eq!(said, "SASL SCRAM-SHA-256: the broker asks for more than a million iterations");
}

/// KIP-368: a connection is not used beyond the life of its session.
#[tokio::test]
async fn a_session_that_ends_is_followed_by_another() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, Wants { lifetime_ms: 1, ..wants(ALL) }).await;
    let client = use_it(options(&front, &credentials("PLAIN", PASSWORD))).await.unwrap();
    let before = front.count();
    client.list_topics().await.unwrap();
    assert!(front.count() > before);

    let lasting = Front::before(&cluster, Wants { lifetime_ms: 3_600_000, ..wants(ALL) }).await;
    let client = use_it(options(&lasting, &credentials("PLAIN", PASSWORD))).await.unwrap();
    client.list_topics().await.unwrap();
    assert_eq!(lasting.count(), 1);
}

fn oauth(url: &str) -> Vec<(&str, &str)> {
    vec![
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.token.endpoint.url", url),
        (
            "sasl.jaas.config",
            "OAuthBearerLoginModule required clientId=\"me\" clientSecret=\"geheim\" scope=\"kafka all\";",
        ),
    ]
}

#[tokio::test]
async fn complaint_38_token_of_client_credentials_serves_all_connections() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, wants(&["OAUTHBEARER"])).await;
    let (authority, own) = (Authority::new("IdP CA"), token("me", 3600));
    for is_https in [false, true] {
        let tls = is_https.then(|| authority.issue("idp", &["127.0.0.1"]).server(None));
        let answer = format!("{{\"access_token\":\"{own}\",\"expires_in\":3600}}");
        let endpoint = TokenEndpoint::start(tls, "200 OK", answer).await;
        let scheme = if is_https { "https" } else { "http" };
        let url = format!("{scheme}://{}/oauth/token?x=1", endpoint.address);
        let ca = authority.pem();
        let mut properties = oauth(&url);
        properties.push(("https.ca.pem", &ca));
        let options = options(&front, &properties);
        use_it(options.clone()).await.unwrap();
        use_it(options).await.unwrap();
        let requests = endpoint.requests.lock().unwrap();
        assert_eq!(requests.len(), 1, "{requests:?}");
        let request = &requests[0];
        assert!(request.starts_with("POST /oauth/token?x=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.to_lowercase().contains("authorization: basic bwu6z2vozwlt\r\n"), "{request}");
        assert!(request.ends_with("grant_type=client_credentials&scope=kafka+all"), "{request}");
        assert!(front.messages.lock().unwrap().last().unwrap().contains(&own));
    }
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_asked_for_again() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, wants(&["OAUTHBEARER"])).await;
    let answer = format!("{{\"access_token\":\"{}\"}}", token("me", 5));
    let endpoint = TokenEndpoint::start(None, "200 OK", answer).await;
    let options = options(&front, &oauth(&format!("http://{}/", endpoint.address)));
    use_it(options.clone()).await.unwrap();
    use_it(options).await.unwrap();
    assert_eq!(endpoint.requests.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refused_client_is_told_by_the_endpoint() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, wants(&["OAUTHBEARER"])).await;
    let answer = "{\"error\":\"invalid_client\"}".to_owned();
    let endpoint = TokenEndpoint::start(None, "401 Unauthorized", answer).await;
    let url = format!("http://{}/", endpoint.address);
    let (fault, said) = why(options(&front, &oauth(&url))).await;
    assert_eq!(fault, Fault::Denied);
    assert_eq!(
        said,
        format!("OAUTHBEARER: cannot get a token from {url}: it answered 401 Unauthorized: invalid_client")
    );
}

#[tokio::test]
async fn a_refused_token_is_told_by_the_broker() {
    let cluster = FakeCluster::start(1);
    let front = Front::before(&cluster, Wants { tokens: vec!["good"], ..wants(&["OAUTHBEARER"]) }).await;
    let properties = |token| {
        [
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "OAUTHBEARER"),
            ("sasl.oauthbearer.token.command", token),
            ("sasl.oauthbearer.extensions", "pool=x"),
        ]
    };
    use_it(options(&front, &properties("echo good"))).await.unwrap();
    assert_eq!(front.messages.lock().unwrap()[0], "n,,\u{1}auth=Bearer good\u{1}pool=x\u{1}\u{1}");
    let (fault, said) = why(options(&front, &properties("echo bad"))).await;
    assert_eq!(fault, Fault::Denied);
    assert!(said.contains("authentication failed") && said.contains("invalid_token"), "{said}");
}
