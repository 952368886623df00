from decimal import Decimal

from acme_rates import Rates
from fastapi import FastAPI

app = FastAPI(title="ledger")
rates = Rates.load()


@app.get("/convert/{amount}/{source}/{target}")
def convert(amount: Decimal, source: str, target: str) -> dict[str, str]:
    return {"amount": str(rates.convert(amount, source, target)), "currency": target}
