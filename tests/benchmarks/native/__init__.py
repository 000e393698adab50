"""C programs of the benches: the client that is fast enough not to be measured, and the floor below all contenders."""
