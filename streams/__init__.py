"""How events flow: router, detector, topics, checkpoint, and the Faust app around them."""
