"""People, memberships, days of use and cases as Parquet files, for a data warehouse."""
