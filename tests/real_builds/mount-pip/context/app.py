import flask
import idna

app = flask.Flask(__name__)


@app.get("/<name>")
def greet(name):
    return f"hello {idna.encode(name).decode()}"


if __name__ == "__main__":
    print(app.test_client().get("/zoë").text)
