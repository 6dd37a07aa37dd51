"""The company's own systems behind one port: who the customer is, and what is done for them."""
