"""Files that this project writes: whole or not at all, and what is kept between runs."""
