"""Clusters with TLS, also between their nodes, and a user who may do little, that change while the
load goes on."""

import cluster
import harness
from certificates import Authority


class Secured(cluster.Case):
    # What a user needs who measures: no more.
    ANN = ("--user", "ann", "on", ">secret", "~tenbin:*", "+@read", "+@write", "+@connection",
           "+info", "+dbsize", "+cluster|shards", "+cluster|slots")

    def change_secured_nodes(self, name, *options):
        """A failover and a migration in the middle; the run."""
        authority = Authority(self.folder)
        certificate, key = authority.issue("server", "IP:127.0.0.1")
        settings = ("--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
                    authority.file, "--tls-auth-clients", "no", *self.ANN)

        def url(nodes):
            return f"rediss://ann:secret@127.0.0.1:{nodes.nodes[0].tls_port}?ca={authority.file}"

        result = self.change_nodes(name, *options, url=url, settings=settings, tls=True)
        run, = result["cells"][0]["runs"]
        self.assertEqual(result["arms"][0]["environment"]["tls"]["version"], "TLSv1.3")
        self.assertNotIn("secret", str(result))
        return run

    def test_failover_and_migration(self):
        for name in (harness.VALKEY, harness.REDIS):
            with self.subTest(name=name, load="open"):
                self.assert_adds_up(self.change_secured_nodes(name, "--rate", "3000"))
            with self.subTest(name=name, load="closed"):
                self.change_secured_nodes(name, "--pipeline", "4")


if __name__ == "__main__":
    harness.main()
