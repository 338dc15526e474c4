"""What `kr` wrote, read by Apache Kafka's `kafka-dump-log` and `kafka-metadata-shell`, without a complaint."""

import re
import unittest

from cluster import Cluster
from kafka_tools import VERSIONS, KafkaTools
from records import CODECS, COUNT, lines
from test_kcat import Kcat
from waiting import Background, run, until

# What kafka-dump-log says of a file that is not as it should be; it ends with 0 all the same.
COMPLAINTS = re.compile(
    r"mismatch|non-consecutive|non-indexed|out of order|corrupt|isvalid: false|exception|error|could not|failed|unknown"
    r"|bytes? (?:of )?(?:invalid|garbage)|larger than",
    re.IGNORECASE,
)
# Words of healthy output that the above would take for complaints.
HARMLESS = re.compile(r"\bendTxnMarker\b|No errors?|passed the sanity check|lastOffsetInUnknown", re.IGNORECASE)


class FilesSuite(unittest.TestCase):
    def setUp(self):
        # Small segments and many snapshots, so that there is more than one of each.
        self.cluster = self.enterContext(
            Cluster("files", "--set", "log.segment.bytes=262144", "--set", "metadata.log.max.record.bytes.between.snapshots=4096")
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
            ["kcat", "-b", self.cluster.bootstrap, "-P", "-t", "stored", "-K", "\t"], self.cluster.home / "load.out", stdin=stdin
        ):
            before = self.end()
            until("records arrive", lambda: self.end() > before + 1000)
            self.cluster.crash()
        self.read_all(dirs, torn=True)

    def end(self):
        said = self.kcat.run("-Q", *(f"-t stored:{partition}:-1".split()[0:1] + [f"stored:{partition}:-1"])[0:2]).stdout if False else b""
        offsets = [self.kcat.run("-Q", "-t", f"stored:{partition}:-1").stdout for partition in range(6)]
        return sum(int(answer.split(b"offset ")[1]) for answer in offsets)
