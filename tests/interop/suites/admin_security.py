"""Who may do what: ACLs, SCRAM users, quotas and delegation tokens."""

import said


class SecurityTests:
    """Tests of a cluster; see `AdminSuite`."""

    def acls(self, wanted=None):
        """All ACLs, on which Apache's tool and `kr` agree."""

        def ours():
            fields = ("resource_type", "resource_name", "pattern", "principal", "host", "operation", "permission")
            return {tuple(row[field] for field in fields) for row in self.items("acl", "list")}

        return self.agree(lambda: said.acls(self.tool("kafka-acls", "--list")), ours, wanted)

    def test_acls(self):
        if not self.has("acls", "acl", "list"):
            for words in (
                ("add", "--allow", "ann", "--op", "read", "-t", "orders", "--yes"),
                ("remove", "--allow", "ann", "--yes"),
                ("can", "ann", "read", "topic:orders"),
                ("who-can", "read", "topic:orders"),
                ("lint",),
            ):
                self.refused(1, self.lacks["acls"], "acl", *words)
            return
        before = self.acls()
        self.kr("acl", "add", "--allow", "ann", "--op", "read,write", "-t", "orders", "--host", "10.0.0.1", "--yes")
        self.kr("acl", "add", "--deny", "User:ben", "--op", "all", "--group", "team-", "--prefix", "--yes")
        self.kr("acl", "add", "--allow", "ann", "--consumer", "-t", "clicks", "-g", "readers", "--yes")
        self.kr("acl", "add", "--allow", "*", "--op", "describe", "--cluster", "--yes")
        prefix = "--transactional-id pay- --resource-pattern-type prefixed"
        self.tool("kafka-acls", "--add --allow-principal User:cat --operation Write", prefix)
        added = {
            ("topic", "orders", "literal", "User:ann", "10.0.0.1", "read", "allow"),
            ("topic", "orders", "literal", "User:ann", "10.0.0.1", "write", "allow"),
            ("group", "team-", "prefixed", "User:ben", "*", "all", "deny"),
            ("group", "readers", "literal", "User:ann", "*", "read", "allow"),
            ("topic", "clicks", "literal", "User:ann", "*", "read", "allow"),
            ("topic", "clicks", "literal", "User:ann", "*", "describe", "allow"),
            ("cluster", "kafka-cluster", "literal", "User:*", "*", "describe", "allow"),
            ("transactional-id", "pay-", "prefixed", "User:cat", "*", "write", "allow"),
        }
        self.acls(before | added)
        listed = lambda: {row["principal"] for row in self.items("acl", "list", "--txn", "pay-1", "--pattern", "applies")}
        self.agree(lambda: {"User:cat"}, listed)
        self.assertEqual(3, self.kr("acl", "can", "ben", "read", "group:team-a", check=False).returncode)
        self.kr("acl", "can", "ann", "read", "topic:orders", "--host", "10.0.0.1")
        self.assertIn("User:ann", {row["principal"] for row in self.items("acl", "who-can", "read", "topic:clicks")})
        self.kr("acl", "lint")
        self.refused(6, "--yes", "acl", "remove", "--principal", "ann")
        self.kr("acl", "remove", "--principal", "ann", "--dry-run")
        self.acls(before | added)
        self.kr("acl", "remove", "--principal", "ann", "--yes")
        self.acls(before | {acl for acl in added if acl[3] != "User:ann"})
        self.tool("kafka-acls", "--remove --force", prefix)
        self.kr("acl", "remove", "--principal", "ben", "--yes")
        self.kr("acl", "remove", "--cluster", "--principal", "*", "--yes")
        self.acls(before)

    def users(self, wanted=None):
        """Iterations by user and mechanism, on which Apache's tool and `kr` agree."""

        def ours():
            listed = self.items("user", "list")
            return {
                (user["name"], row["mechanism"]): row["iterations"] for user in listed for row in user["credentials"]
            }

        return self.agree(
            lambda: said.scram(self.tool("kafka-configs", "--describe --entity-type users")), ours, wanted
        )

    def test_users(self):
        set_dora = (
            "user",
            "set",
            "dora",
            "--mechanism",
            "scram-sha-256",
            "--iterations",
            5000,
            "--password-stdin",
            "--yes",
        )
        if not self.has("users", "user", "list"):
            self.refused(1, self.lacks["users"], *set_dora, stdin=b"secret\n")
            self.refused(1, self.lacks["users"], "user", "describe", "dora")
            self.refused(1, self.lacks["users"], "user", "delete", "dora", "--yes")
            return
        before = self.users()
        self.kr(*set_dora, stdin=b"secret\n")
        self.kr("user", "set", "dora", "--generate", "--yes")
        self.tool(
            "kafka-configs",
            "--alter --entity-type users --entity-name emil --add-config",
            "SCRAM-SHA-256=[iterations=4097,password=x]",
        )
        dora = {("dora", "SCRAM-SHA-512"): 4096}
        self.users(before | dora | {("dora", "SCRAM-SHA-256"): 5000, ("emil", "SCRAM-SHA-256"): 4097})
        self.assertEqual("dora", self.item("user", "describe", "dora")["name"])
        self.kr("user", "delete", "dora", "--mechanism", "scram-sha-256", "--yes")
        self.kr("user", "delete", "emil", "--yes")
        self.users(before | dora)
        self.refused(6, "--yes", "user", "delete", "dora")
        self.kr("user", "delete", "dora", "--yes")
        self.users(before)
        self.refused(1, "dora", "user", "delete", "dora", "--yes")

    def quotas(self, wanted):
        """Value by entity and key, on which Apache's tool and `kr` agree."""

        def theirs():
            kinds = (
                "--entity-type users",
                "--entity-type clients",
                "--entity-type users --entity-type clients",
                "--entity-type ips",
            )
            return said.quotas("".join(self.tool("kafka-configs", "--describe", kind) for kind in kinds))

        def ours():
            words = {"user": "user-principal", "client-id": "client-id", "ip": "ip"}
            name = lambda part: (
                f"the default {words[part['type']]}"
                if part["name"] is None
                else f"{words[part['type']]} '{part['name']}'"
            )
            entity = lambda row: ", ".join(
                name(part) for part in sorted(row["entity"], key=lambda part: part["type"] != "user")
            )
            return {(entity(row), row["key"]): row["value"] for row in self.items("quota", "list")}

        return self.agree(theirs, ours, wanted)

    def test_quotas(self):
        if not self.has("quotas", "quota", "list"):
            for words in (
                ("set", "--user", "ann", "producer_byte_rate=10MiB/s", "--yes"),
                ("unset", "--user", "ann", "producer_byte_rate", "--yes"),
                ("describe", "--user", "ann"),
                ("effective", "--user", "ann"),
            ):
                self.refused(1, self.lacks["quotas"], "quota", *words)
            return
        self.quotas({})
        self.kr("quota", "set", "--user", "ann", "producer_byte_rate=1MiB/s", "consumer_byte_rate=2000", "--yes")
        self.kr("quota", "set", "--user-default", "--client-id", "app", "request_percentage=55.5", "--yes")
        self.kr("quota", "set", "--client-default", "controller_mutation_rate=7", "--yes")
        self.kr("quota", "set", "--ip", "10.0.0.1", "connection_creation_rate=9", "--yes")
        self.tool("kafka-configs", "--alter --entity-type users --entity-default --add-config consumer_byte_rate=4000")
        wanted = {
            ("user-principal 'ann'", "producer_byte_rate"): 1048576.0,
            ("user-principal 'ann'", "consumer_byte_rate"): 2000.0,
            ("the default user-principal, client-id 'app'", "request_percentage"): 55.5,
            ("the default client-id", "controller_mutation_rate"): 7.0,
            ("ip '10.0.0.1'", "connection_creation_rate"): 9.0,
            ("the default user-principal", "consumer_byte_rate"): 4000.0,
        }
        self.quotas(wanted)
        self.assertEqual(2, len(self.items("quota", "describe", "--user", "ann")))
        effective = {
            row["key"]: row["value"] for row in self.items("quota", "effective", "--user", "cat", "--client-id", "app")
        }
        self.assertEqual((4000.0, 55.5), (effective["consumer_byte_rate"], effective["request_percentage"]))
        self.refused(
            1, "(?i)byte_rates|no_such|unknown|invalid", "quota", "set", "--user", "ann", "no_such_rate=1", "--yes"
        )
        self.kr("quota", "unset", "--user", "ann", "consumer_byte_rate", "--yes")
        del wanted[("user-principal 'ann'", "consumer_byte_rate")]
        self.quotas(wanted)
        for entity in (
            ("--user", "ann"),
            ("--user-default", "--client-id", "app"),
            ("--client-default",),
            ("--ip", "10.0.0.1"),
            ("--user-default",),
        ):
            self.kr("quota", "unset", *entity, "--all", "--yes")
        self.quotas({})

    def test_delegation_tokens(self):
        if not self.has("tokens", "token", "create", "--yes"):
            for words in (("list",), ("renew", "x", "--yes"), ("expire", "x", "--yes")):
                self.refused(1, self.lacks["tokens"], "token", *words)
            return
        self.tokens_are_made_renewed_and_expired()
