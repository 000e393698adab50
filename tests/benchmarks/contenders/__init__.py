"""Who is measured: ours and the others, each a server that hands what a publisher sends to every other socket."""
