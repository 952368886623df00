FROM python:3.11 AS build
RUN apt-get update && apt-get install -y gcc libpq-dev
RUN useradd -ms /bin/bash bot
USER bot
WORKDIR /home/bot
ENV PATH="/home/bot/.local/bin:${PATH}"
COPY --chown=bot:bot requirements.txt ./
RUN pip install --user -r requirements.txt

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
RUN useradd -ms /bin/bash bot && mkdir -p /home/bot/.local && chown bot: /home/bot/.local
USER bot
WORKDIR /home/bot
ENV PATH="/home/bot/.local/bin:${PATH}"
COPY --from=build /home/bot/.local /home/bot/.local
COPY --chown=bot:bot . .
VOLUME /home/bot/data
CMD ["python", "bot.py"]
