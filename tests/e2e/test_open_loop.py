"""`--rate` and `--load` from outside: what arrives, what is counted, and what a stall looks like."""

import threading
import time

import harness

FAST = ["--warmup", "0s", "--keys", "1000"]


class OpenLoop(harness.Case):
    def assert_adds_up(self, run):
        schedule = run["schedule"]
        self.assertEqual(schedule["completed"], run["operations"])
        self.assertEqual(schedule["intended"], schedule["completed"] + sum(run["errors"].values())
                         + schedule["outstanding"])
        self.assertLessEqual(schedule["late"], schedule["sent"])
        self.assertEqual(run["latency"]["kind"], "response")
        self.assertEqual(run["service_latency"]["kind"], "service")
        self.assertEqual(run["service_latency"]["count"], run["operations"])
        for name in ("mean", "p50", "p99", "max"):
            self.assertGreaterEqual(run["latency"][name], run["service_latency"][name], name)

    def test_the_rate_is_reached(self):
        server = self.serve()
        for arrival in ("poisson", "constant"):
            for rate, threads in (("2k", 1), ("5000/s", 2)):
                with self.subTest(arrival=arrival, rate=rate):
                    run = self.run_of(server.url, *FAST, "--rate", rate, "--arrival", arrival,
                                      "--threads", str(threads), "--duration", "2s")
                    asked = {"2k": 2000, "5000/s": 5000}[rate]
                    self.assertEqual(run["load"], "open")
                    self.assertAlmostEqual(run["offered_per_second"] / asked, 1, delta=0.005)
                    self.assertAlmostEqual(run["schedule"]["intended"] / asked / 2, 1, delta=0.005)
                    self.assertEqual(run["schedule"]["outstanding"], 0)
                    self.assertEqual(len(run["generators"][0]["workers"]), threads)
                    self.assert_adds_up(run)

    def test_requests_at_a_rate(self):
        run = self.run_of(harness.LOCAL_VALKEY, *FAST, "--rate", "5k", "--requests", "1234")
        self.assertEqual(run["operations"], 1234)
        self.assert_adds_up(run)

    def test_shapes(self):
        server = self.serve()
        shapes = {
            "ramp:1000-5000": [1500, 2500, 3500, 4500],
            "steps:1000,4000": [1000, 1000, 4000, 4000],
            "burst:1000,5000,2s,1s": [1000, 5000, 1000, 5000],
            "sine:0-4000,4s": [2000 + 4000 / 3.14159, 2000 + 4000 / 3.14159,
                               2000 - 4000 / 3.14159, 2000 - 4000 / 3.14159],
        }
        for shape, seconds in shapes.items():
            with self.subTest(shape=shape):
                run = self.run_of(server.url, *FAST, "--load", shape, "--arrival", "constant",
                                  "--duration", "4s")
                counts = [window["operations"] for window in run["windows"]]
                self.assertEqual(len(counts), 4)
                for count, expected in zip(counts, seconds):
                    self.assertAlmostEqual(count, expected, delta=3 + expected * 0.02)
                self.assert_adds_up(run)

    def test_a_stall_is_felt_by_those_who_come_meanwhile(self):
        server = self.serve()

        def stop_for_a_moment():
            with server.connect() as client:
                harness.wait_until(lambda: client.calls("get") > 2000, "the load")
            with server.stopped(0.5):
                pass

        thread = threading.Thread(target=stop_for_a_moment)
        thread.start()
        run = self.run_of(server.url, *FAST, "--rate", "2000", "--arrival", "constant",
                          "--duration", "5s")
        thread.join()
        # 1,000 of 10,000 came while it stood still, and waited for up to half a second.
        self.assertGreaterEqual(run["latency"]["p99"], 400_000_000)
        self.assertGreaterEqual(run["latency"]["p95"], 200_000_000)
        self.assertLess(run["service_latency"]["p95"], 100_000_000, "which few of them show")
        self.assertGreater(run["schedule"]["late"], 500)
        self.assertLess(run["schedule"]["send_lag"]["p90"], 50_000_000, "it was not our delay")
        self.assertEqual(run["schedule"]["intended"], 10000)
        self.assert_adds_up(run)

    def test_more_than_the_server_can_do(self):
        run = self.run_of(harness.LOCAL_VALKEY, *FAST, "--rate", "1M", "--duration", "1s",
                          "--timeout", "200ms", "--clients", "20", code=4)
        self.assertGreater(run["errors"]["timeout"], 1000)
        self.assertLess(run["ops_per_second"], 0.9 * run["offered_per_second"])
        self.assertIn("rate-not-reached", [w["code"] for w in run["warnings"]])
        self.assert_adds_up(run)

    def test_what_arrives(self):
        """A fake server that notes when commands come: bursts are where they belong."""
        moments = []

        def answer(words):
            if words[0].upper() in (b"GET", b"SET"):
                moments.append(time.monotonic())

        server = self.fake(answer)
        run = self.run_of(server.url, "--warmup", "0s", "--keys", "10", "--clients", "4", "--load",
                          "burst:50,450,500ms,100ms", "--arrival", "constant", "--duration", "2s")
        begin = moments[-1] - 2
        bins = [0] * 20
        for moment in moments[-run["operations"]:]:
            bins[min(19, max(0, int((moment - begin) * 10)))] += 1
        for i, count in enumerate(bins[:-1]):
            if i % 5 == 4:
                self.assertGreaterEqual(count + bins[i - 1] + bins[i + 1], 40, bins)
        self.assertAlmostEqual(run["operations"], 4 * (50 * 0.4 + 450 * 0.1), delta=3)

    def test_latency_is_never_below_the_delay(self):
        delay = 0.02

        def answer(words):
            if words[0].upper() in (b"GET", b"SET"):
                time.sleep(delay)

        server = self.fake(answer)
        for load in (["--rate", "50"], []):
            run = self.run_of(server.url, "--warmup", "0s", "--keys", "10", "--clients", "4",
                              "--duration", "1s", *load)
            self.assertGreaterEqual(run["latency"]["min"], delay * 1e9)

    def test_think_time(self):
        run = self.run_of(harness.LOCAL_VALKEY, *FAST, "--clients", "10", "--think-time", "10ms",
                          "--duration", "2s")
        self.assertLessEqual(run["operations"], 10 * 2 / 0.010)
        self.assertGreater(run["operations"], 10 * 2 / 0.010 / 2)
        self.assertEqual(run["load"], "closed")

    def test_churn(self):
        server = self.serve()
        with server.connect() as client:
            before = int(client.info("stats")["total_connections_received"])
            run = self.run_of(server.url, *FAST, "--clients", "5", "--churn", "--requests", "500")
            made = int(client.info("stats")["total_connections_received"]) - before
        self.assertEqual(run["operations"], 500)
        self.assertTrue(500 <= made < 530, made)
        self.assertEqual(run["connects"]["connect"]["count"], 500)
        self.assertIsNone(run["connects"]["tls"])
        self.assertEqual(run["lost_connections"], 0)

    def test_comparing_at_the_same_rate(self):
        result = self.measure("compare", harness.LOCAL_REDIS, harness.LOCAL_VALKEY, *FAST, "--rate",
                              "2000", "--pairs", "2", "--duration", "1s", "--clients", "5")
        cell = result["cells"][0]
        self.assertEqual(cell["parameters"]["load"], "2000")
        self.assertEqual({run["load"] for run in cell["runs"]}, {"open"})
        self.assertNotIn("ops", {row["metric"] for row in cell["comparisons"]})
        self.assertIn("p99", {row["metric"] for row in cell["comparisons"]})
        by_arm = {}
        for run in cell["runs"]:
            by_arm.setdefault(run["pair"], set()).add(run["schedule"]["intended"])
        for counts in by_arm.values():
            self.assertEqual(len(counts), 1, "both arms have the same schedule")
        self.assert_schema(result)

    def test_large_values_are_sent_from_where_they_lie(self):
        server = self.serve()
        run = self.run_of(server.url, "--warmup", "0s", "--keys", "4", "--value-size",
                          "100KiB-3MiB", "--clients", "4", "--pipeline", "3", "--ratio", "1:1",
                          "--duration", "1s", "--keep-data")
        self.assertEqual(run["errors"], {})
        self.assertGreater(run["operations"], 20)
        with server.connect() as client:
            lengths = [client("STRLEN", key) for key in client("KEYS", "*")]
        self.assertEqual(len(lengths), 4)
        for length in lengths:
            self.assertTrue(100 << 10 <= length <= 3 << 20, length)

    def test_many_clients(self):
        run = self.run_of(harness.LOCAL_VALKEY, *FAST, "--clients", "2000", "--duration", "1s")
        self.assertEqual((run["errors"], run["lost_connections"]), ({}, 0))
        self.assertGreater(run["operations"], 2000)


if __name__ == "__main__":
    harness.main()
