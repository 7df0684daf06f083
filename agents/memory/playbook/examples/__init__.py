"""The examples of the rules: the tests are made from them."""
