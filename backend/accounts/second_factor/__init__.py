"""The second factor of a login: authenticator apps, recovery codes and passkeys.

docs/decisions/second-factor.md explains its design.
"""
