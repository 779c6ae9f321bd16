"""What every search engine must do, whatever it is made of."""
