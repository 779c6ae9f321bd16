"""The Content Security Policy of the admin."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

ADMIN_POLICY = {
    "default-src": [NONE],
    # Alpine.js evaluates the expressions of unfold's templates. Inline scripts stay forbidden.
    "script-src": [SELF, UNSAFE_EVAL],
    # The colours of the theme are a style element, and components set styles of elements.
    "style-src": [SELF, UNSAFE_INLINE],
    "font-src": [SELF],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
