"""Writes built-in files as a C table that is called like the output: embed.py OUTPUT FILE..."""

import json
import os
import sys

with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write('#include "workload/builtin.h"\n\n')
    symbol = os.path.splitext(os.path.basename(sys.argv[1]))[0]
    out.write(f"const struct builtin_workload {symbol}[] = {{\n")
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        name = os.path.splitext(os.path.basename(path))[0]
        description = next(line for line in lines if line.startswith("description: "))
        texts = [json.dumps(line) for line in lines]
        out.write(f'    {{"{name}", {json.dumps(description[13:].strip())},\n')
        out.write("".join(f"     {text}\n" for text in texts))
        out.write("    },\n")
    out.write("    {0},\n};\n")
