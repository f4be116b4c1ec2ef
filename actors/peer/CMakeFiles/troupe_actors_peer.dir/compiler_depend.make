# Empty compiler generated dependencies file for troupe_actors_peer.
# This may be replaced when dependencies are built.
