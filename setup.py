"""Build the optional kernel. Everything else about the package is in setup.cfg, which cannot declare it."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "indexer.engines.whoosh.snapshot._kernel",
            ["indexer/engines/whoosh/snapshot/_kernel.c"],
            define_macros=[("Py_LIMITED_API", "0x030b0000")],
            extra_compile_args=["-O3", "-ffp-contract=off"],  # a fused multiply and add would change the last bit of scores
            py_limited_api=True,
            optional=True,  # without a compiler, the installation goes on without it
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
