"""`tenbin run` against real servers: seconds, requests, and a server that stands still."""

import threading
import time

import harness
from harness import LOCAL_VALKEY

# A busy machine may hold up the last reply of a window for this long.
STALL = 0.4

FAST = ["--warmup", "0s", "--keys", "1000"]


class Run(harness.Case):
    def test_windows_are_seconds(self):
        run = self.run_of(LOCAL_VALKEY, *FAST, "--duration", "2500ms")
        windows = run["windows"]
        self.assertEqual(len(windows), 3)
        for window, end in zip(windows, (1.0, 2.0, 2.5)):
            self.assertAlmostEqual(window["t"], end, delta=STALL)
        self.assertAlmostEqual(run["measured_seconds"], 2.5, delta=STALL)
        self.assertAlmostEqual(windows[-1]["t"], run["measured_seconds"], delta=0.001)
        self.assertAlmostEqual(sum(w["seconds"] for w in windows), run["measured_seconds"],
                               delta=0.001)
        self.assertEqual(sum(w["operations"] for w in windows), run["operations"])
        for window in windows:
            self.assertGreater(window["operations"], 0)
            self.assertLessEqual(window["p50"], window["p99"])
            self.assertLessEqual(window["p999"], window["max"])
        self.assertEqual(max(w["max"] for w in windows), run["latency"]["max"])

    def test_requests_are_counted_exactly(self):
        for requests, clients, pipeline in ((1, 50, 1), (997, 7, 1), (5003, 10, 16)):
            with self.subTest(requests=requests):
                server = self.serve()
                with server.connect() as client:
                    run = self.run_of(server.url, *FAST, "--ratio", "1:0", "--requests",
                                      str(requests), "--clients", str(clients), "--pipeline",
                                      str(pipeline))
                    self.assertEqual(client.calls("set"), 1000 + requests, "1000 are loaded")
                self.assertEqual(run["operations"], requests)
                self.assertEqual(run["latency"]["count"], requests)
                self.assertEqual(sum(w["operations"] for w in run["windows"]), requests)

    def test_bytes_are_those_of_the_protocol(self):
        server = self.serve()
        run = self.run_of(server.url, *FAST, "--ratio", "1:0", "--requests", "500",
                          "--key-size", "30", "--value-size", "200", "--clients", "5")
        command = len(harness.encode(["SET", "k" * 30, "v" * 200]))
        self.assertEqual(run["bytes_sent"], 500 * command)
        self.assertEqual(run["bytes_received"], 500 * len("+OK\r\n"))

    def test_a_server_that_stands_still(self):
        server = self.serve()
        seen = []

        def stop_for_a_moment():
            with server.connect() as client:
                harness.wait_until(lambda: client.calls("get") > 2000, "the load")
                time.sleep(0.7)
            with server.stopped(0.3):
                seen.append(time.monotonic())

        thread = threading.Thread(target=stop_for_a_moment)
        thread.start()
        run = self.run_of(server.url, *FAST, "--duration", "3s", "--clients", "5")
        thread.join()
        self.assertEqual(len(seen), 1)
        self.assertGreaterEqual(run["latency"]["max"], 280_000_000)
        self.assertLess(run["latency"]["max"], 1_000_000_000)
        slow = [w for w in run["windows"] if w["max"] >= 280_000_000]
        self.assertEqual(len(slow), 1, "all clients waited through the same stop")
        self.assertLess(run["latency"]["p50"], 20_000_000)
        # Every client waited once, and no more: the histogram counts them all.
        histogram = harness.Histogram(run["latency"]["histogram"])
        self.assertEqual(sum(count for low, _, count in histogram.bars if low > 250_000_000), 5)
        self.assertEqual((run["errors"], run["lost_connections"]), ({}, 0))

    def test_server_cpu_is_that_of_the_measured_interval(self):
        server = self.serve()
        with server.connect() as client:
            def used():
                info = client.info("cpu")
                return float(info["used_cpu_sys"]) + float(info["used_cpu_user"])
            before = used()
            run = self.run_of(server.url, "--keys", "5000", "--warmup", "300ms", "--duration",
                              "1s")
            whole = used() - before
        self.assertGreater(run["server_cpu_seconds"], 0.2 * whole)
        self.assertLess(run["server_cpu_seconds"], whole)


if __name__ == "__main__":
    harness.main()
