//! `kr context`: adding, changing, importing, exporting, examining; and what contexts forbid.

use std::path::{Path, PathBuf};

use super::{FakeCluster, Ran, Setting, run_in};

/// A home with a configuration.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join(".config/kr/config.toml")
    }

    fn written(&self) -> String {
        let text = std::fs::read_to_string(self.config()).unwrap();
        text.replace(&self.dir.path().display().to_string(), "HOME")
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(b"", args)
    }

    fn run_with(&self, stdin: &[u8], args: &[&str]) -> Ran {
        let home = self.dir.path().display().to_string();
        let environment =
            vec![("HOME".to_owned(), home.clone()), ("KAFKA_PASSWORD".to_owned(), "geheim".to_owned())];
        let ran = run_in(Setting { environment, stdin: stdin.to_vec(), ..Setting::clean() }, args);
        let plain = |text: String| text.replace(&home, "HOME");
        Ran { stdout: plain(ran.stdout), stderr: plain(ran.stderr), ..ran }
    }
}

fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

fn servers(cluster: &FakeCluster) -> String {
    cluster.bootstrap().join(",")
}

#[test]
fn contexts_are_added_changed_renamed_and_removed() {
    let home = Home::new();
    let add = ["context", "add", "prod", "-b", "k1:9092,k2:9092", "-X", "sasl.username=ops"];
    assert_eq!(
        home.run(&[&add[..], &["-X", "sasl.password=env:KAFKA_PASSWORD", "--read-only"]].concat()).code,
        0
    );
    assert_eq!(mode(&home.config()), 0o600);
    insta::assert_snapshot!(home.written(), @r#"
    current = "prod"

    [contexts.prod]
    bootstrap_servers = ["k1:9092", "k2:9092"]
    properties = { "sasl.username" = "ops", "sasl.password" = "env:KAFKA_PASSWORD" }
    read_only = true
    "#);
    let edit = ["context", "edit", "prod", "--read-only=false", "--protect", "topic.delete,acl"];
    assert_eq!(home.run(&[&edit[..], &["--max-blast", "3", "--unset", "sasl.username"]].concat()).code, 0);
    assert_eq!(home.run(&["context", "rename", "prod", "live"]).code, 0);
    insta::assert_snapshot!(home.run(&["context", "show"]).page(), @r"
    [exit 0]
    Name               live
    Bootstrap servers  k1:9092,k2:9092
    Read-only          no
    Protected          topic.delete, acl
    Confirm            ask
    Max blast          3
    Expected cluster   -
    Color              -
    Managed by         -
    File               HOME/.config/kr/config.toml

    sasl.password=env:KAFKA_PASSWORD
    ");
    assert_eq!(home.run(&["context", "current"]).stdout, "live\n");
    assert_eq!(home.run(&["context", "remove", "live"]).code, 0);
    assert_eq!(home.run(&["context", "current"]).code, 3);
    assert_eq!(home.run(&["context", "remove", "live"]).code, 2);
}

#[test]
fn nothing_is_written_that_is_wrong() {
    let home = Home::new();
    for args in [
        &["context", "add", "a"][..],
        &["context", "add", "a b", "-b", "x:1"],
        &["context", "add", "a", "-b", "x:1", "--protect", "topic.destroy"],
        &["context", "add", "a", "-b", "x:1", "--max-blast", "0"],
        &["context", "edit", "a", "--read-only"],
        &["context", "rename", "a", "b"],
    ] {
        assert_eq!(home.run(args).code, 2, "{args:?}");
        assert!(!home.config().exists(), "{args:?}");
    }
}

/// What a person wrote stays as it was: comments, order, and keys around the change.
#[test]
fn comments_survive_an_edit() {
    let home = Home::new();
    std::fs::create_dir_all(home.config().parent().unwrap()).unwrap();
    let text = "# all clusters\n[contexts.a] # the first\nbootstrap_servers = \"a:1\" # here\n\n[contexts.b]\nbootstrap_servers = \"b:1\"\n";
    std::fs::write(home.config(), text).unwrap();
    assert_eq!(home.run(&["context", "edit", "a", "--color", "red"]).code, 0);
    let wanted = text.replace("# here\n", "# here\ncolor = \"red\"\n");
    assert_eq!(home.written(), wanted);
}

#[test]
fn a_password_gets_a_file_of_its_own() {
    let home = Home::new();
    let add = ["context", "add", "prod", "-b", "x:1", "--sasl-password-stdin"];
    let ran = home.run_with(b"geheim\nmore\n", &add);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!home.written().contains("geheim"));
    let file = home.dir.path().join(".config/kr/secrets/prod.sasl.password");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "geheim");
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn secrets_are_refused_on_the_command_line() {
    let home = Home::new();
    for property in [
        "sasl.password=geheim",
        "ssl.key.password=geheim",
        "sasl.jaas.config=X required username=a password=geheim;",
    ] {
        let ran = home.run(&["topic", "list", "-X", property]);
        assert_eq!(ran.code, 2);
        assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
        assert!(ran.stderr.contains("--sasl-password-stdin"), "{}", ran.stderr);
    }
}

/// Row 16: `bootstrap.servers` inside the properties file is honoured.
#[test]
fn complaint_16_servers_of_the_properties_file_are_used() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("here", 1);
    let home = Home::new();
    let file = home.file("client.properties", &format!("bootstrap.servers={}\n", servers(&cluster)));
    let ran = home.run(&["topic", "list", "--command-config", &file.display().to_string(), "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "here\n"));
}

/// Row 38: what is not built in is said, never left out in silence.
#[test]
fn complaint_38_unsupported_mechanisms_are_refused_by_name() {
    let home = Home::new();
    for mechanism in ["GSSAPI", "AWS_MSK_IAM"] {
        let property = format!("sasl.mechanism={mechanism}");
        let args = ["topic", "list", "-b", "x:1", "-X", "security.protocol=SASL_SSL", "-X", &property];
        let ran = home.run(&args);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("sasl.mechanism {mechanism} is not built in")),
            "{}",
            ran.stderr
        );
    }
}

/// Row 4: a context's limits hold whatever the command is.
#[test]
fn complaint_04_a_change_beyond_the_limit_of_the_context_is_refused() {
    let cluster = FakeCluster::start(1);
    for topic in ["a", "b", "c"] {
        cluster.world().add_topic(topic, 1);
    }
    let home = Home::new();
    home.run(&["context", "add", "prod", "-b", &servers(&cluster), "--max-blast", "2"]);
    let ran = home.run(&["topic", "delete", "a", "b", "c", "--yes"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("has 3 targets, and the context allows 2"), "{}", ran.stderr);
    assert_eq!(cluster.count(20), 0);
    assert_eq!(home.run(&["topic", "delete", "a", "b", "--yes"]).code, 0);
}

#[test]
fn import_leaves_secrets_where_they_are() {
    let home = Home::new();
    let file = home.file(
        "client.properties",
        "bootstrap.servers=a:1,b:2\nsecurity.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n\
        sasl.jaas.config=x.ScramLoginModule required username=\"u\" password=\"geheim\";\n\
        ssl.truststore.location=ca.pem\nssl.truststore.password=geheim\nkey.serializer=x\n",
    );
    let ran = home.run(&["context", "import", "java", &file.display().to_string(), "--name", "prod"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 0]
    NAME  BOOTSTRAP SERVERS  PROPERTIES  SECRETS
    prod  a:1,b:2                     3  sasl.jaas.config, ssl.truststore.password
    [stderr]
    context "prod": left out, because they mean nothing here: key.serializer
    secrets stay in HOME/client.properties, which must not be moved; --secrets-to DIR copies them
    "#);
    insta::assert_snapshot!(home.written(), @r#"
    current = "prod"

    [contexts.prod]
    bootstrap_servers = ["a:1", "b:2"]
    properties = { "security.protocol" = "SASL_SSL", "sasl.mechanism" = "SCRAM-SHA-512", "ssl.truststore.location" = "HOME/ca.pem", "sasl.jaas.config" = "file:HOME/client.properties#sasl.jaas.config", "ssl.truststore.password" = "file:HOME/client.properties#ssl.truststore.password" }
    "#);
    let again = home.run(&["context", "import", "java", &file.display().to_string(), "--name", "prod"]);
    assert_eq!(again.code, 2);
}

#[test]
fn import_gives_secrets_files_of_their_own_when_asked() {
    let home = Home::new();
    let file = home.file(
        "config.yml",
        "contexts:\n  prod:\n    brokers: [a:1]\n    sasl: {enabled: true, username: u, password: geheim, mechanism: scram-sha256}\n\
        \x20 dev: {brokers: [b:1]}\ncurrent-context: prod\n",
    );
    let (file, dir) = (file.display().to_string(), home.dir.path().join("s").display().to_string());
    let dry = home.run(&["context", "import", "kafkactl", &file, "--secrets-to", &dir, "--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(!home.config().exists() && !Path::new(&dir).exists());
    let ran = home.run(&["context", "import", "kafkactl", &file, "--secrets-to", &dir, "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "prod\ndev\n"), "{}", ran.stderr);
    assert!(!home.written().contains("geheim"));
    assert_eq!(std::fs::read_to_string(Path::new(&dir).join("prod.sasl.password")).unwrap(), "geheim");
    assert_eq!(mode(&Path::new(&dir).join("prod.sasl.password")), 0o600);
    assert_eq!(home.run(&["context", "current"]).stdout, "prod\n");
}

#[test]
fn export_writes_what_java_and_librdkafka_take() {
    let home = Home::new();
    let pem = concat!(env!("CARGO_MANIFEST_DIR"), "/../client/testdata/stores/ca.pem");
    let location = format!("ssl.ca.location={pem}");
    let add = ["context", "add", "prod", "-b", "a:1", "-X", "security.protocol=SASL_SSL", "-X", &location];
    let sasl =
        ["-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=u", "-X", "sasl.password=env:KAFKA_PASSWORD"];
    assert_eq!(home.run(&[&add[..], &sasl].concat()).code, 0);
    let shown = home.run(&["context", "export", "--as", "java"]);
    insta::assert_snapshot!(shown.page().replace(pem, "PEM"), @r"
    [exit 0]
    bootstrap.servers=a:1
    client.id=kr
    security.protocol=SASL_SSL
    ssl.truststore.location=PEM
    ssl.truststore.type=PEM
    sasl.mechanism=PLAIN
    # sasl.jaas.config is a secret: --out FILE writes it
    ");
    let out = home.dir.path().join("out.conf");
    let target = out.display().to_string();
    assert_eq!(home.run(&["context", "export", "prod", "--as", "librdkafka", "--out", &target]).code, 0);
    assert_eq!(mode(&out), 0o600);
    insta::assert_snapshot!(std::fs::read_to_string(&out).unwrap().replace(pem, "PEM"), @r"
    bootstrap.servers=a:1
    client.id=kr
    security.protocol=SASL_SSL
    ssl.ca.location=PEM
    sasl.mechanisms=PLAIN
    sasl.username=u
    sasl.password=geheim
    ");
    assert_eq!(home.run(&["context", "export", "--as", "java", "--out", &target]).code, 6);
}

#[test]
fn doctor_finds_nothing_wrong_with_a_sound_cluster() {
    let cluster = FakeCluster::start(2);
    let home = Home::new();
    home.run(&["context", "add", "prod", "-b", &cluster.bootstrap()[0]]);
    let ran = home.run(&["context", "doctor", "-o", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["kind"], "kr.context.doctor/v1");
    let items = document["items"].as_array().unwrap();
    let named: Vec<&str> = items.iter().map(|item| item["named_by"].as_str().unwrap()).collect();
    assert_eq!(named, ["bootstrap", "advertised"]);
    let steps: Vec<&str> =
        items[0]["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["dns", "tcp", "api-versions", "metadata"]);
    assert_eq!(items[1]["node"], 2);
}

/// An address that only the cluster names is what most connections fail by.
#[test]
fn doctor_names_the_advertised_listener_that_cannot_be_reached() {
    let cluster = FakeCluster::start(1);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    cluster.world().brokers.insert(2, closed);
    let home = Home::new();
    home.run(&["context", "add", "prod", "-b", &servers(&cluster)]);
    let ran = home.run(&["context", "doctor", "prod"]);
    assert_eq!(ran.code, 3, "{}", ran.page());
    let finding = format!(
        "finding: {closed}: tcp failed: cannot connect to {closed}: Connection refused (os error 111); \
        the cluster names this address, so that every client needs it"
    );
    assert!(ran.stdout.contains(&finding), "{}", ran.stdout);
}

#[test]
fn doctor_says_at_which_step_it_fails() {
    let cluster = FakeCluster::start(1);
    let home = Home::new();
    let servers = servers(&cluster);
    let pem = concat!("ssl.ca.location=", env!("CARGO_MANIFEST_DIR"), "/../client/testdata/stores/ca.pem");
    let short = "request.timeout.ms=200";
    home.run(&[
        "context",
        "add",
        "prod",
        "-b",
        &servers,
        "-X",
        "security.protocol=SSL",
        "-X",
        pem,
        "-X",
        short,
    ]);
    let ran = home.run(&["context", "doctor"]);
    assert_eq!(ran.code, 3, "{}", ran.page());
    assert!(
        ran.stdout.contains("tls failed") || ran.stdout.contains("TLS handshake was not done"),
        "{}",
        ran.stdout
    );
}
