# CMake generated Testfile for 
# Source directory: /tmp/p3/actors/peer
# Build directory: /tmp/p3/actors/peer
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
