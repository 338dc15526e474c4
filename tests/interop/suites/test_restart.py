"""A cluster that ends and comes back: in order, and with SIGKILL in the middle of load."""

import os
import unittest

from cluster import Cluster
from records import CODECS, difference, lines
from test_franz_go import FRANZ_GO
from test_kcat import Kcat
from waiting import Background, run, until

GROUP = "kept-readers"


class RestartSuite(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster("restart"))
        self.kcat = Kcat(self.cluster)

    def picture(self):
        """Topics, records, offsets and configs, as a user sees them."""
        bootstrap = ("-b", self.cluster.bootstrap)
        topics = self.cluster.kr_json("topic", "describe", "kept", *bootstrap)["items"]
        for topic in topics:
            for partition in topic["partitions"]:
                # Who leads and who is in sync may change when nodes stop one after the other.
                for changing in ("leader", "leader_epoch", "epoch", "isr", "elr", "last_known_elr"):
                    partition.pop(changing, None)
        group = self.cluster.kr_json("group", "describe", GROUP, *bootstrap)["items"][0]
        records = self.kcat.run("-C", "-t", "kept", "-f", "%p %o %T %k\\t%s\\n", "-e", "-q").stdout
        return {
            "cluster": self.cluster.status()["cluster_id"],
            "bootstrap": self.cluster.bootstrap,
            "names": self.cluster.kr("topic", "list", "-o", "name", *bootstrap).stdout,
            "topics": topics,
            "offsets": sorted((row["partition"], row["committed"], row["end"]) for row in group["offsets"]),
            "records": sorted(records.splitlines()),
        }

    def epochs(self):
        """Leader epoch of each partition."""
        found = self.cluster.kr_json("topic", "describe", "kept", "-b", self.cluster.bootstrap)["items"][0]
        return [partition.get("leader_epoch", partition.get("epoch")) for partition in found["partitions"]]

    def fill(self):
        config = ("-C", "retention.ms=7200000", "-C", "max.message.bytes=123456")
        self.cluster.kr("topic", "create", "kept", "-p", 6, "-r", 3, *config, "-b", self.cluster.bootstrap)
        written = []
        for codec in CODECS:
            part = lines("restart", codec, 1000)
            self.kcat.run("-P", "-t", "kept", "-K", "\t", "-z", codec, stdin=b"".join(line + b"\n" for line in part))
            written += part
        out = self.cluster.home / "kept.out"
        with self.kcat.consumer("kept", GROUP, out) as reader:
            until("the group has read all", lambda: reader.running() and out.read_bytes().count(b"\n") >= len(written))
            reader.terminate()
        return written

    def check_kept(self, before, epochs, written):
        after = self.picture()
        for what, value in before.items():
            self.assertEqual(value, after[what], what)
        read = [line.split(b" ", 3)[3] for line in after["records"]]
        self.assertEqual("", difference(written, read))
        self.assertTrue(all(new >= old for new, old in zip(self.epochs(), epochs)), f"{self.epochs()} after {epochs}")

    def test_all_is_as_before_after_down_and_up(self):
        written = self.fill()
        before, epochs = self.picture(), self.epochs()
        for _ in range(2):
            self.cluster.down()
            self.cluster.up()
            self.check_kept(before, epochs, written)
            epochs = self.epochs()

    def test_every_acknowledged_record_is_there_after_kill_minus_nine(self):
        written = self.fill()
        before, epochs = self.picture(), self.epochs()
        for attempt in range(3):
            topic = f"loaded-{attempt}"
            acked = self.cluster.home / f"{topic}.acked"
            words = ["-brokers", self.cluster.bootstrap, "-topic", topic]
            with Background([FRANZ_GO, "load", *words], acked, env=os.environ) as load:
                until("thousands are acknowledged", lambda: load.running() and acked.read_bytes().count(b"\n") > 5000)
                self.cluster.crash()
                load.process.kill()
            complete = acked.read_bytes().rpartition(b"\n")[0] + b"\n"
            acked.write_bytes(complete)
            self.cluster.up()
            run([FRANZ_GO, "verify", *words, "-acked", acked])
        before["names"] = b"".join(sorted([before["names"], *(b"loaded-%d\n" % attempt for attempt in range(3))]))
        self.check_kept(before, epochs, written)
