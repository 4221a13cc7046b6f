"""Arms that are not comparable, with real servers: what is refused before anything is written, what is
said, and what --force does."""

import harness
from harness import LOCAL_REDIS, LOCAL_VALKEY, REDIS, VALKEY

SHORT = ["--warmup", "20ms", "--duration", "100ms", "--slice", "20ms", "--pairs", "2", "--keys", "500",
         "--clients", "4", "--load", "closed"]
SLOW = {"client-saturated", "no-valid-pairs"}  # a load generator with a sanitizer


def findings(result, severity):
    return sorted({finding["code"] for finding in result["contract"]["findings"]
                   if finding["severity"] == severity})


class Contract(harness.Case):
    def refuse(self, pattern, *arms):
        done = self.tenbin("compare", *arms, *SHORT)
        self.assert_refused(done, 4, "the arms are not comparable: " + pattern)

    def test_two_of_our_own(self):
        result = self.measure("compare", LOCAL_REDIS, LOCAL_VALKEY, *SHORT)
        self.assertLessEqual(set(findings(result, "invalid")), SLOW)
        facts = [arm["environment"]["facts"] for arm in result["arms"]]
        for fact in facts:
            self.assertEqual((fact["tls"], fact["primaries"], fact["keys"], fact["save"]),
                             ("no", "1", "0", ""))
            self.assertGreater(int(fact["round-trip-us"]), 0)
        self.assertEqual([fact["lazyfree-lazy-user-del"] for fact in facts], ["no", "yes"])

    def test_what_the_load_generator_can_do(self):
        """Measured against a server that does nothing, where that can answer."""
        for options, is_known in (([], True), (["--command", "STRLEN {key}"], True),
                                  (["--churn"], False), (["--workload", "queue"], False)):
            with self.subTest(options=options):
                result = self.measure("compare", LOCAL_REDIS, LOCAL_VALKEY, *SHORT, *options)
                cell, = result["cells"]
                if is_known:
                    self.assertGreaterEqual(cell["client_maximum"],
                                            max(run["ops_per_second"] for run in cell["runs"]))
                else:
                    self.assertIsNone(cell["client_maximum"])

    def test_one_with_an_append_only_file(self):
        a = self.serve(REDIS)
        b = self.serve(VALKEY, "--appendonly", "yes")
        self.refuse('appendonly: redis has "no", valkey has "yes"; give both the same', a.url, b.url)
        with b.connect() as client:
            self.assertEqual(client.keys(), 0)
        result = self.measure("compare", a.url, b.url, "--force", *SHORT, code=4)
        self.assertIn("persistence-differs", findings(result, "invalid"))
        self.assertEqual({c["verdict"] for c in result["cells"][0]["comparisons"]}, {"invalid"})
        self.assertIn("NOT VALID (measured all the same)", result["verdict"]["text"])

    def test_built_in_modules(self):
        for folder in ("redis-8.0", "valkey-9.1"):
            if harness.find_installed(folder) is None:
                self.skipTest(f"{folder} is not here")
        ours = self.measure("compare", "local:redis-server@8.0", "local:valkey-server@9.1", *SHORT)
        self.assertEqual([arm["environment"]["facts"]["modules"] for arm in ours["arms"]], ["vectorset", "lua"])
        self.assertIn("modules-differ", findings(ours, "note"))
        urls = [self.serve("redis-8.0").url, self.serve("valkey-9.1").url]
        others = self.measure("compare", *urls, *SHORT)
        self.assertIn("modules-differ", findings(others, "conditional"))

    def test_what_a_target_asks_for_is_meant(self):
        result = self.measure("compare", LOCAL_REDIS, LOCAL_REDIS + "?appendonly=yes", *SHORT)
        self.assertLessEqual(set(findings(result, "invalid")), SLOW)
        self.assertIn("persistence-differs", findings(result, "note"))

    def test_eviction(self):
        a = self.serve(VALKEY, "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru")
        b = self.serve(VALKEY)
        self.refuse("maxmemory-policy: ", a.url, b.url)

    def test_one_server_twice(self):
        server = self.serve()
        self.refuse("valkey\\S*-1 and valkey\\S*-2 are the same server; use --aa", server.url, server.url)
        self.measure("compare", "--aa", server.url, *SHORT)

    def test_a_database_that_is_not_empty(self):
        a, b = self.serve(), self.serve()
        with a.connect() as client:
            client("SET", "theirs", "1")
        result = self.measure("compare", a.url, b.url, *SHORT)
        self.assertIn("not-empty", findings(result, "conditional"))

    def test_other_data(self):
        a, b, c = self.serve(REDIS), self.serve(VALKEY), self.serve(VALKEY)
        for server, size, expires in ((a, 100, ()), (b, 1000, ()), (c, 100, ("EX", "1000"))):
            with server.connect() as client:
                for i in range(11000):
                    client("SET", f"theirs:{i}", "x" * size, *expires)
        for other, text in ((b, "size of the keys that were there before"),
                            (c, "share of the keys there before that expire: redis has 0 %, valkey 100 %")):
            result = self.measure("compare", f"redis={a.url}", f"valkey={other.url}", *SHORT)
            told = [f["text"] for f in result["contract"]["findings"] if f["code"] == "data-differs"]
            self.assertEqual(len(told), 1, result["contract"]["findings"])
            self.assertIn(text, told[0])

    def test_a_server_that_tells_nothing(self):
        """A user who may not ask for CONFIG, as on managed services."""
        servers = [self.serve(REDIS), self.serve(VALKEY)]
        for server in servers:
            with server.connect() as client:
                client("ACL", "SETUSER", "ann", "on", ">pw", "~*", "+@all", "-config")
        result = self.measure("compare", *(server.url_with("ann:pw") for server in servers), *SHORT)
        facts = result["arms"][1]["environment"]["facts"]
        self.assertNotIn("save", facts)
        self.assertEqual(facts["maxmemory-policy"], "noeviction")

    def test_what_the_server_did_meanwhile(self):
        server = self.serve(VALKEY, "--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random")
        result = self.measure("run", server.url, "--duration", "1s", "--keys", "3000", "--value-size", "1000",
                              "--ratio", "1:0", "--key-dist", "seq")
        run = result["cells"][0]["runs"][0]
        self.assertGreater(run["server_events"]["evicted_keys"], 0)
        self.assertIn("evictions", [warning["code"] for warning in run["warnings"]])

    def test_a_save_meanwhile(self):
        server = self.serve(VALKEY, "--save", "1 1")
        result = self.measure("run", server.url, "--duration", "3s")
        run = result["cells"][0]["runs"][0]
        self.assertGreater(run["server_events"]["forks"], 0)
        self.assertIn("background-save", [warning["code"] for warning in run["warnings"]])


if __name__ == "__main__":
    harness.main()
