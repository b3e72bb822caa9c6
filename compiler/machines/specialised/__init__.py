"""Machines that a prompt has been moved into (`compiler.specialising` does that), and their files."""
