from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/sum")
def total():
    return jsonify(total=sum(int(number) for number in request.args.getlist("n")))
