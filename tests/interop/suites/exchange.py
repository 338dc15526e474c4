"""Writing and reading through a client that works on lines: the same story for every such client.

A topic of 6 partitions with three replicas; a group of two members that share it; 10,000 records with each codec;
what was read must be what was written, byte for byte. Then the same with the leader of the first partition killed in
the middle of each codec's records.
"""

import os
import threading

from records import CODECS, COUNT, difference, lines, read_lines
from waiting import run, until

PARTITIONS = 6


def exchange(test, cluster, client, topic, fault):
    """Runs the story with a client: `client.consumer(topic, group, out)`, `client.produce(topic, codec, stdin)`."""
    group = f"{topic}-readers"
    outs = [cluster.home / f"{topic}-{member}.out" for member in "ab"]
    with client.consumer(topic, group, outs[0]) as a, client.consumer(topic, group, outs[1]) as b:
        cluster.wait_for_group(group, [PARTITIONS // 2] * 2, a, b)
        written = []
        for codec in CODECS:
            records = lines(client.name, codec)
            if fault:
                _write_during_fault(cluster, client, topic, codec, records)
            else:
                _write(cluster, client, topic, codec, records)
            written += records

        def read():
            return [read_lines(out) for out in outs]

        until(
            f"two members of {group} read {len(written)} records",
            lambda: a.running() and b.running() and len(set().union(*read())) >= len(written),
            60,
            lambda: f"{[len(part) for part in read()]}: {difference(written, sum(read(), []), once=False)[:500]}",
        )
        parts = read()
        test.assertEqual("", difference(written, sum(parts, []), once=not fault))
        test.assertTrue(all(parts), f"a member read nothing: {[len(part) for part in parts]}")
        a.terminate()
        b.terminate()


def _write(cluster, client, topic, codec, records):
    path = cluster.home / f"{topic}-{codec}.in"
    path.write_bytes(b"".join(line + b"\n" for line in records))
    client.produce(topic, codec, path)


def _write_during_fault(cluster, client, topic, codec, records):
    """Feeds the producer through a pipe: half, then the fault with records all the time, then the rest and the heal."""
    pipe = cluster.home / f"{topic}-{codec}.pipe"
    os.mkfifo(pipe)
    failures = []

    def produce():
        try:
            client.produce(topic, codec, pipe)
        except Exception as failure:  # handed to the thread that waits
            failures.append(failure)

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        with open(pipe, "wb", buffering=0) as feed:
            send = lambda part: feed.write(b"".join(line + b"\n" for line in part))
            send(records[: COUNT // 2])
            fault = threading.Thread(target=lambda: run(cluster.fault_command(topic), env=cluster.env))
            fault.start()
            next_line = COUNT // 2
            while fault.is_alive() and next_line < COUNT * 9 // 10:
                send(records[next_line : next_line + 20])
                next_line += 20
                fault.join(0.005)
            send(records[next_line:])
            fault.join()
    except BrokenPipeError:
        pass  # the producer has ended, and says why below
    producer.join()
    if failures:
        raise failures[0]
    cluster.heal()
