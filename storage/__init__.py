"""DuckDB storage: one owner process, migrations, one typed repository per table."""
