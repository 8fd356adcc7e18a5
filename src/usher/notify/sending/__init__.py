"""From a notice to its receivers: deliveries, attempts, and what each way of sending does."""
