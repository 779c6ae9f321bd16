"""Exit with 0 while the web process of this container answers."""

import http.client
import os
import sys

PORT = 8000
PATH = "/api/health/live/"


def main() -> int:
    """Return the exit code; the request names a host that this shop serves, or it would be refused."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=4)
    try:
        connection.request("GET", PATH, headers={"Host": host.lstrip(".")})
        return int(connection.getresponse().status != 200)
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{PATH} on port {PORT}: {error}\n")
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
