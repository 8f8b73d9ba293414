"""One module for each operation of the contract, named after its operationId."""
