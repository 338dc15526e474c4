"""The command line tools of one version of Apache Kafka: many calls in one JVM, or a JVM for one that keeps running."""

import os
import pathlib
import subprocess
import threading

from waiting import Background, run

CACHE = pathlib.Path(os.environ["KR_INTEROP_CACHE"])
VERSIONS = tuple(os.environ["KR_INTEROP_KAFKA"].split())

_TOOLS = {
    "kafka-acls": "org.apache.kafka.tools.AclCommand",
    "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
    "kafka-client-metrics": "org.apache.kafka.tools.ClientMetricsCommand",
    "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
    "kafka-configs": "kafka.admin.ConfigCommand",
    "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "kafka-console-share-consumer": "org.apache.kafka.tools.consumer.ConsoleShareConsumer",
    "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-delegation-tokens": "org.apache.kafka.tools.DelegationTokenCommand",
    "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "kafka-dump-log": "org.apache.kafka.tools.DumpLogSegments",
    "kafka-features": "org.apache.kafka.tools.FeatureCommand",
    "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
    "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
    "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
    "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
    "kafka-metadata-shell": "org.apache.kafka.shell.MetadataShell",
    "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
    "kafka-reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "kafka-share-groups": "org.apache.kafka.tools.consumer.group.ShareGroupCommand",
    "kafka-storage": "kafka.tools.StorageTool",
    "kafka-topics": "org.apache.kafka.tools.TopicCommand",
    "kafka-transactions": "org.apache.kafka.tools.TransactionsCommand",
    "kafka-verifiable-consumer": "org.apache.kafka.tools.VerifiableConsumer",
    "kafka-verifiable-producer": "org.apache.kafka.tools.VerifiableProducer",
}
# Where a version has a tool in another class.
_MOVED = {
    ("4.1.2", "kafka-dump-log"): "kafka.tools.DumpLogSegments",
    ("3.9.2", "kafka-acls"): "kafka.admin.AclCommand",
    ("3.9.2", "kafka-broker-api-versions"): "kafka.admin.BrokerApiVersionsCommand",
    ("3.9.2", "kafka-console-producer"): "kafka.tools.ConsoleProducer",
    ("3.9.2", "kafka-dump-log"): "kafka.tools.DumpLogSegments",
}

_JVM = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]


def java(version, *options):
    """A JVM with the classes of a version; the main class and its arguments come behind."""
    classes = ":".join([str(CACHE / f"tools-{version}"), str(CACHE / f"kafka-{version}" / "*")])
    logs = pathlib.Path(__file__).parent.parent / "apache"
    if version.startswith("3."):
        logging = [f"-Dlog4j.configuration=file:{logs}/log4j.properties", "-Dkr.level=ERROR"]
    else:
        logging = [f"-Dlog4j2.configurationFile={logs}/log4j2.properties"]
    return [*_JVM, *logging, *options, "-cp", classes]


class Result:
    """What a tool printed and how it ended."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class KafkaTools:
    """The tools of one version."""

    def __init__(self, version, scratch):
        self.version = version
        self.scratch = scratch
        self._calls = 0
        self._lock = threading.Lock()
        self._jvm = None
        self._java = java(version, "-Xmx512M")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._jvm:
            self._jvm.stdin.close()
            self._jvm.kill()
            self._jvm.wait()
            self._jvm.stdout.close()

    def call(self, tool, *args, stdin="/dev/null", check=True):
        """Runs a tool that ends by itself, after the ones before it; `stdin` is a file or a named pipe."""
        with self._lock:
            if self._jvm is None:
                self._jvm = subprocess.Popen(
                    [*self._java, "Tools"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            self._calls += 1
            out = self.scratch / f"{self.version}-{self._calls:03}-{tool}.out"
            err = out.with_suffix(".err")
            fields = [stdin, out, err, self._class(tool), *args]
            self._jvm.stdin.write("\t".join(map(str, fields)) + "\n")
            self._jvm.stdin.flush()
            answer = self._jvm.stdout.readline()
        done = Result(answer.strip(), out.read_text(errors="replace"), err.read_text(errors="replace"))
        if check and done.status != "0":
            raise AssertionError(
                f"{tool} {' '.join(map(str, args))} of {self.version}\n"
                f"ended with {done.status or 'its JVM'}\n{done.out[-3000:]}{done.err[-3000:]}"
            )
        return done

    def run(self, tool, *args):
        """Runs a tool in a JVM of its own."""
        return run([*self._java, self._class(tool), *args])

    def start(self, tool, *args, out):
        """Starts a tool that runs until it is told to end."""
        return Background([*self._java, self._class(tool), *args], out)

    def _class(self, tool):
        return _MOVED.get((self.version, tool), _TOOLS[tool])
