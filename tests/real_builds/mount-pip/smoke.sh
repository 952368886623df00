cd /app
python app.py
python -m pip list
