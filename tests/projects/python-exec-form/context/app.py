import lxml.etree
import psycopg2
from flask import Flask

app = Flask(__name__)
