"""The schema of results accepts what the program writes and refuses what breaks the format.

usage: test_result_schema.py WRITE_FULL_RESULT SCHEMA
"""

import copy
import json
import subprocess
import sys
import unittest

import jsonschema

PROGRAM, SCHEMA = sys.argv[1:3]

# Path into the result, and a value that must not stand there.
WRONG_VALUES = [
    (["format"], "other"),
    (["version"], 2),
    (["version"], "1"),
    (["id"], 7),
    (["created"], "2026-11-23 03:40"),
    (["kind"], "guess"),
    (["command_line", 0], 1),
    (["seed"], -1),
    (["seed"], 1.5),
    (["design", "preset"], "slow"),
    (["design", "margins", "ops"], "2%"),
    (["design", "gates", 0], "speed"),
    (["arms", 0, "label"], ""),
    (["arms", 0, "settings", "save"], []),
    (["arms", 0, "settings", "save"], 900),
    (["cells", 0, "runs", 0, "load"], "ajar"),
    (["cells", 0, "runs", 0, "pair"], 0),
    (["cells", 0, "runs", 0, "started"], None),
    (["cells", 0, "runs", 0, "valid"], "yes"),
    (["cells", 0, "runs", 0, "warnings"], ["text"]),
    (["cells", 0, "runs", 0, "errors"], []),
    (["cells", 0, "runs", 0, "errors", "OOM"], "3"),
    (["cells", 0, "runs", 0, "operations"], -1),
    (["cells", 0, "runs", 0, "schedule"], 0),
    (["cells", 0, "runs", 1, "delivery_latency", "lost"], None),
    (["cells", 0, "runs", 1, "delivery_latency", "p99"], 1.5),
    (["cells", 0, "runs", 0, "client_cache", "flushes"], -1),
    (["cells", 0, "workload", "roles", "groups", 0, "share"], 2),
    (["cells", 0, "workload", "roles", "tracking", "keys"], 0),
    (["cells", 0, "runs", 0, "latency", "kind"], "both"),
    (["cells", 0, "runs", 0, "latency", "p99"], 1.5),
    (["cells", 0, "runs", 0, "latency", "histogram"], "no base64"),
    (["cells", 0, "runs", 0, "commands", 0, "latency"], None),
    (["cells", 0, "runs", 0, "windows", 0, "t"], -1),
    (["cells", 0, "runs", 0, "monitor", 0, "source"], "moon"),
    (["cells", 0, "runs", 0, "monitor", 0, "saving"], 1),
    (["cells", 0, "runs", 0, "monitor", 1, "steal"], -0.1),
    (["cells", 0, "comparisons", 0, "metric"], "heat"),
    (["cells", 0, "comparisons", 0, "verdict"], "best"),
    (["cells", 0, "comparisons", 0, "ratio"], "1.02"),
    (["cells", 0, "comparisons", 0, "pairs_needed"], 0),
    (["cells", 0, "parameters", "write_share"], 2),
    (["cells", 0, "memory", 0, "keys"], -1),
    (["summary", 0, "metric"], "heat"),
    (["summary", 0, "verdicts", "worse"], -1),
    (["contract", "status"], "good"),
    (["contract", "findings", 0, "code"], "Not kebab"),
    (["verdict", "exit_code"], 256),
]

# Members that every reader may rely on, by the path of their object.
PROMISED = {
    (): "format version id created kind tenbin command_line seed design arms cells contract"
        " verdict",
    ("tenbin",): "version",
    ("design",): "preset pairs order unit",
    ("arms", 0): "label engine engine_version target settings environment",
    ("cells", 0): "name workload parameters skipped runs comparisons",
    ("cells", 0, "runs", 0): "arm load pair block slot attempt order launch host started valid"
        " warnings generators nodes measured_seconds operations steps errors hits misses"
        " ops_per_second offered_per_second client_cpu_seconds client_busy server_cpu_seconds"
        " schedule service_latency bytes_sent bytes_received latency commands windows monitor",
    ("cells", 0, "runs", 0, "generators", 0): "host client_cpu_seconds client_busy",
    ("cells", 0, "runs", 0, "nodes", 0): "node operations",
    ("cells", 0, "runs", 0, "latency"): "kind count min mean p50 p90 p95 p99 p999 p9999 max"
        " histogram",
    ("cells", 0, "runs", 0, "commands", 0): "name operations latency",
    ("cells", 0, "runs", 0, "windows", 0): "t started operations errors p50 p99 p999 max",
    ("cells", 0, "runs", 0, "monitor", 0): "t source",
    ("cells", 0, "comparisons", 0): "baseline arm metric load n ratio low high confidence margin"
        " minimum_detectable verdict pairs_needed",
    ("cells", 0, "memory", 0): "arm keys elements before after was_empty bytes_per_key"
        " bytes_per_element",
    ("summary", 0): "baseline arm metric verdicts cells n ratio low high confidence",
    ("contract",): "status findings",
    ("contract", "findings", 0): "code severity text",
    ("verdict",): "text exit_code",
}


def at(value, path):
    for step in path:
        value = value[step]
    return value


def objects_of(schema):
    """Every part of the schema that describes named members."""
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict):
            yield schema
        for part in schema.values():
            yield from objects_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects_of(part)


class ResultSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(SCHEMA, encoding="utf-8") as file:
            cls.schema = json.load(file)
        output = subprocess.run([PROGRAM], check=True, capture_output=True).stdout
        cls.result = json.loads(output)
        cls.validator = jsonschema.Draft7Validator(cls.schema)

    def test_schema_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)

    def test_what_the_program_writes_is_valid(self):
        problems = [f"{list(e.path)}: {e.message}" for e in self.validator.iter_errors(self.result)]
        self.assertEqual(problems, [])

    def test_unknown_members_are_allowed(self):
        for path in PROMISED:
            result = copy.deepcopy(self.result)
            at(result, path)["later"] = {"a": [1, None]}
            self.assertTrue(self.validator.is_valid(result), path)

    def test_wrong_values_are_refused(self):
        for path, value in WRONG_VALUES:
            with self.subTest(path=path, value=value):
                result = copy.deepcopy(self.result)
                at(result, path[:-1])[path[-1]] = value
                self.assertFalse(self.validator.is_valid(result))

    def test_promised_members_are_written_and_required(self):
        for path, names in PROMISED.items():
            for name in names.split():
                with self.subTest(path=path, name=name):
                    self.assertIn(name, at(self.result, path))
                    result = copy.deepcopy(self.result)
                    del at(result, path)[name]
                    self.assertFalse(self.validator.is_valid(result))

    def test_every_member_written_is_described(self):
        strict = copy.deepcopy(self.schema)
        for part in objects_of(strict):
            part.setdefault("additionalProperties", False)
        problems = [e.message for e in jsonschema.Draft7Validator(strict).iter_errors(self.result)]
        self.assertEqual(problems, [])

    def test_every_member_has_a_description(self):
        for part in objects_of(self.schema):
            for name, member in part["properties"].items():
                self.assertTrue("description" in member or "$ref" in member, name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
