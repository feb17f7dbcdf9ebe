"""Trust certificates, and describe what went wrong so that the right person can fix it."""

from __future__ import annotations

import re
import ssl

import certifi

# OpenSSL's verification codes (x509_vfy.h)
_CERTIFICATE = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate leads to an unknown authority",
    20: "the certificate's issuer is unknown: the site omits an intermediate certificate, or made its own",
    21: "the certificate's issuer is unknown: the site omits an intermediate certificate",
    23: "the certificate has been revoked",
    62: "the certificate is for another name",
    64: "the certificate is for another address",
    66: "the certificate's key is too weak",
    67: "the certificate authority's key is too weak",
    68: "the certificate's signature is too weak",
}
_HANDSHAKE = {
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port",
    "HTTP_REQUEST": "the server does not speak TLS on this port",
    "UNSUPPORTED_PROTOCOL": "the server speaks outdated versions of TLS only",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server speaks outdated versions of TLS only",
    "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED": "the server speaks outdated versions of TLS only",
    "NO_PROTOCOLS_AVAILABLE": "the server speaks outdated versions of TLS only",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the server and the crawler have no encryption in common",
    "DH_KEY_TOO_SMALL": "the server's encryption is too weak",
    "TLSV1_UNRECOGNIZED_NAME": "the server has no certificate for this name",
    "TLSV1_ALERT_INTERNAL_ERROR": "the server has no certificate for this name, or is broken",
    "UNEXPECTED_EOF_WHILE_READING": "the server hung up during the handshake",
}


def make_context() -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and, for containers without any, those of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def describe(error: ssl.SSLError) -> str:
    """Return what went wrong, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, f"the certificate is not valid: {error.verify_message}")
    # Python knows no names for OpenSSL's newest reasons: "[SSL] legacy sigalg disallowed or unsupported (_ssl.c:992)".
    reason = getattr(error, "reason", None) or re.sub(r"^\[[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)$", "", str(error))
    return _HANDSHAKE.get(reason.upper().replace(" ", "_"), reason.replace("_", " ").lower() or str(error))
