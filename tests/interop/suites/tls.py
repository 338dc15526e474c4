"""Keys and certificates for a broker with TLS, made anew for each cluster, and the broker's side of SASL_SSL."""

from waiting import run

PASSWORD = "changeit"


def make(home):
    """Writes ca.pem, broker.p12 and trust.p12 into the directory."""
    ca = ["-keyout", home / "ca.key", "-out", home / "ca.pem", "-subj", "/CN=interop CA"]
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", *ca])
    names = home / "names"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    key, request, certificate = home / "broker.key", home / "broker.csr", home / "broker.pem"
    run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost"])
    signed = ["-CA", home / "ca.pem", "-CAkey", home / "ca.key", "-CAcreateserial", "-extfile", names, "-days", "30"]
    run(["openssl", "x509", "-req", "-in", request, *signed, "-out", certificate])
    chain = ["-in", certificate, "-inkey", key, "-certfile", home / "ca.pem", "-name", "broker"]
    run(["openssl", "pkcs12", "-export", *chain, "-passout", f"pass:{PASSWORD}", "-out", home / "broker.p12"])
    trust = ["-keystore", home / "trust.p12", "-storetype", "PKCS12", "-storepass", PASSWORD]
    run(["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", home / "ca.pem", *trust])


def broker_properties(home):
    """What a broker needs to serve the listener SASL_SSL with SCRAM."""
    module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return (
        f"ssl.keystore.type=PKCS12\nssl.keystore.location={home}/broker.p12\nssl.keystore.password={PASSWORD}\n"
        f"ssl.key.password={PASSWORD}\n"
        "sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256\n"
        f"listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={module}\n"
        f"listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={module}\n"
    )
