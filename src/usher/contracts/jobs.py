"""Jobs of contracts. Each calls one verb."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from usher.contracts.agreements.change import carry_all_prices
from usher.ledger.actors import SYSTEM


@app.periodic(cron="20 * * * *")
@app.task(queueing_lock="carry-contract-prices")
async def carry_contract_prices(timestamp: int) -> None:
    """Purchases that begin today say what a seat costs from today on. Each hour, since a day begins in each of them
    somewhere.
    """
    await sync_to_async(carry_all_prices)(SYSTEM)
