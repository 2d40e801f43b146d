"""Certificates made by the openssl tool, for one test's folder."""

import pathlib
import ssl
import subprocess


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"openssl {arguments[0]}: {done.stderr}")


class Authority:
    """`<name>.pem` and `<name>.key` in the folder, and what they sign."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        self.ca = self.folder / f"{name}.pem"
        self._make(name, "-addext", "basicConstraints=critical,CA:TRUE")

    def sign(self, name, alt_names):
        """Paths of certificate and key. alt_names: "DNS:localhost,IP:127.0.0.1"."""
        return self._make(name, "-addext", f"subjectAltName={alt_names}", "-addext", "basicConstraints=CA:FALSE",
                          "-CA", self.ca, "-CAkey", self.folder / f"{self.name}.key")

    def _make(self, name, *more):
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-out", certificate, "-keyout", key, *more)
        key.chmod(0o600)
        return certificate, key

    def client(self, certificate=None, key=None):
        """A context of a client that trusts this authority alone."""
        context = ssl.create_default_context(cafile=self.ca)
        if certificate:
            context.load_cert_chain(certificate, key)
        return context

    def server(self, name, alt_names):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.sign(name, alt_names))
        return context
