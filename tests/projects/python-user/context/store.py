import getpass
from pathlib import Path

import yaml

store = Path("data/notes.yaml")
store.parent.mkdir(exist_ok=True)
store.write_text(yaml.safe_dump({"written by": getpass.getuser()}))
print(store.read_text(), end="")
