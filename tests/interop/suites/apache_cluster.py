"""A cluster of Apache Kafka on this machine for one suite: KRaft, or brokers with ZooKeeper; plain, or TLS with SCRAM.

Every node is small and starts quickly: it serves a few commands, no load. The authorizer of the version is on and lets
everybody in who comes over PLAINTEXT, so ACLs can be kept on every cluster; over SASL_SSL they count.
"""

import atexit
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile

import tls
from kafka_tools import KafkaTools, java
from waiting import run, until

KR = os.environ["KR_BIN"]
CLUSTER_ID = "S3ItSW50ZXJvcC1TdWl0ZQ"
NODES = (1, 2, 3)
ADMIN, GUEST = ("admin", "admin-secret"), ("alice", "alice-secret")

_HEAP = ("-Xms96m", "-Xmx320m", "-Xss512k", "-XX:MaxMetaspaceSize=160m")
_QUICK = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote", "-XX:-UsePerfData")

# A few partitions of each internal topic are enough; two replicas must be in sync, as in production.
_COMMON = """
log.dirs={home}/data-a,{home}/data-b
default.replication.factor=3
min.insync.replicas=2
offsets.topic.num.partitions=4
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
super.users=User:ANONYMOUS;User:admin
delegation.token.secret.key=interop
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.threads=1
"""
_SHARE = """
share.coordinator.state.topic.num.partitions=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
"""


class ApacheCluster:
    """Three brokers of one version; `mode` is kraft or zookeeper, `secure` adds a listener with TLS and SCRAM."""

    def __init__(self, name, version, mode="kraft", secure=False):
        self.name, self.version, self.mode, self.secure = name, version, mode, secure
        self.home = pathlib.Path(tempfile.mkdtemp(prefix=f"kr-{name}-"))
        self.tools = KafkaTools(version, self.home)
        self.nodes = {}
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("KR_", "KAFKA_", "XDG_"))}
        self.env |= {"HOME": str(self.home), "NO_COLOR": "1"}
        ports = free_ports(10)
        self._ports = {node: ports[at : at + 3] for at, node in zip((0, 3, 6), NODES)}
        self._zookeeper = ports[9]
        self.bootstrap = ",".join(f"localhost:{self._ports[node][0]}" for node in NODES)
        self.secured = ",".join(f"localhost:{self._ports[node][1]}" for node in NODES)
        self.controllers = ",".join(f"localhost:{self._ports[node][2]}" for node in NODES)

    def __enter__(self):
        try:
            self.up()
        except BaseException as failure:
            failure.add_note(self.report())
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def up(self):
        """Formats and starts the nodes and waits until they serve; they end with this program at the latest."""
        atexit.register(self.close)
        if self.secure:
            tls.make(self.home)
            for user, password in (ADMIN, GUEST):
                self.client_properties(user, password)
        if self.mode == "zookeeper":
            self._start("zookeeper", "org.apache.zookeeper.server.ZooKeeperServerMain", self._zookeeper_properties())
            until("ZooKeeper listens", lambda: self._said("zookeeper", r"binding to port"), 60)
        files = {node: self._broker_properties(node) for node in NODES}
        if self.mode == "kraft":
            for node in NODES:
                self._format(files[node])
        for node in NODES:
            self._start(node, "kafka.Kafka", files[node])
        for node in NODES:
            started = lambda: self._said(node, r"Kafka Server started|\] started \(kafka.server.KafkaServer\)")
            until(f"node {node} has started", started, 120)

    def close(self):
        """Ends every process of the cluster and removes its files unless KR_INTEROP_KEEP is set."""
        atexit.unregister(self.close)
        self.tools.__exit__()
        for process in self.nodes.values():
            process.kill()
        for process in self.nodes.values():
            process.wait()
        if "KR_INTEROP_KEEP" not in os.environ:
            shutil.rmtree(self.home, ignore_errors=True)

    def command(self, *words, user=ADMIN[0]):
        """The command line of `kr` on the cluster, over TLS where it has it."""
        if self.secure:
            return [KR, *words, "--command-config", self.home / f"{user}.properties"]
        return [KR, *words, "-b", self.bootstrap]

    def admin(self, *words, user=ADMIN[0], **options):
        """Runs `kr` on the cluster."""
        return run(self.command(*words, user=user), env=self.env, **options)

    def client_properties(self, user, password):
        """Writes the properties of a client that comes as this user; returns the file."""
        path = self.home / f"{user}.properties"
        path.write_text(
            f"bootstrap.servers={self.secured}\nsecurity.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
            f'username="{user}" password="{password}";\n'
            f"ssl.truststore.location={self.home}/trust.p12\nssl.truststore.password={tls.PASSWORD}\n"
        )
        return path

    def kill(self, node):
        """Ends a node at once."""
        self.nodes[node].kill()
        self.nodes[node].wait()

    def report(self):
        """What can be seen of the cluster, for a test that failed."""
        logs = [f"--- {node}\n{self._log(node)[-1500:]}" for node in self.nodes]
        return "\n".join([f"{self.version} {self.mode} at {self.bootstrap}", *logs])

    def _start(self, node, main, properties):
        command = [*java(self.version, *_HEAP, *_QUICK, "-Dkr.level=INFO"), main, properties]
        with open(self.home / f"{node}.log", "ab") as log:
            self.nodes[node] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _said(self, node, pattern):
        if self.nodes[node].poll() is not None:
            raise AssertionError(f"node {node} ended with {self.nodes[node].returncode}")
        return re.search(pattern, self._log(node))

    def _log(self, node):
        path = self.home / f"{node}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _format(self, properties):
        words = ["format", "-t", CLUSTER_ID, "-c", properties]
        if self.secure:
            for user, password in (ADMIN, GUEST):
                words += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        self.tools.call("kafka-storage", *words)

    def _broker_properties(self, node):
        home = self.home / f"node-{node}"
        home.mkdir()
        plain, secured, controller = self._ports[node]
        listeners = [f"PLAINTEXT://localhost:{plain}"]
        lines = [_COMMON.format(home=home), "inter.broker.listener.name=PLAINTEXT"]
        if self.secure:
            listeners.append(f"SASL_SSL://localhost:{secured}")
            lines.append(tls.broker_properties(self.home))
        lines.append(f"advertised.listeners={','.join(listeners)}")
        if self.mode == "kraft":
            listeners.append(f"CONTROLLER://localhost:{controller}")
            voters = ",".join(f"{voter}@localhost:{self._ports[voter][2]}" for voter in NODES)
            lines += [
                "process.roles=broker,controller",
                f"node.id={node}",
                f"controller.quorum.voters={voters}",
                "controller.listener.names=CONTROLLER",
                "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            ]
        else:
            lines += [
                f"broker.id={node}",
                f"zookeeper.connect=localhost:{self._zookeeper}/kafka",
                "authorizer.class.name=kafka.security.authorizer.AclAuthorizer",
            ]
        if not self.version.startswith("3."):
            lines.append(_SHARE)
        path = home / "server.properties"
        path.write_text("\n".join([*lines, f"listeners={','.join(listeners)}", ""]))
        return path

    def _zookeeper_properties(self):
        path = self.home / "zookeeper.properties"
        path.write_text(
            f"dataDir={self.home}/zookeeper\nclientPort={self._zookeeper}\ntickTime=500\n"
            "admin.enableServer=false\nmaxClientCnxns=0\n"
        )
        return path


def free_ports(count):
    """Ports that nobody listens on, below those that the kernel gives to outgoing connections."""
    found = []
    at = random.randrange(21000, 21900)
    while len(found) < count:
        at = at + 1 if at < 21999 else 21000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("localhost", at))
            except OSError:
                continue
            found.append(at)
    return found
