"""kcat: -L, -P, -C, -Q and -G."""

import json
import unittest

from cluster import Cluster
from exchange import PARTITIONS, exchange
from records import CODECS, COUNT, difference, lines
from waiting import Background, run


class Kcat:
    """kcat as a client of lines."""

    name = "kcat"

    def __init__(self, cluster):
        self.cluster = cluster

    def run(self, *words, **options):
        return run(["kcat", "-b", self.cluster.bootstrap, *words], **options)

    def consumer(self, topic, group, out):
        words = ["-b", self.cluster.bootstrap, "-X", "auto.offset.reset=earliest", "-K", "\t", "-q", "-u"]
        return Background(["kcat", *words, "-G", group, topic], out)

    def produce(self, topic, codec, stdin):
        with open(stdin, "rb") as file:
            producer = Background(
                ["kcat", "-b", self.cluster.bootstrap, "-P", "-t", topic, "-K", "\t", "-z", codec],
                self.cluster.home / f"kcat-{topic}-{codec}.out",
                stdin=file,
            )
        with producer:
            producer.finish(90)


class KcatSuite(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster("kcat"))
        self.kcat = Kcat(self.cluster)

    def create(self, topic):
        self.cluster.kr("topic", "create", topic, "-p", PARTITIONS, "-r", 3, "-b", self.cluster.bootstrap)

    def test_lists_the_cluster(self):
        self.create("listed")
        found = json.loads(self.kcat.run("-L", "-J").stdout)
        self.assertEqual([1, 2, 3], sorted(broker["id"] for broker in found["brokers"]))
        topic = next(topic for topic in found["topics"] if topic["topic"] == "listed")
        self.assertEqual(PARTITIONS, len(topic["partitions"]))
        for partition in topic["partitions"]:
            self.assertEqual([1, 2, 3], sorted(replica["id"] for replica in partition["replicas"]))
            self.assertEqual([1, 2, 3], sorted(replica["id"] for replica in partition["isrs"]))

    def test_creates_a_topic_by_writing_to_it(self):
        self.kcat.run("-P", "-t", "by-itself", stdin=b"one\n")
        self.assertEqual(b"one\n", self.kcat.run("-C", "-t", "by-itself", "-e", "-q").stdout)

    def test_reads_without_a_group_and_finds_offsets(self):
        self.create("plain")
        for codec in CODECS:
            written = lines("kcat-plain", codec, 1000)
            self.kcat.run("-P", "-t", "plain", "-p", 3, "-K", "\t", "-z", codec, stdin=b"\n".join(written) + b"\n")
        written = [line for codec in CODECS for line in lines("kcat-plain", codec, 1000)]
        read = self.kcat.run("-C", "-t", "plain", "-p", 3, "-K", "\t", "-e", "-q").stdout
        self.assertEqual(written, read.split(b"\n")[:-1])
        tail = self.kcat.run("-C", "-t", "plain", "-p", 3, "-o", -7, "-f", "%o\n", "-e", "-q").stdout
        self.assertEqual(list(range(4993, 5000)), [int(offset) for offset in tail.split()])
        times = self.kcat.run("-C", "-t", "plain", "-p", 3, "-f", "%T\n", "-e", "-q").stdout.split()
        first = next(number for number, time in enumerate(times) if int(time) >= int(times[2500]))
        for asked, offset in ((-2, 0), (-1, 5000), (int(times[2500]), first)):
            answer = self.kcat.run("-Q", "-t", f"plain:3:{asked}").stdout.decode()
            self.assertIn(f"offset {offset}", answer.split("\n")[0], f"asked for {asked}")

    def test_exchanges_records_in_a_group(self):
        self.create("kcat-group")
        exchange(self, self.cluster, self.kcat, "kcat-group", fault=False)

    def test_loses_nothing_when_leaders_are_killed(self):
        self.create("kcat-fault")
        exchange(self, self.cluster, self.kcat, "kcat-fault", fault=True)
        everything = self.kcat.run("-C", "-t", "kcat-fault", "-K", "\t", "-e", "-q").stdout.split(b"\n")[:-1]
        written = [line for codec in CODECS for line in lines("kcat", codec)]
        # kcat's producer is not idempotent by default, so a retry may have written a record twice.
        self.assertEqual("", difference(written, everything, once=False))
        self.assertEqual(COUNT * len(CODECS), len(written))
