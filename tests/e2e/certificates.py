"""Certificates for the end-to-end tests, made with the openssl program."""

import os
import subprocess


class Authority:
    """Signs certificates; everything lies in `folder`."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.name = name
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key,
                     "-out", self.file, "-days", "30", "-subj", f"/CN={name}")

    @property
    def file(self):
        return os.path.join(self.folder, f"{self.name}.crt")

    @property
    def key(self):
        return os.path.join(self.folder, f"{self.name}.key")

    @staticmethod
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def issue(self, name, alternatives, dates=("-days", "30")):
        """(certificate, key) files for these alternative names, such as DNS:localhost."""
        base = os.path.join(self.folder, name)
        with open(f"{base}.ext", "w", encoding="ascii") as file:
            file.write(f"subjectAltName={alternatives}")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{base}.key",
                     "-out", f"{base}.csr", "-subj", f"/CN={name}")
        self.openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.file, "-CAkey", self.key,
                     "-CAcreateserial", "-out", f"{base}.crt", "-extfile", f"{base}.ext", *dates)
        return f"{base}.crt", f"{base}.key"
