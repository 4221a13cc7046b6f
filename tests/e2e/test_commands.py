"""The commands that look but do not measure, and what depends on the terminal."""

import json
import os
import pty
import re
import select

import harness
from harness import LOCAL_VALKEY


class Servers(harness.Case):
    def test_the_fetched_servers_are_listed(self):
        table = self.tenbin("servers")
        self.assertEqual((table.code, table.err), (0, ""))
        listed = self.tenbin("servers", "--json", "-")
        self.assertEqual((listed.code, listed.err), (0, ""))
        servers = json.loads(listed.out)["servers"]
        for engine, version in (("redis", "7.0.15"), ("valkey", "8.0.1")):
            found = [s for s in servers if (s["engine"], s["version"]) == (engine, version)]
            self.assertEqual(len(found), 1)
            folder = str(harness.find_installed(f"{engine}-{version}"))
            self.assertTrue(found[0]["path"].startswith(folder))
            self.assertTrue(os.access(found[0]["path"], os.R_OK))
            self.assertRegex(table.out, rf"(?m)^{engine} +{re.escape(version)} ")
        self.assertEqual(len(table.out.splitlines()), 1 + len(servers))
        path = os.path.join(self.folder, "servers.json")
        self.assertEqual(self.tenbin("servers", "--json", path).out, "")
        self.assertEqual(self.read_result(path), json.loads(listed.out))

    def test_none(self):
        nowhere = {"XDG_CACHE_HOME": self.folder, "PATH": self.folder}
        done = self.tenbin("servers", environment=nowhere)
        self.assertEqual((done.code, done.out), (0, ""))
        self.assertIn("get-servers", done.err)
        done = self.tenbin("servers", "--json", "-", environment=nowhere)
        self.assertEqual(json.loads(done.out)["servers"], [])
        done = self.tenbin("compare", environment=nowhere)
        self.assert_refused(done, 5, "redis-server")

    def test_a_program_on_the_path_comes_first(self):
        """A script that starts the older server, under the name of a server."""
        folder = harness.find_installed(harness.REDIS)
        script = os.path.join(self.folder, "redis-server")
        loader = next((folder / "lib").glob("ld-linux*"))
        with open(script, "w", encoding="utf-8") as text:
            text.write(f'#!/bin/sh\nexec {loader} --library-path {folder}/lib '
                       f'{folder}/usr/bin/redis-server "$@"\n')
        os.chmod(script, 0o755)
        path = {"PATH": f"{self.folder}:{os.environ['PATH']}"}
        done = self.tenbin("servers", "--json", "-", environment=path)
        found = json.loads(done.out)["servers"][0]
        self.assertEqual((found["path"], found["version"]), (script, "7.0.15"))
        short = ["--warmup", "0s", "--duration", "100ms", "--keys", "100"]
        for target in ("local:redis-server", f"local:{script}"):
            result = self.measure("run", target, *short, environment=path)
            self.assertEqual(result["arms"][0]["engine_version"], "7.0.15")


class Doctor(harness.Case):
    def test_this_machine(self):
        done = self.tenbin("doctor")
        self.assertIn(done.code, (0, 4))
        self.assertEqual(done.err, "")
        for word in ("processors", "clock"):
            self.assertIn(word, done.out)
        for line in done.out.splitlines():
            self.assertLessEqual(len(line), 80)
        self.assertRegex(done.out, r"(?m)^(ok|warn|bad) ")

    def test_targets(self):
        server = self.serve()
        done = self.tenbin("doctor", server.url, LOCAL_VALKEY)
        self.assertIn(done.code, (0, 4))
        self.assertEqual(len(re.findall(r"(?m)^(?:ok|warn) +target .*", done.out)), 2, done.out)
        self.assertIn(f"127.0.0.1:{server.port}", done.out)
        with server.connect() as client:
            self.assertEqual((client.calls("set"), client.keys()), (0, 0))

    def test_a_target_that_cannot_be_reached(self):
        server = self.serve(harness.VALKEY, "--requirepass", "root")
        done = self.tenbin("doctor", server.url)
        self.assertEqual((done.code, done.err), (5, ""))
        self.assertRegex(done.out, rf"(?m)^bad +target .*127\.0\.0\.1:{server.port}")


class Terminal(harness.Case):
    SHORT = ["--warmup", "10ms", "--duration", "300ms", "--keys", "500"]

    def on_a_terminal(self, *arguments, environment=None):
        """All that the program writes to a terminal, and its exit code."""
        master, slave = pty.openpty()
        program = self.begin(*arguments, stdout=slave, environment={
            "TERM": "xterm", **(environment or {})})
        os.close(slave)
        text = b""
        while program.process.poll() is None or select.select([master], [], [], 0)[0]:
            if select.select([master], [], [], 0.05)[0]:
                try:
                    text += os.read(master, 65536)
                except OSError:  # the other end is closed
                    break
        program.wait(10)
        os.close(master)
        return text.decode(), program.code

    def test_colours_on_a_terminal_only(self):
        arguments = ["run", LOCAL_VALKEY, *self.SHORT, "--seed", "1"]
        coloured, code = self.on_a_terminal(*arguments)
        self.assertEqual(code, 0)
        self.assertIn("\x1b[", coloured)
        for plain in (self.on_a_terminal(*arguments, "--no-color")[0],
                      self.on_a_terminal(*arguments, environment={"NO_COLOR": "1"})[0],
                      self.on_a_terminal(*arguments, environment={"TERM": "dumb"})[0],
                      self.tenbin(*arguments).out):
            self.assertIn("ops/s", plain)
            self.assertNotIn("\x1b", plain)

    def test_quiet_and_progress(self):
        quiet = self.tenbin("run", LOCAL_VALKEY, *self.SHORT, "--quiet")
        self.assertEqual((quiet.code, quiet.err), (0, ""))
        self.assertNotIn("ops/s  ", quiet.out)
        self.assertGreater(len(quiet.out), 20)
        told = self.tenbin("run", LOCAL_VALKEY, *self.SHORT, "--progress")
        self.assertEqual(told.code, 0)
        self.assertRegex(told.err, r"(?m)measuring")
        self.assertNotIn("\r", told.err)

    def test_the_command_in_the_report_reproduces_it(self):
        done = self.tenbin("run", LOCAL_VALKEY, *self.SHORT)
        command = done.out.split("Reproduce: ")[1].split("\n\n")[0].split()
        self.assertEqual(command[1:3], ["run", LOCAL_VALKEY])
        self.assertIn("--seed", command)
        again = self.tenbin(*command[1:])
        self.assertEqual(again.code, 0)
        self.assertEqual(again.out.split("Reproduce: ")[1].split(), command)


if __name__ == "__main__":
    harness.main()
