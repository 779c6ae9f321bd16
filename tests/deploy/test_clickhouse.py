"""The read-only user of docker compose's ClickHouse, tested with the access control of the embedded engine."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent.parent
MOUNT = re.compile(r"- \./(\S+):/etc/clickhouse-server/users\.d/(\S+):ro")
SERVER = """<clickhouse>
    <users_config>users.xml</users_config>
    <user_directories><users_xml><path>users.xml</path></users_xml></user_directories>
</clickhouse>"""
USERS = """<clickhouse>
    <profiles><default/></profiles>
    <users><default>
        <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
        <access_management>1</access_management>
    </default></users>
    <quotas><default/></quotas>
</clickhouse>"""
QUERIES = """
import json, sys, chdb
connection = chdb.connect(f"{sys.argv[1]}/data?config-file={sys.argv[1]}/config.xml")
statements = ["SHOW GRANTS FOR analyst", "SHOW CREATE USER analyst", "SHOW CREATE SETTINGS PROFILE analyst"]
results = [connection.query(statement, "TabSeparatedRaw").bytes().decode() for statement in statements]
print(json.dumps(results))
"""


def mounted() -> dict[str, Path]:
    """Return the files that docker compose mounts into the server's users.d, by their name there."""
    return {name: ROOT / path for path, name in MOUNT.findall((ROOT / "docker-compose.yml").read_text())}


def test_the_mounted_files_exist() -> None:
    files = mounted()
    assert len(files) == 2
    assert all(ElementTree.parse(path).getroot().tag == "clickhouse" for path in files.values())


def test_the_user_has_the_role_and_the_limits_of_an_analyst(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(SERVER.replace("users.xml</users", f"{tmp_path}/users.xml</users"))
    (tmp_path / "users.xml").write_text(USERS)
    (tmp_path / "users.d").mkdir()
    for name, path in mounted().items():
        shutil.copy(path, tmp_path / "users.d" / name)
    done = subprocess.run(
        [sys.executable, "-c", QUERIES, str(tmp_path)],
        env={"CLICKHOUSE_ANALYST_PASSWORD": "secret"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    grants, user, profile = json.loads(done.stdout)
    assert grants.strip() == "GRANT analyst TO analyst"
    assert "IDENTIFIED" in user
    assert "PROFILE `analyst`" in user or "PROFILE analyst" in user
    assert "readonly = 2" in profile
    assert "max_execution_time = 60" in profile
    assert "MAX" in profile
