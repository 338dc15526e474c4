"""What `kr` wrote, read by Apache Kafka's `kafka-dump-log` and `kafka-metadata-shell`, without a complaint."""

import re
import unittest

from cluster import Cluster
from kafka_tools import VERSIONS, KafkaTools
from records import CODECS, COUNT, lines
from test_kcat import Kcat
from waiting import Background, run, until

# What kafka-dump-log says of a file that is not as it should be; it ends with 0 all the same.
COMPLAINT = re.compile(
    r"mismatch|non-consecutive|non-indexed|out of order|corrupt|isvalid: false|exception|error|could not|fail|unknown",
    re.IGNORECASE,
)
# 4.3.1 with --deep-iteration takes the first batch of any segment but the first for one that follows offset -1.
FIRST_BATCH = re.compile(r"^Non-consecutive offsets in \S*/0*(\d+)\.log\n +-1 is followed by \1$", re.MULTILINE)
# kafka-metadata-shell logs these of every snapshot, also of Apache Kafka's own.
HARMLESS = re.compile(r"^.*Ignoring control record with type SNAPSHOT_(?:HEADER|FOOTER).*$", re.MULTILINE)
SEGMENT = ("log", "index", "timeindex", "snapshot")


class FilesSuite(unittest.TestCase):
    def setUp(self):
        # Small segments and many snapshots, so that there is more than one of each.
        self.cluster = self.enterContext(
            Cluster("files", "--set", "log.segment.bytes=1048588", "--set", "metadata.log.max.record.bytes.between.snapshots=4096")
        )
        self.tools = [self.enterContext(KafkaTools(version, self.cluster.home)) for version in VERSIONS]
        self.kcat = Kcat(self.cluster)

    def fill(self):
        """Every codec, a group with offsets, configs, deleted topics, a leader that was killed."""
        self.cluster.kr("topic", "create", "stored", "-p", 6, "-r", 3, "-b", self.cluster.bootstrap)
        for codec in CODECS:
            self.write(codec)
        idempotent = "\n".join(f"{number}\tonce" for number in range(COUNT)).encode() + b"\n"
        self.kcat.run("-P", "-t", "stored", "-K", "\t", "-X", "enable.idempotence=true", stdin=idempotent)
        out = self.cluster.home / "reader.out"
        with self.kcat.consumer("stored", "stored-readers", out) as reader:
            total = COUNT * (len(CODECS) + 1)
            until("the group has read all", lambda: reader.running() and out.read_bytes().count(b"\n") >= total)
            reader.terminate()
        for number in range(20):
            self.cluster.kr("topic", "create", f"short-{number}", "-b", self.cluster.bootstrap)
        self.cluster.kr("topic", "delete", "short-3", "--yes", "-b", self.cluster.bootstrap)
        run(self.cluster.fault_command("stored"), env=self.cluster.env)
        self.write("none")
        self.cluster.heal()

    def write(self, codec):
        data = b"".join(line + b"\n" for line in lines("files", codec))
        self.kcat.run("-P", "-t", "stored", "-K", "\t", "-z", codec, stdin=data)

    def test_every_file_is_read_after_a_clean_end(self):
        self.fill()
        dirs = self.cluster.node_dirs()
        self.cluster.down()
        self.read_all(dirs)

    def test_every_file_is_read_after_kill_minus_nine(self):
        self.fill()
        dirs = self.cluster.node_dirs()
        source = self.cluster.home / "endless.in"
        source.write_bytes(b"".join(line + b"\n" for line in lines("files", "none")) * 50)
        with open(source, "rb") as stdin, Background(
            ["kcat", "-b", self.cluster.bootstrap, "-P", "-t", "stored", "-K", "\t"],
            self.cluster.home / "load.out",
            stdin=stdin,
        ) as load:
            before = self.end()
            until("records arrive", lambda: load.running() and self.end() > before + 1000)
            self.cluster.crash()
        # The open segment may end in the middle of a batch: Apache Kafka reads it after `kr` has recovered it.
        self.cluster.up()
        self.cluster.down()
        self.read_all(dirs)

    def end(self):
        """Records in the topic, over all partitions."""
        wanted = [word for partition in range(6) for word in ("-t", f"stored:{partition}:-1")]
        return sum(int(offset) for offset in re.findall(rb"offset (\d+)", self.kcat.run("-Q", *wanted).stdout))

    def read_all(self, dirs):
        """Every file of every node, in every way there is, by every version."""
        self.assertEqual(3, len(dirs))
        segments = [file for node in dirs for file in sorted(node.glob("*/*")) if file.suffix[1:] in SEGMENT]
        metadata = [file for node in dirs for file in (node / "__cluster_metadata-0").iterdir()]
        snapshots = [file for file in metadata if file.suffix == ".checkpoint"]
        self.assertGreater(len(snapshots), 3, "snapshots of the metadata")
        self.assertTrue(any(file.suffix == ".snapshot" and file.stat().st_size > 16 for file in segments), "snapshots with producers")
        offsets = [file for file in segments if file.parent.name.startswith("__consumer_offsets")]
        indexes = [file for file in segments if file.suffix in (".index", ".timeindex")]
        for tools in self.tools:
            with self.subTest(tools.version):
                said = self.dump(tools, "plain", segments)
                for codec in CODECS:
                    self.assertIn(f"compresscodec: {codec} ", said)
                self.dump(tools, "deep", [file for file in segments if file.suffix == ".log"], "--deep-iteration")
                self.dump(tools, "sanity", indexes, "--index-sanity-check")
                self.dump(tools, "verify", indexes, "--verify-index-only")
                said = self.dump(tools, "offsets", [file for file in offsets if file.suffix == ".log"], "--offsets-decoder")
                self.assertIn('"group":"stored-readers","topic":"stored","partition":5', said)
                logs = [file for file in metadata if file.suffix == ".log"]
                bootstrap = [node / "bootstrap.checkpoint" for node in dirs]
                said = self.dump(tools, "metadata", logs + snapshots + bootstrap, "--cluster-metadata-decoder")
                self.assertIn('"type":"TOPIC_RECORD"', said)
                self.browse(tools, max(snapshots, key=lambda file: file.name))
                self.browse(tools, self.without_control_tail(max(logs, key=lambda file: file.stat().st_size), tools))

    def dump(self, tools, how, files, *options):
        """Dumps files and returns what the tool said, when that holds no complaint."""
        self.assertTrue(files, f"no files for {how}")
        done = tools.call("kafka-dump-log", "--files", ",".join(map(str, files)), *options)
        said = FIRST_BATCH.sub("", done.out + done.err)
        # Only what the tool says of the files: not what the records hold.
        lines = [line for line in said.splitlines() if not line.startswith("|")]
        complaints = [line for line in lines if COMPLAINT.search(line)]
        self.assertEqual([], complaints[:10], f"{tools.version} {how}, {len(complaints)} complaints")
        dumped = {line.removeprefix("Dumping ") for line in lines if line.startswith("Dumping ")}
        self.assertEqual(set(map(str, files)), dumped)
        return said

    def without_control_tail(self, log, tools):
        """A copy without the elections at the end: the shell waits for ever for the last offset when it is one of those."""
        said = tools.call("kafka-dump-log", "--files", log, "--skip-record-metadata").out
        batches = re.findall(r"^baseOffset: .* isControl: (\w+) .*position: (\d+) .* size: (\d+)", said, re.MULTILINE)
        end = max(int(position) + int(size) for control, position, size in batches if control == "false")
        copy = self.cluster.home / log.name
        copy.write_bytes(log.read_bytes()[:end])
        return copy

    def browse(self, tools, file):
        """Looks for the topic in a file of metadata."""
        said = []

        def found():
            # The shell may answer before it has taken in what it read: then it knows no topic at all.
            done = tools.run("kafka-metadata-shell", "--snapshot", file, "cat", "/image/topics/byName/stored/0")
            said[:] = [done.stdout.decode(), done.stderr.decode()]
            return "replicas=[" in said[0]

        until(f"{tools.version} shows a partition of {file}", found, 60, lambda: said)
        complaints = [line for line in HARMLESS.sub("", said[1]).splitlines() if COMPLAINT.search(line)]
        self.assertEqual([], complaints, f"{tools.version} of {file}")
