"""Exit with 0 if this container's web process responds."""

import http.client
import os
import sys

PORT = 8000
PATH = "/api/health/live/"


def main() -> int:
    """Request the liveness check with an allowed host, which Django requires; return the exit code."""
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
