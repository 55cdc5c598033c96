"""What is found because the record itself knows it: its people, phones, addresses, in the forms a text gives them."""
