"""The yardstick: the least that Flask can do, behind the same server."""

from flask import Flask


def make_app() -> Flask:
    """One route that answers a word."""
    app = Flask(__name__)

    @app.route("/hello", methods=["GET", "POST"])
    def hello() -> str:
        return "hello"

    return app
