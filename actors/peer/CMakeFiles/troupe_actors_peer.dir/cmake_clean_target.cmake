file(REMOVE_RECURSE
  "libtroupe_actors_peer.a"
)
