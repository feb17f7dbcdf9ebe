"""Build the two optional kernels. Everything else about the package is in setup.cfg, which cannot declare them."""

import os
from pathlib import Path

from setuptools import Extension, setup

# A kernel consists of all files in C of its package. `_kernel.c` defines the module, and nothing but that is visible outside.
KERNELS = ("indexer/engines/whoosh/snapshot", "indexer/snippets")

setup(
    ext_modules=[
        Extension(
            f"{folder.replace('/', '.')}._kernel",
            sorted(path.as_posix() for path in Path(folder).glob("*.c")),
            depends=sorted(path.as_posix() for path in Path(folder).glob("*.h")),
            define_macros=[("Py_LIMITED_API", "0x030b0000")],
            # A fused multiply and add would change the last bit of scores.
            extra_compile_args=["-O3", "-ffp-contract=off", *([] if os.name == "nt" else ["-fvisibility=hidden"])],
            libraries=[] if os.name == "nt" else ["m"],
            py_limited_api=True,
            optional=True,  # without a compiler, the installation goes on without it
        )
        for folder in KERNELS
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
