"""TLS to real servers: what is trusted, what is refused, and what the user reads."""

import contextlib
import socket
import socketserver
import ssl
import threading
import time

import cluster
import harness
from certificates import Authority

FAST = ["--warmup", "0s", "--keys", "500", "--clients", "5", "--duration", "300ms"]


class TlsEnd:
    """Speaks TLS for a server that does not, and knows what was agreed on with each client."""

    def __init__(self, server, pair, delay=0):
        self.refused = 0  # handshakes that were none
        self.seen = []  # (version, cipher, resumed), one for each handshake
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        end = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                time.sleep(delay)
                try:
                    client = context.wrap_socket(self.request, server_side=True)
                except OSError:
                    end.refused += 1
                    return
                with contextlib.suppress(OSError), client, \
                        socket.create_connection(("127.0.0.1", server.port)) as other:
                    end.seen.append((client.version(), client.cipher()[0], client.session_reused))
                    back = threading.Thread(target=harness.SlowWay.carry, args=(other, client, 0),
                                            daemon=True)
                    back.start()
                    harness.SlowWay.carry(client, other, 0)
                    back.join()

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.port = self.listener.server_address[1]
        self.thread = threading.Thread(target=self.listener.serve_forever, args=(0.02,))
        self.thread.start()

    def end(self):
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()


class Tls(harness.Case):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder)
        self.pair = self.authority.issue("server", "DNS:localhost,IP:127.0.0.1,IP:::1")

    def serve_tls(self, name=harness.VALKEY, pair=None, clients="no", extra=()):
        """A server with a TLS port beside its plain one; its TLS port."""
        certificate, key = pair or self.pair
        for port in cluster.Node.some_ports():
            server = harness.Server(name, (
                "--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key,
                "--tls-ca-cert-file", self.authority.file, "--tls-auth-clients", clients,
                "--bind", "127.0.0.1", "-::1", *extra))
            self.attached.append(server)
            return server, port
        raise AssertionError("no port is free")

    def target(self, port, host="127.0.0.1", login="", **query):
        words = {"ca": self.authority.file, **query}
        rest = "&".join(f"{name.replace('_', '-')}={value}" for name, value in words.items() if value)
        return f"rediss://{login}{host}:{port}?{rest}"

    def assert_refuses(self, target, pattern):
        done = self.tenbin("run", target, *FAST)
        self.assert_refused(done, 5, pattern)
        self.assertLess(done.seconds, 6)

    def test_both_engines_and_versions(self):
        for name in (harness.VALKEY, harness.REDIS):
            server, port = self.serve_tls(name)
            for query in ({}, {"tls-version": "1.2"}, {"tls-version": "1.3"},
                          {"session-reuse": "no"}, {"verify": "no", "ca": None}):
                with self.subTest(name=name, query=query):
                    run = self.run_of(self.target(port, **query), *FAST)
                    self.assertGreater(run["operations"], 0)
                    self.assertEqual(run["errors"], {})
            with server.connect() as client:
                self.assertEqual(client.keys(), 0)

    def test_what_was_agreed_on_is_told(self):
        """As the other end saw it."""
        server = self.serve()
        for version, reuse in (("1.2", "yes"), ("1.2", "no"), ("1.3", "yes"), ("1.3", "no")):
            with self.subTest(version=version, reuse=reuse):
                end = TlsEnd(server, self.pair)
                self.attached.append(end)
                result = self.measure("run", self.target(end.port, tls_version=version,
                                                         session_reuse=reuse), *FAST)
                told = result["arms"][0]["environment"]["tls"]
                self.assertEqual(told["version"], f"TLSv{version}")
                self.assertEqual({(told["version"], told["cipher"])},
                                 {agreed[:2] for agreed in end.seen})
                self.assertEqual(told["handshakes"], len(end.seen))
                self.assertEqual(told["resumed"], sum(resumed for _, _, resumed in end.seen))
                if reuse == "yes":
                    self.assertGreater(told["resumed"], 0)
                else:
                    self.assertEqual(told["resumed"], 0)
        done = self.tenbin("run", self.target(end.port), *FAST)
        self.assertRegex(done.out, r"TLS: \S+ TLSv1.3 with TLS_\S+, \d+ handshakes,\s+\d+ of them\s+"
                                   "resumed")
        self.assertIsNone(self.measure("run", server.url, *FAST)["arms"][0]["environment"]["tls"])

    def test_two_are_compared(self):
        _, old = self.serve_tls(harness.REDIS)
        _, new = self.serve_tls(harness.VALKEY)
        result = self.measure("compare", f"old={self.target(old)}", f"new={self.target(new)}",
                              *FAST, "--pairs", "1")
        runs = result["cells"][0]["runs"]
        self.assertEqual({run["arm"] for run in runs}, {"old", "new"})
        for run in runs:
            self.assertGreater(run["operations"], 0)
            self.assertEqual(run["errors"], {})

    def test_names_and_addresses(self):
        _, port = self.serve_tls()
        for host in ("localhost", "127.0.0.1", "[::1]"):
            with self.subTest(host=host):
                self.assertEqual(self.run_of(self.target(port, host), *FAST)["errors"], {})

    def test_login_and_database(self):
        server, port = self.serve_tls(extra=("--user", "ann", "on", ">secret", "~*", "+@all"))
        run = self.run_of(self.target(port, login="ann:secret@", db="2"), *FAST)
        self.assertEqual(run["errors"], {})
        with server.connect() as client:
            self.assertEqual(client("DBSIZE"), 0)
        self.assert_refuses(self.target(port, login="ann:wrong@"), "WRONGPASS")

    def test_our_own_certificate(self):
        _, port = self.serve_tls(clients="yes")
        certificate, key = self.authority.issue("client", "DNS:client")
        run = self.run_of(self.target(port, cert=certificate, key=key), *FAST)
        self.assertEqual(run["errors"], {})
        self.assert_refuses(self.target(port), "the server asks for a client certificate; name one "
                            r"with \?cert=FILE&key=FILE")
        self.assert_refuses(self.target(port, tls_version="1.2"), "asks for a client certificate")
        self.assert_refused_usage(self.target(port, cert=certificate, key=self.pair[1]),
                                  r"private key in \S*server.key does not belong to \S*client.crt")
        self.assert_refused_usage(self.target(port, cert="/nowhere"), "read /nowhere: no such file")

    def assert_refused_usage(self, target, pattern):
        done = self.tenbin("run", target, *FAST)
        self.assert_refused(done, 2, pattern)

    def test_who_is_not_trusted(self):
        _, port = self.serve_tls()
        self.assert_refuses(self.target(port, ca=None),
                            r"signed by the authority \"ca\", which is not known to this system; "
                            r"name its file with \?ca=FILE")
        other = Authority(self.folder, "other")
        self.assert_refuses(self.target(port, ca=other.file),
                            r"signed by the authority \"ca\", which is not in \S*other.crt")
        self.assert_refuses(self.target(port, sni="b.example"),
                            "certificate is for localhost, 127.0.0.1, .*, not for b.example; .*sni=NAME")

    def test_an_expired_certificate(self):
        pair = self.authority.issue("old", "IP:127.0.0.1", ("-days", "-1"))
        _, port = self.serve_tls(pair=pair)
        self.assert_refuses(self.target(port), r"certificate expired on \d{4}-\d\d-\d\d; renew it")
        run = self.run_of(self.target(port, verify="no"), *FAST)
        self.assertEqual(run["errors"], {})

    def test_plain_where_tls_is_spoken_and_the_other_way_round(self):
        for name in (harness.VALKEY, harness.REDIS):
            server, port = self.serve_tls(name)
            for target, pattern in (
                    (f"redis://127.0.0.1:{port}",
                     "closed the connection at once; if it speaks TLS here, write rediss://"),
                    (self.target(server.port),
                     "does not speak TLS on this port; write redis:// instead of rediss://, or name "
                     "its TLS port")):
                with self.subTest(name=name, target=target):
                    done = self.tenbin("run", target, *FAST)
                    self.assert_refused(done, 5, pattern)
                    self.assertLess(done.seconds, 3, "told at once, not when the time is over")

    def test_a_handshake_that_takes_its_time(self):
        """Whether it is TLS at all is asked meanwhile, on a connection of its own."""
        end = TlsEnd(self.serve(), self.pair, delay=0.8)
        self.attached.append(end)
        self.assertEqual(self.run_of(self.target(end.port), *FAST)["errors"], {})
        self.assertGreater(end.refused, 0)

    def test_churn_tells_what_a_handshake_takes(self):
        server, port = self.serve_tls()
        with server.connect() as client:
            before = int(client.info("stats")["total_connections_received"])
            run = self.run_of(self.target(port), *FAST, "--churn")
            made = int(client.info("stats")["total_connections_received"]) - before
        parts = run["connects"]
        self.assertGreaterEqual(parts["tls"]["count"], 0.9 * run["operations"], "what settles is not recorded")
        self.assertGreaterEqual(made, run["operations"])
        for part in ("connect", "tls", "session"):
            self.assertGreater(parts[part]["p50"], 1000, part)
        self.assertGreater(run["latency"]["min"], parts["tls"]["min"])

    def test_a_cluster_with_tls_and_users(self):
        certificate, key = self.pair
        settings = ("--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
                    self.authority.file, "--tls-auth-clients", "no",
                    "--user", "ann", "on", ">secret", "~*", "+@all")
        for name in (harness.VALKEY, harness.REDIS):
            with self.subTest(name=name):
                nodes = cluster.Cluster(name, settings=settings, replicas=0, tls=True)
                self.attached.append(nodes)
                run = self.run_of(self.target(nodes.nodes[0].tls_port, login="ann:secret@"), *FAST)
                self.assertEqual(len([n for n in run["nodes"] if n["operations"] > 0]), 3)
                self.assertEqual({n["node"] for n in run["nodes"]},
                                 {f"127.0.0.1:{node.tls_port}" for node in nodes.nodes})
                self.assertEqual(run["errors"], {})
                self.assertEqual(nodes.keys(), 0)


if __name__ == "__main__":
    harness.main()
