"""What Apache's tools say, read into plain values: the other half of each comparison."""

import json
import re


def rows(text, head):
    """The lines of the table whose first column is called `head`, as dictionaries by lower-case column."""
    found, names = [], None
    for line in text.splitlines():
        # Kafka parts columns by two blanks, or by one behind a long value.
        parts = re.split(r"\s{2,}|\t", line.strip()) if names is None else line.split()
        if parts[:1] == [head] or line.split()[:1] == [head]:
            names = [name.lower() for name in re.split(r"\s{2,}|\t\s*", line.strip())]
        elif names and len(parts) >= len(names):
            found.append(dict(zip(names, parts)))
    return found


def topics(text):
    """kafka-topics --describe: by topic its id, configs and partitions with leader, replicas and ISR."""
    found = {}
    for line in text.splitlines():
        fields = dict(re.findall(r"(\w+): ?([^\t]*)", line))
        if "PartitionCount" in fields:
            configs = dict(entry.split("=", 1) for entry in _split_configs(fields["Configs"].strip()))
            found[fields["Topic"].strip()] = {"id": fields["TopicId"].strip(), "configs": configs, "partitions": {}}
        elif "Partition" in fields:
            partition = {
                "leader": _number(fields["Leader"]),
                "replicas": _numbers(fields["Replicas"]),
                "isr": sorted(_numbers(fields["Isr"])),
            }
            found[fields["Topic"].strip()]["partitions"][int(fields["Partition"])] = partition
    return found


def _split_configs(text):
    """`a=1,b=x,y,c=2`: a value may hold commas, so a new entry begins where a name and `=` follow."""
    return re.split(r",(?=[a-z][a-z.]*=)", text) if text else []


def configs(text):
    """kafka-configs --describe: what is set."""
    return dict(re.findall(r"^  ([\w.-]+)=(.*?) sensitive=", text, re.MULTILINE))


def offsets(text):
    """kafka-get-offsets: offset by (topic, partition)."""
    lines = (line.rsplit(":", 2) for line in text.splitlines() if line.count(":") >= 2)
    return {(topic, int(partition)): int(offset) for topic, partition, offset in lines if offset.strip().isdigit()}


def group_offsets(text):
    """kafka-consumer-groups --describe: (committed, end, lag) by (topic, partition)."""
    found = {}
    for row in rows(text, "GROUP"):
        place = (row["topic"], int(row["partition"]))
        found[place] = tuple(_number(row[name]) for name in ("current-offset", "log-end-offset", "lag"))
    return found


def acls(text):
    """kafka-acls --list: (type, name, pattern, principal, host, operation, permission)."""
    found, resource = set(), None
    for line in text.splitlines():
        if match := re.search(r"ResourcePattern\(resourceType=(\w+), name=(.*), patternType=(\w+)\)", line):
            resource = (_word(match[1]), match[2], _word(match[3]))
        elif match := re.search(r"\(principal=(.*), host=(.*), operation=(\w+), permissionType=(\w+)\)", line):
            found.add((*resource, match[1], match[2], _word(match[3]), _word(match[4])))
    return found


def quotas(text):
    """kafka-configs --describe of users, clients and ips: value by (entity, key)."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"(?:Quota|Dynamic) configs for (.*?) are (.*)", line.strip())
        if match and not match[2].startswith("SCRAM"):
            for entry in filter(None, match[2].split(", ")):
                key, _, value = entry.partition("=")
                found[(match[1], key)] = float(value)
    return found


def scram(text):
    """kafka-configs --describe --entity-type users: iterations by (user, mechanism)."""
    found = {}
    for line in text.splitlines():
        if match := re.match(r"SCRAM credential configs for user-principal '(.*)' are (.*)", line):
            for mechanism, iterations in re.findall(r"(SCRAM-SHA-\d+)=.*?iterations=(\d+)", match[2]):
                found[(match[1], mechanism)] = int(iterations)
    return found


def features(text):
    """kafka-features describe: (min, max, level) as printed, by feature."""
    pattern = r"Feature: (\S+)\s+SupportedMinVersion: (\S+)\s+SupportedMaxVersion: (\S+)\s+FinalizedVersionLevel: (\S+)"
    return {name: levels for name, *levels in re.findall(pattern, text)}


def quorum(text):
    """kafka-metadata-quorum describe --status: its lines."""
    return dict(re.findall(r"^(\w+):\s+(.*?)\s*$", text, re.MULTILINE))


def log_dirs(text):
    """kafka-log-dirs --describe: bytes by (broker, directory, partition)."""
    document = json.loads(next(line for line in text.splitlines() if line.startswith("{")))
    return {
        (broker["broker"], place["logDir"], replica["partition"]): replica["size"]
        for broker in document["brokers"]
        for place in broker["logDirs"]
        for replica in place["partitions"]
    }


def _word(name):
    """The name of a constant as `kr` writes it."""
    return name.lower().replace("_", "-")


def _numbers(text):
    return [int(number) for number in text.replace(",", " ").split()]


def _number(text):
    text = text.strip()
    return int(text) if re.fullmatch(r"-?\d+", text) else None
