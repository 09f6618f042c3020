"""Closed days of the desk as Parquet files with a manifest, for ratings that should not burden the database."""
