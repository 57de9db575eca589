"""The rules of `make check`.  Each module here has NAME, WHAT and check(tree) -> Result."""
from dataclasses import dataclass, field


@dataclass
class Result:
    """How many things a rule looked at, what it found wrong, what it only mentions."""
    looked_at: int = 0
    findings: list = field(default_factory=list)
    remarks: list = field(default_factory=list)

    def find(self, path, line, text):
        self.findings.append(f"{path}:{line}: {text}" if line else f"{path}: {text}")

    def remark(self, path, text):
        self.remarks.append(f"{path}: {text}")
