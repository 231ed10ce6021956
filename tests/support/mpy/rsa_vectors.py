"""Checks the signatures in /stdin (a script for rig.run): JSON rows of name, modulus, signature, digest, right."""

import json

from barsensor.update import rsa

with open("/stdin") as file:
    rows = json.load(file)
for name, modulus, signature, digest, right in rows:
    said = rsa.verifies(bytes.fromhex(modulus), bytes.fromhex(signature), bytes.fromhex(digest))
    assert said is right, name
print(len(rows), "as told")
