FROM python:3.12 AS build
ENV POETRY_HOME=/opt/poetry POETRY_VERSION=1.8.2
ENV PATH="$POETRY_HOME/bin:$PATH"
RUN curl -sSL https://install.python-poetry.org | python3 -
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN poetry config virtualenvs.create false && poetry install --no-interaction --no-ansi --no-root
RUN pip uninstall -y colorama iniconfig packaging pip pluggy pytest

FROM python:3.12-slim
ENV POETRY_HOME=/opt/poetry POETRY_VERSION=1.8.2
ENV PATH="$POETRY_HOME/bin:$PATH"
WORKDIR /app
COPY --from=build /usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /app /app
COPY . .
CMD ["python", "-m", "newsbot"]
