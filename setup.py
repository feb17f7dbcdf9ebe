"""Build the two optional kernels. Everything else about the package is in setup.cfg, which cannot declare them."""

import os

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            f"indexer.{package}._kernel",
            [f"indexer/{package.replace('.', '/')}/_kernel.c"],
            define_macros=[("Py_LIMITED_API", "0x030b0000")],
            extra_compile_args=["-O3", "-ffp-contract=off"],  # a fused multiply and add would change the last bit of scores
            libraries=[] if os.name == "nt" else ["m"],
            py_limited_api=True,
            optional=True,  # without a compiler, the installation goes on without it
        )
        for package in ("engines.whoosh.snapshot", "snippets")
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
