"""Every check of receivers as a test: `pytest --pyargs contract_tests --tavus-receiver URL`."""
