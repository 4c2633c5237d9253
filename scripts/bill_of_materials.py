"""Print the distributions in a folder of packages as CycloneDX 1.6 in JSON. Called by the Dockerfile.

The metadata of what is installed there say what is in the image, and not what was asked for. The same packages give the
same bytes: there is no time and no random number. The base image's packages are left out; its digest names them.
"""

import json
import re
import sys
from importlib.metadata import Distribution, distributions
from typing import Any


def bill_of_materials(folder: str) -> dict[str, Any]:
    """Return the document for the distributions in a folder."""
    components = sorted(map(_component, distributions(path=[folder])), key=lambda one: str(one["bom-ref"]))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"bom-ref": "image", "type": "container", "name": "fullcount"}},
        "components": components,
    }


def _component(one: Distribution) -> dict[str, Any]:
    name = re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()  # as PyPI writes names, and package URLs with it
    address = f"pkg:pypi/{name}@{one.version.replace('+', '%2B')}"
    found = {"bom-ref": address, "type": "library", "name": name, "version": one.version, "purl": address}
    licences = [{"expression": licence} for licence in one.metadata.get_all("License-Expression") or []]
    return found | ({"licenses": licences} if licences else {})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill_of_materials(sys.argv[1]), indent=2) + "\n")
