"""What a password costs whoever guesses; tests/conftest.py makes it cheap for the other tests."""

import subprocess
import sys

SERVER = """
from server.accounts.passwords import NOBODY, hash_password
print(hash_password("correct horse battery"), NOBODY)
"""


def test_a_guess_costs_a_server_19_mb_twice_whether_the_account_exists_or_not() -> None:
    told = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, text=True, check=True)

    costs = [stored.split("$")[1:4] for stored in told.stdout.split()]
    assert costs == [["argon2id", "v=19", "m=19456,t=2,p=1"]] * 2
