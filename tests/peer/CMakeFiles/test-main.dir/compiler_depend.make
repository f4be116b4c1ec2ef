# Empty compiler generated dependencies file for test-main.
# This may be replaced when dependencies are built.
